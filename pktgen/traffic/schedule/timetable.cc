// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/schedule/timetable.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nmgen {
namespace {

constexpr int kMantissaBits = 53;  // of a double
constexpr FixedTicks kOneTick = FixedTicks{1} << 64;

// `dividend` * 2^`bits` / `divisor`, rounded down, where that is below 2^128; `divisor` < 2^127.
FixedTicks divide(FixedTicks dividend, unsigned bits, FixedTicks divisor) {
  FixedTicks quotient = dividend / divisor, rest = dividend % divisor;
  for (unsigned i = 0; i < bits; i++) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
  }
  return quotient;
}

// `ticks` * `numerator` / `denominator`, rounded down. Up to kMostTicks.
FixedTicks scale(FixedTicks ticks, uint32_t numerator, uint32_t denominator) {
  const FixedTicks whole = ticks / denominator, rest = ticks % denominator;
  if (whole > kMostTicks / numerator)
    return kMostTicks;
  return std::min(whole * numerator + rest * numerator / denominator, kMostTicks);
}

}  // namespace

FixedTicks ticks_ratio(double a, double b) {
  int a_exponent = 0, b_exponent = 0;
  const double a_mantissa = std::frexp(a, &a_exponent), b_mantissa = std::frexp(b, &b_exponent);
  const FixedTicks dividend = static_cast<uint64_t>(std::ldexp(a_mantissa, kMantissaBits));
  const FixedTicks divisor = static_cast<uint64_t>(std::ldexp(b_mantissa, kMantissaBits));
  // The quotient of the mantissas lies between 1/2 and 2.
  const int bits = a_exponent - b_exponent + 64;
  if (bits > 126)
    return kMostTicks;
  return bits < 0 ? 0
                  : std::min(divide(dividend, static_cast<unsigned>(bits), divisor), kMostTicks);
}

void Timetable::set_period(FixedTicks period) {
  const FixedTicks used = std::clamp(period, kOneTick, kMostTicks);
  whole_ticks_ = static_cast<uint64_t>(used >> 64);
  part_of_tick_ = static_cast<uint64_t>(used);
  // The frequency with 64 significant bits, rounded down: within 2^-63 of it, which is less than a
  // tick in any time.
  frequency_shift_ = 0;
  while ((used >> frequency_shift_) >= 2 * kOneTick)
    frequency_shift_++;
  frequency_ = static_cast<uint64_t>(
      std::min<FixedTicks>(divide(1, 128 + frequency_shift_, used), UINT64_MAX));
}

Timetable Timetable::even(FixedTicks period) {
  Timetable table;
  table.entries_ = 1;
  table.set_period(period);
  return table;
}

Timetable Timetable::repeating(std::vector<uint64_t> offsets, FixedTicks period) {
  Timetable table;
  table.entries_ = static_cast<uint32_t>(offsets.size());
  table.set_period(period);
  table.start_ = offsets.front();
  for (uint64_t& offset : offsets)
    offset -= table.start_;
  if (table.is_even())
    return table;
  table.inverse_entries_ = UINT64_MAX / offsets.size();
  table.offsets_ = std::make_shared<const std::vector<uint64_t>>(std::move(offsets));
  return table;
}

Timetable Timetable::starting(uint64_t start_tsc) const {
  Timetable table = *this;
  table.start_ += start_tsc;
  return table;
}

Timetable Timetable::lane(unsigned lane, unsigned lanes) const {
  if (!paced() || lanes == 1)
    return *this;
  std::vector<uint64_t> offsets;
  offsets.reserve(entries_);
  for (uint64_t i = 0; i < entries_; i++)
    offsets.push_back(due_tsc(lane + i * lanes));
  return repeating(std::move(offsets), scale(period(), lanes, 1));
}

Timetable Timetable::stretched(uint32_t numerator, uint32_t denominator) const {
  if (!paced())
    return *this;
  std::vector<uint64_t> offsets;
  offsets.reserve(entries_);
  for (uint64_t i = 0; i < entries_; i++)
    offsets.push_back(
        static_cast<uint64_t>(scale(FixedTicks{due_tsc(i)} << 62, numerator, denominator) >> 62));
  return repeating(std::move(offsets), scale(period(), numerator, denominator));
}

uint64_t Timetable::due_in_table(uint64_t elapsed, uint64_t periods) const {
  // The number of periods may be one too low, and never too high.
  FixedTicks rest = (FixedTicks{elapsed} << 64) - periods * period();
  if (rest >= period()) {
    rest -= period();
    periods++;
  }
  const auto after =
      std::upper_bound(offsets_->begin(), offsets_->end(), static_cast<uint64_t>(rest >> 64));
  return periods * entries_ + static_cast<uint64_t>(after - offsets_->begin());
}

uint64_t Timetable::due_table_tsc(uint64_t index) const {
  // Likewise.
  uint64_t periods = static_cast<uint64_t>((FixedTicks{index} * inverse_entries_) >> 64);
  uint64_t entry = index - periods * entries_;
  if (entry >= entries_) {
    entry -= entries_;
    periods++;
  }
  return due_even_tsc(periods) + (*offsets_)[entry];
}

uint64_t Timetable::due_within(double ticks) const {
  constexpr double kSlackTicks = 2, kMost = 0x1p63;
  const double end = std::min(std::floor(ticks) - kSlackTicks, kMost);
  return std::max<uint64_t>(1, end < 0 ? 0 : due(static_cast<uint64_t>(end)));
}

double Timetable::mean_ticks() const {
  return std::ldexp(static_cast<double>(period()), -64) / entries_;
}

double Timetable::most_ahead() const {
  if (!paced() || is_even())
    return 1;
  double low = 0, high = 1;
  for (uint64_t i = 0; i < entries_; i++) {
    const double by_rate = static_cast<double>((*offsets_)[i]) / mean_ticks();
    low = std::min(low, static_cast<double>(i) - by_rate);
    high = std::max(high, static_cast<double>(i + 1) - by_rate);
  }
  return high - low;
}

}  // namespace nmgen
