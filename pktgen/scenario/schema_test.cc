// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "nmh_driver.h"
#include "pktgen/packet/modifier/modifier.h"
#include "pktgen/scenario/json_schema.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

using nlohmann::json;
using nlohmann::literals::operator""_json_pointer;

// A value that the schema allows.
json example_of(const json& node) {
  const json& schema = resolve_schema(node);
  if (schema.contains("oneOf"))
    return example_of(schema.at("oneOf").at(0));
  for (const char* list : {"enum", "examples"})
    if (schema.contains(list))
      return schema.at(list).at(0);
  return schema.at("type") == "boolean" ? json(true) : schema.at("minimum");
}

// A document with every key of the format, those of the drivers and of the tables among them.
json full_document() {
  json document = json::parse(R"({
    "$schema": "schema/nmgen-scenario-1.json", "schema": "nmgen-scenario/1",
    "name": "full", "description": "all keys", "duration_s": 0.5, "warmup_s": 0, "repeat": 3,
    "frames": 1000, "drain_s": 0.5,
    "nice": -5,
    "limits": {"off_core_percent": 5, "late_percent": 10, "late_ms": 0.5, "max_idle_percent": 50},
    "clock": {"method": "duty", "hz": 1.3e9},
    "probes": {"one_in": 1000}, "time": "real",
    "ports": {
      "sim:left": {"speed_gbps": 100, "queues": 16, "tx_slots": 64, "rx_slots": 8192,
               "cable": "sim:right", "flow_control": true},
      "sim:right": {"speed_gbps": 100, "cable": "sim:left"}},
    "streams": {
      "a": {"size_no_crc": 100, "weight": 2,
            "ethernet": {"source": "02:00:00:00:00:0a", "destination": "02:00:00:00:00:0B"},
            "vlan": [{"id": 4095, "priority": 7, "drop_eligible": true, "tpid": "0x88a8"}, {}],
            "ipv4": {"source": "10.0.0.1", "destination": "10.0.0.2", "ttl": 255, "tos": 1,
                     "identification": 65535, "dont_fragment": false},
            "udp": {"source_port": 0, "destination_port": 65535, "checksum": false},
            "payload": "00ff", "vary": [{"field": "vlan.id", "count": 4096}]},
      "b": {"ethernet": {"type": "0x88b6"}},
      "c": {"ipv6": {"source": "::1", "destination": "::2", "hop_limit": 1, "traffic_class": 2,
                     "flow_label": 1048575, "next_header": 59}},
      "d": {"ipv4": {"protocol": 4},
            "tcp": {"source_port": 1, "destination_port": 2, "sequence": 4294967295,
                    "acknowledgement": 0, "flags": ["SYN", "ACK"], "window": 1}},
      "e": {"icmp": {"type": 3, "code": 4, "identifier": 5, "sequence": 6}},
      "f": {"arp": {"operation": "reply", "sender_mac": "02:00:00:00:00:01",
                    "target_mac": "ff:ff:ff:ff:ff:ff", "sender_ip": "1.2.3.4",
                    "target_ip": "1.2.3.5"}}},
    "senders": [
      {"port": "sim:left", "streams": ["a"], "rate": {"pps": 0.5}, "workers": 2, "first_ring": 1,
       "cores": [0, 0], "batch": 1},
      {"port": "sim:left", "rate": {"bps_l1": 1}}, {"port": "sim:left", "rate": {"bps_l2": 1}},
      {"port": "sim:left", "rate": {"percent": 0.1}}, {"port": "sim:left", "rate": "max"}],
    "receivers": [
      {"port": "sim:right", "workers": 1, "first_ring": 0, "cores": [1], "batch": 8192}]
  })");
  const json& patterns = scenario_schema().at("/properties/ports/patternProperties"_json_pointer);
  for (auto pattern = patterns.begin(); pattern != patterns.end(); ++pattern) {
    const std::string name = pattern.key().substr(1) + "x";
    for (const std::string& key : schema_keys(pattern.value()))
      document["ports"][name][key] = example_of(pattern.value().at("properties").at(key));
  }
  for (const ScheduleKind* kind : schedule_kinds())
    document["senders"].push_back(
        {{"port", "sim:left"}, {"schedule", {{kind->name, json::parse(kind->example)}}}});
  for (const ModifierKind* kind : modifier_kinds())
    document["streams"]["a"]["vary"].push_back(
        {{"field", "udp.source_port"}, {kind->key, json::parse(kind->example)}});
  return document;
}

