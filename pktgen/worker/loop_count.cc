// SPDX-License-Identifier: BSD-2-Clause
// Runs one loop of a worker over a ring in memory, for scripts/count_instructions.py: the device of
// that ring is a few instructions, and no clock decides how many turns there are, so the same
// frames cost the same instructions on any machine.
//
//   loop_count LOOP FRAMES
//
// LOOP is a way of writing (see kLoops), or receive, for frames with a probe of one sender that is
// paced, or receive_64_streams, where these are of 64 streams. Exit codes: 0; 1 it did not move
// FRAMES frames; 2 bad use.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pktgen/measure/cores.h"
#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/testing/memory_ring.h"
#include "pktgen/traffic/writer.h"
#include "pktgen/worker/worker.h"

namespace nmgen {
namespace {

constexpr uint32_t kSlots = 512;
constexpr uint32_t kBufferBytes = 2112;
constexpr uint32_t kMagic = 0x1234567;
constexpr uint16_t kProbeAt = 42;
// The start lies so long ago that every frame is due at once, at a rate that a run may have.
constexpr uint64_t kStartTicks = 100'000'000'000;
constexpr double kPps = 14'880'952;

struct Loop {
  std::string_view name;
  unsigned streams, flows, probe_every;
  bool paced;
};
constexpr Loop kLoops[] = {
    {"in_place", 1, 1, 0, false},       {"in_place_paced", 1, 1, 0, true},
    {"in_place_probes", 1, 1, 1, true}, {"swap", 1, 4096, 0, true},
    {"swap_probes", 2, 256, 1, true},   {"patch_probes", 1, 4096, 1, true},
};

class NoPort final : public Port {
 public:
  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest&) override {
    return std::unique_ptr<PortRing>();
  }
  PortCounters counters() override { return {}; }
  uint64_t in_flight() override { return 0; }
  uint64_t wire_busy_ns() override { return 0; }
};

// Has sent every frame when the sync returns.
class SinkRing final : public test::MemoryRing {
 public:
  using test::MemoryRing::MemoryRing;
  int sync() override {
    ring_->tail = ring_->head == 0 ? ring_->num_slots - 1 : ring_->head - 1;
    return 0;
  }
};

// Brings `batch` frames a sync until all have come, then says that the senders have done.
class SourceRing final : public test::MemoryRing {
 public:
  SourceRing(uint64_t frames, uint32_t batch, PhaseOrders& orders)
      : test::MemoryRing(kSlots, 0, kBufferBytes), left_(frames), batch_(batch), orders_(orders) {
    ring_->tail = 0;
    for (uint32_t i = 0; i < kSlots; i++)
      ring_->slot[i].len = 60;
  }
  int sync() override {
    const uint32_t count = static_cast<uint32_t>(left_ < batch_ ? left_ : batch_);
    if (count == 0)
      orders_.stop_receivers.store(true, std::memory_order_release);
    ProbeBatch batch(make_probe_template(kMagic, 0), sequence_, orders_.start_tsc);
    for (uint32_t i = 0; i < count; i++) {
      batch.write(reinterpret_cast<uint8_t*>(buffer(ring_->slot[ring_->tail].buf_idx)) + kProbeAt);
      ring_->tail = ring_->tail + 1 == kSlots ? 0 : ring_->tail + 1;
    }
    sequence_ += count;
    left_ -= count;
    return 0;
  }

 private:
  uint64_t left_;
  uint32_t batch_;
  uint32_t sequence_ = 0;
  PhaseOrders& orders_;
};

// What a phase gives each worker.
class Fixture {
 public:
  Fixture() : segment_(LiveSegment::create({1, 2, 1, 1}, "/nowhere")) {
    clock_.hz = 2.4e9;
    clock_.ns_per_tick = FixedRatio::from(1e9 / clock_.hz);
    clock_.ticks_per_ns = FixedRatio::from(clock_.hz / 1e9);
    orders_.magic = kMagic;
    orders_.start_tsc = tsc_now() - kStartTicks;
    orders_.late_ticks = kStartTicks * 2;
    orders_.rate_order = &rate_order_;
    orders_.go = true;
  }

