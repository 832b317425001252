// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/report.h"

#include <algorithm>

namespace nmgen {
namespace {

constexpr const Report* kReports[] = {
#define REPORT(name) &name##_report,
#include "reporters/reports_list.h"
};

}  // namespace

std::span<const Report* const> reports() {
  return kReports;
}

const Report* find_report(std::string_view name) {
  const Report* const* found =
      std::find_if(std::begin(kReports), std::end(kReports),
                   [name](const Report* report) { return name == report->name; });
  return found != std::end(kReports) ? *found : nullptr;
}

std::string report_names() {
  std::string text;
  for (const Report* report : kReports) {
    if (!text.empty())
      text += report == *std::rbegin(kReports) ? " or " : ", ";
    text += report->name;
  }
  return text;
}

}  // namespace nmgen
