// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/units.h"

#include <gmock/gmock.h>

namespace nmgen {
namespace {

TEST(Units, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(148'809'523), "148,809,523");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Units, RatesTakeTheNextPrefixWhenTheyRoundToIt) {
  EXPECT_EQ(si_rate(0), "0.0");
  EXPECT_EQ(si_rate(1 / 672.0), "0.0015");
  EXPECT_EQ(si_rate(0.94), "0.94");
  EXPECT_EQ(si_rate(0.96), "1.0");
  EXPECT_EQ(si_rate(999.94), "999.9");
  EXPECT_EQ(si_rate(999.96), "1.000k");
  EXPECT_EQ(si_rate(812'744), "812.744k");
  EXPECT_EQ(si_rate(999'999.4), "999.999k");
  EXPECT_EQ(si_rate(999'999.6), "1.000M");
  EXPECT_EQ(si_rate(14'880'952.38), "14.881M");
  EXPECT_EQ(si_rate(148'809'523.8), "148.810M");
}

TEST(Units, CountsAndCyclesKeepTheirColumns) {
  EXPECT_EQ(short_count(99'999), "99,999");
  EXPECT_EQ(short_count(123'456), "123.5k");
  EXPECT_EQ(short_count(999'960), "1.00M");
  EXPECT_EQ(short_count(1'234'567), "1.23M");
  EXPECT_EQ(short_count(UINT64_MAX), "18.4E");
  EXPECT_EQ(short_ticks(0), "0.0");
  EXPECT_EQ(short_ticks(99.94), "99.9");
  EXPECT_EQ(short_ticks(99.96), "100");
  EXPECT_EQ(short_ticks(9999.6), "10.0k");
  EXPECT_EQ(short_ticks(66'954.7), "67.0k");
}

TEST(Units, TimesHaveThreeDigits) {
  EXPECT_EQ(short_time(0), "0ns");
  EXPECT_EQ(short_time(85), "85ns");
  EXPECT_EQ(short_time(999.6), "1.00us");
  EXPECT_EQ(short_time(18'303), "18.3us");
  EXPECT_EQ(short_time(310'271), "310us");
  EXPECT_EQ(short_time(1'204'223), "1.20ms");
  EXPECT_EQ(short_time(10e9), "10.0s");
  EXPECT_EQ(short_time(3600e9), "3600s");
}

TEST(Units, PercentagesHaveTwoDecimals) {
  EXPECT_EQ(percent(99.994), "99.99");
  EXPECT_EQ(percent(99.996), "100.00");
  EXPECT_EQ(percent(1234.5), "1234");
  EXPECT_EQ(percent(12345), ">9999");
  EXPECT_EQ(percent(100), "100.00");
  EXPECT_EQ(percent(0), "0.00");
  EXPECT_EQ(percent(12.345), "12.35");
}

TEST(Units, AColumnHasOneUnit) {
  EXPECT_EQ(unit_for(Quantity::kFrameRate, 0).name, "pps");
  EXPECT_EQ(unit_for(Quantity::kFrameRate, 999.9).name, "pps");
  EXPECT_EQ(unit_for(Quantity::kFrameRate, 1000).name, "kpps");
  EXPECT_EQ(unit_for(Quantity::kBitRate, 99e9).name, "Gbit/s");
  EXPECT_EQ(unit_for(Quantity::kTimeNs, 500e6).name, "ms");
  EXPECT_EQ(unit_for(Quantity::kTimeNs, 3600e9).name, "s");
  EXPECT_EQ(unit_for(Quantity::kNumber, 1e9).name, "");
  const Unit mpps = unit_for(Quantity::kFrameRate, 148.81e6);
  EXPECT_EQ(mpps.name, "Mpps");
  EXPECT_EQ(in_unit(148'809'523.8, mpps), "148.810");
  EXPECT_EQ(in_unit(415'476, mpps), "0.415");
  EXPECT_EQ(in_unit(100, mpps), "<0.001");
  EXPECT_EQ(in_unit(0, mpps), "0.000");
}

TEST(Units, GapsAreMilliseconds) {
  EXPECT_EQ(milliseconds(0), "0.000");
  EXPECT_EQ(milliseconds(0.0042), "0.004");
  EXPECT_EQ(milliseconds(9046.4692), "9,046.469");
}

TEST(Units, WrapsAtBlanksAndKeepsLongWords) {
  EXPECT_THAT(wrapped("one two  three", 7), testing::ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("a incomprehensibility b", 5),
              testing::ElementsAre("a", "incomprehensibility", "b"));
  EXPECT_THAT(wrapped("", 5), testing::IsEmpty());
  EXPECT_EQ(plural(1, "run"), "1 run");
  EXPECT_EQ(plural(1000, "run"), "1,000 runs");
}

}  // namespace
}  // namespace nmgen
