// SPDX-License-Identifier: BSD-2-Clause
// The receiver's loop over a ring that is filled by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "pktgen/packet/frame.h"
#include "pktgen/packet/probe.h"
#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/plan.h"
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

// Streams of weights 2 and 1, of which frames are lost, doubled and out of order: each has its own.
TEST_F(Receiver, EachStreamHasItsFigures) {
  Scenario scenario;
  scenario.probe_every = 1;
  scenario.streams = {test::udp_stream("unused", 60), test::udp_stream("a", 60, 2),
                      test::udp_stream("b", 60, 1)};
  SenderSpec spec;
  spec.streams = {"a", "b"};
  const Result<TrafficPlan> plan = TrafficPlan::compile(scenario, spec);
  ASSERT_TRUE(plan);
  senders_[0]->plan = &*plan;
  senders_[0]->timetable = Timetable::even(ticks_ratio(clock_.hz, 1000));
  worker_.streams.resize(3);
  std::vector<uint32_t> sequences;
  for (uint32_t i = 0; i < 3000; i++)
    sequences.push_back(i);
  std::vector<std::vector<uint32_t>> of_stream(3);  // the sequences of each
  for (const uint32_t i : sequences)
    of_stream[plan->cycle()[i % plan->cycle().size()].stream + 1].push_back(i);
  const auto lose = [&](uint32_t i) {
    sequences.erase(std::find(sequences.begin(), sequences.end(), i));
  };
  const auto again = [&](uint32_t i) {
    sequences.insert(std::find(sequences.begin(), sequences.end(), i) + 1, i);
  };
  lose(of_stream[1][100]);
  lose(of_stream[1][101]);
  lose(of_stream[2][300]);
  for (const size_t k : {5, 6, 900})
    again(of_stream[2][k]);
  again(of_stream[1][1500]);
  // A frame after the next one of its stream is out of order, and so is for the sender, but for no
  // stream, what lies between them; likewise one after the next of the other stream.
  std::swap(*std::find(sequences.begin(), sequences.end(), of_stream[1][200]),
            *std::find(sequences.begin(), sequences.end(), of_stream[1][201]));
  const uint32_t b = of_stream[2][700];
  std::swap(*std::find(sequences.begin(), sequences.end(), b),
            *std::find(sequences.begin(), sequences.end(), b + 1));
  for (const uint32_t sequence : sequences)
    ring_->put(77, sequence, 60, kBufferBytes);
  const CounterValues counters = received();
  EXPECT_EQ(counters.unique, 2997u);
  EXPECT_EQ(counters.duplicates, 4u);
  const SequenceCounts a_counts = worker_.streams[1].counts, b_counts = worker_.streams[2].counts;
  EXPECT_EQ(a_counts, (SequenceCounts{1998, 1, 1, 0}));
  EXPECT_EQ(b_counts, (SequenceCounts{999, 3, 0, 0}));
  EXPECT_EQ(worker_.streams[0].counts, SequenceCounts());
  EXPECT_EQ(counters.reordered, 3u);
  EXPECT_EQ(worker_.streams[1].latency.snapshot().count(), 1999u);
  EXPECT_EQ(worker_.streams[2].latency_intended.snapshot().count(), 1002u);
  HistogramSnapshot sum = worker_.streams[1].latency.snapshot();
  sum.merge(worker_.streams[2].latency.snapshot());
  for (const double percent : {0.0, 50.0, 99.0, 100.0})
    EXPECT_EQ(sum.percentile(percent), worker_.latency.snapshot().percentile(percent));
}

}  // namespace
}  // namespace nmgen
