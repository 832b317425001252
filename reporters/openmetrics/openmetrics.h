// SPDX-License-Identifier: BSD-2-Clause
// Records as OpenMetrics 1.0 text, for a Prometheus textfile or over HTTP. Units are those of
// OpenMetrics: seconds, ratios, bits.
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// A finished record: totals over all runs, rates as medians, the verdict,
// what each worker counted, the latency histogram.
std::string openmetrics_text(const Record& record);

// While run `running` of `record` is under way: totals of the finished runs and of the intervals so
// far, rates and costs of the newest interval; no verdict yet.
std::string openmetrics_text(const Record& record, const RunRecord& running);

}  // namespace nmgen
