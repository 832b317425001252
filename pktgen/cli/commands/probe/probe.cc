// SPDX-License-Identifier: BSD-2-Clause
// nmgen probe INTERFACE
#include <algorithm>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/probe/examine.h"

namespace nmgen {
namespace {

struct ProbeOptions {
  std::string interface;
  bool json = false;

  std::vector<Option> table() {
    return {{.names = "INTERFACE", .target = &interface, .is_required = true}, {"--json", &json}};
  }
};

int probe(const ProbeOptions& options) {
  // As a port or as an interface.
  const std::string name = options.interface.substr(options.interface.find(':') + 1);
  const Result<std::vector<Finding>> findings = examine_interface(name);
  if (!findings)
    return complain(findings.error());
  if (!print(options.json ? findings_json(*findings, "nmgen-probe/1") : findings_text(*findings)))
    return kExitBadUse;
  const bool is_good = std::none_of(findings->begin(), findings->end(), [](const Finding& finding) {
    return finding.state == Finding::State::kLack;
  });
  return is_good ? kExitPass : kExitFail;
}

}  // namespace

Command probe_command() {
  return make_command(probe);
}

}  // namespace nmgen
