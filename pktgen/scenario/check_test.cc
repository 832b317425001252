// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/check.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pktgen/measure/cores.h"
#include "pktgen/scenario/testing/pair.h"

namespace nmgen {
namespace {

// Two devices with a cable, one stream, one sender, one receiver.
Scenario plain() {
  Scenario scenario = test::pair_scenario();
  scenario.name = "plain";
  scenario.file = "a.json";
  return scenario;
}

std::string sentence_of(const Scenario& scenario, const std::vector<int>& cores = {0, 1, 2, 3}) {
  Result<void> result = check_scenario(scenario, cores);
  return result ? "accepted" : result.error().sentence();
}

TEST(Check, APlainScenarioFits) {
  EXPECT_EQ(sentence_of(plain()), "accepted");
}

TEST(Check, SomebodyMustSendOrReceive) {
  Scenario scenario = plain();
  scenario.senders.clear();
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.receivers.clear();
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json: nobody sends and nobody receives; add a sender, for instance "
            "\"senders\": [{\"port\": \"sim:left\"}]");
}

TEST(Check, CablesMeet) {
  Scenario scenario = plain();
  scenario.ports[0].cable = "sim:rihgt";
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /ports/sim:left/cable: there is no \"sim:rihgt\" under \"ports\"; "
            "did you mean \"sim:right\"?");
  scenario = plain();
  scenario.ports[1].cable.clear();
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /ports/sim:left/cable: \"sim:right\" has no cable to "
            "\"sim:left\"; set /ports/sim:right/cable to \"sim:left\"");
  scenario = plain();
  scenario.ports.push_back(*make_port("sim:third", {}, "sim:right"));
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /ports/sim:third/cable: \"sim:right\" has its cable to "
            "\"sim:left\"; set /ports/sim:right/cable to \"sim:third\"");
  scenario = plain();
  scenario.ports[0].cable = "sim:left";
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /ports/sim:left/cable: the cable leads back to its own device; name "
            "the other device");
  scenario = plain();
  scenario.ports[1].speed_bps = 40e9;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /ports/sim:left/cable: \"sim:left\" has 10 Gbit/s and "
            "\"sim:right\" has 40; give both ends of the cable the same speed_gbps");
}

TEST(Check, PortsExist) {
  Scenario scenario = plain();
  scenario.senders[0].port = "sim:lfet";
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/port: \"sim:lfet\" is not under \"ports\"; did you mean "
            "\"sim:left\"?");
  scenario.senders[0].port = "sim:somewhere";
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/port: \"sim:somewhere\" is not under \"ports\"; use "
            "\"sim:left\" or \"sim:right\"");
  scenario = plain();
  scenario.ports.clear();
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/port: \"sim:left\" is not under \"ports\"; add it "
            "there");
}

// Whether it exists is seen when it is opened; here only that it can be a name.
TEST(Check, OtherPortsHaveANamesForm) {
  Scenario scenario = plain();
  for (const char* port :
       {"netmap:eth0", "vale0:1", "vale-a_b:x{1", "hosted:x{1", "hosted:vale0:1"}) {
    scenario.senders[0].port = port;
    EXPECT_EQ(sentence_of(scenario), "accepted") << port;
  }
  for (const char* port :
       {"eth0", ":eth0", "netmap:", "net map:eth0", "netmap:eth 0", "netmap:\x01", "foo:bar"}) {
    scenario.senders[0].port = port;
    std::string sentence = sentence_of(scenario);
    EXPECT_TRUE(sentence.starts_with("scenario a.json, /senders/0/port: ")) << sentence;
    EXPECT_NE(sentence.find(" is not the name of a port: "), std::string::npos) << sentence;
  }
  // Which ring it is, the scenario says in another place.
  for (const char* port : {"netmap:eth0-2", "netmap:eth0/T", "vale0:1@3", "sim:left-0"}) {
    scenario.senders[0].port = port;
    EXPECT_EQ(sentence_of(scenario),
              std::string("scenario a.json, /senders/0/port: \"") + port +
                  "\" has a suffix, and \"first_ring\" chooses a worker's ring; remove the suffix, "
                  "and set \"first_ring\"");
  }
}

TEST(Check, AReceiversPortHasACable) {
  Scenario scenario = plain();
  scenario.ports[0].cable.clear();
  scenario.ports[1].cable.clear();
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /receivers/0/port: sim:right has no cable, nothing can arrive; set "
            "/ports/sim:right/cable, or receive on another port");
  scenario.receivers.clear();
  EXPECT_EQ(sentence_of(scenario), "accepted");
}

