// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/json_record.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "pktgen/measure/fingerprint.h"
#include "pktgen/scenario/json_schema.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json read_schema() {
  std::ifstream file("reporters/schema/nmgen-result-1.json");
  return json::parse(file);
}

bool fits_schema(const json& document) {
  return !JsonSchema(read_schema()).violation(document);
}

std::string to_text(const Record& record) {
  Result<std::string> text = record_to_json(record);
  EXPECT_TRUE(text) << text.error().sentence();
  return text.value_or("");
}

std::string error_of(const std::string& text) {
  Result<Record> record = record_from_json(text, "r.json");
  EXPECT_FALSE(record);
  return record ? "" : record.error().sentence();
}

// The paths of all objects in a document, outermost first.
void collect_objects(const json& value, const json::json_pointer& at,
                     std::vector<json::json_pointer>* paths) {
  if (value.is_object())
    paths->push_back(at);
  if (value.is_object())
    for (json::const_iterator member = value.begin(); member != value.end(); ++member)
      collect_objects(*member, at / member.key(), paths);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); i++)
      collect_objects(value[i], at / i, paths);
}

TEST(JsonRecord, ComesBackAsItWas) {
  for (const Record& record : {test::passed_record(), test::invalid_record()}) {
    const std::string text = to_text(record);
    Result<Record> back = record_from_json(text, "r.json");
    ASSERT_TRUE(back) << back.error().sentence();
    EXPECT_EQ(to_text(*back), text);
    EXPECT_EQ(back->runs[0].tx.pps, record.runs[0].tx.pps);
    EXPECT_EQ(back->runs[0].workers[0].longest_gap_us, 410.5);
    EXPECT_EQ(back->fingerprint.command_line, record.fingerprint.command_line);
    EXPECT_EQ(back->verdict, record.verdict);
  }
}

// Every field of the list is written from where it is read to: all fields different, none lost.
TEST(JsonRecord, KeepsEveryField) {
  json document = json::parse(to_text(test::passed_record()));
  double next = 1;
  std::vector<json::json_pointer> objects;
  collect_objects(document, json::json_pointer(), &objects);
  for (const json::json_pointer& path : objects) {
    for (json& member : document[path]) {
      if (member.is_number_float())
        member = next++ + 0.5;
      else if (member.is_boolean())
        member = !member.get<bool>();
    }
  }
  Result<Record> back = record_from_json(document.dump(), "r.json");
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(json::parse(to_text(*back)), document);
}

TEST(JsonRecord, LargestCountsSurvive) {
  Record record = test::passed_record();
  record.runs[0].tx.bytes = UINT64_MAX;
  Result<Record> back = record_from_json(to_text(record), "r.json");
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(back->runs[0].tx.bytes, UINT64_MAX);
}

// With `nmgen run --nice -20` or as root.
TEST(JsonRecord, AWorkerThatGoesFirstComesBack) {
  Record record = test::passed_record();
  record.runs[0].workers[0].nice = -20;
  EXPECT_TRUE(fits_schema(json::parse(to_text(record))));
  Result<Record> back = record_from_json(to_text(record), "r.json");
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(back->runs[0].workers[0].nice, -20);
}

TEST(JsonRecord, HasTheStablePart) {
  json document = json::parse(to_text(test::passed_record()));
  EXPECT_EQ(document["schema"], "nmgen-result/1");
  EXPECT_EQ(document["scenario"]["name"], "64b-10g");
  EXPECT_EQ(document["verdict"], "pass");
  EXPECT_EQ(document["devices"][0]["residence"], "hosted");
  EXPECT_EQ(document["devices"][0]["simulated"], true);
  EXPECT_EQ(document["runs"][0]["tx"]["frames"], 29'761'904);
  EXPECT_EQ(document["runs"][0]["loss"]["ppm"], 0);
  EXPECT_EQ(document["runs"][0]["latency_ns"]["p999"], 310'271);
  EXPECT_EQ(document["summary"]["tx_pps"]["mad"], 12.5);
  EXPECT_EQ(document["fingerprint"]["tsc_hz"], 2.6e9);
}

TEST(JsonRecord, AnIntervalTakesOneLine) {
  EXPECT_THAT(to_text(test::passed_record()), HasSubstr("\n        {\"start_s\":1.0,"));
}

TEST(JsonRecord, FitsItsSchema) {
  EXPECT_TRUE(fits_schema(json::parse(to_text(test::passed_record()))));
  EXPECT_TRUE(fits_schema(json::parse(to_text(test::invalid_record()))));
}

TEST(JsonRecord, SchemaAndReaderRefuseAnUnknownFieldAnywhere) {
  const json good = json::parse(to_text(test::passed_record()));
  std::vector<json::json_pointer> objects;
  collect_objects(good, json::json_pointer(), &objects);
  EXPECT_GE(objects.size(), 16U);
  for (const json::json_pointer& path : objects) {
    json edited = good;
    edited[path]["speling"] = 1;
    EXPECT_FALSE(fits_schema(edited)) << path.to_string();
    EXPECT_THAT(error_of(edited.dump()), HasSubstr(path.to_string() + "/speling is not a field"));
  }
}

TEST(JsonRecord, SchemaAndReaderMissEveryField) {
  const json good = json::parse(to_text(test::passed_record()));
  std::vector<json::json_pointer> objects;
  collect_objects(good, json::json_pointer(), &objects);
  for (const json::json_pointer& path : objects) {
    const json members = good[path];
    for (json::const_iterator member = members.begin(); member != members.end(); ++member) {
      json edited = good;
      edited[path].erase(member.key());
      const bool may_lack = test::kLaterFields.count(member.key()) != 0;
      EXPECT_EQ(fits_schema(edited), may_lack) << path.to_string() << "/" << member.key();
      EXPECT_EQ(record_from_json(edited.dump(), "r.json").has_value(), may_lack);
    }
  }
}

TEST(JsonRecord, AFigureThatIsNotFiniteIsABugAndNamed) {
  Record record = test::passed_record();
  record.runs[0].intervals[1].tx_pps = std::numeric_limits<double>::infinity();
  Result<std::string> text = record_to_json(record);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().sentence(), HasSubstr("/runs/0/intervals/1/tx_pps is not a finite"));
  record.runs[0].intervals[1].tx_pps = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(record_to_json(record));
}

