// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/parse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "pktgen/measure/cores.h"
#include "pktgen/packet/builder.h"
#include "pktgen/scenario/check.h"
#include "pktgen/scenario/sha256.h"

namespace nmgen {
namespace {

constexpr const char* kSmallest =
    R"({"schema": "nmgen-scenario/1", "ports": {"sim:a": {}}, "senders": [{"port": "sim:a"}]})";

std::string sentence_of(std::string_view text, const std::vector<std::string>& overrides = {}) {
  Result<Scenario> scenario = parse_scenario_text(text, "a.json", overrides);
  return scenario ? "accepted" : scenario.error().sentence();
}

std::string scenario_file(const std::string& name) {
  return "scenarios/" + name + ".json";
}

// 64b-10g with a change, as a user makes it.
std::string changed_64b(const std::string& override) {
  std::ifstream in(scenario_file("64b-10g"));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return sentence_of(text, {override});
}

TEST(Parse, ClockSpeed) {
  Result<Scenario> scenario =
      parse_scenario_text(kSmallest, "a.json", {"clock.method=duty", "clock.hz=150000000"});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().sentence();
  EXPECT_EQ(scenario->clock.method, ClockSpec::Method::kDuty);
  EXPECT_EQ(scenario->clock.hz, 150e6);
  EXPECT_NE(sentence_of(kSmallest, {"clock.method=duty"}).find("hz"), std::string::npos);
  EXPECT_NE(sentence_of(kSmallest, {"clock.method=slow", "clock.hz=1e8"}).find("/clock/method"),
            std::string::npos);
  EXPECT_NE(sentence_of(kSmallest, {"clock.method=duty", "clock.hz=1000"}).find("/clock/hz"),
            std::string::npos);
}

TEST(Parse, TheSmallestScenarioHasEveryDefault) {
  Result<Scenario> scenario = parse_scenario_text(kSmallest, "dir/tiny.v2.json");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().sentence();
  EXPECT_EQ(scenario->name, "tiny.v2");
  EXPECT_EQ(scenario->file, "dir/tiny.v2.json");
  EXPECT_EQ(scenario->description, "");
  EXPECT_EQ(scenario->duration_s, 10);
  EXPECT_EQ(scenario->warmup_s, 1);
  EXPECT_EQ(scenario->repeat, 1u);
  EXPECT_EQ(scenario->probe_every, 1u);
  ASSERT_EQ(scenario->ports.size(), 1u);
  EXPECT_EQ(scenario->ports[0].name.text, "sim:a");
  EXPECT_EQ(scenario->ports[0].speed_bps, 10e9);
  EXPECT_EQ(scenario->ports[0].tx_rings, 1u);
  EXPECT_EQ(scenario->ports[0].rx_rings, 1u);
  EXPECT_EQ(scenario->ports[0].tx_slots, 512u);
  EXPECT_EQ(scenario->ports[0].rx_slots, 512u);
  EXPECT_EQ(scenario->ports[0].cable, "");
  EXPECT_TRUE(scenario->ports[0].options.empty());
  ASSERT_EQ(scenario->streams.size(), 1u);
  EXPECT_EQ(scenario->streams[0].name, "udp");
  EXPECT_EQ(scenario->streams[0].frame.size_no_crc, 60u);
  EXPECT_TRUE(std::holds_alternative<UdpSpec>(scenario->streams[0].frame.transport));
  ASSERT_EQ(scenario->senders.size(), 1u);
  EXPECT_EQ(scenario->senders[0].port, "sim:a");
  EXPECT_EQ(scenario->senders[0].streams, std::vector<std::string>{"udp"});
  EXPECT_EQ(scenario->senders[0].rate.unit, Rate::Unit::kMax);
  EXPECT_EQ(scenario->senders[0].workers, 1u);
  EXPECT_EQ(scenario->senders[0].first_ring, 0u);
  EXPECT_TRUE(scenario->senders[0].cores.empty());
  EXPECT_EQ(scenario->senders[0].batch, 256u);
  EXPECT_TRUE(scenario->receivers.empty());
  EXPECT_EQ(scenario->stream("udp"), scenario->streams.data());
  EXPECT_EQ(scenario->stream("tcp"), nullptr);
  EXPECT_EQ(scenario->port("sim:a"), scenario->ports.data());
  EXPECT_EQ(scenario->port(""), nullptr);
}

TEST(Parse, EveryKeyArrives) {
  std::string core = std::to_string(allowed_cores().front());
  Result<Scenario> scenario = parse_scenario_text(
      R"({"schema": "nmgen-scenario/1", "name": "full", "description": "text", "duration_s": 0.5,
          "warmup_s": 0, "repeat": 3, "probes": {"one_in": 4294967295},
          "ports": {
            "sim:l": {"speed_gbps": 25, "queues": 16, "tx_slots": 64, "rx_slots": 8192, "cable": "sim:r",
                  "flow_control": true},
            "sim:r": {"speed_gbps": 25, "cable": "sim:l", "queues": 2}},
          "streams": {"b": {"weight": 3}, "a": {"size_no_crc": 9216}},
          "senders": [
            {"port": "sim:l", "streams": ["b", "a"], "rate": {"pps": 1000.5}, "workers": 2,
             "first_ring": 3, "batch": 17},
            {"port": "sim:l", "rate": {"bps_l1": 2e9}},
            {"port": "sim:l", "rate": {"bps_l2": 3e9}, "first_ring": 1},
            {"port": "sim:l", "rate": {"percent": 4}, "first_ring": 2}],
          "receivers": [
            {"port": "sim:r", "workers": 1, "first_ring": 1, "batch": 18}]})",
      "x.json",
      {"receivers.0.cores=[" + core + "]", "senders.0.cores=[" + core + "," + core + "]"});
  ASSERT_TRUE(scenario.has_value()) << scenario.error().sentence();
  EXPECT_EQ(scenario->name, "full");
  EXPECT_EQ(scenario->description, "text");
  EXPECT_EQ(scenario->duration_s, 0.5);
  EXPECT_EQ(scenario->warmup_s, 0);
  EXPECT_EQ(scenario->repeat, 3u);
  EXPECT_EQ(scenario->probe_every, 4294967295u);
  const PortSpec& left = *scenario->port("sim:l");
  EXPECT_EQ(left.speed_bps, 25e9);
  EXPECT_EQ(left.tx_rings, 16u);
  EXPECT_EQ(left.rx_rings, 16u);
  EXPECT_EQ(left.tx_slots, 64u);
  EXPECT_EQ(left.rx_slots, 8192u);
  EXPECT_EQ(left.cable, "sim:r");
  const auto flow_control =
      std::find_if(left.options.begin(), left.options.end(),
                   [](const PortOption& option) { return option.key == "flow_control"; });
  ASSERT_NE(flow_control, left.options.end());
  EXPECT_EQ(flow_control->number, 1);
  EXPECT_EQ(scenario->stream("b")->weight, 3u);
  EXPECT_EQ(scenario->stream("a")->frame.size_no_crc, 9216u);
  ASSERT_EQ(scenario->senders.size(), 4u);
  const SenderSpec& sender = scenario->senders[0];
  EXPECT_EQ(sender.streams, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(sender.rate.unit, Rate::Unit::kPps);
  EXPECT_EQ(sender.rate.value, 1000.5);
  EXPECT_EQ(sender.workers, 2u);
  EXPECT_EQ(sender.first_ring, 3u);
  EXPECT_EQ(sender.cores, std::vector<int>(2, allowed_cores().front()));
  EXPECT_EQ(sender.batch, 17u);
  EXPECT_EQ(scenario->senders[1].rate.unit, Rate::Unit::kBpsL1);
  EXPECT_EQ(scenario->senders[1].rate.value, 2e9);
  EXPECT_EQ(scenario->senders[2].rate.unit, Rate::Unit::kBpsL2);
  EXPECT_EQ(scenario->senders[2].rate.value, 3e9);
  EXPECT_EQ(scenario->senders[3].rate.unit, Rate::Unit::kPercent);
  EXPECT_EQ(scenario->senders[3].rate.value, 4);
  EXPECT_EQ(scenario->senders[3].streams, (std::vector<std::string>{"a", "b"}));  // all
  ASSERT_EQ(scenario->receivers.size(), 1u);
  EXPECT_EQ(scenario->receivers[0].port, "sim:r");
  EXPECT_EQ(scenario->receivers[0].workers, 1u);
  EXPECT_EQ(scenario->receivers[0].first_ring, 1u);
  EXPECT_EQ(scenario->receivers[0].cores, std::vector<int>(1, allowed_cores().front()));
  EXPECT_EQ(scenario->receivers[0].batch, 18u);
}

TEST(Parse, ProbesHaveThreeForms) {
  EXPECT_EQ(parse_scenario_text(kSmallest, "", {"probes=every"})->probe_every, 1u);
  EXPECT_EQ(parse_scenario_text(kSmallest, "", {"probes=off"})->probe_every, 0u);
  EXPECT_EQ(parse_scenario_text(kSmallest, "", {"probes.one_in=1000"})->probe_every, 1000u);
}

TEST(Parse, TheTextIsCanonicalAndTheHashIsOfIt) {
  Result<Scenario> scenario = parse_scenario_text(kSmallest, "a.json");
  ASSERT_TRUE(scenario.has_value());
  EXPECT_EQ(scenario->text,
            R"({"ports":{"sim:a":{}},"schema":"nmgen-scenario/1","senders":[{"port":"sim:a"}]})");
  EXPECT_EQ(scenario->hash, "sha256:" + sha256_hex(scenario->text));
  // Space and the order of keys say nothing; a value does.
  Result<Scenario> other = parse_scenario_text(
      "{\"senders\":[{\"port\":\"sim:a\"}],\n\n\"ports\":{\"sim:a\":{}},"
      "\"schema\":\"nmgen-scenario/1\"}",
      "b.json");
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->hash, scenario->hash);
  Result<Scenario> overridden = parse_scenario_text(kSmallest, "a.json", {"duration_s=3"});
  ASSERT_TRUE(overridden.has_value());
  EXPECT_NE(overridden->hash, scenario->hash);
  EXPECT_EQ(overridden->duration_s, 3);
  EXPECT_NE(overridden->text.find("\"duration_s\":3,"), std::string::npos);
}

