// SPDX-License-Identifier: BSD-2-Clause
// The sender's loop over the model: the stamps of frames that have crossed its wire, against the
// schedule.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pktgen/measure/cores.h"
#include "pktgen/packet/probe.h"
#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/testing/memory_ring.h"
#include "pktgen/traffic/writer.h"
#include "pktgen/worker/worker.h"

namespace nmgen {
namespace {

constexpr uint32_t kMagic = 0x1234567;
constexpr uint64_t kFrames = 448;  // fewer than the receiving ring has slots: nobody empties it
constexpr double kPps = 32'000;

// Nobody receives but the test.
Scenario sending_scenario() {
  Scenario scenario = test::pair_scenario();
  scenario.receivers.clear();
  return scenario;
}

struct SentFrames {
  Timetable due;                 // as the sender had it
  std::vector<uint64_t> stamps;  // of each frame, in ticks
};

template <typename Value>
Value need(Result<Value> result) {
  if (!result)
    throw std::runtime_error(result.error().sentence());
  return std::move(*result);
}

// A sender at sim:left as fast as possible, and what it needs around it. The test gives its ring.
struct LoneSender {
  explicit LoneSender(const std::atomic<uint32_t>& rate_order) {
    orders.magic = kMagic;
    orders.start_tsc = tsc_now();
    orders.drain_ticks = clock.to_ticks(1'000'000'000);
    orders.rate_order = &rate_order;
    orders.go = true;
    worker.port = left;
    worker.clock = &clock;
    worker.core = allowed_cores().front();
    worker.gaps = std::make_unique<GapWatch>(UINT64_MAX);
    worker.plan = &plan;
  }

  // In a thread of its own, as it is pinned to a core.
  void run() {
    std::thread([this] { worker.run(orders); }).join();
  }

  const Scenario scenario = sending_scenario();
  const TscClock clock = need(TscClock::calibrate(10'000'000));
  const std::unique_ptr<PortSet> ports = need(open_ports(scenario, clock.hz));
  Port* const left = need(ports->port("sim:left"));
  const TrafficPlan plan = need(TrafficPlan::compile(scenario, scenario.senders[0]));
  const std::shared_ptr<LiveSegment> segment = LiveSegment::create({1, 1, 0, 1}, "/nowhere");
  PhaseOrders orders;
  SenderWorker worker{segment->worker(0)};
};

// Sends kFrames frames by the schedule, and reads them at the other end of the cable.
void send(const ScheduleSpec& schedule, SentFrames* sent) {
  const std::atomic<uint32_t> rate_order{kWholeRate};
  LoneSender sender(rate_order);
  const Result<Port*> right = sender.ports->port("sim:right");
  ASSERT_TRUE(right);
  Result<std::unique_ptr<PortRing>> tx = sender.left->open_ring({true, 0, 0});
  Result<std::unique_ptr<PortRing>> rx = (*right)->open_ring({false, 0, 0});
  ASSERT_TRUE(tx && rx);
  const Result<Timetable> due =
      schedule.compile({schedule.kind()->has_rates ? 0 : kPps, sender.plan.mean_size_with_crc(),
                        sender.left->speed_bps(), sender.clock.hz});
  ASSERT_TRUE(due) << due.error().sentence();
  PhaseOrders& orders = sender.orders;
  orders.start_tsc = tsc_now() + sender.clock.to_ticks(1'000'000);
  SenderWorker& worker = sender.worker;
  worker.ring = std::move(*tx);
  worker.schedule = worker.full = *due;
  worker.timetable = worker.timetable_for(kWholeRate, orders.start_tsc);
  worker.quota = kFrames;
  sender.run();
  ASSERT_EQ(worker.error.load(), 0);
  ASSERT_EQ(worker.counters.frames.get(), kFrames);

  sent->due = worker.timetable;
  const uint16_t probe_at = sender.plan.probe_offsets().front();
  const uint64_t give_up = tsc_now() + orders.drain_ticks;
  netmap_ring* ring = (*rx)->ring();
  while (sent->stamps.size() < kFrames && tsc_now() < give_up) {
    ASSERT_EQ((*rx)->sync(), 0);
    for (; !nm_ring_empty(ring); ring->head = ring->cur = nm_ring_next(ring, ring->head)) {
      const char* frame = (*rx)->buffer(ring->slot[ring->head].buf_idx);
      ProbeView probe;
      ASSERT_TRUE(read_probe(reinterpret_cast<const uint8_t*>(frame) + probe_at, kMagic, &probe));
      ASSERT_EQ(probe.sequence, sent->stamps.size());
      sent->stamps.push_back(restore_timestamp(probe.timestamp, orders.start_tsc));
    }
  }
  ASSERT_EQ(sent->stamps.size(), kFrames);
}

// Has sent all when a sync returns; a receiver keeps the buffer of one of its slots for another.
class TakingRing final : public test::MemoryRing {
 public:
  explicit TakingRing(bool takes) : test::MemoryRing(64, 0, 2112), takes_(takes) {}
  int sync() override {
    ring_->tail = ring_->head == 0 ? ring_->num_slots - 1 : ring_->head - 1;
    if (takes_)
      ring_->slot[3].buf_idx = 1;
    return 0;
  }

