// SPDX-License-Identifier: BSD-2-Clause
// What the forwarding table costs: TSC ticks a look-up and a learning, of few stations and many.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "kernel/core/vale/fdb.h"

namespace {

std::vector<u64> stations(int64_t count) {
  std::mt19937_64 random(1);
  std::vector<u64> macs;
  for (int64_t i = 0; i < count; ++i)
    macs.push_back(random() >> 16);
  return macs;
}

void fdb_lookup(benchmark::State& state) {
  nm_fdb* fdb = nm_fdb_create(1, 0);
  const std::vector<u64> macs = stations(state.range(0));
  for (const u64 mac : macs)
    nm_fdb_learn(fdb, mac, 1);
  u64 ticks = 0, count = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    for (const u64 mac : macs)
      benchmark::DoNotOptimize(nm_fdb_lookup(fdb, mac));
    ticks += nm_os_tsc_ticks() - start;
    count += macs.size();
  }
  state.counters["tsc_ticks_per_lookup"] = static_cast<double>(ticks) / static_cast<double>(count);
  nm_fdb_destroy(fdb);
}
BENCHMARK(fdb_lookup)->Arg(16)->Arg(256)->Arg(2048);

void fdb_learn(benchmark::State& state) {
  nm_fdb* fdb = nm_fdb_create(1, 0);
  const std::vector<u64> macs = stations(state.range(0));
  u64 ticks = 0, count = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    for (const u64 mac : macs)
      nm_fdb_learn(fdb, mac, 1);
    ticks += nm_os_tsc_ticks() - start;
    count += macs.size();
  }
  state.counters["tsc_ticks_per_learn"] = static_cast<double>(ticks) / static_cast<double>(count);
  nm_fdb_destroy(fdb);
}
BENCHMARK(fdb_learn)->Arg(16)->Arg(256)->Arg(2048);

}  // namespace
