// SPDX-License-Identifier: BSD-2-Clause
// What an output may replace: nothing that is read, and nothing that somebody else wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"

namespace nmgen {

struct Overwrite {
  std::vector<std::string> inputs;  // paths that this program reads; never replaced
  bool force = false;               // --force: replaces any other file
};

// Whether a file at `path` may be replaced by one that has `mark` within its first 4 KiB; one that
// has it already, an empty one and none at all may. Without a mark none is known as ours. "-" and
// what is no regular file are not replaced by writing to them, so they pass.
Result<void> check_overwrite(const std::string& path, std::string_view mark,
                             const Overwrite& allowed);

}  // namespace nmgen
