// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/report_request.h"

#include <fmt/format.h>

#include "reporters/text_file.h"

namespace nmgen {
namespace {

tl::unexpected<Error> refuse(std::string_view entry, const std::string& cause,
                             const std::string& remedy) {
  return fail(fmt::format("cannot take --report \"{:.60}\"", entry), cause, remedy);
}

Result<ReportRequest> parse_entry(std::string_view entry, const std::string& scenario_name) {
  const size_t equals = entry.find('=');
  const Report* report = find_report(entry.substr(0, equals));
  if (report == nullptr)
    return refuse(entry, "there is no such report",
                  fmt::format("use {}, each with =FILE if you like", report_names()));
  ReportRequest request{report, ""};
  if (report->has_file())
    request.path = scenario_name + report->extension;
  if (equals == std::string_view::npos)
    return request;
  if (!report->has_file())
    return refuse(entry, fmt::format("the {} has no file", report->name),
                  "send standard output to the file");
  request.path = entry.substr(equals + 1);
  if (request.path.empty())
    return refuse(entry, "no file is named after the equals sign",
                  fmt::format("give one, or only \"{}\"", report->name));
  return request;
}

}  // namespace

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
        if (other.report == request->report)
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
    if (!request.report->has_file())
      continue;
    if (Result<void> may = check_overwrite(request.path, request.report->mark, allowed); !may)
      return may;
    if (Result<void> writable = check_writable(request.path); !writable)
      return writable;
  }
  return {};
}

Result<void> write_reports(const std::vector<ReportRequest>& requests, const Record& record) {
  Result<void> first;
  for (const ReportRequest& request : requests) {
    if (!request.report->has_file())
      continue;
    Result<std::string> text = request.report->text(record);
    Result<void> written =
        text ? write_text(*text, request.path) : Result<void>(tl::unexpected<Error>(text.error()));
    if (!written && first)
      first = written;
  }
  return first;
}

}  // namespace nmgen
