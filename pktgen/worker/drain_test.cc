// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/drain.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

namespace nmgen {
namespace {

class FakePort final : public Port {
 public:
  explicit FakePort(bool knows_in_flight) { knows_in_flight_ = knows_in_flight; }
  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest&) override {
    return fail("cannot open", "it is made up", "do not");
  }
  PortCounters counters() override { return {}; }
  uint64_t in_flight() override { return flying; }
  uint64_t wire_busy_ns() override { return 0; }

  uint64_t flying = 0;
};

// A ring of 64 slots whose device takes one frame a sync.
class SlowRing final : public PortRing {
 public:
  explicit SlowRing(uint32_t frames) {
    slots_->num_slots = kSlots;
    slots_->head = slots_->cur = frames;
    slots_->tail = kSlots - 1;
    ring_ = slots_.get();
  }
  int sync() override {
    if (left() > 0)
      slots_->tail = (slots_->tail + 1) % kSlots;
    return 0;
  }
  uint32_t left() const { return kSlots - 1 - nm_ring_space(slots_.get()); }

 private:
  static constexpr uint32_t kSlots = 64;
  std::unique_ptr<netmap_ring, void (*)(void*)> slots_{
      static_cast<netmap_ring*>(std::calloc(1, sizeof(netmap_ring) + kSlots * sizeof(netmap_slot))),
      std::free};
};

constexpr uint64_t kForever = uint64_t{1} << 60;  // ticks

class Drain : public testing::Test {
 protected:
  Drain() : segment_(LiveSegment::create({1, 2, 1, 1}, "/nowhere")) {
    set_.senders.push_back(std::make_unique<SenderWorker>(segment_->worker(0)));
    set_.receivers.push_back(std::make_unique<ReceiverWorker>(
        segment_->worker(1), segment_->latency(0), segment_->latency_intended(0)));
    set_.ports = {&port_};
    set_.senders[0]->is_received = true;
    set_.senders[0]->counters.frames.set(793);
  }

  WorkerCounters& receiver() { return set_.receivers[0]->counters; }

  FakePort port_{false};
  std::shared_ptr<LiveSegment> segment_;
  RunSet set_;
};

// A slow bridge gives up a few frames at a time; all that are owed are waited for.
TEST_F(Drain, WaitsForEveryFrameThatIsOwed) {
  int looks = 0;
  drain_wire(set_, kForever, [&] {
    receiver().frames.add(61);
    return ++looks > 1000;
  });
  EXPECT_EQ(receiver().frames.get(), 793u);
  EXPECT_EQ(looks, 13);
}

TEST_F(Drain, WhatCameTwiceIsOwedStill) {
  receiver().frames.set(793);
  receiver().duplicates.set(3);
  int looks = 0;
  drain_wire(set_, kForever, [&] {
    receiver().frames.add(1);
    return ++looks > 1000;
  });
  EXPECT_EQ(looks, 3);
}

TEST_F(Drain, GivesUpWhenNothingComes) {
  drain_wire(set_, 1, [] { return false; });
  EXPECT_EQ(receiver().frames.get(), 0u);
}

// A sender gave up while its receiver had no core and the wire was paused: what leaves the ring
// then was sent.
TEST_F(Drain, WhatLeavesARingAfterItsSenderHasEndedWasSent) {
  set_.senders[0]->ring = std::make_unique<SlowRing>(20);
  set_.senders[0]->queued = 793;
  set_.senders[0]->counters.frames.set(773);
  receiver().frames.set(773);
  int looks = 0;
  drain_wire(set_, kForever, [&] {
    receiver().frames.set(set_.senders[0]->counters.frames.get());
    return ++looks > 1000;
  });
  EXPECT_EQ(set_.senders[0]->counters.frames.get(), 793u);
  EXPECT_EQ(receiver().frames.get(), 793u);
  EXPECT_LT(looks, 30);
}

// Ports that know what is under way are believed: what is missing was dropped.
TEST_F(Drain, AModelKnowsWhatItOwes) {
  FakePort model(true);
  model.flying = 5;
  set_.ports = {&model};
  int looks = 0;
  drain_wire(set_, kForever, [&] {
    model.flying--;
    return ++looks > 1000;
  });
  EXPECT_EQ(looks, 5);
}

TEST_F(Drain, WhatGoesToASinkIsNotOwed) {
  set_.senders[0]->is_received = false;
  int looks = 0;
  drain_wire(set_, kForever, [&] { return ++looks > 1000; });
  EXPECT_EQ(looks, 0);
}

}  // namespace
}  // namespace nmgen