std::string sentence_of(const json& document) {
  Result<void> result = check_against_schema(document, "a.json");
  return result ? "accepted" : result.error().sentence();
}

// All paths of a document, parents first.
void collect(const json& value, const json::json_pointer& at,
             std::vector<json::json_pointer>& paths) {
  paths.push_back(at);
  if (value.is_object())
    for (auto member = value.begin(); member != value.end(); ++member)
      collect(member.value(), at / member.key(), paths);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      collect(value[i], at / i, paths);
}

// The file is what editors read.
TEST(Schema, TheFileIsTheSchema) {
  const std::string path = "scenarios/schema/nmgen-scenario-1.json";
  std::stringstream file;
  file << std::ifstream(path).rdbuf();
  if (file.str() == scenario_schema_text())
    return;
  const std::string made = testing::TempDir() + "nmgen-scenario-1.json";
  std::ofstream(made) << scenario_schema_text();
  FAIL() << "it was made from another schema.json or options.json; cp " << made << " " << path;
}

TEST(Schema, PatternsOfNamesAreBeginnings) {
  const nlohmann::json& patterns =
      scenario_schema().at("properties").at("ports").at("patternProperties");
  EXPECT_GE(patterns.size(), 1u);
  for (auto pattern = patterns.begin(); pattern != patterns.end(); ++pattern)
    EXPECT_TRUE(std::regex_match(pattern.key(), std::regex("\\^[a-z0-9]+:"))) << pattern.key();
}

TEST(Schema, AcceptsEveryKey) {
  EXPECT_EQ(sentence_of(full_document()), "accepted");
}

// Every key that the schema has is in full_document(), so that the tests below reach all of it.
TEST(Schema, TheFullDocumentIsFull) {
  std::vector<json::json_pointer> schema_paths, document_paths;
  collect(scenario_schema(), json::json_pointer(), schema_paths);
  collect(full_document(), json::json_pointer(), document_paths);
  std::set<std::string> used;
  for (const json::json_pointer& path : document_paths)
    if (!path.empty())
      used.insert(path.back());
  for (const json::json_pointer& path : schema_paths) {
    if (path.empty() || path.parent_pointer().empty())
      continue;
    if (path.parent_pointer().back() == "properties") {
      EXPECT_TRUE(used.contains(path.back())) << path.to_string();
    }
  }
}

