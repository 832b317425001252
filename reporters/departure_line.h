// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// "departures within 64, 128, 256, 512 ns, 1 us after they were due: 91.40, 95.02, 97.10, 99.20,
// 99.98 % of 1,000,000", of all senders and runs; empty where no sender had a rate or a schedule.
std::string departure_line(const Record& record);

}  // namespace nmgen
