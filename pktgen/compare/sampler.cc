// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/sampler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "pktgen/measure/cores.h"
#include "reporters/record_file.h"

extern char** environ;

namespace nmgen {
namespace {

namespace fs = std::filesystem;

// A directory that goes with its owner.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "nmgen-samples-XXXXXX").string();
    if (!error && mkdtemp(name.data()) != nullptr)
      path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code error;
    if (!path_.empty())
      fs::remove_all(path_, error);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }  // empty: there is none

 private:
  std::string path_;
};

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// Whether a worker's core was taken away for more than a fiftieth of the time.
bool lost_its_core(const Record& record) {
  constexpr double kShare = 0.02;
  for (const RunRecord& run : record.runs)
    for (const WorkerRecord& worker : run.workers)
      if (worker.off_core_ms > kShare * 1e3 * run.seconds)
        return true;
  return false;
}

std::vector<int> cores_of(const Record& record) {
  std::set<int> cores;
  for (const RunRecord& run : record.runs)
    for (const WorkerRecord& worker : run.workers)
      if (worker.core >= 0)
        cores.insert(worker.core);
  return {cores.begin(), cores.end()};
}

}  // namespace

Result<int> run_program(const std::vector<std::string>& arguments, const std::string& output,
                        const std::string& errors) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                   output.empty() ? "/dev/null" : output.c_str(), kWrite, 0666);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO,
                                   errors.empty() ? "/dev/null" : errors.c_str(), kWrite, 0666);
  pid_t child = 0;
  int error = posix_spawnp(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return fail_errno("cannot start " + arguments[0], error, "give the path of a program");
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return fail_errno("cannot wait for " + arguments[0], errno, "start nmgen again");
  if (!WIFEXITED(status))
    return fail("cannot use " + arguments[0],
                fmt::format("it was ended by signal {}", WTERMSIG(status)),
                "run it by itself to see why");
  return WEXITSTATUS(status);
}

Result<Record> Sampler::run_once(const Contestant& contestant, const SampleOrders& orders,
                                 const std::string& directory) {
  const std::string scenario = directory + "/scenario.json", out = directory + "/record.json",
                    errors = directory + "/errors";
  if (!(std::ofstream(scenario) << orders.scenario_text))
    return fail("cannot take samples", scenario + " cannot be written",
                "make room there, or set TMPDIR to another directory");
  std::vector<std::string> arguments = {contestant.program, "run",   scenario,
                                        "--quiet",          "--out", out};
  for (const std::string& assignment : orders.overrides)
    arguments.insert(arguments.end(), {"--set", assignment});
  Result<int> code = run_program(arguments, "", errors);
  if (!code)
    return tl::unexpected<Error>(code.error());
  // 0, 1 and 3 are verdicts, and leave a record.
  std::error_code error;
  if ((*code != 0 && *code != 1 && *code != 3) || !fs::exists(out, error)) {
    std::string said = first_line(errors);
    if (said.starts_with("nmgen: "))
      said.erase(0, 7);
    return fail("cannot take samples of " + contestant.program,
                said.empty() ? fmt::format("it exited with {} and left no record", *code)
                             : "it said \"" + said + "\"",
                "see that it runs the scenario by itself");
  }
  Result<Record> record = read_record(out);
  fs::remove(out);
  return record;
}

Result<Sampled> Sampler::take(const std::vector<Contestant>& contestants,
                              const SampleOrders& orders) {
  ScratchDirectory directory;
  if (directory.path().empty())
    return fail_errno("cannot take samples", errno,
                      "set TMPDIR to a directory that can be written");
  Sampled sampled;
  for (const Contestant& contestant : contestants) {
    sampled.sets.emplace_back();
    sampled.sets.back().name = contestant.name;
  }
  const std::vector<int> all_cores = allowed_cores();
  const size_t wanted = contestants.size() * orders.samples;
  size_t again = orders.patience_s > 0 ? wanted : 0;
  for (size_t turn = 0, taken = 0; turn < orders.samples; ++turn) {
    for (size_t place = 0; place < contestants.size(); ++place) {
      // A B, B A, A B, ...
      const size_t who = turn % 2 == 0 ? place : contestants.size() - 1 - place;
      while (true) {
        if (stop_.load(std::memory_order_relaxed))
          return fail("cannot compare", "it was interrupted", "let it come to its end");
        speed_.await_quiet(all_cores, orders.patience_s);
        std::vector<int> loud;
        for (int core : all_cores)
          if (!speed_.is_quiet(core))
            loud.push_back(core);
        Result<Record> record = run_once(contestants[who], orders, directory.path());
        if (!record)
          return tl::unexpected<Error>(record.error());
        const std::vector<int> used = cores_of(*record);
        const bool disturbed =
            lost_its_core(*record) || std::any_of(used.begin(), used.end(), [&](int core) {
              return std::find(loud.begin(), loud.end(), core) != loud.end() ||
                     !speed_.is_quiet(core);
            });
        if (disturbed && again > 0) {
          again--;
          continue;
        }
        sampled.disturbed += disturbed ? 1 : 0;
        if (Result<void> added =
                add_sample(sampled.sets[who], *record, "a run of " + contestants[who].program);
            !added)
          return tl::unexpected<Error>(added.error());
        break;
      }
      progress_(++taken, wanted);
    }
  }
  return sampled;
}

}  // namespace nmgen
