// SPDX-License-Identifier: BSD-2-Clause
// nmgen report RECORD
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/report_help.h"
#include "reporters/console/console.h"
#include "reporters/console/summary.h"
#include "reporters/json/record_file.h"
#include "reporters/report_request.h"

namespace nmgen {
namespace {

struct ReportOptions {
  std::string record;
  std::vector<std::string> reports;
  bool force = false;

  std::vector<Option> table() {
    return {{"RECORD", &record}, {"--report", &reports}, {"--force", &force}};
  }
};

int report(const ReportOptions& options) {
  if (options.record.empty())
    return complain("no record is given; name its file, for example nmgen report result.json");
  Result<Record> record = read_record(options.record);
  if (!record)
    return complain(record.error());
  std::vector<std::string> lists = options.reports;
  if (lists.empty())
    lists.emplace_back("console");
  Result<std::vector<ReportRequest>> requests = parse_reports(lists, record->scenario_name);
  if (!requests)
    return complain(requests.error());
  const Overwrite allowed{.inputs = {options.record}, .force = options.force};
  if (Result<void> writable = check_reports(*requests, allowed); !writable)
    return complain(writable.error());
  if (Result<void> written = write_reports(*requests, *record); !written)
    return complain(written.error());
  // A report alone on standard output can be piped into another program.
  const bool piped = std::any_of(requests->begin(), requests->end(),
                                 [](const ReportRequest& request) { return request.path == "-"; });
  FILE* screen = piped ? stderr : stdout;
  for (const ReportRequest& request : *requests)
    if (request.report == &console_report)
      fmt::print(screen, "{}", summary_text(*record, Paint(console_options(screen).colour)));
  return kExitPass;
}

}  // namespace

Command report_command() {
  Command command = make_command(report);
  command.lists = {report_help()};
  return command;
}

}  // namespace nmgen
