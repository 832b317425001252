// SPDX-License-Identifier: BSD-2-Clause
// nmgen, the program: its commands, and those that only the build needs.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pktgen/cli/command_line.h"
#include "pktgen/cli/commands.h"
#include "pktgen/cli/completion.h"
#include "pktgen/measure/fingerprint.h"

namespace nmgen {

namespace {

// Descriptors 0 to 2 are open from here on, or else a ring's memory could become standard output.
void open_standard_streams() {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
      return;
}

// Whether something that was printed got nowhere. A reader that has gone (a closed pipe) lost
// nothing that it wanted.
bool output_was_lost() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
    return false;
  pollfd reader{STDOUT_FILENO, POLLOUT, 0};
  return poll(&reader, 1, 0) != 1 || (reader.revents & POLLERR) == 0;
}

std::string version_line() {
  return fmt::format("nmgen {} (commit {}{})\n", NMGEN_VERSION, built_from_commit(),
                     built_from_dirty_tree() ? ", with changes" : "");
}

// `nmgen help run` is `nmgen run --help`. Of a command that does not exist, the command line has
// something to say.
std::vector<const char*> words_for(const Command& program, int argc, char** argv) {
  std::vector<const char*> words(argv, argv + argc);
  if (argc < 2 || std::string_view(argv[1]) != "help")
    return words;
  words.erase(words.begin() + 1);
  const auto is_named = [&](const Command& command) { return command.name == words[1]; };
  if (argc == 2)
    words.push_back("--help");
  else if (std::any_of(program.commands.begin(), program.commands.end(), is_named))
    words.insert(words.begin() + 2, "--help");
  return words;
}

Command program() {
  Command nmgen = {
      .options = {{"--version", [] { return print(version_line()) ? kExitPass : kExitBadUse; }}},
      .run = [] { return complain("no command is given; see nmgen --help"); },
      .commands = all_commands()};
  return named("nmgen", std::move(nmgen), program_page());
}

}  // namespace
}  // namespace nmgen

int main(int argc, char** argv) {
  nmgen::open_standard_streams();
  // A reader that has gone must not end a run before its record is written.
  std::signal(SIGPIPE, SIG_IGN);
  nmgen::Command program = nmgen::program();
  program.commands.push_back(nmgen::completion_command(&program));
  const std::vector<const char*> words = nmgen::words_for(program, argc, argv);
  int code = nmgen::kExitBadUse;
  try {
    code = nmgen::run_command_line(program, static_cast<int>(words.size()), words.data());
  } catch (const std::bad_alloc&) {
    return nmgen::complain(
        "there is not enough memory; free some, raise the limit (ulimit -d, ulimit -v), or ask for "
        "fewer slots and flows");
  }
  if (!nmgen::output_was_lost())
    return code;
  nmgen::complain("standard output could not be written completely; free some space there");
  return code == nmgen::kExitPass ? nmgen::kExitBadUse : code;
}
