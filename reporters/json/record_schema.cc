// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/record_schema.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "reporters/record_fields.h"

namespace nmgen {
namespace {

using Json = nlohmann::ordered_json;

// Objects that a record has several of have a definition of their own.
template <class T>
constexpr const char* kDefinition = nullptr;
template <>
constexpr const char* kDefinition<DeviceRecord> = "device";
template <>
constexpr const char* kDefinition<DirectionRecord> = "direction";
template <>
constexpr const char* kDefinition<LatencyRecord> = "latency";
template <>
constexpr const char* kDefinition<IntervalRecord> = "interval";
template <>
constexpr const char* kDefinition<StreamRecord> = "stream";
template <>
constexpr const char* kDefinition<WorkerRecord> = "worker";
template <>
constexpr const char* kDefinition<Spread> = "spread";
template <>
constexpr const char* kDefinition<RunRecord> = "run";

template <class T>
Json reference() {
  return {{"$ref", std::string("#/definitions/") + kDefinition<T>}};
}

// An object, filled with the schemas of its fields.
class Object {
 public:
  static constexpr bool kWrites = true;

  explicit Object(Json& schema) : schema_(schema) {
    schema_["type"] = "object";
    schema_["additionalProperties"] = false;
    schema_["required"] = Json::array();
    schema_["properties"] = Json::object();
  }

  template <class T>
  void operator()(const char* name, const T& value, const Meaning& meaning) {
    Json& field = add(name, meaning);
    describe(field, value, meaning);
  }

  template <class Function>
  void group(const char* name, const Meaning& meaning, Function&& function) {
    Object inner(add(name, meaning));
    function(inner);
  }

 private:
  Json& add(const char* name, const Meaning& meaning) {
    if (!meaning.optional)
      schema_["required"].push_back(name);
    Json& field = schema_["properties"][name];
    field["description"] = meaning.text;
    return field;
  }

  static void describe(Json& field, const std::string&, const Meaning& meaning) {
    if (!meaning.values.empty()) {
      field["enum"] = values_of(meaning);
      return;
    }
    field["type"] = "string";
    if (meaning.not_empty)
      field["minLength"] = 1;
    if (meaning.pattern != nullptr)
      field["pattern"] = meaning.pattern;
  }
  static void describe(Json& field, Verdict, const Meaning&) {
    for (const Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kInvalid})
      field["enum"].push_back(to_string(verdict));
  }
  static void describe(Json& field, bool, const Meaning&) { field["type"] = "boolean"; }
  static void describe(Json& field, int, const Meaning& meaning) {
    field["type"] = "integer";
    field["minimum"] = meaning.minimum;
    if (meaning.maximum != INT_MAX)
      field["maximum"] = meaning.maximum;
  }
  static void describe(Json& field, double, const Meaning&) {
    field["type"] = "number";
    field["minimum"] = 0;
  }
  static void describe(Json& field, uint64_t, const Meaning&) {
    field["type"] = "integer";
    field["minimum"] = 0;
  }
  static void describe(Json& field, unsigned, const Meaning& meaning) {
    describe(field, uint64_t{0}, meaning);
  }
  static void describe(Json& field, const std::vector<std::string>&, const Meaning&) {
    field["type"] = "array";
    field["items"] = {{"description", "A sentence."}, {"type", "string"}, {"minLength", 1}};
  }
  static void describe(Json& field, const LatencyBuckets&, const Meaning&) {
    field["type"] = "array";
    Json& bucket = field["items"];
    bucket["description"] = "The lowest value of the bucket in ns, and the number of probes in it.";
    bucket["type"] = "array";
    bucket["items"] = {{"description", "Nanoseconds, then a count."}};
    describe(bucket["items"], uint64_t{0}, {});
    bucket["minItems"] = 2;
    bucket["maxItems"] = 2;
  }
  template <class T>
  static void describe(Json& field, const std::vector<T>&, const Meaning&) {
    field["type"] = "array";
    field["items"] = reference<T>();
  }
  template <class T>
  static void describe(Json& field, const T& value, const Meaning&) {
    // Beside a $ref, draft 7 sees nothing else.
    if constexpr (kDefinition<T> != nullptr) {
      field["allOf"] = Json::array({reference<T>()});
    } else {
      Object inner(field);
      visit_fields(inner, value);
    }
  }

  Json& schema_;
};

template <class T>
void define(Json& schema, const char* meaning) {
  Json& definition = schema["definitions"][kDefinition<T>];
  definition["description"] = meaning;
  Object object(definition);
  visit_fields(object, T());
}

}  // namespace

std::string record_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"$id", "nmgen-result-1.json"},
                 {"title", "nmgen result, version 1"},
                 {"description", "The record that a run of nmgen leaves."}};
  Object record(schema);
  visit_fields(record, Record());
  define<DeviceRecord>(schema, "One of the ports that it ran on.");
  define<DirectionRecord>(schema,
                          "One direction of a run, all workers together, over the measured time.");
  define<LatencyRecord>(schema,
                        "Latency of the frames with a probe, in nanoseconds. All 0 where there was "
                        "no probe.");
  define<IntervalRecord>(
      schema,
      "About one second of the measured time. Rates and counts are of this interval alone.");
  define<StreamRecord>(schema,
                       "A stream of a run with several, by its frames with a probe: all frames, "
                       "unless the scenario has a probe in one of N.");
  define<WorkerRecord>(schema, "One thread with one ring, over the measured time.");
  define<Spread>(schema, "Of the whole intervals of all runs.");
  define<RunRecord>(schema, "One repetition of the scenario.");
  return schema.dump(2) + "\n";
}

}  // namespace nmgen
