// SPDX-License-Identifier: BSD-2-Clause
// Valijson decides whether a document fits the schema. Its errors name neither the allowed values
// nor the key that was meant ("Failed to validate against exactly one child schema."), so the
// explainer goes down the schema and the document together and puts the first violation into words.
// It also comes first where a document is so large that valijson would be slow: it looks at sizes
// before contents, so that no input makes it slow.
#include "pktgen/scenario/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "nmh_driver.h"
#include "pktgen/packet/field_table.h"
#include "pktgen/packet/modifier/modifier.h"
#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/json_schema.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

using nlohmann::json;

using nlohmann::ordered_json;

// The properties that a table of the engine adds to a schema with `properties_from`.
ordered_json table_properties(const std::string& table) {
  ordered_json properties = ordered_json::object();
  if (table == "schedules")
    for (const ScheduleKind* kind : schedule_kinds())
      properties[kind->name] = json::parse(kind->schema);
  if (table == "modifiers")
    for (const ModifierKind* kind : modifier_kinds())
      properties[kind->key] = ordered_json::parse(kind->schema);
  return properties;
}

// Likewise the words of an enum with `enum_from`.
ordered_json table_words(const std::string& table) {
  ordered_json words = ordered_json::array();
  if (table == "fields")
    for (const FrameField& field : field_table())
      words.push_back(std::string(field.name));
  return words;
}

// The schema with what stands in tables.
ordered_json with_tables(ordered_json schema) {
  if (schema.is_object()) {
    if (const auto from = schema.find("properties_from"); from != schema.end()) {
      const std::string table = from->get<std::string>();
      schema.erase("properties_from");
      schema["properties"].update(table_properties(table));
    }
    if (const auto from = schema.find("enum_from"); from != schema.end()) {
      const std::string table = from->get<std::string>();
      schema.erase("enum_from");
      schema["enum"] = table_words(table);
    }
  }
  if (schema.is_structured())
    for (ordered_json& child : schema)
      child = with_tables(std::move(child));
  return schema;
}

// What a port's options are is its driver's.
ordered_json whole_schema() {
  ordered_json schema = with_tables(ordered_json::parse(base_schema_text()));
  ordered_json& ports = schema["properties"]["ports"]["patternProperties"];
  for (const nmh_driver* const* driver = nmh_drivers(); *driver != nullptr; driver++) {
    ordered_json options = ordered_json::parse(nmh_driver_options(*driver));
    if ((*driver)->connect != nullptr)
      options["properties"]["cable"] = {
          {"description",
           "The port at the other end of the cable, which names this one too. Left out, the line "
           "ends in a sink."},
          {"$ref", "#/definitions/driver_port"}};
    ports[std::string("^") + (*driver)->prefix + ":"] = std::move(options);
  }
  return schema;
}

struct CompiledSchema {
  json document;
  JsonSchema schema;

  CompiledSchema() : document(json::parse(scenario_schema_text())), schema(document) {}
};

const CompiledSchema& compiled_schema() {
  static const CompiledSchema compiled;  // constant once it is made
  return compiled;
}

const char* type_name(const json& value) {
  if (value.is_object())
    return "object";
  if (value.is_array())
    return "array";
  if (value.is_string())
    return "string";
  if (value.is_boolean())
    return "boolean";
  if (value.is_number_integer())
    return "integer";
  return value.is_number() ? "number" : "null";
}

// "59", "\"sixty\"", "an object": the value as a message shows it.
std::string value_words(const json& value) {
  if (value.is_object())
    return "an object";
  if (value.is_array())
    return "a list";
  if (value.is_string())
    return in_quotes(value.get_ref<const std::string&>());
  if (value.is_number_float())
    return number_text(value.get<double>());
  return value.dump();
}

std::string wrong_type_words(const json& value) {
  if (value.is_object() || value.is_array())
    return "there is " + value_words(value);
  if (value.is_string())
    return value_words(value) + " is a string";
  if (value.is_number())
    return value_words(value) + " is a number";
  return "there is " + value_words(value);
}

// Whether a pattern of patternProperties, which are all "^BEGINNING" here, takes the name.
bool begins_as(const std::string& name, const std::string& pattern) {
  return name.starts_with(std::string_view(pattern).substr(1));
}

// "sim:NAME": the names that patternProperties take.
std::vector<std::string> name_patterns(const json& object_schema) {
  std::vector<std::string> names;
  for (auto pattern = object_schema.at("patternProperties").begin();
       pattern != object_schema.at("patternProperties").end(); ++pattern)
    names.push_back(pattern.key().substr(1) + "NAME");
  return names;
}

