// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// The intervals of all runs, a line each, as CSV (RFC 4180, lines end with LF): the run's number
// from 1, then the fields of an interval by their names in the record's schema. Every cell is a
// number, and is read back as the very same one.
std::string csv_text(const Record& record);

}  // namespace nmgen