TEST(Check, WorkersHaveARingEach) {
  Scenario scenario = plain();
  scenario.senders[0].workers = 2;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/workers: 2 workers need rings 0 to 1 and sim:left has "
            "ring 0; set /ports/sim:left/queues to 2, or use fewer workers");
  scenario.senders[0].workers = 17;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/workers: 17 workers need rings 0 to 16 and sim:left has "
            "ring 0; use fewer workers; a device has at most 16 queues");
  scenario.senders[0].workers = 1;
  scenario.senders[0].first_ring = 1;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/first_ring: 1 worker needs ring 1 and sim:left has ring "
            "0; set /ports/sim:left/queues to 2, or use fewer workers");
  scenario.ports[0].tx_rings = scenario.ports[0].rx_rings = 2;
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.receivers[0].first_ring = 4;
  scenario.ports[1].tx_rings = scenario.ports[1].rx_rings = 4;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /receivers/0/first_ring: 1 worker needs ring 4 and sim:right has "
            "rings 0 to 3; set /ports/sim:right/queues to 5, or use fewer workers");
}

TEST(Check, NoTwoWorkersShareARing) {
  Scenario scenario = plain();
  scenario.ports[0].tx_rings = scenario.ports[0].rx_rings = 4;
  scenario.senders[0].workers = 2;
  scenario.senders.push_back(scenario.senders[0]);
  scenario.senders[1].first_ring = 1;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/1/first_ring: ring 1 of sim:left has a worker of /senders/0 "
            "already; start at ring 2");
  scenario.senders[1].first_ring = 2;
  EXPECT_EQ(sentence_of(scenario), "accepted");
  // A port's transmit ring 0 and its receive ring 0 are two rings.
  scenario.receivers[0].port = "sim:left";
  EXPECT_EQ(sentence_of(scenario), "accepted");
  // It holds for ports whose rings are not known yet, too.
  scenario = plain();
  scenario.senders[0].port = "netmap:eth0";
  scenario.senders.push_back(scenario.senders[0]);
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/1/first_ring: ring 0 of netmap:eth0 has a worker of "
            "/senders/0 already; start at ring 1");
}

TEST(Check, CoresAreThere) {
  Scenario scenario = plain();
  scenario.senders[0].cores = {7};
  EXPECT_EQ(sentence_of(scenario, {0, 1, 2, 3, 6}),
            "scenario a.json, /senders/0/cores/0: core 7 is not in this process's CPU affinity "
            "mask; use 0 to "
            "3, 6");
  scenario.senders[0].cores = {3};
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.receivers[0].cores = {3};  // shared on purpose
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.receivers[0].cores = {3, 2};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /receivers/0/cores: the list has 2 cores for 1 worker; name one core "
            "for each worker, or leave the list out");
  scenario.ports[0].tx_rings = scenario.ports[0].rx_rings = 2;
  scenario.senders[0].workers = 2;
  scenario.receivers.clear();
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/cores: the list has 1 core for 2 workers; name one core "
            "for each worker, or leave the list out");
}

TEST(Check, CoreListsAreShort) {
  EXPECT_EQ(core_list({}), "");
  EXPECT_EQ(core_list({5}), "5");
  EXPECT_EQ(core_list({0, 1}), "0, 1");
  EXPECT_EQ(core_list({0, 1, 2, 3, 8, 10, 11, 12}), "0 to 3, 8, 10 to 12");
}

TEST(Check, ThisProcessHasACore) {
  std::vector<int> cores = allowed_cores();
  ASSERT_FALSE(cores.empty());
  EXPECT_TRUE(std::is_sorted(cores.begin(), cores.end()));
  Scenario scenario = plain();
  scenario.senders[0].cores = {cores.back()};
  EXPECT_EQ(sentence_of(scenario, cores), "accepted");
  scenario.senders[0].cores = {cores.back() + 1};
  EXPECT_NE(sentence_of(scenario, cores), "accepted");
}

TEST(Check, StreamsExistOnce) {
  Scenario scenario = plain();
  scenario.senders[0].streams = {"upd"};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/streams/0: there is no stream \"upd\"; did you mean "
            "\"udp\"?");
  scenario.senders[0].streams = {"udp", "udp"};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/streams/1: stream \"udp\" is there twice; keep one of "
            "them, and give it a weight");
}

TEST(Check, ProbesHaveRoom) {
  Scenario scenario = plain();
  scenario.streams[0].frame.network = Ipv6Spec{};
  scenario.streams[0].frame.size_no_crc = 79;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /streams/udp/size_no_crc: 79 bytes have no room for a probe; use 80 "
            "or more, or set \"probes\" to \"off\"");
  scenario.probe_every = 1000;  // sampled frames need it as much
  EXPECT_NE(sentence_of(scenario), "accepted");
  scenario.probe_every = 0;
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.probe_every = 1;
  scenario.streams[0].frame.size_no_crc = 80;
  EXPECT_EQ(sentence_of(scenario), "accepted");
}