// A bound of the schema; without it, `otherwise`.
double bound(const json& schema, const char* key, double otherwise) {
  auto found = schema.find(key);
  return found == schema.end() ? otherwise : found->get<double>();
}

std::vector<std::string> enum_words(const json& schema) {
  std::vector<std::string> words;
  for (const json& value : schema.at("enum"))
    words.push_back(value_words(value));
  return words;
}

std::string number_words(const json& schema) {
  bool whole = schema.at("type") == "integer";
  std::string words = whole ? "a whole number" : "a number";
  if (schema.contains("multipleOf"))
    words = "a multiple of " + number_text(schema.at("multipleOf").get<double>());
  if (schema.contains("minimum") && schema.contains("maximum"))
    words += fmt::format(" from {} to {}", number_text(schema.at("minimum").get<double>()),
                         number_text(schema.at("maximum").get<double>()));
  return words;
}

// The schema's description in brackets: " (an Ethernet address: six hexadecimal bytes)".
std::string string_words(const json& schema) {
  std::string words = "a string";
  if (schema.contains("examples")) {
    std::vector<std::string> examples;
    for (const json& example : schema.at("examples"))
      examples.push_back(value_words(example));
    words += " like " + listed(examples);
  }
  std::string about = schema.value("description", "");
  if (about.empty())
    return words;
  if (about.ends_with('.'))
    about.pop_back();
  if (about.size() > 1 && std::islower(static_cast<unsigned char>(about[1])) == 0 &&
      about[1] != ' ')
    return words + " (" + about + ")";
  about[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(about[0])));
  return words + " (" + about + ")";
}

