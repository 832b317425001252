// SPDX-License-Identifier: BSD-2-Clause
// The field counts upwards from its own value, by one each time, and wraps within its bits.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pktgen/packet/modifier/modifier.h"

namespace nmgen {
namespace {

class Steps final : public FieldValues {
 public:
  uint32_t at(uint32_t k, uint32_t own) const override { return own + k; }
};

Result<FieldModifier> make(const FrameField& field, const nlohmann::json& options) {
  const uint32_t count = options.get<uint32_t>();
  if (count > field.values())
    return fail("cannot step", fmt::format("{} has {} values only", field.name, field.values()),
                fmt::format("use 1 to {}", field.values()));
  return step(field.name, count);
}

}  // namespace

FieldModifier step(std::string_view field, uint32_t count) {
  return {find_field(field), count, std::make_shared<const Steps>()};
}

const ModifierKind step_modifier = {
    .name = "step",
    .key = "count",
    .schema = R"({
      "description": "How many values the field takes, from its own upwards by one.",
      "type": "integer",
      "minimum": 1,
      "maximum": 1048576
    })",
    .example = "4096",
    .make = make,
};

}  // namespace nmgen
