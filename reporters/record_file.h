// SPDX-License-Identifier: BSD-2-Clause
// Records in files. A reader of the path sees the old file or the whole new one, whatever happens
// meanwhile.
#pragma once

#include <string>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"

namespace nmgen {

// Whether write_record() will be able to write there, found out before a run and not after it:
// makes and removes a file beside `path`. "-" is standard output.
Result<void> check_writable(const std::string& path);

// Writes the record as JSON: into a new file beside `path`, synced and then renamed. A path that is
// no regular file (a pipe, /dev/stdout) is written to directly, and a symbolic link is followed.
Result<void> write_record(const Record& record, const std::string& path);

// Errors: a file that cannot be read, and those of record_from_json().
Result<Record> read_record(const std::string& path);

}  // namespace nmgen