TEST(Parse, AFilesNameThatIsNoNameBecomesScenario) {
  EXPECT_EQ(parse_scenario_text(kSmallest, "")->name, "scenario");
  EXPECT_EQ(parse_scenario_text(kSmallest, "a b.json")->name, "scenario");
  EXPECT_EQ(parse_scenario_text(kSmallest, "/dev/stdin")->name, "stdin");
  EXPECT_EQ(parse_scenario_text(kSmallest, std::string(33, 'x'))->name, "scenario");
}

TEST(Parse, OverridesAreCarriedOutInOrder) {
  Result<Scenario> scenario =
      parse_scenario_text(kSmallest, "a.json", {"duration_s=1", "repeat=2", "duration_s=2"});
  ASSERT_TRUE(scenario.has_value());
  EXPECT_EQ(scenario->duration_s, 2);
  EXPECT_EQ(scenario->repeat, 2u);
  EXPECT_EQ(sentence_of(kSmallest, {"repeat=2", "reapet=3"}),
            "cannot set \"reapet\": there is no \"reapet\"; did you mean \"repeat\"?");
  EXPECT_EQ(sentence_of(kSmallest, {"repeat=-1"}),
            "scenario a.json, /repeat: -1 is too small; use a whole number from 1 to 1000");
}

// What a user gets wrong first, each through the whole parser.
TEST(Parse, BadInputIsOneSentence) {
  struct {
    const char *override, *sentence;
  } cases[] = {
      {"streams.udp={\"size\": 60}",
       "/streams/udp/size: there is no such key; did you mean \"size_no_crc\"?"},
      {"streams.udp.size_no_crc=59",
       "/streams/udp/size_no_crc: 59 is too small; use a whole number from 60 to 9216"},
      {"streams.udp.size_no_crc=9217",
       "/streams/udp/size_no_crc: 9217 is too large; use a whole number from 60 to 9216"},
      {"streams.udp.size_no_crc=99999999999999999999",
       "/streams/udp/size_no_crc: 1e+20 is not written as a whole number; use a whole number from "
       "60 to 9216"},
      {"senders.0.rate.pps=2e7",
       "/senders/0/rate/pps: 20000000 frames/s is more than the 10 Gbit/s of sim:left carry with "
       "frames of 64 bytes; use 14880952 or less, or \"max\""},
      {"senders.0.workers=4",
       "/senders/0/workers: 4 workers need rings 0 to 3 and sim:left has ring 0; set "
       "/ports/sim:left/queues to 4, or use fewer workers"},
      {"senders.0.port=sim:nowhere",
       "/senders/0/port: \"sim:nowhere\" is not under \"ports\"; use \"sim:left\" or "
       "\"sim:right\""},
      {"senders.0.port=foo:bar",
       "/senders/0/port: \"foo:bar\" is not the name of a port: its kind is not known; write it "
       "like sim:left, netmap:eth0, vale0:1 or hosted:vale0:1"},
      {"streams.udp.vlan=[{}]",
       "/streams/udp/size_no_crc: 60 bytes have no room for a probe; use 64 or more, or set "
       "\"probes\" to \"off\""},
      {"streams.udp.vary=[{\"field\": \"tcp.source_port\", \"count\": 2}]",
       "/streams/udp/vary/0/field: this frame has no tcp.source_port; add \"tcp\" to the stream, "
       "or "
       "vary another field"},
      {"ports.sim:right.cable=sim:other",
       "/ports/sim:left/cable: \"sim:right\" has its cable to \"sim:other\"; set "
       "/ports/sim:right/cable to \"sim:left\""},
      {"ports={\"sim:a/T\": {}}",
       "/ports/sim:a~1T: \"sim:a/T\" has a suffix; name the whole port, without a suffix"},
      {"ports={\"sim:a b\": {}}",
       "/ports/sim:a b: \"sim:a b\" does not have the right form; use a string like \"sim:left\" "
       "(a port of a driver of this process: the driver's prefix, a colon, and 1 to 63 letters, "
       "digits, dots, hyphens, underscores or, in a file's name, slashes)"},
  };
  for (const auto& item : cases)
    EXPECT_EQ(changed_64b(item.override), std::string("scenario a.json, ") + item.sentence);
}

