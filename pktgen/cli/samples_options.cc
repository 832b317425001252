// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/samples_options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "pktgen/cli/stop_signal.h"
#include "pktgen/scenario/parse.h"

namespace nmgen {

void add_samples_options(CLI::App* command, SamplesOptions* options) {
  command->add_option("--samples", options->samples, "Runs of each program; 10 are needed to judge")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--duration", options->duration_s, "Seconds that each run measures")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--patience", options->patience_s,
                   "Seconds that a run waits for quiet cores at most; 0: take each as it comes")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--set", options->overrides,
                   "Change a value of the scenario, e.g. senders.0.batch=64; as often as you like")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_flag("-q,--quiet", options->quiet, "No progress");
}

Result<Scenario> scenario_to_sample(const std::string& file, const SamplesOptions& options) {
  std::vector<std::string> overrides = {"repeat=1", "warmup_s=0.1",
                                        fmt::format("duration_s={}", options.duration_s)};
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
      contestants, {scenario_text, {}, options.samples, options.patience_s, options.side_by_side});
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