  static Result<TrafficPlan> plan_of(const Loop& loop) {
    Scenario scenario;
    SenderSpec spec;
    for (unsigned i = 0; i < loop.streams; i++) {
      StreamSpec stream = test::udp_stream("s" + std::to_string(i), 60);
      if (loop.flows > 1) {
        stream.vary = {step("udp.source_port", loop.flows)};
        stream.flows = loop.flows;
      }
      scenario.streams.push_back(stream);
      spec.streams.push_back(stream.name);
    }
    scenario.probe_every = loop.probe_every;
    return TrafficPlan::compile(scenario, spec);
  }

  bool send(const Loop& loop, uint64_t frames) {
    const Result<TrafficPlan> plan = plan_of(loop);
    if (!plan)
      return false;
    SenderWorker worker(segment_->worker(0));
    prepare(worker);
    worker.ring = std::make_unique<SinkRing>(
        kSlots, static_cast<uint32_t>(extra_buffers_needed(*plan, kSlots)), kBufferBytes);
    worker.plan = &*plan;
    worker.quota = frames;
    pace(worker, loop.paced);
    worker.run(orders_);
    return worker.counters.frames.get() == frames;
  }

  bool receive(uint64_t frames, unsigned streams) {
    ReceiverWorker worker(segment_->worker(1), segment_->latency(0), segment_->latency_intended(0));
    prepare(worker);
    worker.ring = std::make_unique<SourceRing>(frames, worker.batch, orders_);
    std::vector<std::unique_ptr<SenderWorker>> senders;
    senders.push_back(std::make_unique<SenderWorker>(segment_->worker(0)));
    senders[0]->clock = &clock_;
    pace(*senders[0], true);
    worker.senders = &senders;
    worker.probe_offsets = {kProbeAt};
    worker.split_frames = false;
    Result<TrafficPlan> plan = plan_of({"", streams, 1, 1, true});
    if (!plan)
      return false;
    senders[0]->plan = &*plan;
    if (streams > 1)
      worker.streams.resize(streams);
    worker.run(orders_);
    return worker.counters.unique.get() == frames;
  }

 private:
  void pace(SenderWorker& worker, bool paced) const {
    if (paced)
      worker.schedule = worker.full = Timetable::even(ticks_ratio(clock_.hz, kPps));
    worker.timetable = worker.timetable_for(kWholeRate, orders_.start_tsc);
  }

  void prepare(WorkerBase& worker) {
    worker.port = &port_;
    worker.clock = &clock_;
    worker.core = allowed_cores().front();
    worker.gaps = std::make_unique<GapWatch>(UINT64_MAX);
  }

  NoPort port_;
  TscClock clock_;
  std::shared_ptr<LiveSegment> segment_;
  std::atomic<uint32_t> rate_order_{1000};
  PhaseOrders orders_;
};

bool run(std::string_view name, uint64_t frames) {
  Fixture fixture;
  if (name == "receive")
    return fixture.receive(frames, 1);
  if (name == "receive_64_streams")
    return fixture.receive(frames, 64);
  for (const Loop& loop : kLoops)
    if (loop.name == name)
      return fixture.send(loop, frames);
  return false;
}

}  // namespace
}  // namespace nmgen

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (const nmgen::Loop& loop : nmgen::kLoops)
      std::printf("%s\n", loop.name.data());
    std::puts("receive\nreceive_64_streams");
    return 0;
  }
  const uint64_t frames = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (frames == 0) {
    std::fprintf(stderr, "usage: %s LOOP FRAMES, or --list\n", argv[0]);
    return 2;
  }
  return nmgen::run(argv[1], frames) ? 0 : 1;
}
