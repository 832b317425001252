// SPDX-License-Identifier: BSD-2-Clause
// What a command is: a name, a table of options, a function. The command line, --help, the manual
// pages and the completion are made from these tables.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pktgen/error.h"

namespace nmgen {

enum ExitCode { kExitPass = 0, kExitFail = 1, kExitBadUse = 2, kExitInvalid = 3 };

// Returns the exit code.
using Action = std::function<int()>;

using Seconds = std::chrono::duration<double>;

// Where an option's value goes; what stands there before is the default. A bool is a flag without a
// value, Seconds take a time as a scenario does ("30", "500 ms"), a list takes one value each time
// its option is given, and an Action is a flag that is done instead of any command.
using Target =
    std::variant<bool*, int*, unsigned*, Seconds*, std::string*, std::vector<std::string>*, Action>;

struct Bounds {
  double least = 0, most = 0;
};

struct Option {
  std::string names;       // "-q,--quiet", "--set"; or a positional argument's, "FILE"
  std::string value = "";  // what the help calls the value
  std::string help;
  Target target;
  std::optional<Bounds> bounds = std::nullopt;
  std::vector<int> choices = {};  // the only values, where there are any
  std::string excludes = "";      // an option before it that must not be given too
  bool is_required = false;       // of positional arguments
  bool shows_default = false;

  bool is_positional() const { return !names.starts_with('-'); }
  bool is_flag() const;
  // "q" and "quiet" of "-q,--quiet".
  std::vector<std::string> short_names() const;
  std::vector<std::string> long_names() const;
  // The value's name with its bounds: "N:INT in [1 - 16]".
  std::string value_words() const;
};

struct Command {
  std::string name;
  std::string summary;
  std::vector<Option> options = {};
  std::string footer = "";             // laid out already: examples, notes, exit codes
  Action run = nullptr;                // called once all of the command line was understood
  std::vector<Command> commands = {};  // one of them is to follow where there is no `run`
  std::string help = "Show help for this command";  // of --help, which every command has
  bool is_hidden = false;
};

inline constexpr char kHelpNames[] = "-h,--help";

// "nmgen: SENTENCE" on standard error. Returns kExitBadUse.
int complain(const std::string& sentence);
int complain(const Error& error);

// Writes to standard output. False if it is a closed pipe, or full.
bool print(const std::string& text);

}  // namespace nmgen
