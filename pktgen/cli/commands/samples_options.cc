// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/samples_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "pktgen/cli/stop_signal.h"
#include "pktgen/scenario/parse.h"

namespace nmgen {

void add_samples_options(Command* command, SamplesOptions* options) {
  const std::vector<Option> added = {
      {.names = "--samples",
       .value = "N",
       .help = "Runs of each program; a comparison needs 10",
       .target = &options->samples,
       .bounds = Bounds{1, 1000},
       .shows_default = true},
      {.names = "--duration",
       .value = "TIME",
       .help = "Measured time of each run, in s or with a unit",
       .target = &options->duration,
       .shows_default = true},
      {.names = "--patience",
       .value = "TIME",
       .help = "Longest wait of a run for idle cores, in s or with a unit; 0 is no wait",
       .target = &options->patience,
       .bounds = Bounds{0, 3600},
       .shows_default = true},
      {.names = "--set",
       .value = "PATH=VALUE",
       .help = "Change a value of the scenario, e.g. senders.0.batch=64; can be repeated",
       .target = &options->overrides},
      {.names = "-q,--quiet", .help = "Print no progress", .target = &options->quiet}};
  command->options.insert(command->options.end(), added.begin(), added.end());
}

Result<Scenario> scenario_to_sample(const std::string& file, const SamplesOptions& options) {
  std::vector<std::string> overrides = {"repeat=1", "warmup_s=0.1",
                                        "duration_s=" + options.duration};
  overrides.insert(overrides.end(), options.overrides.begin(), options.overrides.end());
  return load_scenario(file, overrides);
}

Result<Sampled> take_samples(const std::string& scenario_text, const std::string& name,
                             const std::vector<Contestant>& contestants,
                             const SamplesOptions& options) {
  const bool shown = !options.quiet && isatty(STDERR_FILENO) == 1;
  Sampler sampler(
      [&](size_t taken, size_t wanted) {
        if (shown)
          fmt::print(stderr, "\r\033[K{}: {} of {} runs", name, taken, wanted);
      },
      catch_stop_signals());
  Result<Sampled> sampled = sampler.take(
      contestants,
      {scenario_text, {}, options.samples, options.patience.count(), options.side_by_side});
  if (shown)
    fmt::print(stderr, "\r\033[K");
  return sampled;
}

Result<std::string> own_program() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    return fail("cannot find this program's file", error.message(), "mount /proc", error.value());
  return path.string();
}

}  // namespace nmgen
