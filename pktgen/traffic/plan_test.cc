// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "pktgen/scenario/testing/pair.h"

namespace nmgen {
namespace {

SenderSpec sender_of(std::vector<std::string> streams) {
  SenderSpec sender;
  sender.port = "sim:a";
  sender.streams = std::move(streams);
  return sender;
}

TEST(TrafficPlan, OneStreamWithOneFlowIsConstant) {
  Scenario scenario;
  scenario.streams = {test::udp_stream("a", 60)};
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender_of({"a"}));
  ASSERT_TRUE(plan) << plan.error().sentence();
  EXPECT_TRUE(plan->is_constant());
  EXPECT_EQ(plan->bytes_with_crc(1000), 64000u);
  EXPECT_EQ(plan->probe_offsets(), std::vector<uint16_t>{42});
}

TEST(TrafficPlan, EveryFlowComesOncePerCycle) {
  Scenario scenario;
  StreamSpec stream = test::udp_stream("a", 60);
  stream.vary = {step("udp.source_port", 256), step("ipv4.source", 256)};
  stream.flows = 65536;
  scenario.streams = {stream};
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender_of({"a"}));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->cycle().size(), 65536u);
  std::set<std::vector<uint8_t>> frames;
  for (const PlannedFrame& frame : plan->cycle()) {
    std::vector<uint8_t> bytes(60);
    plan->write_frame(frame, bytes.data());
    frames.insert(bytes);
  }
  EXPECT_EQ(frames.size(), 65536u);
}

TEST(TrafficPlan, StreamsTakeTurnsByWeight) {
  Scenario scenario;
  scenario.streams = {test::udp_stream("small", 60, 7), test::udp_stream("middle", 590, 4),
                      test::udp_stream("large", 1514, 1)};
  Result<TrafficPlan> plan =
      TrafficPlan::compile(scenario, sender_of({"small", "middle", "large"}));
  ASSERT_TRUE(plan);
  std::map<uint32_t, int> count;
  for (const PlannedFrame& frame : plan->cycle())
    count[frame.stream]++;
  EXPECT_EQ(count[0], 7);
  EXPECT_EQ(count[1], 4);
  EXPECT_EQ(count[2], 1);
  EXPECT_DOUBLE_EQ(plan->mean_size_with_crc(), (7 * 64 + 4 * 594 + 1518) / 12.0);
  EXPECT_EQ(plan->largest_size_no_crc(), 1514);
  // Spread out: the seven small ones never come more than two in a row.
  int run = 0;
  for (const PlannedFrame& frame : plan->cycle()) {
    run = frame.stream == 0 ? run + 1 : 0;
    EXPECT_LE(run, 2);
  }
}

TEST(TrafficPlan, BytesFollowTheCycle) {
  Scenario scenario;
  scenario.streams = {test::udp_stream("a", 60, 2), test::udp_stream("b", 1514, 1)};
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender_of({"a", "b"}));
  ASSERT_TRUE(plan);
  uint64_t bytes = 0;
  for (uint64_t frames = 0; frames < 50; frames++) {
    EXPECT_EQ(plan->bytes_with_crc(frames), bytes);
    const PlannedFrame& next = plan->cycle()[frames % plan->cycle().size()];
    bytes += plan->streams()[next.stream].size_no_crc + kCrcBytes;
  }
}

TEST(TrafficPlan, UnknownStreamIsASentence) {
  Scenario scenario;
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender_of({"gone"}));
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().sentence().find("gone"), std::string::npos);
}

TEST(TrafficPlan, AFrameWithoutRoomForItsProbeIsRefused) {
  Scenario scenario;
  StreamSpec stream = test::udp_stream("a", 60);
  stream.frame.vlans = {VlanTag{}};
  scenario.streams = {stream};
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender_of({"a"}));
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().sentence().find("64"), std::string::npos);
}

}  // namespace
}  // namespace nmgen
