// SPDX-License-Identifier: BSD-2-Clause
// nmgen validate FILE...
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "pktgen/cli/commands/commands.h"
#include "pktgen/scenario/parse.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::vector<std::string> overrides;
};

template <class Entry>
unsigned workers_of(const std::vector<Entry>& entries) {
  unsigned workers = 0;
  for (const Entry& entry : entries)
    workers += entry.workers;
  return workers;
}

int validate(const ValidateOptions& options) {
  if (options.files.empty())
    return complain(
        "no scenario is given; name its file, for example nmgen validate scenarios/64b-10g.json");
  int code = kExitPass;
  for (const std::string& file : options.files) {
    Result<Scenario> scenario = load_scenario(file, options.overrides);
    if (!scenario) {
      code = complain(scenario.error());
      continue;
    }
    print(fmt::format("{}: valid: {}, {}, {}, {}, {} of {:g} s\n", scenario->file, scenario->name,
                      plural(workers_of(scenario->senders), "sending worker"),
                      plural(workers_of(scenario->receivers), "receiving worker"),
                      plural(scenario->streams.size(), "stream"), plural(scenario->repeat, "run"),
                      scenario->duration_s));
  }
  return code;
}

}  // namespace

Command validate_command() {
  const std::shared_ptr<ValidateOptions> options = std::make_shared<ValidateOptions>();
  return {
      .name = "validate",
      .summary = "Check scenarios without running them",
      .options = {{.names = "FILE",
                   .value = "...",
                   .help = "The scenarios; '-' is standard input",
                   .target = &options->files},
                  {.names = "--set",
                   .value = "PATH=VALUE",
                   .help = "Change a value of the scenario first, as in nmgen run",
                   .target = &options->overrides}},
      .footer =
          "\nExample:\n"
          "  nmgen validate scenarios/*.json\n"
          "\nExit codes: 0 all are valid; 2 one is not: a sentence has the path and the remedy.",
      .run = [options] { return validate(*options); }};
}

}  // namespace nmgen