 private:
  bool takes_;
};

// Has sent all when a sync returns. Watchers want half of the rate after 20 syncs, and all of it
// again after 40.
class OrderingRing final : public test::MemoryRing {
 public:
  explicit OrderingRing(std::atomic<uint32_t>& order)
      : test::MemoryRing(64, 0, 2112), order_(order) {}
  int sync() override {
    ring_->tail = ring_->head == 0 ? ring_->num_slots - 1 : ring_->head - 1;
    if (++syncs_ == 20)
      order_ = kWholeRate / 2;
    if (syncs_ == 40)
      order_ = kWholeRate;
    return 0;
  }

 private:
  std::atomic<uint32_t>& order_;
  int syncs_ = 0;
};

// A sender that is as fast as possible has frames with a due time only while watchers slow it down.
TEST(Sender, IsSlowedDownAndLetGoAgain) {
  std::atomic<uint32_t> rate_order{kWholeRate};
  LoneSender sender(rate_order);
  SenderWorker& worker = sender.worker;
  worker.ring = std::make_unique<OrderingRing>(rate_order);
  worker.full = Timetable::even(ticks_ratio(sender.clock.hz, 10e6));
  worker.quota = 50'000;
  sender.run();
  EXPECT_EQ(worker.error.load(), 0);
  EXPECT_EQ(worker.counters.frames.get(), 50'000u);
  EXPECT_TRUE(sender.orders.rate_changed.load());
  EXPECT_LT(worker.counters.departures.get(), 20u * 64);
  EXPECT_LE(worker.counters.departures_1us.get(), worker.counters.departures.get());
}

// Other frames than those asked for have left: the run says so.
TEST(Sender, AReceiverThatKeepsBuffersIsAnError) {
  for (const bool takes : {false, true}) {
    const std::atomic<uint32_t> rate_order{kWholeRate};
    LoneSender sender(rate_order);
    SenderWorker& worker = sender.worker;
    worker.ring = std::make_unique<TakingRing>(takes);
    worker.timetable = worker.timetable_for(kWholeRate, sender.orders.start_tsc);
    worker.quota = kFrames;
    sender.run();
    EXPECT_EQ(worker.error.load(), takes ? EREMCHG : 0);
    EXPECT_EQ(worker.counters.frames.get(), kFrames);
  }
}

// However the machine is loaded, no frame leaves before it is due, and all leave.
TEST(Sender, NoFrameLeavesBeforeItIsDue) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    SCOPED_TRACE(kind->name);
    SentFrames sent;
    send({kind->name, kind->example}, &sent);
    if (HasFatalFailure())
      return;
    for (uint64_t i = 0; i < kFrames; i++)
      ASSERT_GE(sent.stamps[i], sent.due.due_tsc(i)) << "frame " << i;
    // The last is due (kFrames - 1) / kPps after the first, give or take what the schedule is
    // ahead.
    EXPECT_GE(static_cast<double>(sent.stamps.back() - sent.due.due_tsc(0)),
              (static_cast<double>(kFrames - 1) - sent.due.most_ahead()) * sent.due.mean_ticks());
  }
}

// All frames of a burst go into the ring in one turn, so they have one stamp, and a gap follows:
// burst k never leaves before k periods are over.
TEST(Sender, ABurstLeavesAtOnceAndAGapFollows) {
  constexpr uint64_t kBurst = 32;
  SentFrames sent;
  send({"burst", R"({"frames": 32})"}, &sent);
  if (HasFatalFailure())
    return;
  for (uint64_t i = 0; i < kFrames; i++) {
    const uint64_t first = i / kBurst * kBurst;
    ASSERT_EQ(sent.stamps[i], sent.stamps[first]) << "frame " << i;
    ASSERT_GE(sent.stamps[i], sent.due.due_tsc(first)) << "frame " << i;
    ASSERT_EQ(sent.due.due_tsc(i), sent.due.due_tsc(first)) << "frame " << i;
  }
}

}  // namespace
}  // namespace nmgen
