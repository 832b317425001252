// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/csv.h"

#include <gtest/gtest.h>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

TEST(Csv, ALineAnInterval) {
  EXPECT_EQ(
      csv_text(examples::passed_record()),
      "run,start_s,seconds,tx_frames,rx_frames,tx_pps,rx_pps,tx_line_rate_percent,missed,pause_s,"
      "tx_busy_tsc_ticks_per_frame,tx_model_tsc_ticks_per_frame,tx_idle_percent,rx_busy_tsc_ticks_"
      "per_frame,"
      "rx_model_tsc_ticks_per_frame,rx_idle_percent,latency_p50_ns,latency_p99_ns,latency_max_ns,"
      "off_core_ms\n"
      "1,0,1,14880952,14880900,14880952,14880900,99.99999743968,0,0,32.04,40.1,58.8,44.96,29.3,"
      "21.5,18321,45823,1204223,0.375\n"
      "1,1,1,14880952,14880900,14880952,14880900,99.99999743968,1234567,0,32.04,40.1,58.8,44.96,"
      "29.3,21.5,18321,45823,1204223,0.375\n");
}

TEST(Csv, RunsAreNumbered) {
  const std::string text = csv_text(examples::invalid_record());
  EXPECT_NE(text.find("\n1,0,1,950,"), std::string::npos);
  EXPECT_NE(text.find("\n2,0,1,950,"), std::string::npos);
}

TEST(Csv, WithoutRunsThereIsTheHeadOnly) {
  const std::string text = csv_text(Record{});
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

}  // namespace
}  // namespace nmgen
