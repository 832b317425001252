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

std::vector<Option> with_samples_options(std::vector<Option> own, SamplesOptions& samples) {
  const std::vector<Option> added = {
      {.names = "--samples", .target = &samples.samples, .bounds = Bounds{1, 1000}},
      {"--duration", &samples.duration},
      {.names = "--patience", .target = &samples.patience, .bounds = Bounds{0, 3600}},
      {"--set", &samples.overrides},
      {"-q,--quiet", &samples.quiet}};
  own.insert(own.end(), added.begin(), added.end());
  return own;
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
