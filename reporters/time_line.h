// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// "wire time: took 26.0 s; left out: tx0 8,566 ms in 546 gaps, at most 28.1 ms; ...", over all
// runs; empty where the runs were in real time.
std::string time_line(const Record& record);

}  // namespace nmgen
