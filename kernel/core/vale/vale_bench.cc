// SPDX-License-Identifier: BSD-2-Clause
// What a sender pays: TSC cycles of TXSYNC a frame, at batches of 256 and 512 (the Arg). Receivers
// have rings of the same size, and are emptied between the batches, in this thread, outside the
// measured time. "floor" is another implementation's published figure, on another machine.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "kernel/core/vale/test_switch.h"

namespace {

using namespace nmgen::test;

constexpr uint32_t kSlots = 1024;

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
  World world;
  Peer sender(world, "vale0:s", 1, kSlots);
  std::vector<std::unique_ptr<Peer>> peers;
  for (uint32_t i = 0; i < receivers; ++i) {
    peers.push_back(
        std::make_unique<Peer>(world, "vale0:" + std::to_string(i), uint16_t{1}, kSlots));
    peers.back()->send(frame(kEverybody, station(i)));
  }
  for (uint32_t i = 0; i < kSlots; ++i) {
    require(sender.put(frame(to, station(1000), size)), "there is room for a frame");
    if (i % 256 == 255)
      require(sender.txsync() == 0, "TXSYNC succeeds");
  }
  require(sender.txsync() == 0, "TXSYNC succeeds");
  netmap_ring* tx = sender.tx();
  const uint32_t batch = static_cast<uint32_t>(state.range(0));
  std::vector<double> samples;
  for (auto _ : state) {
    for (const std::unique_ptr<Peer>& peer : peers)
      release(*peer, peer->rx());
    advance(tx, batch);
    const u64 start = nm_os_cycles();
    nm_client_sync(sender.get(), NM_TX);
    samples.push_back(static_cast<double>(nm_os_cycles() - start) / batch);
  }
  report(state, samples, floor);
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
BENCHMARK(vale_no_receiver)->Arg(256)->Arg(512)->Iterations(4000);
BENCHMARK(vale_one_receiver)->Arg(256)->Arg(512)->Iterations(4000);
BENCHMARK(vale_one_of_three_receivers)->Arg(256)->Arg(512)->Iterations(4000);
BENCHMARK(vale_broadcast_to_two)->Arg(256)->Arg(512)->Iterations(4000);
BENCHMARK(vale_one_receiver_1500)->Arg(256)->Arg(512)->Iterations(4000);

// A call with nothing to send: cycles a call.
void vale_empty_call(benchmark::State& state) {
  World world;
  Peer sender(world, "vale0:s", 1, kSlots), receiver(world, "vale0:r", 1, kSlots);
  std::vector<double> samples;
  for (auto _ : state) {
    const u64 start = nm_os_cycles();
    nm_client_sync(sender.get(), NM_TX);
    samples.push_back(static_cast<double>(nm_os_cycles() - start));
  }
  report(state, samples, 300);
}
BENCHMARK(vale_empty_call)->Iterations(100000);

}  // namespace
