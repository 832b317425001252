// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/overrides.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nmgen {
namespace {

using nlohmann::json;

json start() {
  return json::parse(R"({
    "schema": "nmgen-scenario/1", "duration_s": 10,
    "ports": {"sim:left": {"queues": 2}},
    "streams": {"udp": {"size_no_crc": 60}, "dotted.name": {}},
    "senders": [{"port": "sim:left", "rate": "max"}, {"port": "sim:left", "rate": {"percent": 5}}]
  })");
}

// What the document has at `pointer` after the override, or the error.
std::string after(const std::string& assignment, const std::string& pointer) {
  json document = start();
  Result<void> result = apply_override(document, assignment);
  if (!result) {
    EXPECT_EQ(document, start()) << "a failure changes nothing";
    return result.error().sentence();
  }
  json::json_pointer path(pointer);
  return document.contains(path) ? document.at(path).dump() : "nothing there";
}

TEST(Overrides, ChangesAValue) {
  EXPECT_EQ(after("duration_s=3", "/duration_s"), "3");
  EXPECT_EQ(after("streams.udp.size_no_crc=1514", "/streams/udp/size_no_crc"), "1514");
  EXPECT_EQ(after("senders.0.port=sim:right", "/senders/0/port"), "\"sim:right\"");
  EXPECT_EQ(after("senders.1.cores=[0,1]", "/senders/1/cores"), "[0,1]");
  EXPECT_EQ(after("senders=[]", "/senders"), "[]");
}

TEST(Overrides, TakesAJsonPointer) {
  EXPECT_EQ(after("/senders/1/port=x", "/senders/1/port"), "\"x\"");
  EXPECT_EQ(after("/streams/dotted.name/weight=3", "/streams/dotted.name/weight"), "3");
}

TEST(Overrides, MakesAKeyThatTheSchemaKnows) {
  EXPECT_EQ(after("warmup_s=0", "/warmup_s"), "0");
  EXPECT_EQ(after("probes=off", "/probes"), "\"off\"");
  EXPECT_EQ(after("ports.sim:left.speed_gbps=40", "/ports/sim:left"),
            R"({"queues":2,"speed_gbps":40})");
  EXPECT_EQ(after("streams.udp.ipv4.ttl=3", "/streams/udp/ipv4"), R"({"ttl":3})");
}

TEST(Overrides, APartOfAValueWithSeveralFormsReplacesIt) {
  EXPECT_EQ(after("senders.0.rate.pps=1e6", "/senders/0/rate"), R"({"pps":1000000.0})");
  EXPECT_EQ(after("senders.1.rate.bps_l1=5", "/senders/1/rate"), R"({"bps_l1":5})");
  EXPECT_EQ(after("senders.1.rate=max", "/senders/1/rate"), "\"max\"");
  EXPECT_EQ(after("probes.one_in=100", "/probes"), R"({"one_in":100})");
}

TEST(Overrides, StringsNeedNoQuotes) {
  EXPECT_EQ(after("name=64", "/name"), "\"64\"");
  EXPECT_EQ(after("name=\"64\"", "/name"), "\"64\"");
  EXPECT_EQ(after("description=a = b, {", "/description"), "\"a = b, {\"");
  EXPECT_EQ(after("description=", "/description"), "\"\"");
  // Where a number is meant, what is no number stays a string, for the schema to refuse.
  EXPECT_EQ(after("duration_s=NaN", "/duration_s"), "\"NaN\"");
  EXPECT_EQ(after("duration_s=1e999", "/duration_s"), "\"1e999\"");
}

TEST(Overrides, MistakesAreSentences) {
  EXPECT_EQ(after("warmup=3", ""),
            "cannot set \"warmup\": there is no \"warmup\"; did you mean \"warmup_s\"?");
  EXPECT_EQ(after("streams.upd.size_no_crc=64", ""),
            "cannot set \"streams.upd.size_no_crc\": there is no \"upd\"; did you mean \"udp\"?");
  EXPECT_EQ(after("ports.sim:middle.queues=1", ""),
            "cannot set \"ports.sim:middle.queues\": there is no \"sim:middle\"; use sim:left");
  EXPECT_EQ(after("probes.onein=1", ""),
            "cannot set \"probes.onein\": there is no \"onein\"; did you mean \"one_in\"?");
  EXPECT_EQ(after("senders.2.rate=max", ""),
            "cannot set \"senders.2.rate\": the list has 2 entries; use 0 to 1");
  EXPECT_EQ(after("receivers.0.port=x", ""),
            "cannot set \"receivers.0.port\": the list has 0 entries; add one to the file");
  for (const char* position : {"x", "-1", "1x", "99999999999999999999999999"})
    EXPECT_EQ(after(std::string("senders.") + position + ".rate=max", ""),
              std::string("cannot set \"senders.") + position + ".rate\": \"" + position +
                  "\" is not a position in a list; use a number, 0 is the first");
  EXPECT_EQ(after("repeat.x=3", ""),
            "cannot set \"repeat.x\": there is no \"x\" below a single value; use a whole "
            "number from 1 to 1000");
  EXPECT_EQ(after("duration_s", ""),
            "cannot use --set \"duration_s\": it has no \"=\"; write PATH=VALUE, for instance "
            "senders.0.rate=max");
  for (const char* path : {"", ".", "senders..rate", "senders.", "/", "/senders//rate"})
    EXPECT_EQ(after(std::string(path) + "=1", ""),
              "cannot set \"" + std::string(path) +
                  "\": the path has an empty key; write keys with dots between them, for instance "
                  "senders.0.rate");
  EXPECT_EQ(after("name=\xff", ""),
            "cannot use --set: it is not UTF-8 text; write PATH=VALUE in UTF-8");
}

// The document is whatever the file had: a place of the wrong kind is replaced, not followed.
TEST(Overrides, ADocumentOfTheWrongShapeIsNoDanger) {
  for (const char* text :
       {"5", "[]", "null", "\"x\"", R"({"senders":5})", R"({"senders":{"0":1}})"}) {
    json document = json::parse(text);
    Result<void> result = apply_override(document, "senders.0.rate=max");
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_EQ(result.error().sentence(),
              "cannot set \"senders.0.rate\": the list has 0 entries; add one to the file");
  }
  json document = json::parse(R"({"senders":[5]})");
  EXPECT_TRUE(apply_override(document, "senders.0.rate.pps=1").has_value());
  EXPECT_EQ(document.dump(), R"({"senders":[{"rate":{"pps":1}}]})");
}

}  // namespace
}  // namespace nmgen
