// SPDX-License-Identifier: BSD-2-Clause
// Records in files.
#pragma once

#include <string>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"
#include "reporters/text_file.h"

namespace nmgen {

// Writes the record as JSON, as write_text() does; check_writable() says before whether it can.
Result<void> write_record(const Record& record, const std::string& path);

// Errors: a file that cannot be read, and those of record_from_json().
Result<Record> read_record(const std::string& path);

}  // namespace nmgen
