// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace nmgen {
namespace {

using testing::HasSubstr;

constexpr uint64_t kStartTsc = 987'654'321'000;
constexpr uint64_t kStartNs = 123'456'789'000;

std::vector<ClockSample> line_of(double hz, unsigned count = 21, uint64_t step_ns = 5'000'000) {
  std::vector<ClockSample> samples;
  for (unsigned i = 0; i < count; ++i) {
    ClockSample sample;
    sample.raw_ns = kStartNs + i * step_ns;
    sample.tsc = kStartTsc + static_cast<uint64_t>(std::llround(i * step_ns * (hz / 1e9)));
    sample.width_ticks = 60;
    samples.push_back(sample);
  }
  return samples;
}

TscClock clock_of(double hz) {
  Result<TscClock> clock = TscClock::fit(line_of(hz));
  EXPECT_TRUE(clock) << clock.error().sentence();
  return *clock;
}

TEST(FixedRatio, KeepsALengthOfHoursWithinAPartPerBillion) {
  const uint64_t hours_ns = 10ULL * 3600 * 1'000'000'000;
  for (double ratio : {1.0, 0.5, 0.37037037, 2.7, 0.999999, 1.000001, 3.3333333, 41.666667, 0.01}) {
    FixedRatio fixed = FixedRatio::from(ratio);
    for (uint64_t value : {uint64_t{1'000'000'000}, hours_ns, 100 * hours_ns}) {
      long double exact = static_cast<long double>(value) * ratio;
      EXPECT_NEAR(static_cast<double>(fixed.apply(value) / exact), 1.0, 1e-9 + 1 / exact) << ratio;
    }
    EXPECT_EQ(fixed.apply(0), 0U);
  }
}

TEST(FixedRatio, OneIsExact) {
  FixedRatio fixed = FixedRatio::from(1.0);
  for (uint64_t value : {uint64_t{1}, uint64_t{12345}, UINT64_MAX / 2})
    EXPECT_EQ(fixed.apply(value), value);
}

TEST(TscClock, FitsTheRateOfALine) {
  for (double hz : {24e6, 1e9, 2.7e9, 5.1e9}) {
    TscClock clock = clock_of(hz);
    EXPECT_NEAR(clock.hz / hz, 1, 1e-6);
    EXPECT_NEAR(static_cast<double>(clock.to_ns(static_cast<uint64_t>(hz) * 3600)), 3600e9, 3600e3);
    EXPECT_NEAR(static_cast<double>(clock.to_ticks(3'600'000'000'000)), 3600 * hz,
                3600 * hz * 1e-6);
    EXPECT_NEAR(clock.to_seconds(static_cast<uint64_t>(hz) * 10), 10, 1e-5);
  }
}

TEST(TscClock, FitAveragesNoiseOut) {
  std::vector<ClockSample> samples = line_of(2.5e9);
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i].tsc += (i * 7919) % 250;  // up to 100 ns
  Result<TscClock> clock = TscClock::fit(samples);
  ASSERT_TRUE(clock);
  EXPECT_NEAR(clock->hz / 2.5e9, 1, 1e-6);
}

TEST(TscClock, RefusesSamplesThatDisagree) {
  std::vector<ClockSample> samples = line_of(2.5e9);
  samples[10].tsc += 250'000;  // 100 us of 100 ms
  Result<TscClock> clock = TscClock::fit(samples);
  ASSERT_FALSE(clock);
  EXPECT_THAT(clock.error().sentence(), HasSubstr("disagree"));
}

TEST(TscClock, RefusesARateThatChangesHalfWay) {
  std::vector<ClockSample> samples = line_of(2.5e9);
  for (size_t i = 11; i < samples.size(); ++i)
    samples[i].tsc += (i - 10) * 12'500;  // 0.1 % faster
  EXPECT_FALSE(TscClock::fit(samples));
}

TEST(TscClock, RefusesTimeThatDoesNotRise) {
  std::vector<ClockSample> samples = line_of(2.5e9);
  samples[5].tsc = samples[4].tsc;
  EXPECT_FALSE(TscClock::fit(samples));
  samples = line_of(2.5e9);
  samples[5].raw_ns = samples[4].raw_ns;
  EXPECT_FALSE(TscClock::fit(samples));
}

TEST(TscClock, RefusesTooFewSamplesAndAbsurdRates) {
  EXPECT_FALSE(TscClock::fit(line_of(2.5e9, 2)));
  EXPECT_FALSE(TscClock::fit(line_of(1e5)));
  EXPECT_FALSE(TscClock::fit(line_of(2e11)));
}

ClockSample later(const TscClock& clock, double seconds, double tsc_factor,
                  int64_t jump_ticks = 0) {
  ClockSample now = clock.start;
  now.raw_ns += static_cast<uint64_t>(seconds * 1e9);
  now.tsc +=
      static_cast<uint64_t>(seconds * tsc_factor * clock.hz) + static_cast<uint64_t>(jump_ticks);
  return now;
}

TEST(TscClock, AGoodClockGivesNoReason) {
  TscClock clock = clock_of(2.7e9);
  for (double seconds : {0.0, 1e-6, 0.01, 10.0, 36000.0})
    EXPECT_EQ(clock.compare(later(clock, seconds, 1)).reason, "") << seconds;
  EXPECT_EQ(clock.compare(later(clock, 10, 1 + 90e-6)).reason, "");
  EXPECT_NEAR(clock.compare(later(clock, 10, 1 + 90e-6)).drift_ppm, 90, 1);
}

TEST(TscClock, DriftIsAReason) {
  TscClock clock = clock_of(2.7e9);
  ClockCheck fast = clock.compare(later(clock, 10, 1 + 150e-6));
  EXPECT_THAT(fast.reason, HasSubstr("1.500 ms ahead of"));
  EXPECT_THAT(fast.reason, HasSubstr("150 ppm"));
  ClockCheck slow = clock.compare(later(clock, 10, 1 - 150e-6));
  EXPECT_THAT(slow.reason, HasSubstr("behind"));
  EXPECT_NEAR(slow.drift_ppm, -150, 1);
}

TEST(TscClock, AJumpIsAReason) {
  TscClock clock = clock_of(2.7e9);
  EXPECT_NE(clock.compare(later(clock, 1, 1, 2'700'000)).reason, "");  // 1 ms in 1 s
  EXPECT_NE(clock.compare(later(clock, 1, 1, -2'700'000)).reason, "");
}

TEST(TscClock, RunningBackwardsIsAReason) {
  TscClock clock = clock_of(2.7e9);
  ClockSample now = clock.start;
  now.tsc -= 1000;
  EXPECT_THAT(clock.compare(now).reason, HasSubstr("TSC ran backwards"));
  now = clock.start;
  now.raw_ns -= 1000;
  EXPECT_THAT(clock.compare(now).reason, HasSubstr("kernel's clock ran backwards"));
}

TEST(TscClock, RefusesACounterThatIsNotSteady) {
  Result<TscClock> clock = TscClock::calibrate(1'000'000, false);
  ASSERT_FALSE(clock);
  EXPECT_THAT(clock.error().sentence(), HasSubstr("invariant"));
}

TEST(Clock, SourceHasAName) {
  EXPECT_NE(clock_source_name(), "");
}

}  // namespace
}  // namespace nmgen
