// SPDX-License-Identifier: BSD-2-Clause
// nmgen machine
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/machine/findings.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 24;

std::string as_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    std::string lead = fmt::format("  {:<5} {:<15} ", to_string(finding.state), finding.name);
    for (const std::string& line : wrapped(finding.value, kWidth - kIndent)) {
      text += lead + line + "\n";
      lead = std::string(kIndent, ' ');
    }
    std::string mark = "-> ";
    for (const std::string& line : wrapped(finding.remedy, kWidth - kIndent - mark.size())) {
      text += fmt::format("{:{}}{}{}\n", "", kIndent, mark, line);
      mark = "   ";
    }
  }
  return text;
}

std::string as_json(const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json entry = {
        {"name", finding.name}, {"state", to_string(finding.state)}, {"value", finding.value}};
    if (!finding.remedy.empty())
      entry["remedy"] = finding.remedy;
    list.push_back(std::move(entry));
  }
  Json document = {{"schema", "nmgen-machine/1"}, {"findings", std::move(list)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct MachineOptions {
  bool json = false;

  std::vector<Option> table() { return {{"--json", &json}}; }
};

int machine(const MachineOptions& options) {
  const std::vector<Finding> findings = examine_machine();
  return print(options.json ? as_json(findings) : as_text(findings)) ? kExitPass : kExitBadUse;
}

}  // namespace

Command machine_command() {
  return make_command(machine);
}

}  // namespace nmgen
