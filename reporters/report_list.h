// SPDX-License-Identifier: BSD-2-Clause
// `nmgen run --report LIST`: which reports a run leaves, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"
#include "reporters/overwrite.h"

namespace nmgen {

enum class ReportKind { kConsole, kJson, kCsv, kOpenmetrics, kHtml, kJunit };

// "console", "json", "csv", "openmetrics", "html", "junit".
const char* to_string(ReportKind kind);

struct ReportRequest {
  ReportKind kind = ReportKind::kConsole;
  std::string path;  // "-": standard output. The console has none
};

// `lists`: each a list of KIND or KIND=FILE with commas between. A report without a file goes to
// SCENARIO.result.json, .csv, .prom, .html or .xml in the current directory. Errors: a kind that
// does not exist, a kind twice, a file for the console, two reports in one file.
Result<std::vector<ReportRequest>> parse_reports(const std::vector<std::string>& lists,
                                                 const std::string& scenario_name);

// Whether all of them can be written, and may be, before a run.
Result<void> check_reports(const std::vector<ReportRequest>& requests,
                           const Overwrite& allowed = {});

// The text of a report; of the console: its summary, without colours.
Result<std::string> report_text(ReportKind kind, const Record& record);

// Writes all but the console. The first error, after all were tried.
Result<void> write_reports(const std::vector<ReportRequest>& requests, const Record& record);

}  // namespace nmgen
