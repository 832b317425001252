// SPDX-License-Identifier: BSD-2-Clause
// nmgen ci
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/ci/revision.h"
#include "pktgen/cli/commands/samples_options.h"
#include "pktgen/cli/exit_code.h"
#include "pktgen/compare/compare.h"

namespace nmgen {
namespace {

namespace fs = std::filesystem;

struct CiOptions {
  std::vector<std::string> files;
  std::string baseline, against;
  SamplesOptions samples;

  std::vector<Option> table() {
    return with_samples_options({{"FILE", &files},
                                 {"--baseline", &baseline},
                                 {"--against", &against},
                                 {"--side-by-side", &samples.side_by_side}},
                                samples);
  }
};

// What is compared with what, for one scenario.
struct Trial {
  std::string name, scenario_text;
  SampleSet kept;  // without --against
};

Result<std::vector<Trial>> trials_against(const CiOptions& options) {
  std::vector<std::string> files = options.files;
  if (files.empty())
    files.emplace_back("scenarios/64b-10g-tx.json");
  std::vector<Trial> trials;
  for (const std::string& file : files) {
    Result<Scenario> scenario = scenario_to_sample(file, options.samples);
    if (!scenario)
      return tl::unexpected<Error>(scenario.error());
    trials.push_back({scenario->name, scenario->text, {}});
  }
  return trials;
}

Result<std::vector<Trial>> trials_with_baselines(const CiOptions& options) {
  const std::string directory = options.baseline.empty() ? kBaselines : options.baseline;
  std::vector<std::string> paths = options.files;
  if (paths.empty()) {
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().extension() == ".json")
        paths.push_back(entry->path().string());
    std::sort(paths.begin(), paths.end());
  } else {
    for (std::string& path : paths)
      path = fmt::format("{}/{}.json", directory, fs::path(path).stem().string());
  }
  if (paths.empty())
    return fail("cannot compare with " + directory, "there is no baseline in it",
                "make one with nmgen baseline, or use --against");
  std::vector<Trial> trials;
  for (const std::string& path : paths) {
    Result<SampleSet> kept = load_samples(path);
    if (!kept)
      return tl::unexpected<Error>(kept.error());
    trials.push_back({kept->about.scenario_name, kept->about.scenario_text, *kept});
  }
  return trials;
}

Result<Comparison> try_once(const Trial& trial, const std::string& program,
                            const std::string& other, const CiOptions& options) {
  std::vector<Contestant> contestants = {{"the new program", program}};
  if (!other.empty())
    contestants.insert(contestants.begin(), {"the base program", other});
  Result<Sampled> sampled =
      take_samples(trial.scenario_text, trial.name, contestants, options.samples);
  if (!sampled)
    return tl::unexpected<Error>(sampled.error());
  Result<Comparison> comparison =
      other.empty()
          ? compare_samples(trial.kept, sampled->sets[0], Origin::kKept)
          : compare_samples(sampled->sets[0], sampled->sets[1],
                            options.samples.side_by_side ? Origin::kSideBySide : Origin::kInTurns);
  const size_t runs = contestants.size() * options.samples.samples;
  if (comparison && sampled->disturbed > 0)
    comparison->reasons.push_back(
        fmt::format("Other programs used the cores during {} of {} runs{}.", sampled->disturbed,
                    runs, sampled->disturbed * 2 > runs ? "; try again when they have ended" : ""));
  // That nothing was seen in so much noise does not say that there is nothing.
  if (comparison && sampled->disturbed * 2 > runs && comparison->outcome != Outcome::kRegress)
    comparison->outcome = Outcome::kInvalid;
  return comparison;
}

int ci(const CiOptions& options) {
  if (!options.baseline.empty() && !options.against.empty())
    return complain("--baseline and --against exclude each other; give one of them");
  if (options.samples.side_by_side && options.against.empty())
    return complain("--side-by-side needs another program; name it with --against");
  Result<std::string> program = own_program();
  if (!program)
    return complain(program.error());
  std::string other;
  if (!options.against.empty()) {
    Result<std::string> found = program_of(options.against);
    if (!found)
      return complain(found.error());
    other = *found;
  }
  Result<std::vector<Trial>> trials =
      other.empty() ? trials_with_baselines(options) : trials_against(options);
  if (!trials)
    return complain(trials.error());
  std::vector<Comparison> comparisons;
  for (const Trial& trial : *trials) {
    Result<Comparison> comparison = try_once(trial, *program, other, options);
    // Once is chance: what got worse has to get worse again.
    if (comparison && comparison->outcome == Outcome::kRegress) {
      if (!print(comparison_text(*comparison) +
                 "a regression; all runs are repeated to confirm it:\n"))
        return kExitBadUse;
      comparison = try_once(trial, *program, other, options);
    }
    if (!comparison)
      return complain(comparison.error());
    if (!print(comparison_text(*comparison)))
      return kExitBadUse;
    comparisons.push_back(std::move(*comparison));
  }
  return exit_code(worst(comparisons));
}

}  // namespace

Command ci_command() {
  return make_command(ci);
}

}  // namespace nmgen
