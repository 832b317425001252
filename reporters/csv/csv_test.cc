// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>

#include "reporters/report.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

TEST(Csv, ALineAnInterval) {
  EXPECT_EQ(
      *csv_report.text(test::passed_record()),
      "run,start_s,seconds,tx_frames,rx_frames,tx_pps,rx_pps,tx_line_rate_percent,missed,pause_s,"
      "tx_busy_tsc_ticks_per_frame,tx_model_tsc_ticks_per_frame,tx_idle_percent,rx_busy_tsc_ticks_"
      "per_frame,"
      "rx_model_tsc_ticks_per_frame,rx_idle_percent,latency_p50_ns,latency_p99_ns,latency_max_ns,"
      "off_core_ms\n"
      "1,0,1,14880952,14880900,14880952,14880900,99.99999744,0,0,32.04,40.1,58.8,44.96,29.3,"
      "21.5,18320,45820,1204000,0.375\n"
      "1,1,1,14880952,14880900,14880952,14880900,99.99999744,1234567,0,32.04,40.1,58.8,44.96,"
      "29.3,21.5,18320,45820,1204000,0.375\n");
}

TEST(Csv, ACellHasTheDigitsThatWereMeasured) {
  Record record = test::passed_record();
  record.runs[0].intervals.resize(1);
  IntervalRecord& interval = record.runs[0].intervals[0];
  interval.start_s = 1.0278718467622912;
  interval.seconds = 0.9894630752971891;
  interval.tx_frames = 1'000'000'000'000;
  interval.tx_pps = 148'809'523.80952381;
  interval.rx_pps = 0.0010000000002;
  interval.tx_line_rate_percent = 31.571962269149964;
  interval.pause_s = 1e-9;
  interval.tx_busy_tsc_ticks_per_frame = 43.48389163947629;
  interval.latency_p50_ns = 1'999;
  interval.latency_p99_ns = 10'440'703.5;
  interval.latency_max_ns = 1e10;
  interval.off_core_ms = 1468.3791849999998;
  const std::string text = *csv_report.text(record);
  EXPECT_EQ(text.substr(text.find('\n')),
            "\n1,1.027871847,0.989463075,1000000000000,14880900,148809523.8,0.001,31.57196227,0,"
            "0.000000001,43.48389164,40.1,58.8,44.96,29.3,21.5,1999,10441000,10000000000,"
            "1468.379185\n");
}

TEST(Csv, RunsAreNumbered) {
  const std::string text = *csv_report.text(test::invalid_record());
  EXPECT_NE(text.find("\n1,0,1,950,"), std::string::npos);
  EXPECT_NE(text.find("\n2,0,1,950,"), std::string::npos);
}

TEST(Csv, WithoutRunsThereIsTheHeadOnly) {
  const std::string text = *csv_report.text(Record{});
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

}  // namespace
}  // namespace nmgen
