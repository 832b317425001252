// SPDX-License-Identifier: BSD-2-Clause
// Reports in files. A reader of the path sees the old file or the whole new one, whatever happens
// meanwhile.
#pragma once

#include <string>
#include <string_view>

#include "pktgen/error.h"

namespace nmgen {

// Whether write_text() will be able to write there, found out before a run and not after it: makes
// and removes a file beside `path`. "-" is standard output.
Result<void> check_writable(const std::string& path);

// Writes into a new file beside `path`, synced and then renamed. A path that is no regular file (a
// pipe, /dev/stdout) is written to directly, and a symbolic link is followed.
Result<void> write_text(std::string_view text, const std::string& path);

}  // namespace nmgen
