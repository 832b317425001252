// SPDX-License-Identifier: BSD-2-Clause
// What a sender pays: TSC ticks of TXSYNC a frame. Arguments: frames a batch, slots of every ring,
// bytes of a buffer. Receivers are emptied between the batches, in this thread, outside the
// measured time. "floor" is another implementation's published figure, on another machine.
//
// The buffers of two rings of 1024 slots are more than most second-level caches hold, and those of
// 2048 bytes fall into few of its sets; `memory_copy` is what memcpy() alone takes to go through
// buffers that lie in the same way, so the difference is the price of the switch.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "kernel/core/vale/testing/switch.h"

namespace {

using namespace nmgen::test;

// Names of the arguments, and what is measured of each kind of traffic.
const std::vector<std::string> kNames = {"batch", "slots", "buf"};
void shapes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames(kNames)->Iterations(4000);
  bench->Args({256, 512, 2048})->Args({256, 1024, 2048})->Args({512, 1024, 2048});
  bench->Args({256, 1024, 2112})->Args({512, 1024, 2112});
}

// The arguments come back as counters, for scripts/core_speed.py.
void report_shape(benchmark::State& state) {
  state.counters["batch"] = static_cast<double>(state.range(0));
  state.counters["slots"] = static_cast<double>(state.range(1));
  state.counters["buf_size"] = static_cast<double>(state.range(2));
}

void report(benchmark::State& state, std::vector<double>& samples, double floor) {
  std::sort(samples.begin(), samples.end());
  const double median = samples[samples.size() / 2];
  std::vector<double> distances;
  for (const double sample : samples)
    distances.push_back(sample > median ? sample - median : median - sample);
  std::sort(distances.begin(), distances.end());
  state.counters["median"] = median;
  state.counters["mad"] = distances[distances.size() / 2];
  state.counters["min"] = samples.front();
  state.counters["max"] = samples.back();
  state.counters["floor"] = floor;
  state.counters["times_faster"] = floor / median;
}

// All of a ring's slots that are the client's are given back, or given away.
void release(Peer& peer, netmap_ring* ring) {
  require(peer.rxsync() == 0, "RXSYNC succeeds");
  advance(ring, space(ring));
  require(peer.rxsync() == 0, "RXSYNC succeeds");
}

void forward(benchmark::State& state, uint32_t receivers, uint64_t to, size_t size, double floor) {
  const uint32_t batch = static_cast<uint32_t>(state.range(0));
  const uint32_t slots = static_cast<uint32_t>(state.range(1));
  World world(Sizes{.priv_buf_size = static_cast<uint32_t>(state.range(2))});
  Peer sender(world, "vale0:s", 1, slots);
  std::vector<std::unique_ptr<Peer>> peers;
  for (uint32_t i = 0; i < receivers; ++i) {
    peers.push_back(
        std::make_unique<Peer>(world, "vale0:" + std::to_string(i), uint16_t{1}, slots));
    peers.back()->send(frame(kEverybody, station(i)));
  }
  for (uint32_t i = 0; i < slots; ++i) {
    require(sender.put(frame(to, station(1000), size)), "there is room for a frame");
    if (i % 256 == 255)
      require(sender.txsync() == 0, "TXSYNC succeeds");
  }
  require(sender.txsync() == 0, "TXSYNC succeeds");
  netmap_ring* tx = sender.tx();
  std::vector<double> samples;
  for (auto _ : state) {
    for (const std::unique_ptr<Peer>& peer : peers)
      release(*peer, peer->rx());
    advance(tx, batch);
    const u64 start = nm_os_tsc_ticks();
    nm_client_sync(sender.get(), NM_TX);
    samples.push_back(static_cast<double>(nm_os_tsc_ticks() - start) / batch);
  }
  report(state, samples, floor);
  report_shape(state);
}

void vale_no_receiver(benchmark::State& state) {
  forward(state, 0, kEverybody, 60, 22);
}
void vale_one_receiver(benchmark::State& state) {
  forward(state, 1, station(0), 60, 45);
}
void vale_one_of_three_receivers(benchmark::State& state) {
  forward(state, 3, station(1), 60, 45);
}
void vale_broadcast_to_two(benchmark::State& state) {
  forward(state, 2, kEverybody, 60, 65);
}
void vale_one_receiver_1500(benchmark::State& state) {
  forward(state, 1, station(0), 1500, 190);
}
BENCHMARK(vale_no_receiver)->Apply(shapes);
BENCHMARK(vale_one_receiver)->Apply(shapes);
BENCHMARK(vale_one_of_three_receivers)->Apply(shapes);
BENCHMARK(vale_broadcast_to_two)->Apply(shapes);
BENCHMARK(vale_one_receiver_1500)->Apply(shapes);

// memcpy() from buffer to buffer, batch after batch round both rings.
void memory_copy(benchmark::State& state) {
  constexpr size_t kSize = 1500;
  const size_t batch = static_cast<size_t>(state.range(0));
  const size_t slots = static_cast<size_t>(state.range(1));
  const size_t buf = static_cast<size_t>(state.range(2));
  std::vector<uint8_t> from(slots * buf, 1), to(slots * buf, 2);
  std::vector<double> samples;
  size_t at = 0;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    for (size_t i = 0; i < batch; ++i) {
      std::memcpy(&to[at * buf], &from[at * buf], kSize);
      at = at + 1 == slots ? 0 : at + 1;
    }
    benchmark::ClobberMemory();
    samples.push_back(static_cast<double>(nm_os_tsc_ticks() - start) / static_cast<double>(batch));
  }
  report(state, samples, 190);
  report_shape(state);
}
BENCHMARK(memory_copy)->Apply(shapes);

// A call with nothing to send: ticks a call.
void vale_empty_call(benchmark::State& state) {
  World world;
  Peer sender(world, "vale0:s"), receiver(world, "vale0:r");
  std::vector<double> samples;
  for (auto _ : state) {
    const u64 start = nm_os_tsc_ticks();
    nm_client_sync(sender.get(), NM_TX);
    samples.push_back(static_cast<double>(nm_os_tsc_ticks() - start));
  }
  report(state, samples, 300);
}
BENCHMARK(vale_empty_call)->Iterations(100000);

}  // namespace
