// SPDX-License-Identifier: BSD-2-Clause
// What the two kinds of worker have in common, and what the phase that runs them tells them.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/netmap_user.h"
#include "pktgen/error.h"
#include "pktgen/measure/clock.h"
#include "pktgen/measure/counters.h"
#include "pktgen/measure/histogram.h"
#include "pktgen/measure/live_segment.h"
#include "pktgen/measure/sched_watch.h"
#include "pktgen/measure/sequence.h"
#include "pktgen/port/port.h"
#include "pktgen/port/run_clock.h"
#include "pktgen/traffic/plan.h"
#include "pktgen/traffic/quota.h"
#include "pktgen/traffic/schedule/timetable.h"

namespace nmgen {

// Orders for the rate are thousandths of what the scenario asks for.
inline constexpr uint32_t kWholeRate = 1000;

// One phase's orders, the same for all workers.
struct PhaseOrders {
  uint32_t magic = 1;                    // of the probes of this phase
  std::vector<uint32_t> late_magics;     // of earlier phases of the run: their frames are late ones
  uint64_t start_tsc = 0;                // senders wait for it
  uint64_t end_tsc = UINT64_MAX;         // when senders stop by themselves
  uint64_t late_ticks = UINT64_MAX / 2;  // after it was due, a frame leaves late
  uint64_t drain_ticks = 0;              // without progress for so long, nothing more is waited for
  // All in ticks of the run's clock. Everything above, and the senders' timetables, are written
  // before this is set.
  std::atomic<bool> go{false};
  std::atomic<bool> stop_senders{false};  // before end_tsc: the run was interrupted, or is broken
  std::atomic<bool> stop_receivers{false};

  // What watchers want of the senders: thousandths of the rate that the scenario asks for. It may
  // change at any time, and timetables start with `first_rate`.
  const std::atomic<uint32_t>* rate_order = nullptr;
  uint32_t first_rate = kWholeRate;
  // A sender has followed a new order: from now on only senders know when a frame was due.
  std::atomic<bool> rate_changed{false};

  // Threads that have ended their loop stay until this is set: the kernel tells of a thread only
  // while it is there.
  std::atomic<bool> let_go{false};

  void await_go() const {
    while (!go.load(std::memory_order_acquire)) {
    }
  }
};

// A worker's share of the world, for a whole run; its thread lives for a phase.
struct WorkerBase {
  // `shared`: its counters in the live segment, which must outlive it.
  explicit WorkerBase(LiveWorker& shared) : live(shared), counters(shared.counters) {}

  std::string name;  // "tx0"
  std::string port_name;
  Port* port = nullptr;
  unsigned ring_index = 0;
  int core = 0;
  uint32_t batch = 256;
  // With another worker, or with the kernel's own threads, which move the frames of many interfaces
  // (ksoftirqd) and would wait for the end of a time slice: a turn with nothing to do gives the
  // core away.
  bool shares_core = false;
  std::unique_ptr<PortRing> ring;
  const TscClock* clock = nullptr;
  WorkerClock time;  // the run's, as this worker reads it

  LiveWorker& live;

  // Of the phase.
  WorkerCounters& counters;
  std::unique_ptr<GapWatch> gaps;
  std::atomic<pid_t> tid{0};
  std::atomic<bool> ready{false};
  std::atomic<bool> ended{false};  // its loop has, and its counters change no more
  // errno of a sync that failed: the worker has stopped; EREMCHG: the frames that a sender had put
  // into its buffers were taken away with them
  std::atomic<int> error{0};
  int nice = 0;  // of its thread; read once that has ended
  // Of its core, before and after the phase; read once its thread has ended.
  double core_cycles_per_tick[2] = {0, 0};

  // A turn of the loop ends. Return: the time, which watchers see too.
  uint64_t turn(bool moved) {
    const uint64_t now = time.turn(moved);
    live.turned_at.store(now, std::memory_order_relaxed);
    return now;
  }

