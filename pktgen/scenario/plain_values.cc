// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/plain_values.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "pktgen/measure/rate.h"
#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/schema.h"
#include "pktgen/scenario/units.h"

namespace nmgen {
namespace {

using nlohmann::json;

// Whole numbers as the user would write them, for keys that take no others.
json number_json(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::floor(value) == value && value < kExact)
    return static_cast<uint64_t>(value);
  return value;
}

// By the unit that the string has; without one it is the first.
std::optional<json> plain_rate(const std::string& text) {
  for (const RateUnit& unit : rate_units())
    if (unit.quantity != nullptr)
      if (std::optional<double> value = parse_quantity(text, unit.quantity))
        return json{{unit.key, number_json(*value)}};
  return std::nullopt;
}

class PlainValues {
 public:
  explicit PlainValues(const std::string& file) : file_(file) {}

  Result<void> make(const json& node, json& value, const std::string& path) {
    const json& schema = resolve_schema(node);
    if (schema.contains("unit") && !value.is_structured())
      return make_quantity(schema, value, path);
    if (value.is_object()) {
      const json* branch = &schema;
      if (schema.contains("oneOf"))
        for (const json& one : schema.at("oneOf"))
          if (one.contains("properties"))
            branch = &one;
      return make_members(*branch, value, path);
    }
    if (value.is_array() && schema.contains("items"))
      for (size_t i = 0; i < value.size(); ++i)
        if (Result<void> made = make(schema.at("items"), value[i], child_path(path, i)); !made)
          return made;
    return {};
  }

 private:
  Result<void> make_members(const json& schema, json& object, const std::string& path) {
    for (auto member = object.begin(); member != object.end(); ++member) {
      const json* node = member_schema(schema, member.key());
      if (node == nullptr)
        continue;  // the check against the schema says so
      if (Result<void> made = make(*node, member.value(), child_path(path, member.key())); !made)
        return made;
    }
    return {};
  }

  Result<void> make_quantity(const json& schema, json& value, const std::string& path) {
    const std::string& unit = schema.at("unit").get_ref<const std::string&>();
    const bool is_rate = unit == "rate";
    if (is_rate && value.is_number())
      value = json{{rate_units().front().key, value}};
    if (!value.is_string() || (is_rate && value == "max"))
      return {};
    const std::string& text = value.get_ref<const std::string&>();
    std::optional<json> plain;
    if (is_rate)
      plain = plain_rate(text);
    else if (std::optional<double> number = parse_quantity(text, unit))
      plain = number_json(*number);
    if (!plain)
      return fail_at(file_, path, in_quotes(text) + " does not have the right form",
                     "use " + schema_words(schema));
    value = std::move(*plain);
    return {};
  }

  const std::string& file_;
};

}  // namespace

Result<void> make_values_plain(json& document, const std::string& file) {
  return PlainValues(file).make(scenario_schema(), document, "");
}

}  // namespace nmgen
