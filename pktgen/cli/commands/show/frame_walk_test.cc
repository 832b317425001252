// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/show/frame_walk.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "pktgen/packet/probe.h"
#include "pktgen/packet/summary.h"
#include "pktgen/scenario/parse.h"

namespace nmgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Scenario scenario(const std::string& text) {
  Result<Scenario> scenario = parse_scenario_text(text, "test.json");
  EXPECT_TRUE(scenario) << scenario.error().sentence();
  return scenario ? *scenario : Scenario();
}

FrameWalk walk(const Scenario& scenario, uint64_t count, const std::string& stream = "") {
  Result<FrameWalk> walk = FrameWalk::prepare(scenario, count, stream);
  EXPECT_TRUE(walk) << walk.error().sentence();
  return walk ? std::move(*walk) : FrameWalk();
}

// Two devices that send two streams, in turns of 2 to 1, at 1 and 2 Mpps.
constexpr const char* kTwoSenders = R"({
  "schema": "nmgen-scenario/1",
  "probes": {"one_in": 2},
  "ports": {"sim:a": {}, "sim:b": {}},
  "streams": {
    "short": {"size_no_crc": 60, "weight": 2, "vary": [{"field": "udp.source_port", "count": 2}],
              "ipv4": {}, "udp": {"source_port": 7}},
    "long": {"size_no_crc": 100, "ipv4": {}, "udp": {}}
  },
  "senders": [
    {"port": "sim:a", "streams": ["short", "long"], "rate": {"pps": 1000000}},
    {"port": "sim:b", "streams": ["long"], "rate": {"pps": 2000000}}
  ]
})";

TEST(FrameWalk, MergesSendersByTime) {
  FrameWalk frames = walk(scenario(kTwoSenders), 4);
  std::vector<std::string> order;
  WalkedFrame frame;
  while (frames.next(&frame))
    order.push_back(std::to_string(frame.sender) + "@" + std::to_string(frame.time_ns));
  EXPECT_THAT(order,
              ElementsAre("0@0", "1@0", "1@500", "0@1000", "1@1000", "1@1500", "0@2000", "0@3000"));
}

TEST(FrameWalk, FramesFollowWeightsFlowsAndProbes) {
  FrameWalk frames = walk(scenario(kTwoSenders), 6);
  std::vector<std::string> sizes;
  std::vector<std::string> lines;
  WalkedFrame frame;
  while (frames.next(&frame)) {
    if (frame.sender != 0)
      continue;
    sizes.push_back(std::to_string(frame.bytes.size()));
    lines.push_back(summarise(frame.bytes, FrameWalk::magic()));
  }
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(sizes, ElementsAre("60", "100", "60", "60", "100", "60"));
  EXPECT_THAT(lines[0], HasSubstr("UDP 7>1024 / probe stream 0 sequence 0"));
  EXPECT_THAT(lines[2], HasSubstr("UDP 8>1024 / probe stream 0 sequence 1"));
  EXPECT_THAT(lines[3], HasSubstr("UDP 7>1024"));
  for (size_t i : {1, 3, 5})
    EXPECT_THAT(lines[i], testing::Not(HasSubstr("probe")));
  for (const std::string& line : lines)
    EXPECT_THAT(line, testing::Not(HasSubstr("wrong")));
}

TEST(FrameWalk, OneStreamKeepsItsPlaceInTime) {
  FrameWalk frames = walk(scenario(kTwoSenders), 2, "short");
  WalkedFrame frame;
  std::vector<uint64_t> indexes;
  while (frames.next(&frame)) {
    EXPECT_EQ(frame.bytes.size(), 60U);
    EXPECT_EQ(frame.time_ns, frame.index * 1000);
    indexes.push_back(frame.index);
  }
  EXPECT_THAT(indexes, ElementsAre(0, 2));
}

TEST(FrameWalk, TimesGoOnToTheirLast) {
  // 1.97e14 ns a frame of each worker.
  FrameWalk frames = walk(scenario(R"({"schema": "nmgen-scenario/1",
    "ports": {"sim:a": {"queues": 16}}, "streams": {"long": {"size_no_crc": 1514, "ipv4": {},
    "udp": {}}}, "senders": [{"port": "sim:a", "workers": 16, "rate": {"bps_l1": 1}}]})"),
                          50'000);
  WalkedFrame frame;
  uint64_t before = 0;
  while (frames.next(&frame)) {
    ASSERT_GE(frame.time_ns, before) << frame.index;
    before = frame.time_ns;
  }
  EXPECT_EQ(before, 9'200'000'000'000'000'000U);
}

// Times are those of the sender's schedule: two workers share bursts of four, 4 ms apart.
TEST(FrameWalk, TimesAreThoseOfTheSchedule) {
  FrameWalk frames = walk(scenario(R"({"schema": "nmgen-scenario/1",
    "ports": {"sim:a": {"queues": 2}}, "senders": [{"port": "sim:a", "workers": 2,
    "rate": {"pps": 1000}, "schedule": {"burst": {"frames": 4, "rate": {"pps": 1000000}}}}]})"),
                          5);
  std::vector<uint64_t> times;
  for (WalkedFrame frame; frames.next(&frame);)
    times.push_back(frame.time_ns);
  EXPECT_THAT(times, ElementsAre(0, 2'000, 4'000'000, 4'002'000, 8'000'000));
}

TEST(FrameWalk, AScheduleThatCannotBeIsRefusedWithItsPlace) {
  Result<Scenario> refused = parse_scenario_text(R"({"schema": "nmgen-scenario/1",
    "ports": {"sim:a": {}}, "senders": [{"port": "sim:a",
    "schedule": {"burst": {"frames": 4}}}]})",
                                                 "test.json");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sentence(),
            "scenario test.json, /senders/0/schedule/burst: a sender that is as fast as possible "
            "has no gaps; set the sender's rate: it is the mean of bursts and gaps");
}

TEST(FrameWalk, AnUnknownStreamIsNamedWithTheNearest) {
  Result<FrameWalk> frames = FrameWalk::prepare(scenario(kTwoSenders), 1, "lang");
  ASSERT_FALSE(frames);
  EXPECT_THAT(frames.error().sentence(), HasSubstr("did you mean long?"));
}

TEST(FrameWalk, EveryRateGivesItsStep) {
  const struct {
    const char* rate;
    double pps;
  } kRates[] = {
      {R"("max")", 10e9 / 672},        {R"({"percent": 50})", 5e9 / 672},
      {R"({"bps_l1": 672000})", 1000}, {R"({"bps_l2": 512000})", 1000},
      {R"({"pps": 1000})", 1000},
  };
  for (const auto& entry : kRates) {
    const Scenario made =
        scenario(std::string(R"({"schema": "nmgen-scenario/1", "ports": {"sim:a": {"queues": 2}},
          "senders": [{"port": "sim:a", "workers": 2, "rate": )") +
                 entry.rate + "}]}");
    FrameWalk frames = walk(made, 2);
    EXPECT_NEAR(frames.worker_pps(0), entry.pps / 2, 1e-6 * entry.pps) << entry.rate;
    EXPECT_FALSE(rate_words(made.senders[0]).empty());
  }
}

}  // namespace
}  // namespace nmgen
