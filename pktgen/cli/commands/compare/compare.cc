// SPDX-License-Identifier: BSD-2-Clause
// nmgen compare BASE NEW...
#include "pktgen/compare/compare.h"

#include "pktgen/cli/command.h"
#include "pktgen/cli/exit_code.h"

namespace nmgen {
namespace {

struct CompareOptions {
  std::string base;
  std::vector<std::string> next;
  bool pairs = false;

  std::vector<Option> table() { return {{"BASE", &base}, {"NEW", &next}, {"--pairs", &pairs}}; }
};

int compare(const CompareOptions& options) {
  if (options.base.empty() || options.next.empty())
    return complain(
        "two sets of runs are needed; name them, for example nmgen compare "
        "results/64b-10g.json runs/");
  Result<SampleSet> base = load_samples(options.base);
  if (!base)
    return complain(base.error());
  std::vector<Comparison> comparisons;
  for (const std::string& path : options.next) {
    Result<SampleSet> next = load_samples(path);
    if (!next)
      return complain(next.error());
    Result<Comparison> comparison =
        compare_samples(*base, *next, options.pairs ? Origin::kPairs : Origin::kKept);
    if (!comparison)
      return complain(comparison.error());
    comparisons.push_back(std::move(*comparison));
  }
  for (const Comparison& comparison : comparisons)
    if (!print(comparison_text(comparison)))
      return kExitBadUse;
  return exit_code(worst(comparisons));
}

}  // namespace

Command compare_command() {
  return make_command(compare);
}

}  // namespace nmgen
