// SPDX-License-Identifier: BSD-2-Clause
// How late frames left: the error of their departure, as the share of frames within 64, 128, 256,
// 512 ns and 1 us, as MoonGen reports it (Emmerich et al. 2015, section 7). Of frames that have a
// due time; a frame never leaves before it. A departure is the start of the turn that hands the
// frame to the device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/counters.h"
#include "pktgen/traffic/schedule/timetable.h"

namespace nmgen {

class Departures {
 public:
  Departures(WorkerCounters& counters, const TscClock& clock) : counters_(counters) {
    for (size_t i = 0; i < kLimits; i++)
      ticks_[i] = clock.to_ticks(kNs[i]);
  }

  // Of `table`, the `count` frames before `end` leave at `now`, when all of them are due.
  // Return: how many frames of the table are out of every limit by now, so that a sender that is
  // far behind need not ask. A call, so that the loop's registers are the writer's.
  [[gnu::noinline]] uint64_t on_turn(const Timetable& table, uint64_t end, uint64_t count,
                                     uint64_t now) {
    const uint64_t first = end - count;
    const uint64_t all_overdue = table.due(now - ticks_[kLimits - 1]);
    const uint64_t overdue = all_overdue > first ? all_overdue - first : 0;
    if (overdue >= count)
      return all_overdue;
    // What is within one limit is within all longer ones: most turns look once more.
    uint64_t within[kLimits - 1];
    uint64_t late = count;
    for (size_t i = 0; i + 1 < kLimits; i++) {
      if (late > overdue)
        late = std::min(count, overdue_frames(table, first, now - ticks_[i]));
      within[i] = count - late;
    }
    counters_.departures_64ns.add(within[0]);
    counters_.departures_128ns.add(within[1]);
    counters_.departures_256ns.add(within[2]);
    counters_.departures_512ns.add(within[3]);
    counters_.departures_1us.add(count - overdue);
    return all_overdue;
  }

  // The sender has done with a table, after `frames` of it.
  void finish(uint64_t frames) { counters_.departures.add(frames); }

 private:
  static constexpr size_t kLimits = 5;
  static constexpr uint64_t kNs[kLimits] = {64, 128, 256, 512, 1000};

  // Of the frames from `first` on, those that were due at `then` or before.
  static uint64_t overdue_frames(const Timetable& table, uint64_t first, uint64_t then) {
    const uint64_t due = table.due(then);
    return due > first ? due - first : 0;
  }

  WorkerCounters& counters_;
  uint64_t ticks_[kLimits];
};

}  // namespace nmgen
