// SPDX-License-Identifier: BSD-2-Clause
// What a worker publishes once a turn of its loop. One writer each; readers see single values, in
// no order with others. Acquire and release, which cost nothing on x86, keep them on their side of
// the phase's number (live_segment.h).
#pragma once

#include <atomic>
#include <cstdint>

#include "pktgen/measure/cost_histogram.h"

namespace nmgen {

// A counter that only its worker writes: plain stores, no locked instruction.
class Counter {
 public:
  void add(uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_release);
  }
  void set(uint64_t value) { value_.store(value, std::memory_order_release); }
  uint64_t get() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint64_t> value_{0};
};

// On cache lines of its own: its neighbours belong to other cores.
struct alignas(64) WorkerCounters {
  Counter frames;  // senders: that the device has done with; receivers: ours
  Counter bytes;   // receivers only, with CRC; a sender's follow from its frames
  Counter syncs, syncs_with_frames;
  Counter busy_tsc_ticks, model_tsc_ticks, idle_tsc_ticks;
  Counter held_tsc_ticks;  // of idle_tsc_ticks: waited to look like a slower core
  // Receivers only.
  Counter foreign, damaged;
  Counter unique, duplicates, reordered, stale;
  Counter expected;     // one more than the highest sequence seen, summed over senders
  Counter late_frames;  // of an earlier phase of this run
  // Senders only.
  Counter probes;           // sent
  Counter late_departures;  // frames that left too late after they were due (RunLimits::late_ms)
  // Of both: frames in the ring after the last sync, sent and not done with, or come and not looked
  // at.
  Counter ring_frames;
  // Busy TSC ticks a frame, stretch by stretch.
  alignas(64) CostHistogram costs;

  // All to 0. No worker may count meanwhile; readers may read.
  void clear() {
    for (Counter* counter :
         {&frames, &bytes, &syncs, &syncs_with_frames, &busy_tsc_ticks, &model_tsc_ticks,
          &idle_tsc_ticks, &held_tsc_ticks, &foreign, &damaged, &unique, &duplicates, &reordered,
          &stale, &expected, &late_frames, &probes, &late_departures, &ring_frames})
      counter->set(0);
    costs.clear();
  }
};
static_assert(sizeof(WorkerCounters) % 64 == 0);

// A copy of the above at one moment.
struct CounterValues {
  uint64_t frames = 0, bytes = 0;
  uint64_t syncs = 0, syncs_with_frames = 0;
  uint64_t busy_tsc_ticks = 0, model_tsc_ticks = 0, idle_tsc_ticks = 0, held_tsc_ticks = 0;
  uint64_t foreign = 0, damaged = 0;
  uint64_t unique = 0, duplicates = 0, reordered = 0, stale = 0;
  uint64_t expected = 0, late_frames = 0, probes = 0, late_departures = 0, ring_frames = 0;

  static CounterValues read(const WorkerCounters& counters) {
    CounterValues values;
    values.frames = counters.frames.get();
    values.bytes = counters.bytes.get();
    values.syncs = counters.syncs.get();
    values.syncs_with_frames = counters.syncs_with_frames.get();
    values.busy_tsc_ticks = counters.busy_tsc_ticks.get();
    values.model_tsc_ticks = counters.model_tsc_ticks.get();
    values.idle_tsc_ticks = counters.idle_tsc_ticks.get();
    values.held_tsc_ticks = counters.held_tsc_ticks.get();
    values.foreign = counters.foreign.get();
    values.damaged = counters.damaged.get();
    values.unique = counters.unique.get();
    values.duplicates = counters.duplicates.get();
    values.reordered = counters.reordered.get();
    values.stale = counters.stale.get();
    values.expected = counters.expected.get();
    values.late_frames = counters.late_frames.get();
    values.probes = counters.probes.get();
    values.late_departures = counters.late_departures.get();
    values.ring_frames = counters.ring_frames.get();
    return values;
  }
};

}  // namespace nmgen