TEST(Schema, EveryKeyIsDescribedAndEveryObjectIsClosed) {
  std::vector<json::json_pointer> paths;
  collect(scenario_schema(), json::json_pointer(), paths);
  size_t described = 0;
  for (const json::json_pointer& path : paths) {
    const json& node = scenario_schema().at(path);
    if (!node.is_object())
      continue;
    if (node.value("type", json()) == "object") {
      EXPECT_TRUE(node.contains("additionalProperties")) << path.to_string();
    }
    bool is_key = !path.empty() && path.parent_pointer() != json::json_pointer() &&
                  path.parent_pointer().back() == "properties";
    if (!is_key)
      continue;
    ++described;
    const json& definition = node.contains("description") ? node : resolve_schema(node);
    EXPECT_GT(definition.value("description", "").size(), 4u) << path.to_string();
  }
  EXPECT_GT(described, 70u);
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A driver's README tells users of its options.
TEST(Schema, ADriversReadmeHasEveryOption) {
  for (const nmh_driver* const* driver = nmh_drivers(); *driver != nullptr; driver++) {
    const std::string readme =
        content(std::string("kernel/hosted/drivers/") + (*driver)->name + "/README.md");
    for (const std::string& key : schema_keys(json::parse(nmh_driver_options(*driver))))
      EXPECT_NE(readme.find("`" + key + "`"), std::string::npos) << (*driver)->name << " " << key;
  }
}

// scenarios/README.md tells users of every other key and of every word that may stand for a value;
// what comes from a table has a page of its own.
TEST(Schema, TheReadmeHasEveryKey) {
  std::string readme = content("scenarios/README.md");
  for (const ScheduleKind* kind : schedule_kinds())
    readme += content("pktgen/traffic/schedule/" + std::string(kind->name) + ".md");
  for (const ModifierKind* kind : modifier_kinds())
    readme += content("pktgen/packet/modifier/" + std::string(kind->name) + ".md");
  std::vector<json::json_pointer> paths;
  collect(scenario_schema(), json::json_pointer(), paths);
  for (const json::json_pointer& path : paths) {
    if (path.empty() || path.parent_pointer().empty() ||
        path.parent_pointer().back() != "properties" ||
        path.to_string().find("/patternProperties/") != std::string::npos)
      continue;
    bool found = readme.find("`" + path.back() + "`") != std::string::npos ||
                 readme.find("\"" + path.back() + "\": ") != std::string::npos;
    EXPECT_TRUE(found) << path.back();
  }
  for (const json& field : scenario_schema().at(
           "/definitions/stream/properties/vary/items/properties/field/enum"_json_pointer))
    EXPECT_NE(readme.find("`" + field.get<std::string>() + "`"), std::string::npos) << field;
}

// Valijson says what is refused, the words come from the explainer: it must find what valijson
// found. Every value of the full document is replaced by each of many others. In parts, as under
// AddressSanitizer the whole is minutes of work.
constexpr size_t kParts = 8;
class EveryRefusal : public testing::TestWithParam<size_t> {};

TEST_P(EveryRefusal, IsPutIntoWords) {
  const json replacements = json::parse(R"([
    null, true, 0, -1, 7, 8, 59, 60, 64, 255, 256, 4096, 8193, 9217, 65536, 1048576, 4294967296,
    9223372036854775808, 18446744073709551615, 0.5, 10.0, 1e13, -0.0, "", "a", "max", "off",
    "SYN", "0x8100", "0x05ff", "02:00:00:00:00:01", "a\nb", "\u00e9", "nmgen-scenario/1", "vlan.id",
    "1.2.3.4", [], [0], [""], [{}], {}, {"one_in": 1}, {"pps": 1}, {"pps": 1, "percent": 1},
    {"a": {}}, {"": {}}
  ])");
  const json document = full_document();
  std::vector<json::json_pointer> paths;
  collect(document, json::json_pointer(), paths);
  size_t refused = 0;
  for (const json::json_pointer& path : paths) {
    for (size_t i = GetParam(); i < replacements.size(); i += kParts) {
      const json& replacement = replacements[i];
      json changed = document;
      changed[path] = replacement;
      std::string sentence = sentence_of(changed);
      // Valijson's own words would show that the explainer had nothing to say.
      ASSERT_EQ(sentence.find("see scenarios/README.md"), std::string::npos)
          << path.to_string() << " = " << replacement.dump() << ": " << sentence;
      refused += sentence != "accepted";
    }
  }
  EXPECT_GT(refused, 4000u / kParts);
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryRefusal, testing::Range(size_t{0}, kParts));

TEST(Schema, EveryUnknownKeyIsFoundWhereItIs) {
  const json document = full_document();
  std::vector<json::json_pointer> paths;
  collect(document, json::json_pointer(), paths);
  const JsonSchema valijson(scenario_schema());
  for (const json::json_pointer& path : paths) {
    if (!document.at(path).is_object() || path.to_string() == "/ports" ||
        path.to_string() == "/streams")
      continue;
    json changed = document;
    changed[path]["zzzzzz"] = 1;
    EXPECT_TRUE(sentence_of(changed).starts_with("scenario a.json, " + path.to_string() +
                                                 "/zzzzzz: there is no such key; "))
        << sentence_of(changed);
    EXPECT_TRUE(valijson.violation(changed));
  }
}

