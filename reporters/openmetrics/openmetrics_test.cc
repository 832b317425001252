// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/openmetrics/openmetrics.h"

#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Openmetrics, AFinishedRecord) {
  const std::string text = openmetrics_text(test::passed_record());
  EXPECT_THAT(text, HasSubstr("nmgen_frames_total{direction=\"tx\"} 29761904\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_median_frame_rate{direction=\"rx\"} 14880900.4\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_mean_frame_rate{direction=\"rx\"} 14880900\n"));
  EXPECT_THAT(text,
              HasSubstr("nmgen_tsc_ticks_per_frame{direction=\"rx\",kind=\"model\"} 29.25\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_verdict{nmgen_verdict=\"pass\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_verdict{nmgen_verdict=\"fail\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_running 0\n"));
  EXPECT_THAT(text, HasSubstr("simulated=\"true\""));
  // Of 29,761,904 probes one took 1.2 us, one 1.2 ms, and all others 18 us.
  EXPECT_THAT(text, HasSubstr("nmgen_latency_seconds_bucket{le=\"1e-06\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_latency_seconds_bucket{le=\"2e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_latency_seconds_bucket{le=\"2e-05\"} 29761903\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_latency_seconds_bucket{le=\"0.002\"} 29761904\n"));
  EXPECT_THAT(text, HasSubstr("nmgen_latency_seconds_bucket{le=\"+Inf\"} 29761904\n"));
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(Openmetrics, WhileItRunsThereIsNoVerdict) {
  const Record finished = test::passed_record();
  Record record = finished;
  record.runs.clear();
  const std::string first = openmetrics_text(record, finished.runs[0]);
  EXPECT_THAT(first, HasSubstr("nmgen_running 1\n"));
  EXPECT_THAT(first, HasSubstr("nmgen_frames_total{direction=\"tx\"} 29761904\n"));
  EXPECT_THAT(first, HasSubstr("nmgen_missed_frames_total 1234567\n"));
  EXPECT_THAT(first, HasSubstr("nmgen_interval_latency_seconds{quantile=\"0.99\"} 4.5823e-05\n"));
  EXPECT_THAT(first, Not(HasSubstr("nmgen_verdict")));
  // The second of two runs: what the first has counted stays.
  EXPECT_THAT(openmetrics_text(finished, finished.runs[0]),
              HasSubstr("nmgen_frames_total{direction=\"tx\"} 59523808\n"));
}

TEST(Openmetrics, LabelsAreEscaped) {
  Record record = test::passed_record();
  record.fingerprint.cpu_model = "a \"b\" \\ c\nd";
  EXPECT_THAT(openmetrics_text(record), HasSubstr("cpu_model=\"a \\\"b\\\" \\\\ c\\nd\""));
}

TEST(Openmetrics, AFamilyAppearsOnce) {
  std::istringstream lines(openmetrics_text(test::passed_record()));
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE")) {
      EXPECT_TRUE(seen.insert(line).second) << line;
    }
  EXPECT_GE(seen.size(), 15U);
}

}  // namespace
}  // namespace nmgen
