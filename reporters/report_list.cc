// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/report_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "reporters/csv.h"
#include "reporters/html.h"
#include "reporters/json_record.h"
#include "reporters/junit.h"
#include "reporters/openmetrics.h"
#include "reporters/summary.h"
#include "reporters/text_file.h"

namespace nmgen {
namespace {

struct KindRow {
  ReportKind kind;
  const char* name;
  const char* extension;
  const char* mark;  // in the first lines of each such report
};

constexpr KindRow kKinds[] = {
    {ReportKind::kConsole, "console", "", ""},
    // Not .json, which the scenario may be called.
    {ReportKind::kJson, "json", ".result.json", "\"nmgen-result/1\""},
    {ReportKind::kCsv, "csv", ".csv", "run,start_s,seconds,"},
    // As node_exporter's textfile collector wants it.
    {ReportKind::kOpenmetrics, "openmetrics", ".prom", "# TYPE nmgen_"},
    {ReportKind::kHtml, "html", ".html", "<meta name=\"generator\" content=\"nmgen\">"},
    {ReportKind::kJunit, "junit", ".xml", "<testsuites name=\"nmgen\""},
};

const KindRow* find_kind(std::string_view name) {
  const KindRow* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                      [name](const KindRow& row) { return name == row.name; });
  return found != std::end(kKinds) ? found : nullptr;
}

tl::unexpected<Error> refuse(std::string_view entry, const std::string& cause,
                             const std::string& remedy) {
  return fail(fmt::format("cannot take --report \"{:.60}\"", entry), cause, remedy);
}

Result<ReportRequest> parse_entry(std::string_view entry, const std::string& scenario_name) {
  const size_t equals = entry.find('=');
  const KindRow* row = find_kind(entry.substr(0, equals));
  if (row == nullptr)
    return refuse(
        entry, "there is no such report",
        "use console, json, csv, openmetrics, html or junit, each with =FILE if you like");
  ReportRequest request{row->kind, scenario_name + row->extension};
  if (row->kind == ReportKind::kConsole)
    request.path.clear();
  if (equals == std::string_view::npos)
    return request;
  if (row->kind == ReportKind::kConsole)
    return refuse(entry, "the console has no file", "send standard output to the file");
  request.path = entry.substr(equals + 1);
  if (request.path.empty())
    return refuse(entry, "no file is named after the equals sign",
                  fmt::format("give one, or only \"{}\"", row->name));
  return request;
}

}  // namespace

const char* to_string(ReportKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind)
      return row.name;
  return "";
}

Result<std::vector<ReportRequest>> parse_reports(const std::vector<std::string>& lists,
                                                 const std::string& scenario_name) {
  std::vector<ReportRequest> requests;
  for (std::string_view list : lists) {
    while (true) {
      const size_t comma = list.find(',');
      const std::string_view entry = list.substr(0, comma);
      Result<ReportRequest> request = parse_entry(entry, scenario_name);
      if (!request)
        return tl::unexpected<Error>(request.error());
      for (const ReportRequest& other : requests) {
        if (other.kind == request->kind)
          return refuse(entry, "that report is named twice", "name it once");
        if (!request->path.empty() && other.path == request->path)
          return refuse(entry, "another report goes to the same file", "give each its own file");
      }
      requests.push_back(std::move(*request));
      if (comma == std::string_view::npos)
        break;
      list.remove_prefix(comma + 1);
    }
  }
  return requests;
}

Result<void> check_reports(const std::vector<ReportRequest>& requests, const Overwrite& allowed) {
  for (const ReportRequest& request : requests) {
    const KindRow* row = find_kind(to_string(request.kind));
    if (row == nullptr || request.kind == ReportKind::kConsole)
      continue;
    if (Result<void> may = check_overwrite(request.path, row->mark, allowed); !may)
      return may;
    if (Result<void> writable = check_writable(request.path); !writable)
      return writable;
  }
  return {};
}

Result<std::string> report_text(ReportKind kind, const Record& record) {
  switch (kind) {
    case ReportKind::kConsole:
      break;
    case ReportKind::kJson:
      return record_to_json(record);
    case ReportKind::kCsv:
      return csv_text(record);
    case ReportKind::kOpenmetrics:
      return openmetrics_text(record);
    case ReportKind::kHtml:
      return html_text(record);
    case ReportKind::kJunit:
      return junit_text(record);
  }
  return summary_text(record, Paint(false));
}

Result<void> write_reports(const std::vector<ReportRequest>& requests, const Record& record) {
  Result<void> first;
  for (const ReportRequest& request : requests) {
    if (request.kind == ReportKind::kConsole)
      continue;
    Result<std::string> text = report_text(request.kind, record);
    Result<void> written =
        text ? write_text(*text, request.path) : Result<void>(tl::unexpected<Error>(text.error()));
    if (!written && first)
      first = written;
  }
  return first;
}

}  // namespace nmgen
