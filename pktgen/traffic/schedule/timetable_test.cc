// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/schedule/timetable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace nmgen {
namespace {

constexpr double kHz = 2.7e9;
constexpr double kDay = 86400;

Timetable even(double pps, double hz = kHz) {
  return Timetable::even(ticks_ratio(hz, pps));
}

// Whole numbers of any length, in digits of 32 bits, the lowest first: what times are compared with
// has no rounding at all.
class Exact {
 public:
  explicit Exact(uint64_t value)
      : digits_{static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)} {}

  Exact operator*(const Exact& other) const {
    Exact product(0);
    product.digits_.assign(digits_.size() + other.digits_.size(), 0);
    for (size_t i = 0; i < digits_.size(); i++) {
      uint64_t carry = 0;
      for (size_t k = 0; k < other.digits_.size() || carry != 0; k++) {
        carry += uint64_t{product.digits_[i + k]} +
                 (k < other.digits_.size() ? uint64_t{digits_[i]} * other.digits_[k] : 0);
        product.digits_[i + k] = static_cast<uint32_t>(carry);
        carry >>= 32;
      }
    }
    return product;
  }
  Exact operator<<(unsigned bits) const {
    Exact shifted = *this;
    for (; bits >= 32; bits -= 32)
      shifted.digits_.insert(shifted.digits_.begin(), 0);
    return shifted * Exact(uint64_t{1} << bits);
  }
  bool operator<(const Exact& other) const {
    for (size_t i = std::max(digits_.size(), other.digits_.size()); i-- > 0;) {
      const uint32_t a = i < digits_.size() ? digits_[i] : 0;
      const uint32_t b = i < other.digits_.size() ? other.digits_[i] : 0;
      if (a != b)
        return a < b;
    }
    return false;
  }

 private:
  std::vector<uint32_t> digits_;
};

// A double above 0 as whole number * 2^-shift, shift >= 0.
Exact exact(double value, unsigned shift) {
  int exponent = 0;
  const uint64_t mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  return Exact(mantissa) << (static_cast<unsigned>(exponent - 53 + static_cast<int>(shift)));
}

// Whether frame `index` of `pps` is due at `tick` of a clock of `hz`, or before: index * hz <= tick
// * pps.
bool is_due(uint64_t index, double pps, double hz, uint64_t tick) {
  constexpr unsigned kShift = 128;
  return !(Exact(tick) * exact(pps, kShift) < Exact(index) * exact(hz, kShift));
}

TEST(Timetable, WithoutAScheduleIsNotPaced) {
  EXPECT_FALSE(Timetable().paced());
  EXPECT_FALSE(Timetable().lane(1, 2).paced());
  EXPECT_FALSE(Timetable().stretched(1, 2).paced());
}

TEST(Timetable, NothingIsDueBeforeTheStartAndOneFrameAtIt) {
  const Timetable table = even(1e6).starting(1000);
  EXPECT_EQ(table.due(0), 0u);
  EXPECT_EQ(table.due(999), 0u);
  EXPECT_EQ(table.due(1000), 1u);
}

