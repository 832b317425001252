// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/sampler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "pktgen/measure/cores.h"
#include "reporters/json/record_file.h"

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

Result<pid_t> start_program(const std::vector<std::string>& arguments, const std::string& output,
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
  return child;
}

// Return: its exit code.
Result<int> end_of_program(pid_t child, const std::string& name) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return fail_errno("cannot wait for " + name, errno, "start nmgen again");
  if (!WIFEXITED(status))
    return fail("cannot use " + name, fmt::format("signal {} ended it", WTERMSIG(status)),
                "run it alone to see why");
  return WEXITSTATUS(status);
}

// A run of a contestant, in a process with files of its own.
class Run {
 public:
  Run(const Contestant& contestant, const std::string& directory)
      : program_(contestant.program), files_(directory + "/" + contestant.name) {}

  Result<void> start(const SampleOrders& orders);
  Result<Record> end();

 private:
  std::string program_, files_;
  pid_t child_ = 0;
};

Result<void> Run::start(const SampleOrders& orders) {
  const std::string scenario = files_ + ".scenario", out = files_ + ".record",
                    errors = files_ + ".errors";
  if (!(std::ofstream(scenario) << orders.scenario_text))
    return fail("cannot take samples", scenario + " cannot be written",
                "free some space there, or set TMPDIR to another directory");
  std::vector<std::string> arguments = {program_, "run", scenario, "--quiet", "--out", out};
  for (const std::string& assignment : orders.overrides)
    arguments.insert(arguments.end(), {"--set", assignment});
  Result<pid_t> child = start_program(arguments, "", errors);
  if (!child)
    return tl::unexpected<Error>(child.error());
  child_ = *child;
  return {};
}

Result<Record> Run::end() {
  const std::string out = files_ + ".record";
  Result<int> code = end_of_program(child_, program_);
  if (!code)
    return tl::unexpected<Error>(code.error());
  // 0, 1 and 3 are verdicts, and leave a record.
  std::error_code error;
  if ((*code != 0 && *code != 1 && *code != 3) || !fs::exists(out, error)) {
    std::string said = first_line(files_ + ".errors");
    if (said.starts_with("nmgen: "))
      said.erase(0, 7);
    return fail("cannot take samples of " + program_,
                said.empty() ? fmt::format("it exited with {} and left no record", *code)
                             : "it said \"" + said + "\"",
                "check that it can run the scenario alone");
  }
  Result<Record> record = read_record(out);
  fs::remove(out);
  return record;
}

Sampled empty_sets(const std::vector<Contestant>& contestants) {
  Sampled sampled;
  for (const Contestant& contestant : contestants) {
    sampled.sets.emplace_back();
    sampled.sets.back().name = contestant.name;
  }
  return sampled;
}

// Whether a run's frames cost more than kLoud of the least that its program took so far: then the
// cores had no rest in it.
class Loudness {
 public:
  bool is_loud(const Sample& sample) {
    bool loud = false;
    for (Metric metric : {Metric::kTxCycles, Metric::kRxCycles}) {
      const double cost = sample.value(metric);
      double& least = least_[static_cast<size_t>(metric)];
      if (cost > 0 && (least == 0 || cost < least))
        least = cost;
      loud |= cost > kLoud * least;
    }
    return loud;
  }

 private:
  // A core's clock goes up and down by half as much.
  static constexpr double kLoud = 1.25;
  std::array<double, 2> least_{};
};

// The contestant at `position` of a turn: A B, B A, A B, ...
size_t who_at(size_t position, size_t turn, size_t count) {
  return turn % 2 == 0 ? position : count - 1 - position;
}

tl::unexpected<Error> interrupted() {
  return fail("cannot compare", "it was interrupted", "let it run to its end");
}

}  // namespace

Result<int> run_program(const std::vector<std::string>& arguments, const std::string& output,
                        const std::string& errors) {
  Result<pid_t> child = start_program(arguments, output, errors);
  if (!child)
    return tl::unexpected<Error>(child.error());
  return end_of_program(*child, arguments[0]);
}

Result<Sampled> Sampler::take(const std::vector<Contestant>& contestants,
                              const SampleOrders& orders) {
  ScratchDirectory directory;
  if (directory.path().empty())
    return fail_errno("cannot take samples", errno, "set TMPDIR to a writable directory");
  return orders.side_by_side ? take_side_by_side(contestants, orders, directory.path())
                             : take_in_turns(contestants, orders, directory.path());
}

Result<Sampled> Sampler::take_in_turns(const std::vector<Contestant>& contestants,
                                       const SampleOrders& orders, const std::string& directory) {
  Sampled sampled = empty_sets(contestants);
  const std::vector<int> all_cores = allowed_cores();
  const size_t wanted = contestants.size() * orders.samples;
  size_t again = orders.patience_s > 0 ? wanted : 0;
  for (size_t turn = 0, taken = 0; turn < orders.samples; ++turn) {
    for (size_t position = 0; position < contestants.size(); ++position) {
      const size_t who = who_at(position, turn, contestants.size());
      while (true) {
        if (stop_.load(std::memory_order_relaxed))
          return interrupted();
        speed_.await_quiet(all_cores, orders.patience_s);
        std::vector<int> loud;
        for (int core : all_cores)
          if (!speed_.is_quiet(core))
            loud.push_back(core);
        Run run(contestants[who], directory);
        if (Result<void> started = run.start(orders); !started)
          return tl::unexpected<Error>(started.error());
        Result<Record> record = run.end();
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

Result<Sampled> Sampler::take_side_by_side(const std::vector<Contestant>& contestants,
                                           const SampleOrders& orders,
                                           const std::string& directory) {
  Sampled sampled = empty_sets(contestants);
  std::vector<Loudness> loudness(contestants.size());
  size_t again = orders.samples;
  for (size_t turn = 0; turn < orders.samples;) {
    if (stop_.load(std::memory_order_relaxed))
      return interrupted();
    std::vector<Run> runs;
    runs.reserve(contestants.size());
    for (const Contestant& contestant : contestants)
      runs.emplace_back(contestant, directory);
    Result<void> started;
    size_t count = 0;
    while (count < runs.size() && started) {
      started = runs[who_at(count, turn, runs.size())].start(orders);
      count += started ? 1 : 0;
    }
    std::vector<Result<Record>> records(runs.size(), Record());
    for (size_t position = 0; position < count; ++position) {
      const size_t who = who_at(position, turn, runs.size());
      records[who] = runs[who].end();
    }
    if (!started)
      return tl::unexpected<Error>(started.error());
    bool loud = false;
    for (size_t i = 0; i < records.size(); ++i) {
      if (!records[i])
        return tl::unexpected<Error>(records[i].error());
      loud |= loudness[i].is_loud(cost_of(*records[i]));
    }
    if (loud && again > 0) {
      again--;
      continue;
    }
    for (size_t i = 0; i < records.size(); ++i)
      if (Result<void> added = add_sample(sampled.sets[i], *records[i],
                                          "a run of " + contestants[i].program, cost_of);
          !added)
        return tl::unexpected<Error>(added.error());
    sampled.disturbed += loud ? contestants.size() : 0;
    progress_(++turn * contestants.size(), orders.samples * contestants.size());
  }
  return sampled;
}

}  // namespace nmgen
