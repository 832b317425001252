// SPDX-License-Identifier: BSD-2-Clause
// nmgen probe
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pktgen/cli/commands/commands.h"
#include "pktgen/cli/commands/probe/machine.h"
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
  Json document = {{"schema", "nmgen-probe/1"}, {"findings", std::move(list)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Command probe_command() {
  const std::shared_ptr<bool> json = std::make_shared<bool>(false);
  return {.name = "probe",
          .summary = "Say what this machine offers, and how to get what it lacks",
          .options = {{.names = "--json", .help = "As JSON, for programs", .target = json.get()}},
          .footer =
              "\nExample:\n"
              "  nmgen probe\n"
              "\nok: as it should be. lack: missing, and what to do about it. fact: the figures "
              "depend on "
              "it.",
          .run = [json]() -> int {
            const std::vector<Finding> findings = examine_machine();
            return print(*json ? as_json(findings) : as_text(findings)) ? kExitPass : kExitBadUse;
          }};
}

}  // namespace nmgen
