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

void Pace::set(FixedTicks spacing) {
  const FixedTicks used = std::clamp(spacing, kOneTick, kMostTicks);
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

uint64_t Timetable::Offsets::due(uint64_t ticks) const {
  if (parts.empty())
    return static_cast<uint64_t>(std::upper_bound(times.begin(), times.end(), ticks) -
                                 times.begin());
  // The first part begins at 0.
  const Part& part =
      *(std::upper_bound(parts.begin(), parts.end(), ticks,
                         [](uint64_t at, const Part& other) { return at < other.start; }) -
        1);
  const uint64_t frames = part.at_once ? part.frames : part.pace.passed(ticks - part.start) + 1;
  return part.first + std::min(frames, part.frames);
}

uint64_t Timetable::Offsets::at(uint64_t entry) const {
  if (parts.empty())
    return times[entry];
  const Part& part =
      *(std::upper_bound(parts.begin(), parts.end(), entry,
                         [](uint64_t index, const Part& other) { return index < other.first; }) -
        1);
  return part.at(entry - part.first);
}

Timetable Timetable::even(FixedTicks period) {
  Timetable table;
  table.entries_ = 1;
  table.period_.set(period);
  return table;
}

Timetable Timetable::with(std::shared_ptr<const Offsets> offsets, uint64_t entries, uint64_t start,
                          FixedTicks period) {
  Timetable table = even(period);
  table.start_ = start;
  if (entries == 1)
    return table;
  table.entries_ = entries;
  table.inverse_entries_ = UINT64_MAX / entries;
  table.offsets_ = std::move(offsets);
  return table;
}

Timetable Timetable::repeating(std::vector<uint64_t> offsets, FixedTicks period) {
  const uint64_t start = offsets.front(), entries = offsets.size();
  for (uint64_t& offset : offsets)
    offset -= start;
  return with(std::make_shared<const Offsets>(Offsets{std::move(offsets), {}}), entries, start,
              period);
}

Timetable Timetable::repeating(std::vector<Stretch> stretches, FixedTicks period) {
  const uint64_t start = stretches.front().start;
  uint64_t entries = 0;
  Offsets offsets;
  for (const Stretch& stretch : stretches) {
    const bool at_once = stretch.spacing < kOneTick;
    offsets.parts.push_back({stretch.start - start, entries, stretch.frames, {}, at_once});
    offsets.parts.back().pace.set(stretch.spacing);
    entries += stretch.frames;
  }
  return with(std::make_shared<const Offsets>(std::move(offsets)), entries, start, period);
}

// Of a table that has stretches: what it was made of.
std::vector<Stretch> Timetable::stretches() const {
  std::vector<Stretch> result;
  for (const Offsets::Part& part : offsets_->parts)
    result.push_back({start_ + part.start, part.frames, part.at_once ? 0 : part.pace.spacing()});
  return result;
}

Timetable Timetable::starting(uint64_t start_tsc) const {
  Timetable table = *this;
  table.start_ += start_tsc;
  return table;
}

Timetable Timetable::lane(unsigned lane, unsigned lanes) const {
  if (!paced() || lanes == 1)
    return *this;
  if (is_even()) {
    Timetable table = even(scale(period_.spacing(), lanes, 1));
    table.start_ = due_even_tsc(lane);
    return table;
  }
  Timetable table = *this;
  table.lane_ = lane;
  table.lanes_ = lanes;
  return table;
}

Timetable Timetable::stretched(uint32_t numerator, uint32_t denominator) const {
  const auto ticks = [=](uint64_t at) {
    return static_cast<uint64_t>(scale(FixedTicks{at} << 62, numerator, denominator) >> 62);
  };
  if (!paced())
    return *this;
  const FixedTicks period = scale(period_.spacing(), numerator, denominator);
  Timetable table;
  if (is_even()) {
    table = even(period);
    table.start_ = ticks(start_);
  } else if (offsets_->parts.empty()) {
    std::vector<uint64_t> offsets;
    offsets.reserve(entries_);
    for (const uint64_t time : offsets_->times)
      offsets.push_back(ticks(start_ + time));
    table = repeating(std::move(offsets), period);
  } else {
    std::vector<Stretch> parts = stretches();
    for (Stretch& part : parts) {
      part.start = ticks(part.start);
      part.spacing = scale(part.spacing, numerator, denominator);
    }
    table = repeating(std::move(parts), period);
  }
  table.lane_ = lane_;
  table.lanes_ = lanes_;
  return table;
}

uint64_t Timetable::due_in_table(uint64_t elapsed, uint64_t periods) const {
  // The number of periods may be one too low, and never too high.
  FixedTicks rest = (FixedTicks{elapsed} << 64) - periods * period_.spacing();
  if (rest >= period_.spacing()) {
    rest -= period_.spacing();
    periods++;
  }
  const uint64_t due = periods * entries_ + offsets_->due(static_cast<uint64_t>(rest >> 64));
  if (lanes_ == 1)
    return due;
  return due > lane_ ? (due - lane_ - 1) / lanes_ + 1 : 0;
}

uint64_t Timetable::due_table_tsc(uint64_t index) const {
  index = lane_ + index * lanes_;
  // Likewise.
  uint64_t periods = static_cast<uint64_t>((FixedTicks{index} * inverse_entries_) >> 64);
  uint64_t entry = index - periods * entries_;
  if (entry >= entries_) {
    entry -= entries_;
    periods++;
  }
  return due_even_tsc(periods) + offsets_->at(entry);
}

uint64_t Timetable::due_within(double ticks) const {
  constexpr double kSlackTicks = 2, kMost = 0x1p63;
  const double end = std::min(std::floor(ticks) - kSlackTicks, kMost);
  return std::max<uint64_t>(1, end < 0 ? 0 : due(static_cast<uint64_t>(end)));
}

double Timetable::period_ticks() const {
  return std::ldexp(static_cast<double>(period_.spacing()), -64);
}

double Timetable::mean_ticks() const {
  return period_ticks() / static_cast<double>(entries_) * lanes_;
}

double Timetable::most_ahead() const {
  if (!paced() || is_even())
    return 1;
  const double mean = period_ticks() / static_cast<double>(entries_);
  double low = 0, high = 1;
  // `before` frames are due before `time`, and `after` at it or before.
  const auto look = [&](uint64_t time, uint64_t before, uint64_t after) {
    const double by_rate = static_cast<double>(time) / mean;
    low = std::min(low, static_cast<double>(before) - by_rate);
    high = std::max(high, static_cast<double>(after) - by_rate);
  };
  for (uint64_t i = 0; i < offsets_->times.size(); i++)
    look(offsets_->times[i], i, i + 1);
  for (const Offsets::Part& part : offsets_->parts) {
    look(part.start, part.first, part.first + (part.at_once ? part.frames : 1));
    look(part.at(part.frames - 1), part.first + part.frames - 1, part.first + part.frames);
  }
  // A lane has its share, rounded up at one end and down at the other.
  return lanes_ == 1 ? high - low : (high - low) / lanes_ + 1;
}

}  // namespace nmgen