  // There is nothing to do: others may have the core, where they want it.
  void give_core_away() const {
    if (!shares_core)
      return;
    sched_yield();
    time.yielded();
  }

  // Pins the calling thread to `core`. Return: 0, and the worker says that it is `ready` once it
  // is, or an errno, which it is `ready` with.
  int enter();
};

struct SenderWorker : WorkerBase {
  using WorkerBase::WorkerBase;

  const TrafficPlan* plan = nullptr;
  uint16_t number = 0;   // the probes' stream: all senders of a run have different ones
  double asked_pps = 0;  // 0: as fast as possible
  // The workers of a sender entry take turns: frame i of their rate is worker i % lanes'.
  unsigned lane = 0, lanes = 1;
  // Of the entry, from 0; not paced: as fast as possible.
  Timetable schedule;
  // Of this worker, from 0: what an order is a share of; not paced: orders cannot be followed.
  Timetable full;
  double clock_hz = 0;       // the core's clock to look like; 0: its own
  Timetable timetable;       // of the phase; read by receivers
  bool is_received = false;  // its frames come to a receiver of the scenario

  // Of the phase. Frames that are due in it, at the rate that the scenario asks for; and how many
  // to send at most, after which the sender has done.
  uint64_t frames_due = kNoQuota, quota = kNoQuota;
  uint64_t queued = 0;                // frames put into the ring; read once the loop has ended
  std::atomic<uint64_t> end_tsc{0};   // when the device had done with its last frame
  std::atomic<bool> sent_all{false};  // its quota

  // For `rate` thousandths of what is asked for, from `start_tsc` on.
  Timetable timetable_for(uint32_t rate, uint64_t start_tsc) const {
    if (!schedule.paced() && rate >= kWholeRate)
      return Timetable();
    return full.stretched(kWholeRate, std::max(rate, 1u)).starting(start_tsc);
  }

  void run(PhaseOrders& orders);

  // Frames in the ring that the device has not done with.
  uint64_t pending() const {
    const netmap_ring* slots = ring->ring();
    return slots->num_slots - 1 - nm_ring_space(slots);
  }

  // Counts as sent what the device has done with of `frames` that were queued in this phase. Where
  // the link is down the ring may hold frames of an earlier one.
  void count_sent(uint64_t frames) {
    const uint64_t left = pending();
    counters.frames.set(frames > left ? frames - left : 0);
    counters.ring_frames.set(left);
  }

  // A device may do with the last frames only after the loop has given them up: they count as well.
  // Called by one thread, after `ended`. Return: frames that are still in the ring.
  uint64_t settle();
};

// What a receiver counted of one stream in a phase; read once its thread has ended.
struct StreamTally {
  SequenceCounts counts;
  Histogram latency, latency_intended;
};

struct ReceiverWorker : WorkerBase {
  ReceiverWorker(LiveWorker& shared, HistogramBuckets& latencies, HistogramBuckets& intended)
      : WorkerBase(shared), latency(latencies), latency_intended(intended) {}

  const std::vector<std::unique_ptr<SenderWorker>>* senders = nullptr;  // whose frames may come
  std::vector<uint16_t>
      probe_offsets;  // where to look for probes; empty: every frame counts as ours
  uint32_t probe_every = 1;
  bool split_frames = true;  // a frame may take several slots
  // Frames of earlier phases that came in this one; read once its thread has ended.
  std::vector<uint64_t> late_by_phase;
  Histogram latency;           // from the time a frame was handed to the device
  Histogram latency_intended;  // from the time it should have been; only where a sender is paced
  // Of the scenario; empty where there is one, or no probe: the run's figures are its figures.
  std::vector<StreamTally> streams;
  double floor_ns = 0;  // see measure_floor()

  void run(PhaseOrders& orders);

  // The measurement's own part of a latency: a probe is written and the clock read, an empty ring
  // is synced, the clock read and the probe checked. Median of many, in ns. On an idle ring, by the
  // worker's thread or before it runs.
  void measure_floor();
};

}  // namespace nmgen
