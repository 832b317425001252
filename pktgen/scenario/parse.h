// SPDX-License-Identifier: BSD-2-Clause
// From a scenario file to a checked Scenario.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// Reads and checks a scenario file ("-": standard input); `overrides` are PATH=VALUE as in `--set`
// (overrides.h), carried out in order before the check. Errors are sentences with the file, the
// JSON path and the remedy: a file that cannot be read or is no JSON, what the schema forbids, and
// what does not fit together or does not fit this machine. Any thread.
Result<Scenario> load_scenario(const std::string& file,
                               const std::vector<std::string>& overrides = {});

// The same for a text; `file` is for messages and for the default name.
Result<Scenario> parse_scenario_text(std::string_view text, const std::string& file,
                                     const std::vector<std::string>& overrides = {});

}  // namespace nmgen
