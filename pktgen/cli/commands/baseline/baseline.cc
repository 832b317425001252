// SPDX-License-Identifier: BSD-2-Clause
// nmgen baseline FILE...
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/samples_options.h"
#include "pktgen/measure/stats.h"
#include "reporters/overwrite.h"
#include "reporters/text_file.h"

namespace nmgen {
namespace {

struct BaselineOptions {
  std::vector<std::string> files;
  std::string directory = kBaselines;
  bool force = false;
  SamplesOptions samples;

  std::vector<Option> table() {
    return with_samples_options({{"FILE", &files}, {"--dir", &directory}, {"--force", &force}},
                                samples);
  }
};

int take_baseline(const std::string& file, const std::string& program,
                  const BaselineOptions& options) {
  Result<Scenario> scenario = scenario_to_sample(file, options.samples);
  if (!scenario)
    return complain(scenario.error());
  const std::string path = fmt::format("{}/{}.json", options.directory, scenario->name);
  const Overwrite allowed{.inputs = {file}, .force = options.force};
  if (Result<void> may = check_overwrite(path, "\"nmgen-baseline/1\"", allowed); !may)
    return complain(may.error());
  if (Result<void> writable = check_writable(path); !writable)
    return complain(writable.error());
  Result<Sampled> sampled =
      take_samples(scenario->text, scenario->name, {{"baseline", program}}, options.samples);
  if (!sampled)
    return complain(sampled.error());
  const SampleSet& set = sampled->sets[0];
  if (Result<void> written = write_text(baseline_to_json(set), path); !written)
    return complain(written.error());
  std::vector<double> cycles;
  size_t valid = 0;
  for (const Sample& sample : set.samples) {
    if (sample.value(Metric::kTxCycles) >= 0)
      cycles.push_back(sample.value(Metric::kTxCycles));
    valid += sample.verdict != Verdict::kInvalid ? 1 : 0;
  }
  const Spread of = spread(cycles);
  return print(fmt::format(
             "{}: {} runs, {} valid, {} disturbed; tx cycles/frame {:.3f}, MAD {:.3f}; {}\n",
             scenario->name, set.samples.size(), valid, sampled->disturbed, of.median, of.mad,
             path))
             ? kExitPass
             : kExitBadUse;
}

int baseline(const BaselineOptions& options) {
  if (options.files.empty())
    return complain(
        "no scenario is given; name its file, for example nmgen baseline scenarios/64b-10g.json");
  Result<std::string> program = own_program();
  if (!program)
    return complain(program.error());
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error)
    return complain(fmt::format("cannot create {}: {}; give --dir a writable directory",
                                options.directory, error.message()));
  for (const std::string& file : options.files)
    if (int code = take_baseline(file, *program, options); code != kExitPass)
      return code;
  return kExitPass;
}

}  // namespace

Command baseline_command() {
  return make_command(baseline);
}

}  // namespace nmgen