TEST(JsonRecord, StringsThatAreNoUtf8AreStillWritten) {
  Record record = test::passed_record();
  record.fingerprint.command_line = "a\xff\"b";
  Result<Record> back = record_from_json(to_text(record), "r.json");
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(back->fingerprint.command_line, "a\xef\xbf\xbd\"b");
}

TEST(JsonRecord, ACutRecordSaysSo) {
  const std::string text = to_text(test::passed_record());
  for (size_t length : {size_t{1}, text.size() / 3, text.size() - 3})
    EXPECT_THAT(error_of(text.substr(0, length)),
                HasSubstr("it ends in the middle, after " + std::to_string(length) + " bytes"));
  EXPECT_THAT(error_of(""), HasSubstr("it ends in the middle"));
}

TEST(JsonRecord, AnotherVersionOrFormatSaysSo) {
  json document = json::parse(to_text(test::passed_record()));
  document["schema"] = "nmgen-result/2";
  EXPECT_THAT(error_of(document.dump()),
              HasSubstr("it follows schema \"nmgen-result/2\", not \"nmgen-result/1\""));
  EXPECT_THAT(error_of("[1]"), HasSubstr("does not say which schema"));
  EXPECT_THAT(error_of("hello"), HasSubstr("it is no JSON from byte 1 on"));
  EXPECT_THAT(error_of("{\"schema\": 1e999}"), HasSubstr("out of range"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("nested more than 16 deep"));
}

// A record of before "devices" took the place of "device": figures that it lacks are not made up.
TEST(JsonRecord, ARecordOfAnotherVersionNamesIt) {
  std::ifstream in("reporters/corpus/record_fuzz/record_of_adde015.json");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_EQ(
      error_of(text),
      "cannot read record r.json: /devices is missing: it is of another version of nmgen, "
      "built from commit adde015f825a93bb7129145c924382bbf2647ab1; run the scenario again, or "
      "read it with that version");
  // One of this version, or of none, was edited.
  json document = json::parse(text);
  for (const std::string& commit : {built_from_commit(), std::string()}) {
    document["fingerprint"]["commit"] = commit;
    EXPECT_THAT(error_of(document.dump()), HasSubstr("/devices is missing; it was edited: "));
  }
  document["fingerprint"] = json::array();
  EXPECT_THAT(error_of(document.dump()), HasSubstr("/devices is missing; it was edited: "));
}

TEST(JsonRecord, AnEditedRecordSaysWhere) {
  const json good = json::parse(to_text(test::passed_record()));
  const struct {
    const char* path;
    json value;
    const char* words;
  } kEdits[] = {
      {"/verdict", "good", "/verdict is not \"pass\", \"fail\" or \"invalid\""},
      {"/runs/0/tx/frames", -1, "/runs/0/tx/frames is not a whole number"},
      {"/runs/0/tx/pps", "fast", "/runs/0/tx/pps is not a number"},
      {"/runs/0/tx/pps", -0.5, "/runs/0/tx/pps is not a number of at least 0"},
      {"/runs/0/workers/1/core", -2, "/runs/0/workers/1/core is not a whole number of at least -1"},
      {"/runs/0/workers/1/nice", 20, "/runs/0/workers/1/nice is not a whole number from -20 to 19"},
      {"/runs/0/workers/1/role", "boss", "/runs/0/workers/1/role is not one of sender, receiver"},
      {"/clock_method", "guess", "/clock_method is not one of none, duty, cpufreq, icount"},
      {"/runs/0/workers/1/ring", 5'000'000'000, "/runs/0/workers/1/ring is too large"},
      {"/runs/0/latency_ns/histogram/0", json::array({1}), "is not a list of two numbers"},
      {"/runs/0/latency_ns/count", 7, "/runs/0/latency_ns/count says 7"},
      {"/runs/0/loss/frames", 29'761'905, "/runs/0/loss/frames is more than was sent"},
      {"/runs", 1, "/runs is not a list"},
      {"/devices", 1, "/devices is not a list"},
      {"/devices/1/simulated", 1, "/devices/1/simulated is neither true nor false"},
      {"/scenario", "x", "/scenario is not an object"},
      {"/scenario/name", 1, "/scenario/name is not a string"},
  };
  for (const auto& edit : kEdits) {
    json edited = good;
    edited[json::json_pointer(edit.path)] = edit.value;
    EXPECT_THAT(error_of(edited.dump()), HasSubstr(edit.words));
  }
}

}  // namespace
}  // namespace nmgen
