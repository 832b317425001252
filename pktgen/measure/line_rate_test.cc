// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/line_rate.h"

#include <gtest/gtest.h>

#include "pktgen/measure/record.h"

namespace nmgen {
namespace {

constexpr double kTenGig = 10e9;

// The rates every vendor's table gives for 10GBASE-R, in Mpps.
TEST(LineRate, TenGigabitTable) {
  const struct {
    double size_with_crc, mpps;
  } rows[] = {{64, 14.881}, {128, 8.446}, {256, 4.529}, {512, 2.350}, {1024, 1.197}, {1518, 0.813}};
  for (const auto& row : rows)
    EXPECT_NEAR(line_rate_pps(kTenGig, row.size_with_crc) / 1e6, row.mpps, 0.0005)
        << row.size_with_crc;
}

TEST(LineRate, SmallestFrameExactly) {
  EXPECT_DOUBLE_EQ(line_rate_pps(kTenGig, kMinSizeNoCrc + kCrcBytes), 10e9 / 672);
  EXPECT_DOUBLE_EQ(line_rate_pps(100e9, 64), 10 * line_rate_pps(kTenGig, 64));
}

TEST(LineRate, FullLinkInEveryUnit) {
  double pps = line_rate_pps(kTenGig, 64);
  EXPECT_DOUBLE_EQ(pps_to_bps_l1(pps, 64), kTenGig);
  EXPECT_NEAR(pps_to_bps_l2(pps, 64), 7.619e9, 1e6);
  EXPECT_DOUBLE_EQ(pps_to_line_rate_percent(pps, kTenGig, 64), 100);
}

TEST(LineRate, ConversionsAreInverse) {
  for (double size : {64.0, 65.0, 570.5, 1518.0, 9220.0}) {
    for (double pps : {1.0, 1000.5, 3e6}) {
      EXPECT_NEAR(bps_l1_to_pps(pps_to_bps_l1(pps, size), size), pps, pps * 1e-12);
      EXPECT_NEAR(bps_l2_to_pps(pps_to_bps_l2(pps, size), size), pps, pps * 1e-12);
      double percent = pps_to_line_rate_percent(pps, 25e9, size);
      EXPECT_NEAR(line_rate_percent_to_pps(percent, 25e9, size), pps, pps * 1e-12);
    }
  }
}

TEST(LineRate, UnknownSpeedHasNoPercent) {
  EXPECT_EQ(pps_to_line_rate_percent(1e6, 0, 64), 0);
}

TEST(Record, VerdictNames) {
  EXPECT_STREQ(to_string(Verdict::kPass), "pass");
  EXPECT_STREQ(to_string(Verdict::kFail), "fail");
  EXPECT_STREQ(to_string(Verdict::kInvalid), "invalid");
}

}  // namespace
}  // namespace nmgen