TEST(Check, RatesFitTheLine) {
  Scenario scenario = plain();
  struct {
    Rate::Unit unit;
    double most, above;
    const char* sentence;
  } cases[] = {
      {Rate::Unit::kPps, 10e9 / 672, 14880953,
       "pps: 14880953 frames/s is more than the 10 Gbit/s of sim:left carry with frames of 64 "
       "bytes; use 14880952 or less, or \"max\""},
      {Rate::Unit::kBpsL1, 10e9, 10000001000,
       "bps_l1: 10000001000 bit/s is more than the 10 Gbit/s of sim:left carry with frames of 64 "
       "bytes; use 10000000000 or less, or \"max\""},
      {Rate::Unit::kBpsL2, 10e9 * 64 / 84, 8e9,
       "bps_l2: 8000000000 bit/s is more than the 10 Gbit/s of sim:left carry with frames of 64 "
       "bytes; use 7619047619 or less, or \"max\""},
      {Rate::Unit::kPercent, 100, 100.5,
       "percent: 100.5 % is more than the 10 Gbit/s of sim:left carry with frames of 64 bytes; use "
       "100 or less, or \"max\""},
  };
  for (const auto& item : cases) {
    scenario.senders[0].rate = {item.unit, item.most};
    EXPECT_EQ(sentence_of(scenario), "accepted") << item.most;
    scenario.senders[0].rate = {item.unit, item.above};
    EXPECT_EQ(sentence_of(scenario),
              std::string("scenario a.json, /senders/0/rate/") + item.sentence);
  }
  // The line of a real port is known to its driver only.
  scenario.senders[0].port = "netmap:eth0";
  EXPECT_EQ(sentence_of(scenario), "accepted");
}

// Weights are shares of frames: 3 of 64 and 1 of 1518 bytes are 427.5 on average.
TEST(Check, RatesUseTheMeanFrame) {
  Scenario scenario = plain();
  scenario.streams[0].weight = 3;
  StreamSpec large = scenario.streams[0];
  large.name = "large";
  large.weight = 1;
  large.frame.size_no_crc = 1514;
  scenario.streams.push_back(large);
  scenario.senders[0].streams = {"udp", "large"};
  scenario.senders[0].rate = {Rate::Unit::kPps, 10e9 / (8 * 447.5)};
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.senders[0].rate.value = 2793297;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/rate/pps: 2793297 frames/s is more than the 10 Gbit/s of "
            "sim:left carry with frames of 427.5 bytes; use 2793296 or less, or \"max\"");
}

TEST(Check, ASchedulesOwnRatesFitTheRunAndTheLine) {
  Scenario scenario = plain();
  scenario.duration_s = 2;
  SenderSpec& sender = scenario.senders[0];
  sender.rate = {};
  sender.schedule = {"ramp", R"({"to": {"percent": 100}, "for_s": 2})"};
  EXPECT_EQ(sentence_of(scenario), "accepted");
  sender.schedule = {"ramp", R"({"to": {"percent": 100}, "for_s": 2.5})"};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/schedule/ramp: it takes 2.5 s and the run takes 2 s; set "
            "\"duration_s\" to 2.5 or more, or make the schedule shorter");
  sender.schedule = {"on_off", R"({"rate": {"pps": 2e7}, "on_s": 1, "off_s": 1})"};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/schedule/on_off: 2e+07 frames/s are more than the line "
            "carries; use 14880952 pps or less, or \"max\"");
  sender.schedule = {"on_off", R"({"on_s": 1, "off_s": 1})"};
  sender.rate = {Rate::Unit::kPps, 1000};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/0/schedule/on_off: it has rates of its own; remove the "
            "sender's rate");
  // Half of the line, and 60 % more.
  sender.rate = {};
  scenario.ports[0].tx_rings = scenario.ports[0].rx_rings = 2;
  scenario.senders.push_back(sender);
  scenario.senders[1].first_ring = 1;
  scenario.senders[1].schedule = {"on_off", R"({"on_s": 0.6, "off_s": 0.4})"};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/1/schedule/on_off: with it sim:left is asked for 110.0 % of "
            "its line; use lower rates, here or for the senders before it");
}

TEST(Check, RatesOnOnePortAddUp) {
  Scenario scenario = plain();
  scenario.ports[0].tx_rings = scenario.ports[0].rx_rings = 4;
  scenario.senders[0].rate = {Rate::Unit::kPercent, 60};
  scenario.senders.push_back(scenario.senders[0]);
  scenario.senders[1].first_ring = 1;
  scenario.senders[1].rate = {Rate::Unit::kPps, 10e6};
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/1/rate/pps: with it sim:left is asked for 127.2 % of its "
            "line; use 5952380 or less here");
  scenario.senders[1].rate.value = 5952380;
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.senders.push_back(scenario.senders[0]);
  scenario.senders[2].first_ring = 2;
  EXPECT_EQ(sentence_of(scenario),
            "scenario a.json, /senders/2/rate/percent: with it sim:left is asked for 160.0 % of "
            "its line; lower the rates of the senders before it");
  // "max" takes what is left and asks for nothing; another port has a line of its own.
  scenario.senders[2].rate = {};
  EXPECT_EQ(sentence_of(scenario), "accepted");
  scenario.senders[2].rate = {Rate::Unit::kPercent, 100};
  scenario.senders[2].port = "sim:right";
  scenario.senders[2].first_ring = 0;
  EXPECT_EQ(sentence_of(scenario), "accepted");
}

}  // namespace
}  // namespace nmgen
