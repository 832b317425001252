// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr double kPps = 1e6, kHz = 2.7e9;
constexpr size_t kGaps = 65536;

Timetable poisson(const std::string& options, double pps = kPps) {
  const Result<Timetable> table = ScheduleSpec{"poisson", options}.compile({pps, 64, 10e9, kHz});
  EXPECT_TRUE(table) << table.error().sentence();
  return table ? *table : Timetable();
}

// Each in mean gaps, rising.
std::vector<double> sorted_gaps(const Timetable& table) {
  std::vector<double> gaps;
  for (size_t i = 0; i < kGaps; i++)
    gaps.push_back(static_cast<double>(table.due_tsc(i + 1) - table.due_tsc(i)) * kPps / kHz);
  std::sort(gaps.begin(), gaps.end());
  return gaps;
}

// 1 - e^-x, and e^-x.
double law(double x) {
  return -std::expm1(-x);
}

// Not rejected at 0.01: each statistic is below its value for that level. As the mean is given, and
// not estimated, the tables for a known law hold.
TEST(Poisson, GapsFollowTheExponentialLaw) {
  int kolmogorov_rejected = 0, anderson_rejected = 0;
  constexpr int kSeeds = 20;
  for (int seed = 0; seed < kSeeds; seed++) {
    const std::vector<double> gaps =
        sorted_gaps(poisson("{\"seed\": " + std::to_string(seed) + "}"));
    const double n = kGaps;
    double distance = 0, anderson = -n;
    for (size_t i = 0; i < kGaps; i++) {
      const double below = static_cast<double>(i), share = law(gaps[i]);
      distance = std::max({distance, share - below / n, (below + 1) / n - share});
      // Times are whole ticks; half a tick keeps the logarithm of the shortest finite.
      const double low = std::max(gaps[i], 0.5 * kPps / kHz);
      anderson -= (2 * below + 1) / n * (std::log(law(low)) - gaps[kGaps - 1 - i]);
    }
    kolmogorov_rejected += distance * std::sqrt(n) > 1.628;  // Kolmogorov's law, 0.01
    anderson_rejected += anderson > 3.857;                   // Anderson and Darling 1954, 0.01
  }
  // Of 20 seeds two or more are rejected with a chance of 1.7 %; these are not random.
  EXPECT_LE(kolmogorov_rejected, 1);
  EXPECT_LE(anderson_rejected, 1);
  const std::vector<double> gaps = sorted_gaps(poisson("{}"));
  double distance = 0;
  for (size_t i = 0; i < kGaps; i++)
    distance = std::max(distance, std::fabs(law(gaps[i]) - static_cast<double>(i) / kGaps));
  EXPECT_LT(distance * std::sqrt(double{kGaps}), 1.628);
}

// A gap says nothing of the next one.
TEST(Poisson, GapsAreIndependent) {
  const Timetable table = poisson("{}");
  double sum = 0, last = 0;
  for (size_t i = 0; i < kGaps; i++) {
    const double gap =
        static_cast<double>(table.due_tsc(i + 1) - table.due_tsc(i)) * kPps / kHz - 1;
    sum += gap * last;
    last = gap;
  }
  // Of variance 1 / n: four standard deviations.
  EXPECT_LT(std::fabs(sum / kGaps), 4 / std::sqrt(double{kGaps}));
}

TEST(Poisson, ASeedHasItsTimes) {
  const Timetable one = poisson(R"({"seed": 3})"), same = poisson(R"({"seed": 3})"),
                  other = poisson(R"({"seed": 4})");
  size_t equal = 0;
  for (size_t i = 1; i < 1000; i++) {
    ASSERT_EQ(one.due_tsc(i), same.due_tsc(i));
    equal += one.due_tsc(i) == other.due_tsc(i);
  }
  EXPECT_LT(equal, 5u);
}

TEST(Poisson, TheGapsComeAgain) {
  const Timetable table = poisson(R"({"frames": 10})", 1000);
  for (uint64_t i = 0; i < 100; i++)
    ASSERT_EQ(table.due_tsc(i + 10) - table.due_tsc(i), 27'000'000u) << i;
}

TEST(Poisson, WhatCannotBeIsASentence) {
  const Result<Timetable> no_rate = ScheduleSpec{"poisson", "{}"}.compile({0, 64, 10e9, kHz});
  ASSERT_FALSE(no_rate);
  EXPECT_THAT(no_rate.error().sentence(), testing::HasSubstr("has no gaps"));
  const Result<Timetable> too_long =
      ScheduleSpec{"poisson", R"({"frames": 1048576})"}.compile({1e-6, 64, 10e9, kHz});
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().sentence(), testing::HasSubstr("longer than a clock holds"));
}

}  // namespace
}  // namespace nmgen
