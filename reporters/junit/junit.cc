// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <string_view>

#include "reporters/console/summary.h"
#include "reporters/device_line.h"
#include "reporters/markup.h"
#include "reporters/report.h"
#include "reporters/time_line.h"
#include "reporters/totals.h"

namespace nmgen {
namespace {

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escape_markup(value));
}

std::string properties(const Record& record) {
  std::string text = "    <properties>\n";
  text += property("device", device_line(record.devices));
  if (const std::string time = time_line(record); !time.empty())
    text += property("time", time);
  for (const bool sends : {true, false}) {
    const std::string way = sends ? "tx" : "rx";
    text += property(way + "_frames", fmt::format("{}", direction_totals(record, sends).frames));
    text += property(way + "_pps_mean",
                     fmt::format("{}", sends ? record.tx_mean_pps : record.rx_mean_pps));
    text += property(way + "_pps_median",
                     fmt::format("{}", (sends ? record.tx_pps : record.rx_pps).median));
  }
  text += property("scenario_hash", record.scenario_hash);
  text += property("commit", record.fingerprint.commit);
  text += property("cpu_model", record.fingerprint.cpu_model);
  text += property("kernel", record.fingerprint.kernel);
  return text + "    </properties>\n";
}

std::string outcome(const Record& record) {
  if (record.verdict == Verdict::kPass)
    return "";
  const bool failed = record.verdict == Verdict::kFail;
  const std::string first = record.verdict_reasons.empty() ? "" : record.verdict_reasons.front();
  std::string text =
      fmt::format("      <{} type=\"{}\" message=\"{}\">", failed ? "failure" : "error",
                  to_string(record.verdict), escape_markup(first));
  for (const std::string& reason : record.verdict_reasons)
    text += escape_markup(reason) + "\n";
  return text + (failed ? "</failure>\n" : "</error>\n");
}

// JUnit XML, as CI servers read it: one test case, the scenario. Verdict fail is a failure, invalid
// an error of type "invalid"; the reasons are its text, the figures are properties and the summary
// is system-out.
Result<std::string> junit_text(const Record& record) {
  const double seconds = measured_seconds(record);
  const std::string counts =
      fmt::format("tests=\"1\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"",
                  record.verdict == Verdict::kFail ? 1 : 0,
                  record.verdict == Verdict::kInvalid ? 1 : 0, seconds);
  const std::string name = escape_markup(record.scenario_name);
  // JUnit's schema takes a time without a zone.
  std::string_view started = record.started_at;
  if (started.ends_with('Z'))
    started.remove_suffix(1);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"nmgen\" {}>\n"
      "  <testsuite name=\"nmgen\" {} skipped=\"0\" timestamp=\"{}\">\n"
      "{}"
      "    <testcase classname=\"nmgen\" name=\"{}\" time=\"{:.3f}\">\n"
      "{}"
      "      <system-out>{}</system-out>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n",
      counts, counts, escape_markup(started), properties(record), name, seconds, outcome(record),
      escape_markup(summary_text(record, Paint(false))));
}

}  // namespace

constinit const Report junit_report = {
    .name = "junit",
    .about =
        "JUnit XML with the scenario as a test case: the verdict fail is a failure, invalid an "
        "error",
    .extension = ".xml",
    .mark = "<testsuites name=\"nmgen\"",
    .text = junit_text,
};

}  // namespace nmgen
