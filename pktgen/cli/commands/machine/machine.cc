// SPDX-License-Identifier: BSD-2-Clause
// nmgen machine
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/machine/findings.h"

namespace nmgen {
namespace {

struct MachineOptions {
  bool json = false;

  std::vector<Option> table() { return {{"--json", &json}}; }
};

int machine(const MachineOptions& options) {
  const std::vector<Finding> findings = examine_machine();
  return print(options.json ? findings_json(findings, "nmgen-machine/1") : findings_text(findings))
             ? kExitPass
             : kExitBadUse;
}

}  // namespace

Command machine_command() {
  return make_command(machine);
}

}  // namespace nmgen
