// SPDX-License-Identifier: BSD-2-Clause
// The command line of nmgen.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/manual.h"
#include "pktgen/measure/fingerprint.h"
#include "pktgen/scenario/place.h"

namespace nmgen {

int complain(const std::string& sentence) {
  std::string line = sentence;
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "nmgen: {}\n", line);
  return kExitBadUse;
}

int complain(const Error& error) {
  return complain(error.sentence());
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

namespace {

constexpr const char* kExamples =
    "\nExamples:\n"
    "  nmgen probe\n"
    "  nmgen run scenarios/64b-10g.json\n"
    "  nmgen run scenarios/64b-10g.json --set senders.0.rate.pps=1000000 --out result.json\n"
    "  nmgen show scenarios/udp-flows-64k.json --count 3\n"
    "\n'nmgen COMMAND --help' says more about a command.\n"
    "Exit codes: 0 pass, 1 fail, 2 bad use or bad input, 3 invalid run.";

// Descriptors 0 to 2 are open from here on, or else a ring's memory could become standard output.
void open_standard_streams() {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
      return;
}

std::string version_line() {
  return fmt::format("nmgen {} (commit {}{})\n", NMGEN_VERSION, built_from_commit(),
                     built_from_dirty_tree() ? ", with changes" : "");
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty())
      names.push_back(command->get_name());
  return names;
}

// About the first argument that nobody takes. `command` is empty at the top.
std::string unknown_argument(const CLI::App& app, const std::string& command,
                             const std::string& argument) {
  const std::string see = fmt::format("see nmgen {}--help", command.empty() ? "" : command + " ");
  const bool is_option = argument.size() > 1 && argument.starts_with("-");
  const bool has_commands = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (!is_option && !has_commands)
    return fmt::format("{} takes no further argument {}; {}", command, in_quotes(argument), see);
  const std::string word = is_option ? argument.substr(0, argument.find('=')) : argument;
  const std::string near = nearest(word, is_option ? option_names(app) : command_names(app));
  return fmt::format("{} has no {} {}; {}", command.empty() ? "nmgen" : command,
                     is_option ? "option" : "command", in_quotes(word),
                     near.empty() ? see : fmt::format("did you mean {}?", near));
}

// The sentence about arguments that were left over, or empty.
std::string left_over(const CLI::App& app) {
  // Those before the command first: `nmgen --quiet run FILE`.
  if (!app.remaining().empty())
    return unknown_argument(app, "", app.remaining().front());
  for (const CLI::App* command : app.get_subcommands())
    if (!command->remaining().empty())
      return unknown_argument(*command, command->get_name(), command->remaining().front());
  return "";
}

// For the build, which makes the manual pages and the shell's completion with them.
void add_manual_commands(CLI::App& app, Action* action) {
  CLI::App* page = app.add_subcommand("manual", "Print a manual page")->group("");
  std::shared_ptr<std::string> command = std::make_shared<std::string>();
  page->add_option("--of", *command, "Of this command; left out, of nmgen")->type_name("COMMAND");
  page->callback([&app, command, action] {
    *action = [&app, command]() -> int {
      const std::string text = manual_page(app, *command, NMGEN_VERSION);
      if (text.empty())
        return complain(fmt::format("there is no command {} to print a page of; see nmgen --help",
                                    in_quotes(*command)));
      return print(text) ? kExitPass : kExitBadUse;
    };
  });
  CLI::App* completion =
      app.add_subcommand("completion", "Print the completion for bash")->group("");
  completion->callback([&app, action] {
    *action = [&app] { return print(bash_completion(app)) ? kExitPass : kExitBadUse; };
  });
}

int run_command_line(int argc, char** argv) {
  CLI::App app("Traffic generator and line-rate benchmark on its own netmap.", "nmgen");
  Action action;
  bool version = false;
  app.add_flag("--version", version, "Say the version, and the commit it was built from");
  app.set_help_flag("-h,--help", "Say what there is");
  app.footer(kExamples);
  app.get_formatter()->column_width(26);
  add_run_command(app, &action);
  add_validate_command(app, &action);
  add_show_command(app, &action);
  add_ports_command(app, &action);
  add_probe_command(app, &action);
  add_top_command(app, &action);
  add_bridge_command(app, &action);
  add_vale_command(app, &action);
  add_record_command(app, &action);
  add_compare_command(app, &action);
  add_ci_command(app, &action);
  add_history_command(app, &action);
  add_manual_commands(app, &action);
  // What nobody takes is told by left_over(), with a suggestion.
  app.allow_extras();
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->allow_extras();
    command->set_help_flag("-h,--help", "Say what this command does");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(app.help()) ? kExitPass : kExitBadUse;
  } catch (const CLI::ParseError& error) {
    std::string sentence = left_over(app);
    if (!sentence.empty())
      return complain(sentence);
    const std::vector<CLI::App*> commands = app.get_subcommands();
    return complain(fmt::format("{}; see nmgen {}--help", error.what(),
                                commands.empty() ? "" : commands.front()->get_name() + " "));
  }
  const std::string sentence = left_over(app);
  if (!sentence.empty())
    return complain(sentence);
  if (version)
    return print(version_line()) ? kExitPass : kExitBadUse;
  if (!action)
    return complain("no command is given; see nmgen --help");
  return action();
}

}  // namespace
}  // namespace nmgen

int main(int argc, char** argv) {
  nmgen::open_standard_streams();
  // A reader that has gone must not end a run before its record is written.
  std::signal(SIGPIPE, SIG_IGN);
  return nmgen::run_command_line(argc, argv);
}
