// SPDX-License-Identifier: BSD-2-Clause
// The schedules with rates of their own: on_off, ramp, steps and times.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

constexpr double kHz = 1e9;

Result<Timetable> compiled(const char* name, const std::string& options, double speed_bps = 10e9) {
  return ScheduleSpec{name, options}.compile({0, 64, speed_bps, kHz});
}

Timetable table_of(const char* name, const std::string& options) {
  const Result<Timetable> table = compiled(name, options);
  EXPECT_TRUE(table) << table.error().sentence();
  return table ? *table : Timetable();
}

double seconds_of(const Timetable& table, uint64_t frame) {
  return static_cast<double>(table.due_tsc(frame)) / kHz;
}

TEST(OnOff, AWholeNumberOfFramesIsThatNumber) {
  const Timetable table =
      table_of("on_off", R"({"rate": {"pps": 1000}, "on_s": 0.1, "off_s": 0.9})");
  for (uint64_t i = 0; i < 1000; i++)
    ASSERT_NEAR(static_cast<double>(table.due_tsc(i)),
                static_cast<double>(i / 100) * 1e9 + static_cast<double>(i % 100) * 1e6, 2)
        << i;
  EXPECT_EQ(table.due(static_cast<uint64_t>(0.5e9)), 100u);
  EXPECT_NEAR(table.mean_ticks(), 1e7, 1e-3);
  EXPECT_NEAR(table.most_ahead(), 91, 1);
}

TEST(OnOff, WithoutARateItIsTheLines) {
  const Timetable table = table_of("on_off", R"({"on_s": 0.5, "off_s": 0.5})");
  EXPECT_NEAR(static_cast<double>(table.due(static_cast<uint64_t>(1e9) - 1)), 0.5 * 10e9 / 672, 1);
}

// Frame n is due where the integral of the rate is n.
TEST(Ramp, FramesAreDueWhereTheRateSaysSo) {
  const struct {
    double from, to, seconds;
  } kCases[] = {{1000, 5000, 1}, {5000, 1000, 1}, {1e5, 4e6, 2}, {0, 1e6, 3}, {1e6, 0, 3}};
  for (const auto& each : kCases) {
    std::string options = "{\"for_s\": " + std::to_string(each.seconds);
    if (each.from > 0)
      options += ", \"from\": {\"pps\": " + std::to_string(each.from) + "}";
    if (each.to > 0)
      options += ", \"to\": {\"pps\": " + std::to_string(each.to) + "}";
    const Timetable table = table_of("ramp", options + "}");
    const double total = (each.from + each.to) / 2 * each.seconds;
    EXPECT_NEAR(table.mean_ticks(), each.seconds * kHz / total, 1e-6 * table.mean_ticks());
    const double slope = (each.to - each.from) / each.seconds;
    for (uint64_t i = 0; static_cast<double>(i) < total - 1; i += 1 + i / 1000) {
      const double t = seconds_of(table, i);
      const double frames = each.from * t + slope * t * t / 2;
      // Within a piece of 1/4096 the rate is even: an eighth of its slope times its time squared.
      const double piece = each.seconds / 4096;
      ASSERT_NEAR(frames, static_cast<double>(i), 0.6 + std::fabs(slope) * piece * piece)
          << each.from << " to " << each.to << " frame " << i;
    }
  }
}

TEST(Ramp, AFewFramesHaveTheirExactTimes) {
  const Timetable table = table_of("ramp", R"({"to": {"pps": 200}, "for_s": 1})");
  for (uint64_t i = 0; i < 100; i++)
    ASSERT_NEAR(seconds_of(table, i), std::sqrt(static_cast<double>(i) / 100), 2e-4) << i;
  EXPECT_NEAR(seconds_of(table, 100), 1, 1e-8);
}

TEST(Steps, FollowEachOther) {
  const Timetable table = table_of("steps", R"({"list": [
    {"rate": {"pps": 1000}, "for_s": 0.01}, {"for_s": 0.05},
    {"rate": {"pps": 100}, "for_s": 0.04}, {"rate": {"percent": 50}, "for_s": 0.1}]})");
  constexpr double kHalf = 5e9 / 672;
  EXPECT_EQ(table.due(9'500'000), 10u);
  EXPECT_EQ(table.due(59'000'000), 10u);
  EXPECT_EQ(table.due(60'000'000), 11u);
  EXPECT_EQ(table.due(99'000'000), 14u);
  EXPECT_NEAR(static_cast<double>(table.due(150'000'000)), 14 + kHalf * 0.05, 2);
  EXPECT_NEAR(table.period_ticks(), 0.2e9, 1e-3);
  // The second time like the first.
  EXPECT_EQ(table.due(209'500'000) - table.due(199'999'000), 10u + 7u);
}

TEST(Steps, BeginAfterALeadingPause) {
  const Timetable table =
      table_of("steps", R"({"list": [{"for_s": 0.5}, {"rate": {"pps": 10}, "for_s": 0.5}]})");
  for (uint64_t i = 0; i < 50; i++)
    ASSERT_NEAR(seconds_of(table, i),
                0.5 + static_cast<double>(i / 5) + 0.1 * static_cast<double>(i % 5), 1e-8)
        << i;
}

TEST(Steps, ManyFramesTakeNoMemory) {
  const Timetable table =
      table_of("steps", R"({"list": [{"rate": {"pps": 1e7}, "for_s": 604800}]})");
  EXPECT_NEAR(static_cast<double>(table.due_tsc(6'048'000'000'000 - 1)), 604800e9, 200);
  EXPECT_EQ(table.due_within(604800e9), 6'048'000'000'000u);
}

TEST(Times, AreThose) {
  const Timetable table =
      table_of("times", R"({"at_s": [0.001, 0.001, 0.002, 0.0095], "period_s": 0.01})");
  const double kTimes[] = {1, 1, 2, 9.5};
  for (uint64_t i = 0; i < 40; i++)
    ASSERT_NEAR(static_cast<double>(table.due_tsc(i)),
                (static_cast<double>(i / 4) * 10 + kTimes[i % 4]) * 1e6, 2)
        << i;
}

TEST(RatesOfItsOwn, WhatCannotBeIsASentence) {
  const struct {
    const char *name, *options, *cause;
    double speed_bps;
  } kCases[] = {
      {"on_off", R"({"rate": {"pps": 15e6}, "on_s": 1, "off_s": 1})", "more than the line", 10e9},
      {"on_off", R"({"on_s": 1, "off_s": 1})", "speed of the link is not known", 0},
      {"ramp", R"({"from": {"percent": 1}, "for_s": 1})", "speed of the link is not known", 0},
      {"ramp", R"({"for_s": 1})", "no frame is due", 10e9},
      {"steps", R"({"list": [{"for_s": 1}]})", "no frame is due", 10e9},
      {"steps", R"({"list": [{"rate": {"pps": 1e12}, "for_s": 604800}]})", "are too many", 0},
      {"times", R"({"at_s": [2, 1], "period_s": 3})", "time 1 of the list, 1 s, is before 2 s", 0},
      {"times", R"({"at_s": [0, 3], "period_s": 3})", "not within the period of 3 s", 0},
  };
  for (const auto& each : kCases) {
    const Result<Timetable> table = compiled(each.name, each.options, each.speed_bps);
    ASSERT_FALSE(table) << each.options;
    EXPECT_THAT(table.error().sentence(), HasSubstr(each.cause));
  }
}

}  // namespace
}  // namespace nmgen
