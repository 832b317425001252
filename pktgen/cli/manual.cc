// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/manual.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace nmgen {
namespace {

// Commands of an app, without those that are hidden (of no group).
std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!command->get_group().empty())
      commands.push_back(command);
  return commands;
}

// Text that troff leaves as it is: a dash that can be copied, no escapes, no request at the start
// of a line.
std::string escaped(std::string_view text) {
  std::string out;
  bool line_starts = true;
  for (const char c : text) {
    if (line_starts && (c == '.' || c == '\''))
      out += "\\&";
    line_starts = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

// "--duration SECONDS", "-h, --help".
std::string option_title(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames())
    names.push_back("-" + name);
  for (const std::string& name : option.get_lnames())
    names.push_back("--" + name);
  std::string title;
  for (const std::string& name : names) {
    title += title.empty() ? "" : ", ";
    title += "\\fB" + escaped(name) + "\\fR";
  }
  if (!option.get_type_name().empty() && option.get_items_expected_max() > 0)
    title += " \\fI" + escaped(option.get_type_name()) + "\\fR";
  return title;
}

void add_options(const CLI::App& app, std::string* page) {
  std::string options, positionals;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty())
      continue;
    if (option->get_positional())
      positionals += fmt::format(".TP\n\\fI{}\\fR\n{}\n", escaped(option->get_name(true)),
                                 escaped(option->get_description()));
    else
      options +=
          fmt::format(".TP\n{}\n{}\n", option_title(*option), escaped(option->get_description()));
  }
  if (!positionals.empty())
    *page += ".SH ARGUMENTS\n" + positionals;
  if (!options.empty())
    *page += ".SH OPTIONS\n" + options;
}

std::string synopsis(const CLI::App& app, const std::string& name) {
  std::string text = "\\fB" + escaped(name) + "\\fR [\\fIOPTIONS\\fR]";
  for (const CLI::Option* option : app.get_options())
    if (option->get_positional()) {
      const std::string name = "\\fI" + escaped(option->get_name(true)) + "\\fR";
      text += option->get_required() ? " " + name : " [" + name + "]";
    }
  if (!commands_of(app).empty())
    text += " \\fICOMMAND\\fR ...";
  return text;
}

// Footers are laid out already: examples, notes, exit codes.
void add_notes(const CLI::App& app, std::string* page) {
  std::string notes = app.get_footer();
  notes.erase(0, notes.find_first_not_of('\n'));
  if (!notes.empty())
    *page += ".SH NOTES\n.nf\n" + escaped(notes) + "\n.fi\n";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Words that may follow: commands and long options.
std::string words_of(const CLI::App& app) {
  std::string words;
  const auto add = [&words](const std::string& word) {
    words += words.empty() ? "" : " ";
    words += word;
  };
  for (const CLI::App* command : commands_of(app))
    add(command->get_name());
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      add("--" + name);
  return words;
}

}  // namespace

std::string manual_page(const CLI::App& app, const std::string& command,
                        const std::string& version) {
  const CLI::App* about = &app;
  if (!command.empty()) {
    about = nullptr;
    for (const CLI::App* candidate : commands_of(app))
      if (candidate->get_name() == command)
        about = candidate;
    if (about == nullptr)
      return "";
  }
  const std::string& program = app.get_name();
  const std::string title = command.empty() ? program : program + "-" + command;
  const std::string call = command.empty() ? program : program + " " + command;
  std::string page = fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n",
                                 escaped(upper(title)), program, version);
  page += fmt::format(".SH NAME\n{} \\- {}\n", escaped(title), escaped(about->get_description()));
  page += ".SH SYNOPSIS\n" + synopsis(*about, call) + "\n";
  const std::vector<const CLI::App*> commands = commands_of(*about);
  if (!commands.empty()) {
    page += ".SH COMMANDS\n";
    for (const CLI::App* sub : commands)
      page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(sub->get_name()),
                          escaped(sub->get_description()));
  }
  add_options(*about, &page);
  // A command of a command has no page of its own.
  if (!command.empty())
    for (const CLI::App* sub : commands) {
      page += fmt::format(".SH {}\n{}\n", escaped(upper(call + " " + sub->get_name())),
                          synopsis(*sub, call + " " + sub->get_name()));
      for (const CLI::Option* option : sub->get_options())
        page +=
            fmt::format(".TP\n{}\n{}\n",
                        option->get_positional() ? "\\fI" + escaped(option->get_name(true)) + "\\fR"
                                                 : option_title(*option),
                        escaped(option->get_description()));
    }
  add_notes(*about, &page);
  page += ".SH SEE ALSO\n";
  std::string others;
  for (const CLI::App* other : commands_of(app))
    if (other != about)
      others +=
          fmt::format("{}.BR {}\\-{} (1)", others.empty() ? "" : ",\n", program, other->get_name());
  page += others + "\n";
  return page;
}

std::string bash_completion(const CLI::App& app) {
  const std::string& program = app.get_name();
  std::string text = fmt::format(
      "# bash completion for {0}; made by the build from its options\n"
      "_{0}()\n{{\n"
      "    local word=\"${{COMP_WORDS[COMP_CWORD]}}\" command=\"\" i\n"
      "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "        if [[ ${{COMP_WORDS[i]}} != -* ]]; then\n"
      "            command=\"${{COMP_WORDS[i]}}\"\n"
      "            break\n"
      "        fi\n"
      "    done\n"
      "    case \"$command\" in\n",
      program);
  text += fmt::format("        \"\") COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;\n",
                      words_of(app));
  for (const CLI::App* command : commands_of(app)) {
    // A command's own commands are its words; another one takes files as well.
    const bool takes_files = commands_of(*command).empty();
    text += fmt::format("        {}) COMPREPLY=($(compgen {}-W \"{}\" -- \"$word\")) ;;\n",
                        command->get_name(), takes_files ? "-f " : "", words_of(*command));
  }
  text += fmt::format("    esac\n}}\ncomplete -o filenames -F _{0} {0}\n", program);
  return text;
}

}  // namespace nmgen
