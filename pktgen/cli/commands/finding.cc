// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/finding.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kIndent = 24;

}  // namespace

const char* to_string(Finding::State state) {
  switch (state) {
    case Finding::State::kGood:
      return "ok";
    case Finding::State::kLack:
      return "lack";
    case Finding::State::kFact:
      break;
  }
  return "fact";
}

std::string findings_text(const std::vector<Finding>& findings) {
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

std::string findings_json(const std::vector<Finding>& findings, const std::string& schema) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json entry = {
        {"name", finding.name}, {"state", to_string(finding.state)}, {"value", finding.value}};
    if (!finding.remedy.empty())
      entry["remedy"] = finding.remedy;
    list.push_back(std::move(entry));
  }
  Json document = {{"schema", schema}, {"findings", std::move(list)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nmgen
