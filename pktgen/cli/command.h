// SPDX-License-Identifier: BSD-2-Clause
// What a command is: a page, a table of options, a function. The page says all that a reader is to
// know of the options; the table says where their values go. A test holds one against the other.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pktgen/cli/page.h"
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
  std::string names;  // "-q,--quiet", "--set"; or a positional argument's, "FILE"
  Target target;
  std::optional<Bounds> bounds = std::nullopt;
  std::vector<int> choices = {};  // the only values, where there are any
  std::string excludes = "";      // an option before it that must not be given too
  bool is_required = false;       // of positional arguments

  bool is_positional() const { return !names.starts_with('-'); }
  bool is_flag() const;
  // "-q" and "--quiet" of "-q,--quiet".
  std::vector<std::string> all_names() const;
};

// What a table elsewhere has, and no page: the reports. --help prints it after the commands.
struct HelpList {
  std::string heading;
  std::vector<std::pair<std::string, std::string>> rows;  // name and what it is
};

struct Command {
  std::string name = "";
  Page page = {};
  std::vector<Option> options = {};
  Action run = nullptr;                // called once all of the command line was understood
  std::vector<Command> commands = {};  // one of them is to follow where there is no `run`
  std::vector<HelpList> lists = {};
  bool is_hidden = false;
};

// The shape of nearly every command: `Values` holds the values of its options, with the defaults in
// them, and `std::vector<Option> table()` says which option fills which. They live as long as the
// command, or a copy of it.
template <typename Values>
Command make_command(int (*run)(const Values&)) {
  const std::shared_ptr<Values> values = std::make_shared<Values>();
  return {.options = values->table(), .run = [values, run] { return run(*values); }};
}

// `command` with its name, and its page from Markdown. Its commands get theirs from the same page.
Command named(std::string_view name, Command command, std::string_view markdown = "");

// What --help prints. `call`: how the command is called, "nmgen vale attach".
std::string help_text(const Command& command, const std::string& call);

// "nmgen: SENTENCE" on standard error. Returns kExitBadUse.
int complain(const std::string& sentence);
int complain(const Error& error);

// Writes to standard output. False if it is a closed pipe, or full.
bool print(const std::string& text);

}  // namespace nmgen
