// SPDX-License-Identifier: BSD-2-Clause
// Against the plan's own cycle, a frame at a time.
#include "pktgen/traffic/stream_order.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pktgen/scenario/testing/pair.h"
#include "pktgen/traffic/plan.h"

namespace nmgen {
namespace {

// Weights of 7, 4 and 1, and flows that make the cycle longer than the order of the streams.
TrafficPlan plan_of(uint32_t probe_every, size_t streams) {
  Scenario scenario;
  SenderSpec sender;
  const std::vector<unsigned> weights = {7, 4, 1};
  for (size_t i = 0; i < streams; i++) {
    StreamSpec stream = test::udp_stream("s" + std::to_string(i), 60, weights.at(i));
    stream.vary = {step("udp.source_port", 40)};
    stream.flows = 40;
    scenario.streams.push_back(stream);
    sender.streams.push_back(stream.name);
  }
  scenario.probe_every = probe_every;
  Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender);
  EXPECT_TRUE(plan);
  return std::move(*plan);
}

TEST(StreamOrder, SaysTheStreamOfEachProbe) {
  for (const size_t streams : {1, 2, 3}) {
    for (const uint32_t every : {1, 2, 3, 5, 12, 1000}) {
      const TrafficPlan plan = plan_of(every, streams);
      const StreamOrder& order = plan.stream_order();
      ASSERT_EQ(order.streams(), streams);
      std::vector<uint64_t> seen(streams, 0);
      for (uint64_t probe = 0; probe < 500; probe++) {
        for (uint32_t stream = 0; stream < streams; stream++)
          EXPECT_EQ(order.count(stream, probe), seen[stream]);
        const StreamPlace place = order.at(probe);
        EXPECT_EQ(place.stream, plan.cycle()[probe * every % plan.cycle().size()].stream);
        EXPECT_EQ(place.number, seen[place.stream]++);
      }
    }
  }
}

}  // namespace
}  // namespace nmgen