TEST(Schema, SaysWhatIsWrongAndWhatIsAllowed) {
  struct {
    const char *path, *value, *sentence;
  } cases[] = {
      {"/streams/a/size_no_crc", "59", "59 is too small; use a whole number from 60 to 9216"},
      {"/streams/a/size_no_crc", "9217", "9217 is too large; use a whole number from 60 to 9216"},
      {"/streams/a/size_no_crc", "64.0",
       "64.0 is not written as a whole number; use a whole number from 60 to 9216"},
      {"/streams/a/size_no_crc", "\"sixty\"",
       "\"sixty\" does not have the right form; use a whole number from 60 to 9216 or a string "
       "like \"1514 B\" (a number with B, for bytes, and k, M, G or T)"},
      {"/streams/a/size_no_crc", "18446744073709551615",
       "18446744073709551615 is too large; use a whole number from 60 to 9216"},
      {"/duration_s", "1e300", "1e+300 is too large; use a number from 0.01 to 604800"},
      {"/duration_s", "null",
       "there is null; use a number from 0.01 to 604800 or a string like \"1 min\" or \"500 ms\" "
       "(a "
       "number with ns, us, ms, s, min or h)"},
      {"/senders/0/rate", "-1", "-1 is too small; use a number from 0.001 to 1000000000000"},
      {"/ports/sim:left/speed_gbps", "11", "11 is not possible here; use 10, 25, 40 or 100"},
      {"/ports/sim:left/tx_slots", "100",
       "100 is no multiple of 8; use a multiple of 8 from 64 to 65528"},
      {"/ports/sim:left/flow_control", "1", "1 is a number; use true or false"},
      {"/ports/sim:left", "[]",
       "there is a list; use an object with cable, flow_control, queues, rx_slots, speed_gbps and "
       "tx_slots"},
      {"/ports", "5", "5 is a number; use an object of names, {\"NAME\": {...}}"},
      {"/probes", "\"evry\"",
       "\"evry\" is not possible here; did you mean \"every\"? Use \"every\" or \"off\" or an "
       "object with one_in"},
      {"/probes", "1000", "1000 is a number; use \"every\" or \"off\" or an object with one_in"},
      {"/schema", "\"nmgen-scenario/2\"",
       "\"nmgen-scenario/2\" is not possible here; use \"nmgen-scenario/1\""},
      {"/senders", "{}", "there is an object; use a list, [...]"},
      {"/senders/0", "{}",
       "the key \"port\" is missing; add it with a string like \"sim:left\" (a port: \"sim:NAME\" "
       "for a simulated device, \"hosted:valeX:Y\" or \"hosted:x{1\" for a switch's port or a "
       "pipe's "
       "end in this process, \"netmap:INTERFACE\" or \"valeX:Y\" through the kernel's module)"},
      {"/senders/0/cores", "[]", "the list is empty; give it at least 1, or leave it out"},
      {"/senders/0/rate", "{}",
       "there is nothing in it; use one of bps_l1, bps_l2, percent or pps"},
      {"/senders/0/rate", "{\"pps\": 1, \"bps_l1\": 2}",
       "it has 2 keys; use one of bps_l1, bps_l2, percent or pps"},
      {"/streams", "{}", "there is nothing in it; add one, or leave it out"},
      {"/streams/a/vlan", "[{}, {}, {}]", "the list has 3 entries; use at most 2"},
      {"/streams/a/ethernet/source", "\"02:00\"",
       "\"02:00\" does not have the right form; use a string like \"02:00:00:00:00:01\" (an "
       "Ethernet address: six hexadecimal bytes)"},
      {"/streams/a/vary/0/field", "\"udp.sourceport\"",
       "\"udp.sourceport\" is not possible here; did you mean \"udp.source_port\"?"},
      {"/name", "\"\"",
       "\"\" is too short; use a string like \"left\" (1 to 32 letters, digits, dots, hyphens or "
       "underscores, the first one no dot)"},
      {"/name", "\"123456789012345678901234567890123\"",
       "\"123456789012345678901234567890123\" is longer than 32 characters; use a string like "
       "\"left\" (1 to 32 letters, digits, dots, hyphens or underscores, the first one no dot)"},
  };
  for (const auto& item : cases) {
    json changed = full_document();
    changed[json::json_pointer(item.path)] = json::parse(item.value);
    EXPECT_EQ(sentence_of(changed),
              std::string("scenario a.json, ") + item.path + ": " + item.sentence);
  }
}

