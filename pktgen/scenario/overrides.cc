// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/overrides.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/json_text.h"
#include "pktgen/scenario/schema.h"

namespace nmgen {
namespace {

using nlohmann::json;

constexpr size_t kMaxKeys = 32;  // more than the schema is deep

// The keys of a dotted path or a JSON pointer. Empty: the path is malformed.
std::vector<std::string> split_path(std::string_view path) {
  bool pointer = path.starts_with('/');
  char separator = pointer ? '/' : '.';
  if (pointer)
    path.remove_prefix(1);
  std::vector<std::string> keys(1);
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == separator) {
      keys.emplace_back();
    } else if (pointer && path[i] == '~' && i + 1 < path.size() &&
               (path[i + 1] == '0' || path[i + 1] == '1')) {
      ++i;
      keys.back() += path[i] == '0' ? '~' : '/';
    } else {
      keys.back() += path[i];
    }
  }
  for (const std::string& key : keys)
    if (key.empty() || keys.size() > kMaxKeys)
      return {};
  return keys;
}

// A value in the document, and its schema.
struct Spot {
  json* value;
  const json* schema;
  bool made;  // it was not in the document before
};

// The branch of a oneOf that is an object with `key`; otherwise the schema itself.
const json& branch_with(const json& schema, const std::string& key) {
  if (schema.contains("oneOf")) {
    for (const json& node : schema.at("oneOf")) {
      const json& branch = resolve_schema(node);
      if (branch.contains("properties") && branch.at("properties").contains(key))
        return branch;
    }
    for (const json& node : schema.at("oneOf")) {
      const json& branch = resolve_schema(node);
      if (branch.contains("properties"))
        return branch;  // the mistyped key is looked for in its properties
    }
  }
  return schema;
}

Result<Spot> enter_list(const Spot& spot, const std::string& key, const std::string& what) {
  if (!spot.value->is_array())
    *spot.value = json::array();
  size_t index = 0;
  const char* end = key.data() + key.size();
  std::from_chars_result number = std::from_chars(key.data(), end, index);
  if (number.ec != std::errc() || number.ptr != end)
    return fail(what, in_quotes(key) + " is not a position in a list",
                "use a number, 0 is the first");
  size_t size = spot.value->size();
  if (index >= size)
    return fail(what, fmt::format("the list has {} entr{}", size, size == 1 ? "y" : "ies"),
                size == 0   ? "add one to the file"
                : size == 1 ? "use 0"
                            : fmt::format("use 0 to {}", size - 1));
  return Spot{&spot.value->at(index), &resolve_schema(spot.schema->at("items")), false};
}

std::vector<std::string> names_in(const json& object) {
  std::vector<std::string> names;
  for (auto member = object.begin(); member != object.end(); ++member)
    names.push_back(member.key());
  return names;
}

tl::unexpected<Error> fail_no_key(const std::string& what, const std::string& key,
                                  const std::vector<std::string>& known) {
  std::string near = nearest(key, known);
  std::string cause = fmt::format("there is no {}", in_quotes(key));
  if (!near.empty())
    return fail(what, cause, fmt::format("did you mean \"{}\"?", near));
  return fail(what, cause, known.empty() ? "add it to the file" : "use " + listed(known));
}

Result<Spot> enter_object(const Spot& spot, const std::string& key, const std::string& what) {
  bool several_forms = spot.schema->contains("oneOf");
  const json& schema = branch_with(*spot.schema, key);
  const json* below = member_schema(schema, key);
  if (below == nullptr)
    return fail_no_key(what, key, schema_keys(schema));
  const bool known_key = schema.contains("properties") && schema.at("properties").contains(key);
  if (several_forms || !spot.value->is_object())
    *spot.value = json::object();
  bool there = spot.value->contains(key);
  if (!known_key && !there && !spot.made)
    return fail_no_key(what, key, names_in(*spot.value));
  return Spot{&(*spot.value)[key], &resolve_schema(*below), !there};
}

Result<Spot> enter(const Spot& spot, const std::string& key, const std::string& what) {
  bool is_list = spot.schema->value("type", "") == "array";
  if (is_list)
    return enter_list(spot, key, what);
  const json& schema = branch_with(*spot.schema, key);
  if (schema.value("type", "") == "object")
    return enter_object(spot, key, what);
  return fail(what, fmt::format("there is no {} below a single value", in_quotes(key)),
              "use " + schema_words(schema));
}

}  // namespace

Result<void> apply_override(json& document, const std::string& assignment) {
  if (!is_utf8(assignment))
    return fail("cannot use --set", "it is not UTF-8 text", "write PATH=VALUE in UTF-8");
  size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    return fail("cannot use --set " + in_quotes(assignment), "it has no \"=\"",
                "write PATH=VALUE, for instance senders.0.rate=max");
  std::string path = assignment.substr(0, equals);
  std::string text = assignment.substr(equals + 1);
  std::string what = "cannot set " + in_quotes(path);
  std::vector<std::string> keys = split_path(path);
  if (keys.empty())
    return fail(what, "the path has an empty key",
                "write keys with dots between them, for instance senders.0.rate");

  // On a copy, so that a failure leaves the document as it was.
  json changed = document;
  Spot spot{&changed, &scenario_schema(), false};
  for (const std::string& key : keys) {
    Result<Spot> next = enter(spot, key, what);
    if (!next)
      return tl::unexpected<Error>(next.error());
    spot = *next;
  }
  Result<json> value = parse_json_text(text, "--set " + path);
  bool takes_string = spot.schema->value("type", "") == "string";
  if (value && (!takes_string || value->is_string()))
    *spot.value = std::move(*value);
  else
    *spot.value = json(text);
  document = std::move(changed);
  return {};
}

}  // namespace nmgen
