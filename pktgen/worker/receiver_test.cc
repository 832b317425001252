// SPDX-License-Identifier: BSD-2-Clause
// The receiver's loop over a ring that is filled by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "pktgen/packet/frame.h"
#include "pktgen/packet/probe.h"
#include "pktgen/worker/worker.h"

namespace nmgen {
namespace {

constexpr uint32_t kSlots = 16;
constexpr uint32_t kBufferBytes = 256;
constexpr uint16_t kProbeAt = 42;

// Slots appear in the order in which they were put, a few a sync.
class FakeRing final : public PortRing {
 public:
  FakeRing() : memory_(sizeof(netmap_ring) + kSlots * sizeof(netmap_slot)) {
    ring_ = reinterpret_cast<netmap_ring*>(memory_.data());
    const uint32_t slots = kSlots, bytes = kBufferBytes;
    std::memcpy(const_cast<uint32_t*>(&ring_->num_slots), &slots, sizeof(slots));
    std::memcpy(const_cast<uint32_t*>(&ring_->nr_buf_size), &bytes, sizeof(bytes));
    data_.resize(size_t{kSlots} * kBufferBytes);
    buffers_ = data_.data();
    for (uint32_t i = 0; i < kSlots; i++)
      ring_->slot[i].buf_idx = i;
  }

  // A frame of `size` bytes with a probe, in parts of `part` bytes.
  void put(uint32_t magic, uint32_t sequence, uint32_t size, uint32_t part) {
    std::vector<uint8_t> frame(size);
    write_probe(frame.data() + kProbeAt, make_probe_template(magic, 0), sequence, tsc_now());
    for (uint32_t at = 0; at < size; at += part) {
      const uint32_t length = std::min(part, size - at);
      parts_.push_back({{frame.begin() + at, frame.begin() + at + length}, at + length < size});
    }
  }

  // In steps of three slots, so that frames end in another batch than they began in.
  int sync() override {
    for (int i = 0; i < 3 && next_ < parts_.size(); i++, next_++) {
      const uint32_t after = ring_->tail + 1 == kSlots ? 0 : ring_->tail + 1;
      if (after == ring_->head)
        break;
      netmap_slot& slot = ring_->slot[ring_->tail];
      const Part& part = parts_[next_];
      std::memcpy(buffer(slot.buf_idx), part.bytes.data(), part.bytes.size());
      slot.len = static_cast<uint16_t>(part.bytes.size());
      slot.flags = part.more ? NS_MOREFRAG : 0;
      ring_->tail = after;
    }
    return 0;
  }

 private:
  struct Part {
    std::vector<uint8_t> bytes;
    bool more;
  };

  std::vector<char> memory_, data_;
  std::vector<Part> parts_;
  size_t next_ = 0;
};

class Receiver : public testing::Test {
 protected:
  Receiver()
      : segment_(LiveSegment::create({1, 2, 1, 1}, "/nowhere")),
        worker_(segment_->worker(1), segment_->latency(0), segment_->latency_intended(0)) {
    clock_.hz = 1e9;
    std::unique_ptr<FakeRing> ring = std::make_unique<FakeRing>();
    ring_ = ring.get();
    worker_.ring = std::move(ring);
    worker_.clock = &clock_;
    worker_.gaps = std::make_unique<GapWatch>(1'000'000'000);
    worker_.senders = &senders_;
    worker_.probe_offsets = {kProbeAt};
    senders_.push_back(std::make_unique<SenderWorker>(segment_->worker(0)));
    orders_.magic = 77;
  }

  CounterValues received() {
    orders_.go.store(true);
    orders_.stop_receivers.store(true);
    worker_.run(orders_);
    return CounterValues::read(worker_.counters);
  }

  std::shared_ptr<LiveSegment> segment_;
  TscClock clock_;
  std::vector<std::unique_ptr<SenderWorker>> senders_;
  ReceiverWorker worker_;
  PhaseOrders orders_;
  FakeRing* ring_ = nullptr;
};

// In one slot or several, a frame is one frame with all its bytes.
TEST_F(Receiver, FramesInSeveralSlotsAreWhole) {
  uint64_t bytes = 0;
  const std::vector<uint32_t> sizes = {60, 256, 257, 60, 1000, 512, 64, 700};
  for (uint32_t i = 0; i < sizes.size(); i++) {
    ring_->put(77, i, sizes[i], kBufferBytes);
    bytes += sizes[i] + kCrcBytes;
  }
  const CounterValues counters = received();
  EXPECT_EQ(counters.frames, sizes.size());
  EXPECT_EQ(counters.unique, sizes.size());
  EXPECT_EQ(counters.bytes, bytes);
  EXPECT_EQ(counters.foreign_frames, 0u);
  EXPECT_EQ(counters.damaged_probes, 0u);
}

// Where a slot is so short that the probe lies in two.
TEST_F(Receiver, AProbeMayLieInTwoSlots) {
  for (uint32_t i = 0; i < 5; i++)
    ring_->put(77, i, 130, 50);
  const CounterValues counters = received();
  EXPECT_EQ(counters.unique, 5u);
  EXPECT_EQ(counters.bytes, 5u * (130 + kCrcBytes));
}

TEST_F(Receiver, WithoutProbesPartsAreNoFrames) {
  worker_.probe_offsets.clear();
  for (uint32_t i = 0; i < 5; i++)
    ring_->put(77, i, 600, kBufferBytes);
  const CounterValues counters = received();
  EXPECT_EQ(counters.frames, 5u);
  EXPECT_EQ(counters.bytes, 5u * (600 + kCrcBytes));
}

// Frames of the warm-up, or of the run before, are late; only those of nobody are foreign.
TEST_F(Receiver, WhatComesAfterItsPhaseIsLate) {
  orders_.late_magics = {11, 12};
  worker_.late_by_phase = {0, 0};
  ring_->put(77, 0, 60, kBufferBytes);
  ring_->put(11, 5, 60, kBufferBytes);
  ring_->put(12, 6, 60, kBufferBytes);
  ring_->put(12, 7, 60, kBufferBytes);
  ring_->put(99, 8, 60, kBufferBytes);
  const CounterValues counters = received();
  EXPECT_EQ(counters.frames, 1u);
  EXPECT_EQ(counters.late_frames, 3u);
  EXPECT_EQ(counters.foreign_frames, 1u);
  EXPECT_EQ(worker_.late_by_phase, (std::vector<uint64_t>{1, 2}));
}

}  // namespace
}  // namespace nmgen
