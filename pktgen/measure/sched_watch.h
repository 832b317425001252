// SPDX-License-Identifier: BSD-2-Clause
// Notices that a worker was taken off its core, in two ways that see different things. SchedWatch
// asks the kernel, from outside: it knows about other threads on the core, and about steal in
// ticks. GapWatch sits in the worker's loop: it sees every gap, also those of a host that runs
// another guest without reporting steal time, but not the cause.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pktgen/measure/clock.h"

namespace nmgen {

// Over some time, as the kernel counts it. A part that it does not tell is 0, and in lacks().
struct OffCore {
  double run_ms = 0;         // it had the core
  double wait_ms = 0;        // runnable, but another thread had the core
  double steal_ms = 0;       // the host had the core; in ticks, and everything on that core
  uint64_t times = 0;        // switched out against its will
  double steal_tick_ms = 0;  // the tick: as much of steal_ms may come later
};

// Watches one thread. Every call reads three small files (some 20 us): call from the main thread,
// and while the watched thread is alive.
class SchedWatch {
 public:
  // `core`: where the thread is pinned, -1 where it is not (no steal then).
  SchedWatch(pid_t tid, int core, std::string proc_dir = "/proc");

  // Starts anew, e.g. when the warm-up ends.
  void restart();
  // Since the last interval() or restart().
  OffCore interval();
  // Since restart(), up to the last interval().
  OffCore total() const;

  // A sentence for each thing that could not be read; empty where all could.
  const std::vector<std::string>& lacks() const { return lacks_; }

 private:
  struct Counters {
    uint64_t run_ns = 0, wait_ns = 0, nonvoluntary = 0, steal_ticks = 0;
  };
  Counters read();
  OffCore difference(const Counters& from, const Counters& to) const;
  void lack(const std::string& sentence);

  std::string schedstat_path_, status_path_, stat_path_;
  pid_t tid_;
  int core_;
  double ms_per_tick_;
  Counters start_, last_;
  std::vector<std::string> lacks_;
};

// Gaps between the turns of a worker's loop, in ticks of the TSC.
struct GapCounts {
  uint64_t longest = 0;  // whether or not above the threshold
  uint64_t sum = 0;      // of those above the threshold
  uint64_t times = 0;    // how many those were
};

// One thread calls on_turn() and resume(), any thread counts().
class GapWatch {
 public:
  // Above some timer interrupts and a turn with 256 frames of 64 bytes, which the model alone can
  // take 30 us for.
  static constexpr uint64_t kThresholdNs = 50'000;

  explicit GapWatch(uint64_t threshold_ticks) : threshold_(threshold_ticks) {}

  // Once a turn of the loop, with the clock as it was read anyway.
  void on_turn(uint64_t tsc) {
    uint64_t gap = tsc - last_;
    last_ = tsc;
    // limit_ is the lower of the longest gap and the threshold, so that one compare tells whether
    // either has news. It rises to the threshold in the first turns.
    if (gap > limit_) [[unlikely]]
      on_gap(gap);
  }

  // Must be called before the first turn, and after the loop waited on purpose: the time until now
  // is no gap.
  void resume(uint64_t tsc) { last_ = tsc; }

  // Starts the counts anew, by the worker itself, e.g. when the warm-up ends.
  void restart(uint64_t tsc);

  GapCounts counts() const;

 private:
  void on_gap(uint64_t gap);

  uint64_t threshold_;
  uint64_t limit_ = 0;
  uint64_t last_ = 0;
  // One writer; relaxed, since a reader needs no order between them.
  std::atomic<uint64_t> longest_{0}, sum_{0}, times_{0};
};

// How long and how often a worker was off its core. A gap contains what the scheduler counts, so
// the two are not added: the larger is taken. `gaps` in ticks of `clock`.
double off_core_ms(const OffCore& sched, const GapCounts& gaps, const TscClock& clock);
uint64_t off_core_times(const OffCore& sched, const GapCounts& gaps);

}  // namespace nmgen
