// SPDX-License-Identifier: BSD-2-Clause
// Reads a command line by the tables of commands. Only command_line.cc knows CLI11, as that takes
// the compiler some seconds.
#pragma once

#include "pktgen/cli/command.h"

namespace nmgen {

// Does what the arguments ask for: a command's `run`, help, or a sentence about what is wrong with
// them. `program` is the whole program, whose commands they may name. Returns the exit code.
int run_command_line(const Command& program, int argc, const char* const* argv);

}  // namespace nmgen
