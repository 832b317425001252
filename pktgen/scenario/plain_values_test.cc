// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/plain_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "pktgen/scenario/parse.h"
#include "pktgen/scenario/schema.h"

namespace nmgen {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json start() {
  return json::parse(R"({
    "schema": "nmgen-scenario/1", "ports": {"sim:left": {}},
    "senders": [{"port": "sim:left"}]
  })");
}

// What becomes of `value` at `pointer`, or the error.
std::string plain(const std::string& pointer, const json& value) {
  json document = start();
  document[json::json_pointer(pointer)] = value;
  Result<void> made = make_values_plain(document, "a.json");
  return made ? document[json::json_pointer(pointer)].dump() : made.error().sentence();
}

TEST(PlainValues, EveryKeyWithAUnitTakesIt) {
  EXPECT_EQ(plain("/duration_s", "1 min"), "60");
  EXPECT_EQ(plain("/warmup_s", "500 ms"), "0.5");
  EXPECT_EQ(plain("/drain_s", "3"), "3");
  EXPECT_EQ(plain("/limits/late_ms", "250us"), "0.25");
  EXPECT_EQ(plain("/limits/late_percent", "5 %"), "5");
  EXPECT_EQ(plain("/limits/off_core_percent", "2.5%"), "2.5");
  EXPECT_EQ(plain("/limits/max_idle_percent", "5"), "5");
  EXPECT_EQ(plain("/clock/hz", "150 MHz"), "150000000");
  EXPECT_EQ(plain("/ports/sim:left/speed_gbps", "40 Gbit/s"), "40");
  EXPECT_EQ(plain("/streams/jumbo/size_no_crc", "9014 B"), "9014");
  EXPECT_EQ(plain("/senders/0/rate/pps", "10M"), "10000000");
  EXPECT_EQ(plain("/senders/0/rate/bps_l1", "2.5 Gbit/s"), "2500000000");
  EXPECT_EQ(plain("/senders/0/rate/bps_l2", "2.5 Gbps"), "2500000000");
  EXPECT_EQ(plain("/senders/0/rate/percent", "99.9 %"), "99.9");
}

TEST(PlainValues, ARateHasAFormForEachUnit) {
  EXPECT_EQ(plain("/senders/0/rate", "10 Mpps"), R"({"pps":10000000})");
  EXPECT_EQ(plain("/senders/0/rate", "10M"), R"({"pps":10000000})");
  EXPECT_EQ(plain("/senders/0/rate", "1000"), R"({"pps":1000})");
  EXPECT_EQ(plain("/senders/0/rate", 1000), R"({"pps":1000})");
  EXPECT_EQ(plain("/senders/0/rate", 0.5), R"({"pps":0.5})");
  EXPECT_EQ(plain("/senders/0/rate", "2.5 Gbit/s"), R"({"bps_l1":2500000000})");
  EXPECT_EQ(plain("/senders/0/rate", "10 Mbps"), R"({"bps_l1":10000000})");
  EXPECT_EQ(plain("/senders/0/rate", "99.9 %"), R"({"percent":99.9})");
  EXPECT_EQ(plain("/senders/0/rate", "max"), R"("max")");
}

TEST(PlainValues, LeavesTheRestToTheSchema) {
  for (const json& value :
       {json(10), json(0.5), json(nullptr), json(true), json::array(), json::object()})
    EXPECT_EQ(plain("/duration_s", value), value.dump());
  EXPECT_EQ(plain("/name", "1 min"), "\"1 min\"");
  EXPECT_EQ(plain("/streams/udp/payload", "10"), "\"10\"");
  EXPECT_EQ(plain("/unknown_s", "1 min"), "\"1 min\"");
  EXPECT_EQ(plain("/probes/one_in", "1 min"), "\"1 min\"");
}

TEST(PlainValues, SaysWhatIsWrongAndWhichFormsThereAre) {
  const std::string time =
      " does not have the right form; use a number from 0.01 to 604800 or a string like \"1 min\" "
      "or \"500 ms\" (a number with ns, us, ms, s, min or h)";
  for (const std::string text : {"ten", "-1 s", "", "1e400 s", "5 s s", "10 Mpps"})
    EXPECT_EQ(plain("/duration_s", text), "scenario a.json, /duration_s: \"" + text + "\"" + time);
  EXPECT_EQ(plain("/senders/0/rate", "10 Mps"),
            "scenario a.json, /senders/0/rate: \"10 Mps\" does not have the right form; use "
            "\"max\", a number from 0.001 to 1000000000000, a string like \"10 Mpps\", \"2.5 "
            "Gbit/s\" or \"99.9 %\" (a number with pps, bit/s (on the line) or %, and k, M, G or "
            "T) or an object with bps_l1, bps_l2, percent or pps");
  EXPECT_THAT(plain("/senders/0/rate/pps", "10 Gbit/s"),
              HasSubstr("/senders/0/rate/pps: \"10 Gbit/s\" does not have the right form; use a "
                        "number from 0.001 to 1000000000000 or a string like \"10 Mpps\""));
}

// How a value was written changes neither the text that is recorded nor its hash.
TEST(PlainValues, TheRecordedTextHasPlainNumbers) {
  Result<Scenario> typed = parse_scenario_text(
      R"({"schema": "nmgen-scenario/1", "ports": {"sim:left": {"speed_gbps": "40G"}},
          "duration_s": "1 min", "limits": {"late_ms": "2 s"},
          "senders": [{"port": "sim:left", "rate": "10 Mpps"}]})",
      "a.json", {"warmup_s=500 ms"});
  Result<Scenario> plain = parse_scenario_text(
      R"({"schema": "nmgen-scenario/1", "ports": {"sim:left": {"speed_gbps": 40}},
          "duration_s": 60, "warmup_s": 0.5, "limits": {"late_ms": 2000},
          "senders": [{"port": "sim:left", "rate": {"pps": 10000000}}]})",
      "a.json");
  ASSERT_TRUE(typed) << typed.error().sentence();
  ASSERT_TRUE(plain) << plain.error().sentence();
  EXPECT_EQ(typed->text, plain->text);
  EXPECT_EQ(typed->hash, plain->hash);
  EXPECT_EQ(typed->duration_s, 60);
  EXPECT_EQ(typed->senders[0].rate.unit, Rate::Unit::kPps);
  EXPECT_EQ(typed->senders[0].rate.value, 10e6);
}

// Bounds are those of the plain value.
TEST(PlainValues, BoundsHoldWhateverTheUnit) {
  const auto sentence_of = [](const std::string& assignment) {
    Result<Scenario> scenario = parse_scenario_text(start().dump(), "a.json", {assignment});
    return scenario ? "accepted" : scenario.error().sentence();
  };
  EXPECT_EQ(sentence_of("duration_s=168 h"), "accepted");
  EXPECT_THAT(sentence_of("duration_s=169 h"), HasSubstr("/duration_s: 608400 is too large"));
  EXPECT_THAT(sentence_of("duration_s=5 ms"), HasSubstr("/duration_s: 0.005 is too small"));
  EXPECT_THAT(sentence_of("ports.sim:left.speed_gbps=2.5 Gbit/s"),
              HasSubstr("/speed_gbps: 2.5 is not possible here; use 10, 25, 40 or 100"));
  EXPECT_THAT(sentence_of("senders.0.rate=101 %"), HasSubstr("101 is too large"));
  EXPECT_THAT(sentence_of("senders.0.rate=20 Mpps"), HasSubstr("is more than the 10 Gbit/s"));
}

}  // namespace
}  // namespace nmgen
