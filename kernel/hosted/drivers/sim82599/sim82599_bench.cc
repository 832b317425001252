// SPDX-License-Identifier: BSD-2-Clause
// TSC ticks that a frame costs, on rings of 512 and 4096 slots and buffers 2048
// and 2112 bytes apart:
//   busy    slot writes, core and driver
//   model   the simulated device, measured apart, by the counter that a client sees
//   ratio   busy over the baseline of the same run: a copy of 16 bytes a frame, which is what a
//   descriptor is
// The wire is never what limits: the model's clock leaps forward each time it is read.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

#include "testing/adapter.h"

namespace {

using nmgen::test::Adapter;
using nmgen::test::AdapterOptions;
using nmgen::test::Client;
using nmgen::test::World;

// A quarter of a ring at most: with more, a receiver that gives slots back batch by batch has too
// few.
constexpr uint32_t kMaxBatch = 256;

uint32_t batch(const netmap_ring* ring) {
  return std::min(kMaxBatch, ring->num_slots / 4);
}
constexpr uint64_t kLeapNs = 1000000;

u64 leap(void* arg) {
  uint64_t& ticks = *static_cast<uint64_t*>(arg);
  ticks += kLeapNs * 2;
  return ticks;
}

void use_leaping_clock(const Adapter& adapter, uint64_t& ticks) {
  const sim_clock clock{leap, &ticks, 0, 2000000000, nullptr};
  sim_set_clock(nmh_sim_hw(adapter.sim), &clock);
}

struct Desc {
  uint64_t word[2];
};

// The least of many readings, as the machine may be busy with other things.
double baseline_ticks() {
  static const double ticks = [] {
    std::vector<Desc> from(4096), to(4096);
    double best = 1e9;
    for (int round = 0; round < 2000; round++) {
      const u64 start = nm_os_tsc_ticks();
      for (size_t i = 0; i < to.size(); i++) {
        std::memcpy(&to[i], &from[i], sizeof(Desc));
        benchmark::ClobberMemory();
      }
      best = std::min(
          best, static_cast<double>(nm_os_tsc_ticks() - start) / static_cast<double>(to.size()));
    }
    return best;
  }();
  return ticks;
}

// Sums up one ring's batches.
class Meter {
 public:
  explicit Meter(const uint64_t* model) : model_(model) {}
  void start() {
    model_start_ = *model_;
    start_ = nm_os_tsc_ticks();
  }
  void stop(uint32_t frames) {
    const u64 total = nm_os_tsc_ticks() - start_;
    const u64 model = *model_ - model_start_;
    busy_.push_back(static_cast<double>(total - model) / frames);
    model_tsc_ticks_.push_back(static_cast<double>(model) / frames);
    frames_ += frames;
  }
  void report(benchmark::State& state) {
    const double busy = median(busy_);
    state.counters["busy"] = busy;
    state.counters["model"] = median(model_tsc_ticks_);
    state.counters["ratio"] = busy / baseline_ticks();
    state.SetItemsProcessed(static_cast<int64_t>(frames_));
  }

 private:
  static double median(std::vector<double>& values) {
    if (values.empty()) {
      return 0;
    }
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  }

  const uint64_t* model_;
  u64 start_ = 0, model_start_ = 0;
  std::vector<double> busy_, model_tsc_ticks_;
  uint64_t frames_ = 0;
};

// Writes the length and flags of the next slots, as a sender of a constant frame does.
void fill(netmap_ring* ring, uint32_t frames, uint16_t flags) {
  uint32_t i = ring->head;
  for (uint32_t n = 0; n < frames; n++) {
    netmap_slot& slot = ring->slot[i];
    slot.len = 60;
    slot.flags = flags;
    i = nmgen::test::next(ring, i);
  }
  ring->head = ring->cur = i;
}

void slot_write(benchmark::State& state) {
  World world(static_cast<uint32_t>(state.range(1)));
  Adapter adapter(world, "sim0", {.slots = static_cast<uint32_t>(state.range(0))});
  Client client(world, adapter);
  uint64_t none = 0;
  Meter meter(&none);
  for (auto _ : state) {
    meter.start();
    fill(client.tx(), batch(client.tx()), 0);
    benchmark::ClobberMemory();
    meter.stop(batch(client.tx()));
    client.tx()->head = client.tx()->cur = 0;
  }
  meter.report(state);
}

void tx_to_sink(benchmark::State& state, uint16_t flags) {
  World world(static_cast<uint32_t>(state.range(1)));
  Adapter adapter(world, "sim0",
                  {.speed_gbps = 100, .slots = static_cast<uint32_t>(state.range(0))});
  uint64_t ticks = 0;
  use_leaping_clock(adapter, ticks);
  Client client(world, adapter);
  netmap_ring* ring = client.tx();
  Meter meter(nmh_model_tsc_ticks(client.opened.fd, true, 0));
  for (auto _ : state) {
    const uint32_t frames = std::min(batch(ring), nmgen::test::space(ring));
    meter.start();
    fill(ring, frames, flags);
    client.txsync();
    meter.stop(frames);
  }
  meter.report(state);
}

void tx_sink(benchmark::State& state) {
  tx_to_sink(state, 0);
}
void tx_sink_swapped(benchmark::State& state) {
  tx_to_sink(state, NS_BUF_CHANGED);
}

// One direction of a cable, both ends in this thread: what the sender or the receiver spends.
void cable(benchmark::State& state, bool receiver) {
  World world(static_cast<uint32_t>(state.range(1)));
  const AdapterOptions options{.speed_gbps = 100, .slots = static_cast<uint32_t>(state.range(0))};
  Adapter a(world, "sim0", options), b(world, "sim1", options);
  uint64_t ticks = 0;
  use_leaping_clock(a, ticks);
  nmgen::test::check(nmh_sim_connect(a.sim, b.sim, nullptr), "connect");
  Client from(world, a), to(world, b);
  Meter tx_meter(nmh_model_tsc_ticks(from.opened.fd, true, 0));
  Meter rx_meter(nmh_model_tsc_ticks(to.opened.fd, false, 0));
  for (auto _ : state) {
    const uint32_t frames = std::min(batch(from.tx()), nmgen::test::space(from.tx()));
    tx_meter.start();
    fill(from.tx(), frames, 0);
    from.txsync();
    tx_meter.stop(frames);
    rx_meter.start();
    to.rxsync();
    const uint32_t got = nmgen::test::space(to.rx());
    to.rx()->head = to.rx()->cur = to.rx()->tail;
    rx_meter.stop(got ? got : 1);
  }
  (receiver ? rx_meter : tx_meter).report(state);
}

void tx_cable(benchmark::State& state) {
  cable(state, false);
}
void rx_cable(benchmark::State& state) {
  cable(state, true);
}

void shapes(benchmark::internal::Benchmark* bench) {
  for (const int slots : {512, 4096}) {
    for (const int buf_size : {2048, 2112}) {
      bench->Args({slots, buf_size});
    }
  }
  bench->ArgNames({"slots", "apart"});
}

BENCHMARK(slot_write)->Apply(shapes);
BENCHMARK(tx_sink)->Apply(shapes);
BENCHMARK(tx_sink_swapped)->Apply(shapes);
BENCHMARK(tx_cable)->Apply(shapes);
BENCHMARK(rx_cable)->Apply(shapes);

}  // namespace
