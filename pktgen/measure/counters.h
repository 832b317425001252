// SPDX-License-Identifier: BSD-2-Clause
// What workers and ports count, made from figure_list.h: the live counters, one writer each, and
// plain copies of them. Readers of live counters see single values, in no order with others.
// Acquire and release, which cost nothing on x86, keep them on their side of the phase's number
// (live_segment.h).
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

// Published by a worker once a turn of its loop. `bytes` a sender leaves to the plan: they follow
// from its frames. On cache lines of its own: its neighbours belong to other cores.
struct alignas(64) WorkerCounters {
#define WORKER_COUNTER(name, ...) Counter name;
#define HIDDEN_COUNTER(name, ...) Counter name;
#include "pktgen/measure/figure_list.h"
  // Busy TSC ticks a frame, stretch by stretch.
  alignas(64) CostHistogram costs;

  // All to 0. No worker may count meanwhile; readers may read.
  void clear() {
#define WORKER_COUNTER(name, ...) name.set(0);
#define HIDDEN_COUNTER(name, ...) name.set(0);
#include "pktgen/measure/figure_list.h"
    costs.clear();
  }
};
static_assert(sizeof(WorkerCounters) % 64 == 0);

// A copy of the above at one moment, what came between two, or a sum over workers.
struct CounterValues {
#define WORKER_COUNTER(name, ...) uint64_t name = 0;
#define HIDDEN_COUNTER(name, ...) uint64_t name = 0;
#include "pktgen/measure/figure_list.h"

  static CounterValues read(const WorkerCounters& counters) {
    CounterValues values;
#define WORKER_COUNTER(name, ...) values.name = counters.name.get();
#define HIDDEN_COUNTER(name, ...) values.name = counters.name.get();
#include "pktgen/measure/figure_list.h"
    return values;
  }
  CounterValues& operator+=(const CounterValues& other) {
#define WORKER_COUNTER(name, ...) name += other.name;
#define HIDDEN_COUNTER(name, ...) name += other.name;
#include "pktgen/measure/figure_list.h"
    return *this;
  }
  CounterValues& operator-=(const CounterValues& other) {
#define WORKER_COUNTER(name, ...) name -= other.name;
#define HIDDEN_COUNTER(name, ...) name -= other.name;
#include "pktgen/measure/figure_list.h"
    return *this;
  }
};

// A worker's whole time, busy or not.
template <typename Values>  // CounterValues or a WorkerRecord
uint64_t all_tsc_ticks(const Values& values) {
  return values.busy_tsc_ticks + values.model_tsc_ticks + values.idle_tsc_ticks;
}

// Of a worker, since the phase began. Written by the thread that samples it, once a second.
struct SampledCounters {
#define SAMPLED_COUNTER(name, ...) Counter name;
#include "pktgen/measure/figure_list.h"
};
struct SampledValues {
#define SAMPLED_COUNTER(name, ...) uint64_t name = 0;
#include "pktgen/measure/figure_list.h"

  static SampledValues read(const SampledCounters& counters) {
    SampledValues values;
#define SAMPLED_COUNTER(name, ...) values.name = counters.name.get();
#include "pktgen/measure/figure_list.h"
    return values;
  }
};

// What a port's device has counted since some moment.
struct PortValues {
#define PORT_COUNTER(name, ...) uint64_t name = 0;
#include "pktgen/measure/figure_list.h"

  PortValues& operator+=(const PortValues& other) {
#define PORT_COUNTER(name, ...) name += other.name;
#include "pktgen/measure/figure_list.h"
    return *this;
  }
  PortValues& operator-=(const PortValues& other) {
#define PORT_COUNTER(name, ...) name -= other.name;
#include "pktgen/measure/figure_list.h"
    return *this;
  }
};
// Written by the thread that samples the run.
struct LivePortCounters {
#define PORT_COUNTER(name, ...) Counter name;
#include "pktgen/measure/figure_list.h"

  void set(const PortValues& values) {
#define PORT_COUNTER(name, ...) name.set(values.name);
#include "pktgen/measure/figure_list.h"
  }
  PortValues read() const {
    PortValues values;
#define PORT_COUNTER(name, ...) values.name = name.get();
#include "pktgen/measure/figure_list.h"
    return values;
  }
};

}  // namespace nmgen
