// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/rate.h"

#include <gtest/gtest.h>

#include "pktgen/measure/record.h"

namespace nmgen {
namespace {

constexpr double kTenGig = 10e9;

// The rates every vendor's table gives for 10GBASE-R, in Mpps.
TEST(Rate, TenGigabitTable) {
  const struct {
    double size_with_crc, mpps;
  } rows[] = {{64, 14.881}, {128, 8.446}, {256, 4.529}, {512, 2.350}, {1024, 1.197}, {1518, 0.813}};
  for (const auto& row : rows)
    EXPECT_NEAR(line_rate_pps(kTenGig, row.size_with_crc) / 1e6, row.mpps, 0.0005)
        << row.size_with_crc;
}

TEST(Rate, SmallestFrameExactly) {
  EXPECT_DOUBLE_EQ(line_rate_pps(kTenGig, kMinSizeNoCrc + kCrcBytes), 10e9 / 672);
  EXPECT_DOUBLE_EQ(line_rate_pps(100e9, 64), 10 * line_rate_pps(kTenGig, 64));
}

TEST(Rate, FullLinkInEveryUnit) {
  EXPECT_DOUBLE_EQ(line_rate_in(Rate::Unit::kPps, 64, kTenGig), 10e9 / 672);
  EXPECT_DOUBLE_EQ(line_rate_in(Rate::Unit::kBpsL1, 64, kTenGig), kTenGig);
  EXPECT_NEAR(line_rate_in(Rate::Unit::kBpsL2, 64, kTenGig), 7.619e9, 1e6);
  EXPECT_DOUBLE_EQ(line_rate_in(Rate::Unit::kPercent, 64, kTenGig), 100);
  EXPECT_DOUBLE_EQ(line_rate_percent(kTenGig, kTenGig), 100);
  EXPECT_DOUBLE_EQ(wire_bits_l1(640, 10), 6720);
}

// What fills a line in one unit fills it in all of them, and half of it is half the frames.
TEST(Rate, UnitsAgree) {
  for (double size : {64.0, 65.0, 570.5, 1518.0, 9220.0}) {
    const double line = line_rate_pps(25e9, size);
    for (const RateUnit& unit : rate_units()) {
      for (double share : {1.0, 0.5, 1e-6}) {
        const Rate rate{unit.unit, share * line_rate_in(unit.unit, size, 25e9)};
        EXPECT_NEAR(*rate_pps(rate, size, 25e9), share * line, share * line * 1e-12) << unit.key;
      }
    }
  }
}

TEST(Rate, EveryUnitHasItsRow) {
  for (Rate::Unit unit :
       {Rate::Unit::kPps, Rate::Unit::kBpsL1, Rate::Unit::kBpsL2, Rate::Unit::kPercent})
    EXPECT_EQ(rate_unit(unit).unit, unit);
}

TEST(Rate, AShareOfAnUnknownSpeedIsNoRate) {
  EXPECT_FALSE(rate_pps({Rate::Unit::kPercent, 50}, 64, 0));
  EXPECT_EQ(*rate_pps({}, 64, 0), 0);
  EXPECT_EQ(*rate_pps({Rate::Unit::kBpsL1, 672}, 64, 0), 1);
  EXPECT_EQ(line_rate_percent(1e6, 0), 0);
}

TEST(Record, VerdictNames) {
  EXPECT_STREQ(to_string(Verdict::kPass), "pass");
  EXPECT_STREQ(to_string(Verdict::kFail), "fail");
  EXPECT_STREQ(to_string(Verdict::kInvalid), "invalid");
}

}  // namespace
}  // namespace nmgen
