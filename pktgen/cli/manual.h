// SPDX-License-Identifier: BSD-2-Clause
// Manual pages and the completion of the shell, made from the options that the program has, so that
// they cannot differ from --help.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace nmgen {

// A page in the man macros: of the program where `command` is empty, of one of its commands
// otherwise. Empty where there is no such command. `version`: of the program.
std::string manual_page(const CLI::App& app, const std::string& command,
                        const std::string& version);

// A completion function for bash, and its registration.
std::string bash_completion(const CLI::App& app);

}  // namespace nmgen