TEST(Schema, AKeyThatIsMissingBesideOthersIsNamed) {
  json changed = full_document();
  changed["streams"]["a"]["vary"][0].erase("count");
  EXPECT_TRUE(sentence_of(changed).starts_with(
      "scenario a.json, /streams/a/vary/0: a key is missing; use field and one of count"))
      << sentence_of(changed);
  changed = full_document();
  changed["senders"][0]["schedule"] = json::object();
  EXPECT_TRUE(sentence_of(changed).starts_with(
      "scenario a.json, /senders/0/schedule: there is nothing in it; use one of "))
      << sentence_of(changed);
}

TEST(Schema, AMistypedKeyIsRecognised) {
  json changed = full_document();
  changed["streams"]["a"]["udp"]["source_prt"] = 1;
  EXPECT_EQ(sentence_of(changed),
            "scenario a.json, /streams/a/udp/source_prt: there is no such key; did you mean "
            "\"source_port\"?");
  changed = full_document();
  changed["streams"]["a b"] = json::object();
  EXPECT_EQ(sentence_of(changed),
            "scenario a.json, /streams/a b: \"a b\" does not have the right form; use a string "
            "like \"left\" (1 to 32 letters, digits, dots, hyphens or underscores, the first one "
            "no dot)");
}

// Valijson looks at the form of a text only after its length.
TEST(Schema, EveryPatternStandsBesideALength) {
  std::vector<json::json_pointer> paths;
  collect(scenario_schema(), json::json_pointer(), paths);
  size_t patterns = 0;
  for (const json::json_pointer& path : paths) {
    const json& node = scenario_schema().at(path);
    if (!node.is_object() || !node.contains("pattern"))
      continue;
    ++patterns;
    EXPECT_LE(node.value("maxLength", 1000000), 64) << path.to_string();
  }
  EXPECT_GE(patterns, 3u);
}

// A document that fits, but has too many values for the first look: valijson has to accept it, and
// one wrong value at its end is found.
TEST(Schema, ALargeDocumentIsValidatedAsWell) {
  json large = full_document();
  const json names = json(std::vector<std::string>(1024, "a"));
  while (large["senders"].size() < 25)
    large["senders"].push_back({{"port", "sim:left"}, {"streams", names}});
  EXPECT_EQ(sentence_of(large), "accepted");
  large["senders"].back()["streams"].back() = "a b";
  EXPECT_EQ(
      sentence_of(large),
      "scenario a.json, /senders/24/streams/1023: \"a b\" does not have the right form; use a "
      "string like \"left\" (1 to 32 letters, digits, dots, hyphens or underscores, the first one "
      "no dot)");
}

// Sizes are looked at before contents: neither quadratic nor recursive work on a huge value.
TEST(Schema, HugeValuesAreRefusedByTheirSize) {
  json changed = full_document();
  changed["senders"][0]["streams"] = json::array();
  for (int i = 0; i < 1000000; ++i)
    changed["senders"][0]["streams"].push_back("a");
  EXPECT_EQ(sentence_of(changed),
            "scenario a.json, /senders/0/streams: the list has 1000000 entries; use at most 1024");
  changed = full_document();
  changed["streams"]["a"]["ethernet"]["source"] = std::string(10000000, '0');
  EXPECT_EQ(sentence_of(changed),
            "scenario a.json, /streams/a/ethernet/source: \"" + std::string(48, '0') +
                "...\" is longer than 17 characters; use a string like \"02:00:00:00:00:01\" (an "
                "Ethernet address: six hexadecimal bytes)");
  // Both as a value and as a key, at a length that the first look still lets pass and beyond it.
  for (const size_t length : {size_t{30000}, size_t{10000000}}) {
    changed = full_document();
    changed["name"] = std::string(length, 'a');
    EXPECT_NE(sentence_of(changed).find("is longer than 32 characters"), std::string::npos);
    changed = full_document();
    changed["streams"][std::string(length, 'a')] = json::object();
    EXPECT_NE(sentence_of(changed).find("is longer than 32 characters"), std::string::npos);
  }
}

}  // namespace
}  // namespace nmgen
