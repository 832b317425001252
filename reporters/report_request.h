// SPDX-License-Identifier: BSD-2-Clause
// `nmgen run --report LIST`: which reports a run leaves, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"
#include "reporters/overwrite.h"
#include "reporters/report.h"

namespace nmgen {

struct ReportRequest {
  const Report* report = nullptr;
  std::string path;  // "-": standard output. Empty: the report has no file
};

// `lists`: each a list of NAME or NAME=FILE with commas between. A report without a file goes to
// one that is named after the scenario, with the report's extension, in the current directory.
// Errors: a report that does not exist, one twice, a file for the console, two reports in one file.
Result<std::vector<ReportRequest>> parse_reports(const std::vector<std::string>& lists,
                                                 const std::string& scenario_name);

// Whether all of them can be written, and may be, before a run.
Result<void> check_reports(const std::vector<ReportRequest>& requests,
                           const Overwrite& allowed = {});

// Writes all that have a file. The first error, after all were tried.
Result<void> write_reports(const std::vector<ReportRequest>& requests, const Record& record);

}  // namespace nmgen
