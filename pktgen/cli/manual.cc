// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>
#include <vector>

#include "pktgen/scenario/error_text.h"

namespace nmgen {
namespace {

// The commands of a command or program, without those that are hidden.
std::vector<const Command*> commands_of(const Command& command) {
  std::vector<const Command*> commands;
  for (const Command& sub : command.commands)
    if (!sub.is_hidden)
      commands.push_back(&sub);
  return commands;
}

// With --help, which every command has.
std::vector<Option> options_of(const Command& command) {
  std::vector<Option> options = command.options;
  options.push_back({.names = kHelpNames, .help = command.help, .target = Action()});
  return options;
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
std::string option_title(const Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.short_names())
    names.push_back("-" + name);
  for (const std::string& name : option.long_names())
    names.push_back("--" + name);
  std::string title;
  for (const std::string& name : names) {
    title += title.empty() ? "" : ", ";
    title += "\\fB" + escaped(name) + "\\fR";
  }
  if (!option.value_words().empty())
    title += " \\fI" + escaped(option.value_words()) + "\\fR";
  return title;
}

std::string positional_title(const Option& option) {
  return "\\fI" + escaped(option.names) + "\\fR";
}

std::string paragraph(const std::string& title, const Option& option) {
  return fmt::format(".TP\n{}\n{}\n", title, escaped(option.help));
}

void add_options(const Command& command, std::string* page) {
  std::string options, positionals;
  for (const Option& option : options_of(command))
    if (option.is_positional())
      positionals += paragraph(positional_title(option), option);
    else
      options += paragraph(option_title(option), option);
  if (!positionals.empty())
    *page += ".SH ARGUMENTS\n" + positionals;
  *page += ".SH OPTIONS\n" + options;
}

std::string synopsis(const Command& command, const std::string& call) {
  std::string text = "\\fB" + escaped(call) + "\\fR [\\fIOPTIONS\\fR]";
  for (const Option& option : command.options)
    if (option.is_positional())
      text += option.is_required ? " " + positional_title(option)
                                 : " [" + positional_title(option) + "]";
  if (!commands_of(command).empty())
    text += " \\fICOMMAND\\fR ...";
  return text;
}

// Footers are laid out already: examples, notes, exit codes.
void add_notes(const Command& command, std::string* page) {
  std::string notes = command.footer;
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
std::string words_of(const Command& command) {
  std::vector<std::string> words;
  for (const Command* sub : commands_of(command))
    words.push_back(sub->name);
  for (const Option& option : options_of(command))
    for (const std::string& name : option.long_names())
      words.push_back("--" + name);
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

std::string manual_page(const Command& program, const std::string& command,
                        const std::string& version) {
  const Command* about = &program;
  if (!command.empty()) {
    about = nullptr;
    for (const Command* candidate : commands_of(program))
      if (candidate->name == command)
        about = candidate;
    if (about == nullptr)
      return "";
  }
  const std::string title = command.empty() ? program.name : program.name + "-" + command;
  const std::string call = command.empty() ? program.name : program.name + " " + command;
  std::string page = fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n",
                                 escaped(upper(title)), program.name, version);
  page += fmt::format(".SH NAME\n{} \\- {}\n", escaped(title), escaped(about->summary));
  page += ".SH SYNOPSIS\n" + synopsis(*about, call) + "\n";
  const std::vector<const Command*> commands = commands_of(*about);
  if (!commands.empty()) {
    page += ".SH COMMANDS\n";
    for (const Command* sub : commands)
      page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(sub->name), escaped(sub->summary));
  }
  add_options(*about, &page);
  // A command of a command has no page of its own.
  if (!command.empty())
    for (const Command* sub : commands) {
      const std::string sub_call = call + " " + sub->name;
      page += fmt::format(".SH {}\n{}\n", escaped(upper(sub_call)), synopsis(*sub, sub_call));
      for (const Option& option : options_of(*sub))
        page += paragraph(option.is_positional() ? positional_title(option) : option_title(option),
                          option);
    }
  add_notes(*about, &page);
  page += ".SH SEE ALSO\n";
  std::string others;
  for (const Command* other : commands_of(program))
    if (other != about)
      others +=
          fmt::format("{}.BR {}\\-{} (1)", others.empty() ? "" : ",\n", program.name, other->name);
  page += others + "\n";
  return page;
}

std::string bash_completion(const Command& program) {
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
      program.name);
  text += fmt::format("        \"\") COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;\n",
                      words_of(program));
  for (const Command* command : commands_of(program)) {
    // A command's own commands are its words; another one takes files as well.
    const bool takes_files = commands_of(*command).empty();
    text += fmt::format("        {}) COMPREPLY=($(compgen {}-W \"{}\" -- \"$word\")) ;;\n",
                        command->name, takes_files ? "-f " : "", words_of(*command));
  }
  text += fmt::format("    esac\n}}\ncomplete -o filenames -F _{0} {0}\n", program.name);
  return text;
}

Command manual_command(const Command* program, const std::string& version) {
  const std::shared_ptr<std::string> of = std::make_shared<std::string>();
  return {
      .name = "manual",
      .summary = "Print a manual page",
      .options = {{.names = "--of",
                   .value = "COMMAND",
                   .help = "Print the page of COMMAND; without it, that of nmgen",
                   .target = of.get()}},
      .run = [program, version, of]() -> int {
        const std::string text = manual_page(*program, *of, version);
        if (text.empty())
          return complain(fmt::format("there is no command {}; see nmgen --help", in_quotes(*of)));
        return print(text) ? kExitPass : kExitBadUse;
      },
      .is_hidden = true};
}

Command completion_command(const Command* program) {
  return {.name = "completion",
          .summary = "Print the completion for bash",
          .run = [program] { return print(bash_completion(*program)) ? kExitPass : kExitBadUse; },
          .is_hidden = true};
}

}  // namespace nmgen
