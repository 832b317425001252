// SPDX-License-Identifier: BSD-2-Clause
// What the commands have in common.
#pragma once

#include <functional>
#include <string>

#include "pktgen/error.h"

namespace CLI {
class App;
}

namespace nmgen {

enum ExitCode { kExitPass = 0, kExitFail = 1, kExitBadUse = 2, kExitInvalid = 3 };

// What the command line asked for; called once all of it was understood. Returns the exit code.
using Action = std::function<int()>;

// Each adds its command to `app`; when the command is given, *action is what it does.
void add_run_command(CLI::App& app, Action* action);
void add_validate_command(CLI::App& app, Action* action);
void add_show_command(CLI::App& app, Action* action);
void add_ports_command(CLI::App& app, Action* action);
void add_probe_command(CLI::App& app, Action* action);
void add_top_command(CLI::App& app, Action* action);
void add_bridge_command(CLI::App& app, Action* action);
void add_vale_command(CLI::App& app, Action* action);
void add_record_command(CLI::App& app, Action* action);
void add_compare_command(CLI::App& app, Action* action);
void add_ci_command(CLI::App& app, Action* action);
void add_history_command(CLI::App& app, Action* action);

// Of a comparison.
enum class Outcome;
int exit_code(Outcome outcome);

// "nmgen: SENTENCE" on standard error. Returns kExitBadUse.
int complain(const std::string& sentence);
int complain(const Error& error);

// Writes to standard output. False where nobody reads it any more (a closed pipe) or it is full.
bool print(const std::string& text);

}  // namespace nmgen
