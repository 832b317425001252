// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/report_help.h"

#include <string>

#include "reporters/report.h"

namespace nmgen {

HelpList report_help() {
  HelpList help{"Reports", {}};
  for (const Report* report : reports()) {
    std::string about = report->about;
    if (report->has_file())
      about.append(" [SCENARIO").append(report->extension).append("]");
    help.rows.emplace_back(report->name, about);
  }
  return help;
}

}  // namespace nmgen
