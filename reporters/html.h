// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// The record as one HTML page that needs nothing else, no network and no script: verdict and
// reasons, figures, curves over time, latency histogram and percentiles, workers, fingerprint and
// scenario.
std::string html_text(const Record& record);

}  // namespace nmgen