size_t characters(std::string_view text) {
  size_t count = 0;
  for (char c : text)
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

class Explainer {
 public:
  explicit Explainer(const std::string& file) : file_(file) {}

  // The first violation in words; nothing where it sees none.
  Result<void> check(const json& node, const json& value, const std::string& path) {
    const json& schema = resolve_schema(node);
    if (schema.contains("oneOf"))
      return check_one_of(schema, value, path);
    return check_one(schema, value, path, schema);
  }

 private:
  static std::string use(const json& schema) { return "use " + schema_words(schema); }

  // `told`: the schema of all that may stand here, which is what a message tells.
  Result<void> check_one(const json& schema, const json& value, const std::string& path,
                         const json& told) {
    if (schema.contains("enum"))
      return check_enum(schema, value, path, told);
    const std::string& type = schema.at("type").get_ref<const std::string&>();
    std::string given = type_name(value);
    if (given != type && !(type == "number" && given == "integer")) {
      if (type == "integer" && given == "number")
        return fail_at(file_, path, value.dump() + " is not written as a whole number", use(told));
      return fail_at(file_, path, wrong_type_words(value), use(told));
    }
    if (value.is_object())
      return check_object(schema, value, path);
    if (value.is_array())
      return check_array(schema, value, path);
    if (value.is_string())
      return check_string(schema, value.get_ref<const std::string&>(), path, told);
    if (value.is_number())
      return check_number(schema, value, path);
    return {};
  }

  // Whether the branch of a oneOf is for values of this kind.
  static bool is_for(const json& branch, const json& value) {
    if (branch.contains("enum")) {
      const json& one = branch.at("enum").at(0);
      return one.is_number() ? value.is_number() : one.type() == value.type();
    }
    const std::string& type = branch.at("type").get_ref<const std::string&>();
    return type == "number" || type == "integer" ? value.is_number() : type == type_name(value);
  }

  // The first branch for the value's kind says what is wrong, unless another one takes it.
  Result<void> check_one_of(const json& schema, const json& value, const std::string& path) {
    Result<void> first = fail_at(file_, path, wrong_type_words(value), use(schema));
    bool is_first = true;
    for (const json& node : schema.at("oneOf")) {
      const json& branch = resolve_schema(node);
      if (!is_for(branch, value))
        continue;
      // A number that is out of its range wants no other form.
      Result<void> result = check_one(branch, value, path, value.is_number() ? branch : schema);
      if (result)
        return result;
      if (is_first)
        first = std::move(result);
      is_first = false;
    }
    return first;
  }

  static bool contains(const json& list, const json& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  }

  Result<void> check_enum(const json& schema, const json& value, const std::string& path,
                          const json& told) {
    if (contains(schema.at("enum"), value))
      return {};
    std::string near;
    if (value.is_string()) {
      std::vector<std::string> words;
      for (const json& known : schema.at("enum"))
        if (known.is_string())
          words.push_back(known.get<std::string>());
      near = nearest(value.get_ref<const std::string&>(), words);
    }
    constexpr size_t kShortList = 4;
    size_t choices = schema.at("enum").size();
    std::string remedy = use(told);
    if (!near.empty() && choices > kShortList)
      remedy = fmt::format("did you mean \"{}\"?", near);
    else if (!near.empty() && choices > 1)
      remedy = fmt::format("did you mean \"{}\"? Use {}", near, schema_words(told));
    return fail_at(file_, path, value_words(value) + " is not possible here", remedy);
  }

  Result<void> check_number(const json& schema, const json& value, const std::string& path) {
    double number = value.get<double>();
    if (number < bound(schema, "minimum", number))
      return fail_at(file_, path, value_words(value) + " is too small", use(schema));
    if (number > bound(schema, "maximum", number))
      return fail_at(file_, path, value_words(value) + " is too large", use(schema));
    if (schema.contains("multipleOf") &&
        value.get<uint64_t>() % schema.at("multipleOf").get<uint64_t>() != 0)
      return fail_at(file_, path,
                     fmt::format("{} is no multiple of {}", value_words(value),
                                 schema.at("multipleOf").dump()),
                     use(schema));
    return {};
  }

  Result<void> check_string(const json& schema, const std::string& value, const std::string& path,
                            const json& told) {
    size_t length = characters(value);
    double most = bound(schema, "maxLength", static_cast<double>(length));
    if (static_cast<double>(length) > most)
      return fail_at(
          file_, path,
          fmt::format("{} is longer than {} characters", in_quotes(value), number_text(most)),
          use(told));
    if (static_cast<double>(length) < bound(schema, "minLength", 0))
      return fail_at(file_, path, in_quotes(value) + " is too short", use(told));
    // The pattern comes last, as JsonSchema::matches() wants a short text.
    if (schema.contains("pattern") &&
        !compiled_schema().schema.matches(schema.at("pattern").get_ref<const std::string&>(),
                                          value))
      return fail_at(file_, path, in_quotes(value) + " does not have the right form", use(told));
    return {};
  }

  Result<void> check_array(const json& schema, const json& value, const std::string& path) {
    double entries = static_cast<double>(value.size());
    double most = bound(schema, "maxItems", entries);
    if (entries > most)
      return fail_at(file_, path, fmt::format("the list has {} entries", value.size()),
                     fmt::format("use at most {}", number_text(most)));
    double least = bound(schema, "minItems", 0);
    if (entries < least)
      return fail_at(file_, path, "the list is empty",
                     fmt::format("give it at least {}, or leave it out", number_text(least)));
    for (size_t i = 0; i < value.size(); ++i) {
      Result<void> result = check(schema.at("items"), value[i], child_path(path, i));
      if (!result)
        return result;
    }
    return {};
  }

  Result<void> check_object(const json& schema, const json& value, const std::string& path) {
    Result<void> result = check_keys(schema, value, path);
    if (!result)
      return result;
    for (auto member = value.begin(); member != value.end(); ++member) {
      std::string member_path = child_path(path, member.key());
      if (schema.contains("propertyNames")) {
        result = check(schema.at("propertyNames"), json(member.key()), member_path);
        if (!result)
          return result;
      }
      // check_keys() has passed it.
      result = check(*member_schema(schema, member.key()), member.value(), member_path);
      if (!result)
        return result;
    }
    return {};
  }

  // Of an object that takes so many: "use field and one of count or list".
  static std::string key_words(const json& schema, const std::vector<std::string>& known,
                               double keys) {
    const json required = schema.value("required", json::array());
    std::vector<std::string> always, others;
    for (const std::string& key : known)
      (contains(required, key) ? always : others).push_back(key);
    const double left = keys - static_cast<double>(always.size());
    std::string words = "use " + (always.empty() ? "" : listed(always, "and") + " and ");
    return words + (left == 1 ? "one of " : "at most " + number_text(left) + " of ") +
           listed(others);
  }

  // Which keys there are, and how many.
  Result<void> check_keys(const json& schema, const json& value, const std::string& path) {
    double keys = static_cast<double>(value.size());
    std::vector<std::string> known = schema_keys(schema);
    if (schema.at("additionalProperties") == false) {
      for (auto member = value.begin(); member != value.end(); ++member) {
        if (member_schema(schema, member.key()) != nullptr)
          continue;
        if (schema.contains("patternProperties"))
          return fail_at(file_, child_path(path, member.key()),
                         in_quotes(member.key()) + " has no options here",
                         "those that have are " + listed(name_patterns(schema), "and"));
        std::string near = nearest(member.key(), known);
        std::string remedy = !near.empty()   ? fmt::format("did you mean \"{}\"?", near)
                             : known.empty() ? "remove it, this object takes none"
                                             : "the keys here are " + listed(known, "and");
        return fail_at(file_, child_path(path, member.key()), "there is no such key", remedy);
      }
    }
    if (schema.contains("required")) {
      for (const json& name : schema.at("required")) {
        const std::string& key = name.get_ref<const std::string&>();
        if (!value.contains(key))
          return fail_at(
              file_, path, fmt::format("the key \"{}\" is missing", key),
              fmt::format("add it with {}", schema_words(schema.at("properties").at(key))));
      }
    }
    const double least = bound(schema, "minProperties", 0);
    if (keys < least)
      return fail_at(file_, path, keys > 0 ? "a key is missing" : "there is nothing in it",
                     known.empty() ? "add one, or leave it out" : key_words(schema, known, least));
    double most = bound(schema, "maxProperties", keys);
    if (keys > most)
      return fail_at(file_, path, fmt::format("it has {} keys", value.size()),
                     known.empty() ? fmt::format("use at most {}", number_text(most))
                                   : key_words(schema, known, most));
    return {};
  }

  const std::string& file_;
};

// Whether valijson is quick with it. Every value is visited, until there are too many.
bool is_small(const json& value, size_t* values) {
  constexpr size_t kMostValues = 16384, kLongestString = 32768;
  if (++*values > kMostValues)
    return false;
  if (value.is_string())
    return value.get_ref<const std::string&>().size() <= kLongestString;
  if (!value.is_structured())
    return true;
  for (auto child = value.begin(); child != value.end(); ++child)
    if ((value.is_object() && child.key().size() > kLongestString) ||
        !is_small(child.value(), values))
      return false;
  return true;
}

}  // namespace

