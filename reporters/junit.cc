// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/junit.h"

#include <fmt/format.h>

#include <string_view>

#include "reporters/markup.h"
#include "reporters/summary.h"

namespace nmgen {
namespace {

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escape_markup(value));
}

std::string properties(const Record& record) {
  std::string text = "    <properties>\n";
  text += property("device", device_line(record.devices));
  for (const bool sends : {true, false}) {
    const std::string way = sends ? "tx" : "rx";
    uint64_t frames = 0;
    for (const RunRecord& run : record.runs)
      frames += (sends ? run.tx : run.rx).frames;
    text += property(way + "_frames", fmt::format("{}", frames));
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

}  // namespace

std::string junit_text(const Record& record) {
  double seconds = 0;
  for (const RunRecord& run : record.runs)
    seconds += run.seconds;
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

}  // namespace nmgen
