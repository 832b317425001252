// SPDX-License-Identifier: BSD-2-Clause
// Each writer against the plan: a ring in plain memory is filled and emptied many times round, with
// batches that wrap, and every frame that a device would read is compared with the one the plan
// says comes next.
#include "pktgen/traffic/writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <utility>

#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/testing/memory_ring.h"

namespace nmgen {
namespace {

constexpr uint32_t kSlots = 64;
constexpr uint32_t kBufferBytes = 2112;

// Sends `frames` frames in random batches and checks each as it would leave.
void check(const Scenario& scenario, const std::vector<std::string>& streams, uint64_t frames) {
  SenderSpec sender;
  sender.streams = streams;
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender);
  ASSERT_TRUE(plan) << plan.error().sentence();
  const uint64_t extra = extra_buffers_needed(*plan, kSlots);
  test::MemoryRing port(kSlots, static_cast<uint32_t>(extra), kBufferBytes);
  netmap_ring* ring = port.ring();
  std::vector<uint32_t> own;
  for (uint32_t i = 0; i < kSlots; i++)
    own.push_back(ring->slot[i].buf_idx);

  constexpr uint32_t kMagic = 0x1234567;
  with_writer(port, *plan, [&](auto& writer) {
    std::mt19937 random(7);
    BatchStamp stamp;
    stamp.probe = make_probe_template(kMagic, 3);
    uint64_t sent = 0, probes = 0;
    uint32_t head = 0;
    while (sent < frames) {
      const uint32_t count = 1 + random() % (kSlots - 1);
      stamp.tsc = 1000 + sent;
      const uint32_t first = head;
      head = writer.write(head, count, stamp);
      ASSERT_EQ(head, (first + count) % kSlots);
      for (uint32_t k = 0; k < count; k++, sent++) {
        const netmap_slot& slot = ring->slot[(first + k) % kSlots];
        const PlannedFrame& planned = plan->cycle()[sent % plan->cycle().size()];
        const PlannedStream& stream = plan->streams()[planned.stream];
        ASSERT_EQ(slot.len, stream.size_no_crc);
        std::vector<uint8_t> expected(stream.size_no_crc);
        plan->write_frame(planned, expected.data());
        if (scenario.probe_every > 0 && sent % scenario.probe_every == 0)
          write_probe(expected.data() + stream.probe_offset, stamp.probe,
                      static_cast<uint32_t>(probes++), stamp.tsc);
        const uint8_t* bytes = reinterpret_cast<const uint8_t*>(port.buffer(slot.buf_idx));
        ASSERT_EQ(std::vector<uint8_t>(bytes, bytes + slot.len), expected) << "frame " << sent;
      }
    }
    EXPECT_EQ(stamp.sequence, probes);
    EXPECT_TRUE(writer.has_its_buffers());
    // A receiver keeps one, and gives another.
    netmap_slot& slot = ring->slot[random() % kSlots];
    const uint32_t index = std::exchange(slot.buf_idx, 1);
    EXPECT_FALSE(writer.has_its_buffers());
    slot.buf_idx = index;
  });
  for (uint32_t i = 0; i < kSlots; i++)
    EXPECT_EQ(ring->slot[i].buf_idx, own[i]) << "slot " << i << " did not get its own buffer back";
}

Scenario scenario_with(uint32_t probe_every, std::vector<StreamSpec> streams) {
  Scenario scenario;
  scenario.probe_every = probe_every;
  scenario.streams = std::move(streams);
  return scenario;
}

StreamSpec varied(unsigned size, uint32_t ports, uint32_t addresses) {
  StreamSpec stream = test::udp_stream("v", size);
  stream.vary = {step("udp.source_port", ports), step("ipv4.source", addresses)};
  stream.flows = uint64_t{ports} * addresses;
  return stream;
}

TEST(Writer, ConstantFrames) {
  for (uint32_t every : {0u, 1u, 3u, 100u}) {
    SCOPED_TRACE(every);
    check(scenario_with(every, {test::udp_stream("a", 60)}), {"a"}, 2000);
  }
}

TEST(Writer, ManyFlows) {
  for (uint32_t every : {0u, 1u, 5u}) {
    SCOPED_TRACE(every);
    check(scenario_with(every, {varied(60, 7, 11)}), {"v"}, 2000);
    check(scenario_with(every, {varied(60, 2, 1)}), {"v"}, 2000);
    check(scenario_with(every, {varied(1514, 32, 32)}), {"v"}, 3000);
  }
}

TEST(Writer, ManyFlowsOfLongHeaders) {
  StreamSpec stream;
  stream.name = "v";
  stream.frame.size_no_crc = 120;
  stream.frame.vlans = {VlanTag{0x88a8, 5, 0, false}, VlanTag{0x8100, 6, 0, false}};
  stream.frame.network = Ipv6Spec{};
  stream.frame.transport = TcpSpec{};
  stream.vary = {step("tcp.source_port", 9), step("ipv6.destination", 5)};
  stream.flows = 45;
  check(scenario_with(1, {stream}), {"v"}, 2000);
}

TEST(Writer, MixesOfSizes) {
  StreamSpec small = test::udp_stream("a", 60), large = test::udp_stream("b", 1514);
  small.weight = 3;
  for (uint32_t every : {0u, 1u, 4u}) {
    SCOPED_TRACE(every);
    check(scenario_with(every, {small, large}), {"a", "b"}, 2000);
  }
}

}  // namespace
}  // namespace nmgen
