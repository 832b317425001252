// SPDX-License-Identifier: BSD-2-Clause
// nmgen compare BASE NEW...
#include "pktgen/cli/commands/compare.h"

#include <memory>

#include "pktgen/cli/commands/commands.h"
#include "pktgen/compare/compare.h"

namespace nmgen {

int exit_code(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
    case Outcome::kImprove:
      return kExitPass;
    case Outcome::kRegress:
      return kExitFail;
    case Outcome::kInvalid:
      break;
  }
  return kExitInvalid;
}

namespace {

struct CompareOptions {
  std::string base;
  std::vector<std::string> next;
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
    Result<Comparison> comparison = compare_samples(*base, *next, Origin::kKept);
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
  const std::shared_ptr<CompareOptions> options = std::make_shared<CompareOptions>();
  return {.name = "compare",
          .summary = "Compare sets of runs, and find out what became slower",
          .options = {{.names = "BASE",
                       .help = "A baseline, a record, or a directory of records",
                       .target = &options->base},
                      {.names = "NEW",
                       .help = "The same; each is compared with BASE",
                       .target = &options->next}},
          .footer =
              "\nExample:\n"
              "  nmgen compare results/64b-10g-tx.json runs/\n"
              "\nExit codes: 0 pass or improve, 1 regress, 2 bad use or bad input, 3 invalid.",
          .run = [options] { return compare(*options); }};
}

}  // namespace nmgen
