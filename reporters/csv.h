// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// The intervals of all runs, a line each, as CSV (RFC 4180, lines end with LF): the run's number
// from 1, then the fields of an interval by their names in the record's schema. Every cell is a
// number in plain digits, as many as were measured: counts whole, times to a nanosecond, latencies
// to the resolution of the histogram (0.1 %), rates and other quotients to ten digits.
std::string csv_text(const Record& record);

}  // namespace nmgen