// The property that the folder stands on: after seconds or after months, at any rate and of any
// clock, a frame is due within a tick of the exact quotient, and counted as due within a tick of
// that.
TEST(Timetable, ConstantRatesDoNotDrift) {
  std::mt19937_64 random(1);
  for (double hz : {1e9, kHz, 2'399'987'654.321, 24e6 + 1.0 / 3}) {
    for (double pps :
         {0.001, 1.0 / 3, 1.0, 999.5, 1e6, 10e9 / 672, 14'880'952.38, 100e9 / 672 / 3}) {
      if (pps >= hz)
        continue;
      const Timetable table = even(pps, hz);
      for (double seconds : {1.0, 3600.0, kDay, 7 * kDay, 200 * kDay}) {
        for (int i = 0; i < 20; i++) {
          const uint64_t index =
              random() % static_cast<uint64_t>(pps * seconds + 2) + static_cast<uint64_t>(i == 0);
          const uint64_t at = table.due_tsc(index);
          // Rounded down: the frame is due after `at` begins, and no later than the tick after it.
          ASSERT_TRUE(is_due(index, pps, hz, at + 1)) << pps << " frame " << index;
          ASSERT_TRUE(at == 0 || !is_due(index, pps, hz, at - 1)) << pps << " frame " << index;
          const uint64_t now = 1 + random() % static_cast<uint64_t>(seconds * hz);
          const uint64_t due = table.due(now);
          ASSERT_FALSE(is_due(due, pps, hz, now - 1)) << pps << " at " << now;
          ASSERT_TRUE(is_due(due - 1, pps, hz, now)) << pps << " at " << now;
        }
      }
    }
  }
}

TEST(Timetable, AClockIsNotOvertaken) {
  const Timetable table = even(1e12, 1e9);
  EXPECT_EQ(table.due_tsc(1000), 1000u);
  EXPECT_NEAR(static_cast<double>(table.due(1000)), 1000, 1);
}

TEST(Timetable, ARateOfCenturiesIsHeld) {
  const Timetable table = even(1e-12, 4e9);
  EXPECT_EQ(table.due(uint64_t{1} << 60), 1u);
  EXPECT_GT(table.due_tsc(1), uint64_t{1} << 60);
}

TEST(Timetable, DueNeverFallsAndNeverJumps) {
  const Timetable table = even(14880952.38);
  uint64_t last = 0;
  for (uint64_t now = 0; now < 100000; now += 7) {
    const uint64_t due = table.due(now);
    EXPECT_GE(due, last);
    EXPECT_LE(due - last, 1u);
    last = due;
  }
}

TEST(Timetable, AWholeNumberOfFramesIsThatNumber) {
  const struct {
    double pps, seconds;
    uint64_t frames;
  } kCases[] = {{1000, 1, 1000},
                {1, 1, 1},
                {1, 10, 10},
                {0.1, 30, 3},
                {100, 0.07, 7},
                {14'880'000, 0.1, 1'488'000},
                {1e6, 3600, 3'600'000'000},
                {1e6, 7 * kDay, 604'800'000'000},
                // A frame that began to be due is owed.
                {1000, 0.0015, 2},
                {14'880'952.38, 1, 14'880'953},
                {0.001, 1, 1}};
  for (double hz : {1e9, kHz, 2'399'987'654.321})
    for (const auto& each : kCases)
      EXPECT_EQ(even(each.pps, hz).due_within(each.seconds * hz), each.frames)
          << each.pps << " pps for " << each.seconds << " s";
}

// A table of bursts and gaps against the definition, in whole numbers.
TEST(Timetable, TablesRepeat) {
  const std::vector<uint64_t> offsets = {10, 10, 10, 25, 400};
  const Timetable table = Timetable::repeating(offsets, FixedTicks{1000} << 64).starting(7);
  for (uint64_t i = 0; i < 100; i++)
    ASSERT_EQ(table.due_tsc(i), 7 + i / 5 * 1000 + offsets[i % 5]) << i;
  for (uint64_t now = 0; now < 20'000; now++) {
    uint64_t due = 0;
    while (table.due_tsc(due) <= now)
      due++;
    ASSERT_EQ(table.due(now), due) << now;
  }
  EXPECT_DOUBLE_EQ(table.mean_ticks(), 200);
  // The fourth frame comes when 0.075 are due by the mean rate.
  EXPECT_NEAR(table.most_ahead(), 3.925, 1e-9);
}

// Whatever the period's fraction, the table's times are those of its period, for months.
TEST(Timetable, TablesDoNotDrift) {
  std::mt19937_64 random(2);
  const std::vector<uint64_t> offsets = {0, 0, 3, 100};
  for (double hz : {kHz, 2'399'987'654.321}) {
    const double periods_a_second = 1e6 / 3;
    const Timetable table = Timetable::repeating(offsets, ticks_ratio(hz, periods_a_second));
    for (int i = 0; i < 1000; i++) {
      const uint64_t period = random() % static_cast<uint64_t>(200 * kDay * periods_a_second);
      for (uint64_t k = 0; k < offsets.size(); k++) {
        const uint64_t start = table.due_tsc(period * 4 + k) - offsets[k];
        ASSERT_TRUE(is_due(period, periods_a_second, hz, start + 1));
        ASSERT_TRUE(start == 0 || !is_due(period, periods_a_second, hz, start - 1));
      }
      const uint64_t at = table.due_tsc(period * 4 + 3);
      ASSERT_EQ(table.due(at + 1), period * 4 + 4);
      ASSERT_LT(table.due(at - 2), period * 4 + 4);
    }
  }
}

// Workers that take turns have, together, the frames of the table at its times.
TEST(Timetable, LanesShareTheTable) {
  for (const Timetable& whole :
       {even(1e6), even(999.5),
        Timetable::repeating({0, 0, 0, 50, 50, 700, 701}, ticks_ratio(kHz, 12345.678))}) {
    for (unsigned lanes : {1u, 2u, 3u, 7u, 16u}) {
      std::vector<Timetable> lane;
      for (unsigned k = 0; k < lanes; k++)
        lane.push_back(whole.lane(k, lanes).starting(1000));
      for (uint64_t i = 0; i < 500; i++) {
        const uint64_t at = lane[i % lanes].due_tsc(i / lanes);
        ASSERT_NEAR(static_cast<double>(at), static_cast<double>(1000 + whole.due_tsc(i)), 2) << i;
      }
    }
  }
}

TEST(Timetable, StretchedTimesAreMultiples) {
  for (const Timetable& whole :
       {even(1e6).lane(1, 3), Timetable::repeating({5, 5, 800}, FixedTicks{1000} << 64)}) {
    const Timetable slow = whole.stretched(1000, 100), fast = whole.stretched(1000, 2000);
    for (uint64_t i = 0; i < 1000; i++) {
      ASSERT_NEAR(static_cast<double>(slow.due_tsc(i)), 10 * static_cast<double>(whole.due_tsc(i)),
                  11);
      ASSERT_NEAR(static_cast<double>(fast.due_tsc(i)), static_cast<double>(whole.due_tsc(i)) / 2,
                  2);
    }
  }
}

TEST(Timetable, EvenFramesAreOneAheadAtMost) {
  EXPECT_EQ(even(1e6).most_ahead(), 1);
  EXPECT_EQ(
      Timetable::repeating(std::vector<uint64_t>(100, 0), ticks_ratio(kHz, 1000)).most_ahead(),
      100);
}

}  // namespace
}  // namespace nmgen
