// SPDX-License-Identifier: BSD-2-Clause
// What a frame costs the sender before its sync: each way of writing slots, in TSC ticks a frame
// and as a ratio to the baseline, an 8-byte store a slot, timed in the same process. Buffers 2048
// bytes apart share few cache sets, 2112 use all.
#include <benchmark/benchmark.h>

#include "pktgen/measure/clock.h"
#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/testing/memory_ring.h"
#include "pktgen/traffic/writer.h"

namespace nmgen {
namespace {

constexpr uint32_t kBatch = 256;

// TSC ticks a frame of `write(head)`, which writes a batch and gives the slot after it; as counters
// of `state`.
template <typename Write>
double time_batches(benchmark::State& state, Write&& write) {
  uint64_t ticks = 0, frames = 0;
  uint32_t head = 0;
  for (auto _ : state) {
    const uint64_t start = tsc_now();
    head = write(head);
    benchmark::ClobberMemory();
    ticks += tsc_now() - start;
    frames += kBatch;
  }
  const double per_frame = static_cast<double>(ticks) / static_cast<double>(frames);
  state.counters["tsc_ticks"] = per_frame;
  return per_frame;
}

// Measured by the first benchmark, used by all later ones.
double& baseline() {
  static double ticks = 0;
  return ticks;
}

void slot_store(benchmark::State& state) {
  const uint32_t slots = 512;
  test::MemoryRing port(slots, 0, 2112);
  netmap_slot* slot = port.ring()->slot;
  baseline() = time_batches(state, [&](uint32_t head) {
    for (uint32_t i = 0; i < kBatch; i++) {
      const uint64_t word = head + i;
      __builtin_memcpy(static_cast<void*>(&slot[(head + i) % slots]), &word, sizeof(word));
    }
    return (head + kBatch) % slots;
  });
  state.counters["ratio"] = 1;
}

// Arguments: slots of the ring, bytes between buffers, flows, probes (1 in every frame, 0 in none).
void writer(benchmark::State& state) {
  const uint32_t slots = static_cast<uint32_t>(state.range(0));
  Scenario scenario;
  StreamSpec stream = test::udp_stream("udp", 60);
  if (state.range(2) > 1) {
    stream.vary = {step("udp.source_port", 256),
                   step("ipv4.source", static_cast<uint32_t>(state.range(2) / 256))};
    stream.flows = static_cast<uint64_t>(state.range(2));
  }
  scenario.streams = {stream};
  scenario.probe_every = static_cast<uint32_t>(state.range(3));
  SenderSpec sender;
  sender.streams = {"udp"};
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender);
  if (!plan) {
    state.SkipWithError(plan.error().sentence().c_str());
    return;
  }
  test::MemoryRing port(slots, static_cast<uint32_t>(extra_buffers_needed(*plan, slots)),
                        static_cast<uint32_t>(state.range(1)));
  with_writer(port, *plan, [&](auto& way) {
    BatchStamp stamp;
    stamp.probe = make_probe_template(1, 0);
    const double ticks = time_batches(state, [&](uint32_t head) {
      stamp.tsc = tsc_now();
      return way.write(head, kBatch, stamp);
    });
    state.counters["ratio"] = ticks / baseline();
  });
}

BENCHMARK(slot_store);
BENCHMARK(writer)
    ->ArgNames({"slots", "apart", "flows", "probes"})
    ->ArgsProduct({{512, 4096}, {2048, 2112}, {1, 65536}, {0, 1}});

}  // namespace
}  // namespace nmgen
