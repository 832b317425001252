// SPDX-License-Identifier: BSD-2-Clause
// All commands. The build writes this unit from the folders in commands/ (CMakeLists.txt).
#pragma once

#include <string_view>
#include <vector>

#include "pktgen/cli/command.h"

namespace nmgen {

// Each with its name and page, in the order of --help. The values of their options live as long as
// they do, or copies of them.
std::vector<Command> all_commands();

// The page of nmgen itself.
std::string_view program_page();

}  // namespace nmgen
