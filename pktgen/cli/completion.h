// SPDX-License-Identifier: BSD-2-Clause
// The completion of the shell, made from the table of commands, so that it cannot differ from it.
#pragma once

#include <string>

#include "pktgen/cli/command.h"

namespace nmgen {

// A completion function for bash, and its registration.
std::string bash_completion(const Command& program);

// A hidden command, with which the build makes it. `program` stays where it is, and may have this
// among its commands.
Command completion_command(const Command* program);

}  // namespace nmgen
