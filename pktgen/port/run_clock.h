// SPDX-License-Identifier: BSD-2-Clause
// The clock of a run: wire time where all its ports are simulated (kernel/hosted/wire_time.h), else
// the TSC. Both are in ticks of the TSC.
#pragma once

#include <cstdint>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/sched_watch.h"
#include "wire_time.h"

namespace nmgen {

// For threads that are no workers. Copied freely; any thread.
class RunClock {
 public:
  RunClock() = default;
  explicit RunClock(nmh_wire* wire) : wire_(wire) {}

  bool is_wire_time() const { return wire_ != nullptr; }
  uint64_t now() const { return wire_ != nullptr ? nmh_wire_now(wire_) : tsc_now(); }

 private:
  nmh_wire* wire_ = nullptr;
};

// A worker's. In wire time the wire waits for it from join() to leave(), and it for the others.
class WorkerClock {
 public:
  WorkerClock() = default;
  explicit WorkerClock(nmh_worker* worker) : worker_(worker) {}

  bool is_wire_time() const { return worker_ != nullptr; }

  // By the thread that starts the workers, before any of them runs; it is pinned to `core`.
  void join(int core) const {
    if (worker_ != nullptr)
      nmh_worker_join(worker_, core);
  }
  // The others by the worker's thread; leave() also by the one that started it, once it has ended.
  void enter() {
    if (worker_ != nullptr)
      nmh_worker_enter(worker_);
    own_ = tsc_now();
  }
  void leave() const {
    if (worker_ != nullptr)
      nmh_worker_leave(worker_);
  }

  // A turn of its loop ends, which moved frames or not. Return: the time.
  uint64_t turn(bool moved) {
    if (worker_ == nullptr)
      return own_ = tsc_now();
    const nmh_wire_time time = nmh_worker_turn(worker_, moved);
    own_ = time.own;
    return time.wire;
  }
  // The thread's own time at the end of the last turn: ticks in which it was off its core, or
  // waited for others who were, are not in it. In real time that is the time.
  uint64_t own() const { return own_; }

  // It gave its core away on purpose: what comes now is a turn, and what was is none.
  void yielded() const {
    if (worker_ != nullptr)
      nmh_worker_yielded(worker_);
  }

  // In wire time, since it joined. Any thread.
  nmh_worker_counts counts() const {
    nmh_worker_counts counts{};
    if (worker_ != nullptr)
      nmh_worker_count(worker_, &counts);
    return counts;
  }

 private:
  nmh_worker* worker_ = nullptr;
  uint64_t own_ = 0;
};

}  // namespace nmgen
