// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/units.h"

namespace nmgen {
namespace {

// What the arguments choose.
struct Choice {
  const Action* command = nullptr;
  // Flags that are done instead of a command.
  std::vector<std::pair<const CLI::Option*, const Action*>> instead;
};

void add_checks(const Option& option, CLI::Option* added) {
  if (option.bounds && !std::holds_alternative<Seconds*>(option.target))
    added->check(
        CLI::Range(static_cast<int>(option.bounds->least), static_cast<int>(option.bounds->most)));
  if (!option.choices.empty())
    added->check(CLI::IsMember(option.choices));
}

CLI::Option* add_seconds(CLI::App& app, const Option& option, Seconds* target) {
  return app.add_option_function<std::string>(
      option.names, [&option, target](const std::string& text) {
        const std::optional<double> seconds = parse_quantity(text, "s");
        if (!seconds)
          throw CLI::ValidationError(
              option.names, in_quotes(text) +
                                " is not a time; use seconds, or a number with ns, us, ms, s, min "
                                "or h, for example \"1 min\"");
        if (option.bounds && !(*seconds >= option.bounds->least && *seconds <= option.bounds->most))
          throw CLI::ValidationError(
              option.names, fmt::format("{} is not in range; use {:g} to {:g} s", in_quotes(text),
                                        option.bounds->least, option.bounds->most));
        *target = Seconds(*seconds);
      });
}

// `item`: what the page says of the option. CLI11's messages name the value as it does.
void add_option(CLI::App& app, const Option& option, const PageItem& item, Choice* choice) {
  CLI::Option* added = std::visit(
      [&](const auto& target) -> CLI::Option* {
        using Type = std::decay_t<decltype(target)>;
        if constexpr (std::is_same_v<Type, Action>) {
          CLI::Option* flag = app.add_flag(option.names);
          choice->instead.emplace_back(flag, &target);
          return flag;
        } else if constexpr (std::is_same_v<Type, bool*>) {
          return app.add_flag(option.names, *target);
        } else if constexpr (std::is_same_v<Type, Seconds*>) {
          return add_seconds(app, option, target);
        } else {
          return app.add_option(option.names, *target);
        }
      },
      option.target);
  if (!option.excludes.empty())
    added->excludes(app.get_option(option.excludes));
  if (option.is_flag())
    return;
  added->type_name(item.value)->required(option.is_required);
  if (!option.is_positional())
    added->allow_extra_args(false);
  add_checks(option, added);
}

// What `command` has, to `app`, which is CLI11's idea of it.
void fill(CLI::App& app, const Command& command, Choice* choice) {
  for (const Option& option : command.options)
    add_option(app, option, command.page.option(option.all_names().back()), choice);
  app.set_help_flag("-h,--help");
  for (const Command& sub : command.commands) {
    CLI::App* added = app.add_subcommand(sub.name);
    if (sub.is_hidden)
      added->group("");
    if (sub.run)
      added->callback([&sub, choice] { choice->command = &sub.run; });
    else
      added->require_subcommand(1);
    fill(*added, sub, choice);
  }
}

// The help of the command that the arguments have named.
std::string help_of(const CLI::App& app, const Command& command, const std::string& call) {
  for (const CLI::App* chosen : app.get_subcommands())
    for (const Command& sub : command.commands)
      if (sub.name == chosen->get_name())
        return help_of(*chosen, sub, call + " " + sub.name);
  return help_text(command, call);
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

// The sentence about an argument that no option takes. `command` is empty for nmgen itself.
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

}  // namespace

int run_command_line(const Command& program, int argc, const char* const* argv) {
  CLI::App app("", program.name);
  Choice choice;
  fill(app, program, &choice);
  // What nobody takes is told by left_over(), with a suggestion.
  app.allow_extras();
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    command->allow_extras();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return print(help_of(app, program, program.name)) ? kExitPass : kExitBadUse;
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
  for (const auto& [flag, action] : choice.instead)
    if (flag->count() > 0)
      return (*action)();
  return choice.command != nullptr ? (*choice.command)() : program.run();
}

}  // namespace nmgen