TEST(Parse, APortThatHasNoOptionsIsToldWhichHave) {
  const std::string sentence = changed_64b("ports={\"netmap:eth0\": {}}");
  EXPECT_TRUE(
      sentence.starts_with("scenario a.json, /ports/netmap:eth0: \"netmap:eth0\" has no "
                           "options here; those that have are "))
      << sentence;
  EXPECT_NE(sentence.find("sim:NAME"), std::string::npos) << sentence;
}

TEST(Parse, AnOldScenarioIsToldWherePortsAre) {
  EXPECT_EQ(sentence_of(R"({"schema": "nmgen-scenario/1", "simulated": {"a": {}},
                            "senders": [{"port": "sim:a"}]})"),
            "scenario a.json, /simulated: devices are configured under \"ports\"; write "
            "{\"ports\": {\"sim:NAME\": {...}}}, and a cable's other end as \"sim:NAME\" too");
}

TEST(Parse, ACoreThatIsNotThereIsNamed) {
  std::vector<int> cores = allowed_cores();
  int missing = cores.back() + 1;
  EXPECT_EQ(changed_64b("senders.0.cores=[" + std::to_string(missing) + "]"),
            "scenario a.json, /senders/0/cores/0: core " + std::to_string(missing) +
                " is not in this process's CPU affinity mask; use " + core_list(cores));
}

