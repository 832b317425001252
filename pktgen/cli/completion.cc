// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/completion.h"

#include <fmt/format.h>

#include <vector>

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

// Words that may follow: commands and long options.
std::string words_of(const Command& command) {
  std::vector<std::string> words;
  for (const Command* sub : commands_of(command))
    words.push_back(sub->name);
  for (const Option& option : command.options)
    for (const std::string& name : option.all_names())
      if (name.starts_with("--"))
        words.push_back(name);
  words.emplace_back("--help");
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

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

Command completion_command(const Command* program) {
  return {.name = "completion",
          .run = [program] { return print(bash_completion(*program)) ? kExitPass : kExitBadUse; },
          .is_hidden = true};
}

}  // namespace nmgen
