// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

Result<Timetable> burst(const std::string& options, double pps, double speed_bps = 10e9) {
  return ScheduleSpec{"burst", options}.compile({pps, 64, speed_bps, 1e9});
}

TEST(Burst, FramesOfABurstAreDueTogetherAndTheMeanIsKept) {
  const Result<Timetable> table = burst(R"({"frames": 4})", 1000);
  ASSERT_TRUE(table);
  for (uint64_t i = 0; i < 100; i++)
    ASSERT_EQ(table->due_tsc(i), i / 4 * 4'000'000) << i;
  EXPECT_EQ(table->due(0), 4u);
  EXPECT_EQ(table->due(3'999'999), 4u);
  EXPECT_EQ(table->due_within(1e9), 1000u);
  EXPECT_EQ(table->most_ahead(), 4);
}

TEST(Burst, ARateOfItsOwnSpacesTheFramesOfABurst) {
  const Result<Timetable> table = burst(R"({"frames": 3, "rate": {"pps": 1000000}})", 1000);
  ASSERT_TRUE(table);
  for (uint64_t i = 0; i < 99; i++)
    ASSERT_EQ(table->due_tsc(i), i / 3 * 3'000'000 + i % 3 * 1000) << i;
  EXPECT_NEAR(table->most_ahead(), 3, 0.01);
}

TEST(Burst, OfOneFrameIsTheConstantRate) {
  const Result<Timetable> table = burst(R"({"frames": 1})", 3e6);
  const Result<Timetable> constant = ScheduleSpec().compile({3e6, 64, 10e9, 1e9});
  ASSERT_TRUE(table && constant);
  for (uint64_t i = 0; i < 1'000'000; i += 999)
    ASSERT_EQ(table->due_tsc(i), constant->due_tsc(i)) << i;
}

TEST(Burst, AtTheMeanRateIsTheConstantRate) {
  const Result<Timetable> table = burst(R"({"frames": 10, "rate": {"pps": 1000}})", 1000);
  ASSERT_TRUE(table);
  for (uint64_t i = 0; i < 1000; i++)
    ASSERT_EQ(table->due_tsc(i), i * 1'000'000) << i;
  EXPECT_NEAR(table->most_ahead(), 1, 1e-3);
}

TEST(Burst, WhatCannotBeIsASentence) {
  const struct {
    const char *options, *cause;
    double pps, speed_bps;
  } kCases[] = {
      {R"({"frames": 4})", "as fast as possible has no gaps", 0, 10e9},
      {R"({"frames": 4, "rate": {"pps": 999}})", "below the mean rate", 1000, 10e9},
      {R"({"frames": 4, "rate": {"pps": 15e6}})", "more than the line carries", 1000, 10e9},
      {R"({"frames": 4, "rate": {"percent": 50}})", "not known", 1000, 0},
      {R"({"frames": 1048576})", "longer than a clock holds", 1e-6, 10e9},
  };
  for (const auto& each : kCases) {
    const Result<Timetable> table = burst(each.options, each.pps, each.speed_bps);
    ASSERT_FALSE(table) << each.options;
    EXPECT_THAT(table.error().sentence(), HasSubstr(each.cause));
  }
  EXPECT_TRUE(burst(R"({"frames": 4, "rate": "max"})", 1000, 0));
  EXPECT_TRUE(burst(R"({"frames": 4, "rate": {"percent": 100}})", 1000));
}

}  // namespace
}  // namespace nmgen