TEST(Parse, ATruncatedScenarioIsNeverAccepted) {
  std::ifstream in(scenario_file("64b-10g"));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  size_t end = text.find_last_of('}');
  for (size_t length = 0; length <= end; ++length) {
    std::string sentence = sentence_of(text.substr(0, length));
    ASSERT_TRUE(length == 0
                    ? sentence.find("it is empty") != std::string::npos
                    : sentence.find("the text ends in the middle of a value") != std::string::npos)
        << length << ": " << sentence;
  }
}

TEST(Parse, AMissingFileIsSaid) {
  Result<Scenario> scenario = load_scenario("no/such/file.json");
  ASSERT_FALSE(scenario.has_value());
  EXPECT_EQ(scenario.error().sentence(),
            "cannot read scenario no/such/file.json: No such file or directory; check the name and "
            "the permissions");
}

// Every scenario that is shipped can be run: it is accepted, named as its file, described, and its
// frames can be built with the probes it asks for.
TEST(ShippedScenarios, AreAllGood) {
  std::vector<std::string> names;
  for (const std::filesystem::directory_entry& entry :
       std::filesystem::directory_iterator("scenarios")) {
    if (entry.path().extension() != ".json")
      continue;
    Result<Scenario> scenario = load_scenario(entry.path().string());
    ASSERT_TRUE(scenario.has_value()) << scenario.error().sentence();
    EXPECT_EQ(scenario->name, entry.path().stem().string());
    EXPECT_GT(scenario->description.size(), 40u) << scenario->name;
    for (const StreamSpec& stream : scenario->streams) {
      ProbeSpace place = scenario->probe_every > 0 ? ProbeSpace::kReserved : ProbeSpace::kNone;
      EXPECT_TRUE(build_frame(stream.frame, place).has_value()) << scenario->name;
    }
    names.push_back(scenario->name);
  }
  std::sort(names.begin(), names.end());
  for (const char* name : {"1518b-10g", "4q-4w-10g", "64b-100g", "64b-10g", "64b-10g-tx", "64b-40g",
                           "ipv6", "udp-flows-64k", "vlan"})
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
}

