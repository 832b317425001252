// SPDX-License-Identifier: BSD-2-Clause
// When frames are due: times that repeat with a period, in ticks of a clock. A schedule compiles to
// them (schedule.h); the sender, the receiver and `nmgen show` read them, so that all of them mean
// the same time by "due".
//
// Frame i of n frames a period is due at start + (i / n) * period + offset(i mod n). The offsets
// are a table with an entry for each frame, or a list of stretches, in each of which frames are
// evenly spaced: a minute at 10 Mpps is one stretch. The period has 64 fractional bits and is exact
// to the last of them, so that errors do not add up: a due time is within two ticks of the exact
// one for ever. What is late stays due, and a sender that was held up catches up as fast as the
// line lets it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace nmgen {

// Ticks of a clock with 64 fractional bits. Up to kMostTicks.
__extension__ typedef unsigned __int128 FixedTicks;
inline constexpr FixedTicks kMostTicks = FixedTicks{1} << 126;

// a / b, both above 0, rounded down to 2^-64: exact, as no double in between is rounded. What is
// above kMostTicks is kMostTicks.
FixedTicks ticks_ratio(double a, double b);

// Evenly spaced times, the first at 0.
class Pace {
 public:
  // `spacing` is at least a tick and at most kMostTicks, or becomes that.
  void set(FixedTicks spacing);
  FixedTicks spacing() const { return (FixedTicks{whole_ticks_} << 64) | part_of_tick_; }

  // How many times have passed since the first. It may be one too low, within a tick of a time, and
  // is never too high.
  uint64_t passed(uint64_t ticks) const {
    return static_cast<uint64_t>((FixedTicks{ticks} * frequency_) >> 64) >> frequency_shift_;
  }
  uint64_t at(uint64_t index) const {
    return index * whole_ticks_ + static_cast<uint64_t>((FixedTicks{index} * part_of_tick_) >> 64);
  }

 private:
  uint32_t frequency_shift_ = 0;
  uint64_t frequency_ = 0;  // times a tick: 0.64 fixed point, shifted right by that
  uint64_t whole_ticks_ = 0, part_of_tick_ = 0;
};

// Frames of a period that are evenly spaced, or all due at once (a spacing of 0).
struct Stretch {
  uint64_t start = 0;   // ticks from the start of the period to the first
  uint64_t frames = 1;  // at least 1
  FixedTicks spacing = 0;
};

class Timetable {
 public:
  // The most frames of a period.
  static constexpr uint64_t kMostFrames = uint64_t{1} << 48;

  // No schedule: everything is due at once.
  Timetable() = default;

  // Frames evenly spaced, the first at the start. `period` is at least a tick, or becomes one.
  static Timetable even(FixedTicks period);

  // `offsets`: in ticks from the start of a period, not falling, each below the period; at least
  // one.
  static Timetable repeating(std::vector<uint64_t> offsets, FixedTicks period);

  // `stretches`: at least one; none begins before the last frame of the one before it, the last
  // frame of all is due within the period, and there are kMostFrames at most.
  static Timetable repeating(std::vector<Stretch> stretches, FixedTicks period);

  // The same from another start.
  Timetable starting(uint64_t start_tsc) const;

  // Of workers that take the frames of this table in turn, the frames of one: lane, lane + lanes,
  // and so on. Of a table that is no lane.
  Timetable lane(unsigned lane, unsigned lanes) const;

  // All times from the start on multiplied by `numerator` / `denominator`, neither of them 0.
  Timetable stretched(uint32_t numerator, uint32_t denominator) const;

  bool paced() const { return entries_ != 0; }
  // Paced, with one frame a period.
  bool is_even() const { return entries_ == 1; }

  // Frames due at `now_tsc`. No division where the table is even; else a binary search.
  uint64_t due(uint64_t now_tsc) const {
    if (now_tsc < start_)
      return 0;
    const uint64_t elapsed = now_tsc - start_;
    const uint64_t periods = period_.passed(elapsed);
    return is_even() ? periods + 1 : due_in_table(elapsed, periods);
  }

  // When frame `index` is due, in a paced table. due_even_tsc(): in one that is_even().
  uint64_t due_even_tsc(uint64_t index) const { return start_ + period_.at(index); }
  uint64_t due_tsc(uint64_t index) const {
    return is_even() ? due_even_tsc(index) : due_table_tsc(index);
  }

  // Frames due before `ticks` after the start, and at least the first: those of a run of that time.
  // A frame that is due within two ticks of the end is not.
  uint64_t due_within(double ticks) const;

  // Ticks after which the times come again, all lanes together. Of a paced table.
  double period_ticks() const;

  // Mean ticks from frame to frame. Of a paced table.
  double mean_ticks() const;

  // By how many frames a count over any time may differ from what the mean rate gives: 1 where
  // frames are evenly spaced.
  double most_ahead() const;

 private:
  // What the tables of all lanes share.
  struct Offsets {
    // A stretch, with what is looked up.
    struct Part {
      uint64_t start, first, frames;  // `first`: frames of the period before it
      Pace pace;
      bool at_once;

      uint64_t at(uint64_t index) const { return start + (at_once ? 0 : pace.at(index)); }
    };
    std::vector<uint64_t> times;  // from the first frame of a period; or
    std::vector<Part> parts;      // likewise

    uint64_t due(uint64_t ticks) const;
    uint64_t at(uint64_t entry) const;
  };

  static Timetable with(std::shared_ptr<const Offsets> offsets, uint64_t entries, uint64_t start,
                        FixedTicks period);
  std::vector<Stretch> stretches() const;
  uint64_t due_in_table(uint64_t elapsed, uint64_t periods) const;
  uint64_t due_table_tsc(uint64_t index) const;

  uint64_t start_ = 0;    // when the first frame is due, of all lanes where the table is not even
  uint64_t entries_ = 0;  // of a period
  Pace period_;
  uint64_t inverse_entries_ = 0;   // 0.64 fixed point
  uint32_t lane_ = 0, lanes_ = 1;  // of an even table 0 and 1: its start and period are the lane's
  std::shared_ptr<const Offsets> offsets_;  // null where the table is even
};

}  // namespace nmgen
