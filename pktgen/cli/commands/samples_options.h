// SPDX-License-Identifier: BSD-2-Clause
// What baseline and ci have in common: how samples are asked for and their progress shown.
#pragma once

#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/compare/sampler.h"
#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// Where baselines are kept unless a directory is named: not in results/, whose baselines are the
// project's.
inline constexpr char kBaselines[] = "baselines";

struct SamplesOptions {
  std::vector<std::string> overrides;
  std::string duration = "0.5 s";
  unsigned samples = 10;
  Seconds patience{2};
  bool side_by_side = false;
  bool quiet = false;
};

// `own`, a command's, and after them those that fill `samples`.
std::vector<Option> with_samples_options(std::vector<Option> own, SamplesOptions& samples);

// The scenario as it is sampled: with a short warm-up, the duration, and then the overrides.
Result<Scenario> scenario_to_sample(const std::string& file, const SamplesOptions& options);

// Samples of one scenario, with a progress line on standard error where that is a terminal.
Result<Sampled> take_samples(const std::string& scenario_text, const std::string& name,
                             const std::vector<Contestant>& contestants,
                             const SamplesOptions& options);

// The path of this very program.
Result<std::string> own_program();

}  // namespace nmgen
