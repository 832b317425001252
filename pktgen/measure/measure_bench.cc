// SPDX-License-Identifier: BSD-2-Clause
// What measuring costs in the hot path, in TSC ticks an operation. Each benchmark runs an empty
// loop of the same shape first, in the same process: `ratio` is its cost over that baseline's.
#include <benchmark/benchmark.h>

#include <vector>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/histogram.h"
#include "pktgen/measure/sched_watch.h"
#include "pktgen/measure/sequence.h"

namespace nmgen {
namespace {

constexpr size_t kBatch = 4096;

// Runs `operation(i)` for i in 0..kBatch-1 and says what one took. The minimum over the batches
// leaves out those in which the core was taken away.
template <typename Operation>
uint64_t best_ticks(benchmark::State& state, Operation operation) {
  uint64_t best = UINT64_MAX;
  for (benchmark::State::StateIterator::value_type ignored : state) {
    (void)ignored;
    uint64_t start = tsc_now();
    for (size_t i = 0; i < kBatch; ++i)
      operation(i);
    best = std::min(best, tsc_now() - start);
  }
  return best;
}

uint64_t baseline_ticks(const std::vector<uint64_t>& values) {
  uint64_t best = UINT64_MAX;
  for (int round = 0; round < 5000; ++round) {
    uint64_t start = tsc_now();
    for (size_t i = 0; i < kBatch; ++i) {
      uint64_t value = values[i];
      benchmark::DoNotOptimize(value);
    }
    best = std::min(best, tsc_now() - start);
  }
  return best;
}

void report(benchmark::State& state, uint64_t ticks, const std::vector<uint64_t>& values) {
  double baseline = static_cast<double>(baseline_ticks(values));
  state.counters["tsc_ticks"] = static_cast<double>(ticks) / kBatch;
  state.counters["ratio"] = static_cast<double>(ticks) / baseline;
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

// Latencies of a few us, as in a run; a fixed generator, so that all runs see the same.
std::vector<uint64_t> latencies(uint64_t spread) {
  std::vector<uint64_t> values(kBatch);
  uint64_t state = 1;
  for (uint64_t& value : values) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    value = 5000 + (state >> 33) % spread;
  }
  return values;
}

void baseline(benchmark::State& state) {
  std::vector<uint64_t> values = latencies(1000);
  uint64_t ticks = best_ticks(state, [&](size_t i) {
    uint64_t value = values[i];
    benchmark::DoNotOptimize(value);
  });
  report(state, ticks, values);
}
BENCHMARK(baseline);

void read_tsc(benchmark::State& state) {
  uint64_t ticks = best_ticks(state, [](size_t) {
    uint64_t now = tsc_now();
    benchmark::DoNotOptimize(now);
  });
  report(state, ticks, latencies(1000));
}
BENCHMARK(read_tsc);

void ticks_to_ns(benchmark::State& state) {
  FixedRatio ratio = FixedRatio::from(0.37);
  std::vector<uint64_t> values = latencies(1000);
  uint64_t ticks = best_ticks(state, [&](size_t i) {
    uint64_t ns = ratio.apply(values[i]);
    benchmark::DoNotOptimize(ns);
  });
  report(state, ticks, values);
}
BENCHMARK(ticks_to_ns);

// The argument: how far the latencies are spread, ns.
void histogram_record(benchmark::State& state) {
  Histogram histogram;
  std::vector<uint64_t> values = latencies(static_cast<uint64_t>(state.range(0)));
  uint64_t ticks = best_ticks(state, [&](size_t i) { histogram.record(values[i]); });
  report(state, ticks, values);
}
BENCHMARK(histogram_record)->Arg(1)->Arg(1000)->Arg(1'000'000);

void sequence_in_order(benchmark::State& state) {
  SequenceTracker tracker;
  uint64_t next = 0;
  std::vector<uint64_t> values = latencies(1000);
  uint64_t ticks = best_ticks(state, [&](size_t) {
    uint64_t sequence = next++;
    benchmark::DoNotOptimize(sequence);
    tracker.on_frame(sequence);
    benchmark::DoNotOptimize(tracker);
  });
  report(state, ticks, values);
}
BENCHMARK(sequence_in_order);

// Every frame late by one: the slow path alone.
void sequence_swapped_pairs(benchmark::State& state) {
  SequenceTracker tracker;
  uint64_t next = 0;
  std::vector<uint64_t> values = latencies(1000);
  uint64_t ticks = best_ticks(state, [&](size_t) { tracker.on_frame(next++ ^ 1); });
  report(state, ticks, values);
}
BENCHMARK(sequence_swapped_pairs);

void gap_watch_turn(benchmark::State& state) {
  GapWatch watch(50'000);
  uint64_t now = 0;
  watch.resume(now);
  std::vector<uint64_t> values = latencies(1000);
  uint64_t ticks = best_ticks(state, [&](size_t i) {
    now += values[i];
    watch.on_turn(now);
    benchmark::DoNotOptimize(watch);
  });
  report(state, ticks, values);
}
BENCHMARK(gap_watch_turn);

}  // namespace
}  // namespace nmgen