TEST(ShippedScenarios, MeanWhatTheirNamesSay) {
  EXPECT_EQ(load_scenario(scenario_file("64b-10g"))->streams[0].frame.size_no_crc + kCrcBytes, 64u);
  EXPECT_EQ(load_scenario(scenario_file("1518b-10g"))->streams[0].frame.size_no_crc + kCrcBytes,
            1518u);
  EXPECT_EQ(load_scenario(scenario_file("64b-40g"))->ports[0].speed_bps, 40e9);
  EXPECT_EQ(load_scenario(scenario_file("64b-100g"))->ports[0].speed_bps, 100e9);
  EXPECT_EQ(load_scenario(scenario_file("4q-4w-10g"))->senders[0].workers, 4u);
  EXPECT_EQ(load_scenario(scenario_file("udp-flows-64k"))->streams[0].flows, 65536u);
  EXPECT_TRUE(load_scenario(scenario_file("64b-10g-tx"))->receivers.empty());
  Scenario ipv6 = *load_scenario(scenario_file("ipv6"));
  EXPECT_EQ(ipv6.streams[0].frame.size_no_crc, smallest_size_with_probe(ipv6.streams[0].frame));
  Scenario vlan = *load_scenario(scenario_file("vlan"));
  EXPECT_EQ(vlan.streams[0].frame.size_no_crc, smallest_size_with_probe(vlan.streams[0].frame));
}

}  // namespace
}  // namespace nmgen