const std::string& scenario_schema_text() {
  static const std::string text = whole_schema().dump(2) + "\n";
  return text;
}

const json& scenario_schema() {
  return compiled_schema().document;
}

const json& resolve_schema(const json& node) {
  if (!node.is_object() || !node.contains("$ref"))
    return node;
  const std::string& reference = node.at("$ref").get_ref<const std::string&>();
  return resolve_schema(
      scenario_schema().at(json::json_pointer(reference.substr(1))));  // after '#'
}

std::vector<std::string> schema_keys(const json& object_schema) {
  std::vector<std::string> keys;
  if (object_schema.contains("properties"))
    for (auto property = object_schema.at("properties").begin();
         property != object_schema.at("properties").end(); ++property)
      keys.push_back(property.key());
  return keys;
}

const json* member_schema(const json& object_schema, const std::string& key) {
  if (const auto properties = object_schema.find("properties"); properties != object_schema.end())
    if (const auto property = properties->find(key); property != properties->end())
      return &*property;
  if (const auto patterns = object_schema.find("patternProperties");
      patterns != object_schema.end())
    for (auto pattern = patterns->begin(); pattern != patterns->end(); ++pattern)
      if (begins_as(key, pattern.key()))
        return &pattern.value();
  const auto names = object_schema.find("additionalProperties");
  return names != object_schema.end() && names->is_object() ? &*names : nullptr;
}

std::string schema_words(const json& node) {
  const json& schema = resolve_schema(node);
  if (schema.contains("oneOf")) {
    std::vector<std::string> branches;
    for (const json& branch : schema.at("oneOf"))
      branches.push_back(schema_words(branch));
    return listed(branches);
  }
  if (schema.contains("enum"))
    return listed(enum_words(schema));
  const std::string& type = schema.at("type").get_ref<const std::string&>();
  if (type == "integer" || type == "number")
    return number_words(schema);
  if (type == "string")
    return string_words(schema);
  if (type == "boolean")
    return "true or false";
  if (type == "array")
    return "a list, [...]";
  std::vector<std::string> keys = schema_keys(schema);
  return keys.empty()
             ? "an object of names, {\"NAME\": {...}}"
             : "an object with " + listed(keys, schema.contains("maxProperties") ? "or" : "and");
}

Result<void> check_against_schema(const json& document, const std::string& file) {
  const JsonSchema& schema = compiled_schema().schema;
  size_t values = 0;
  if (is_small(document, &values) && schema.fits(document))
    return {};
  if (Result<void> explained = Explainer(file).check(scenario_schema(), document, ""); !explained)
    return explained;
  // Large, and within the schema's sizes; or refused for a reason that the explainer does not know.
  const std::optional<JsonSchema::Violation> violation = schema.violation(document);
  if (!violation)
    return {};
  return fail_at(file, violation->path, violation->description,
                 "see scenarios/README.md for what it may be");
}

}  // namespace nmgen
