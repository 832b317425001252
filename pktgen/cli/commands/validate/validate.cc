// SPDX-License-Identifier: BSD-2-Clause
// nmgen validate FILE...
#include <fmt/format.h>

#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/scenario/parse.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::vector<std::string> overrides;

  std::vector<Option> table() { return {{"FILE", &files}, {"--set", &overrides}}; }
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
  return make_command(validate);
}

}  // namespace nmgen
