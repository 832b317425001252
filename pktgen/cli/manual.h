// SPDX-License-Identifier: BSD-2-Clause
// Manual pages and the completion of the shell, made from the table of commands as --help is, so
// that they cannot differ from it.
#pragma once

#include <string>

#include "pktgen/cli/command.h"

namespace nmgen {

// A page in the man macros: of the program where `command` is empty, of one of its commands
// otherwise. Empty where there is no such command. `version`: of the program.
std::string manual_page(const Command& program, const std::string& command,
                        const std::string& version);

// A completion function for bash, and its registration.
std::string bash_completion(const Command& program);

// Hidden commands, for the build, which makes the pages and the completion with them. `program`
// stays where it is, and may have these among its commands.
Command manual_command(const Command* program, const std::string& version);
Command completion_command(const Command* program);

}  // namespace nmgen
