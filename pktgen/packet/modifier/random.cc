// SPDX-License-Identifier: BSD-2-Clause
// The field takes random values, uniform over a range; a mask takes some bits of them. Value k
// depends on the seed, the field and k alone: every worker, and every run, has the same frames.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "pktgen/packet/mix.h"
#include "pktgen/packet/modifier/modifier.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot vary at random";

// FNV-1a, so that fields with one seed do not take the same values.
uint64_t hash(std::string_view text) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char c : text)
    value = (value ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return value;
}

class RandomValues final : public FieldValues {
 public:
  // From `low` on, `span` values; of the field's own, the bits of `mask` are replaced.
  RandomValues(uint64_t stream, uint32_t low, uint64_t span, uint32_t mask)
      : stream_(stream), low_(low), span_(span), mask_(mask) {}

  uint32_t at(uint32_t k, uint32_t own) const override {
    const uint64_t high_bits = mix64_of(stream_, k) >> 32;
    // Without a division; off from uniform by 2^-32 of a value's share at most.
    const uint32_t value = low_ + static_cast<uint32_t>((high_bits * span_) >> 32);
    return (own & ~mask_) | (value & mask_);
  }

 private:
  uint64_t stream_;
  uint32_t low_;
  uint64_t span_;
  uint32_t mask_;
};

Result<FieldModifier> make(const FrameField& field, const nlohmann::json& options) {
  const uint64_t most = field.values() - 1;
  const uint64_t from = options.value("from", uint64_t{0}), to = options.value("to", most);
  const uint64_t mask = options.value("mask", most);
  for (const uint64_t bound : {from, to, mask})
    if (bound > most)
      return fail(kWhat, fmt::format("{} is more than {} can be", bound, field.name),
                  fmt::format("use {} or less", most));
  if (from > to)
    return fail(kWhat, fmt::format("the range from {} to {} is empty", from, to),
                "make from the smaller one");
  if (mask == 0)
    return fail(kWhat, "the mask has no bits", "set the bits that are to be random");
  const uint64_t stream = mix64(options.value("seed", uint64_t{1})) ^ hash(field.name);
  FieldModifier modifier;
  modifier.field = &field;
  modifier.count = options.at("count").get<uint32_t>();
  modifier.values = std::make_shared<const RandomValues>(
      stream, static_cast<uint32_t>(from), to - from + 1, static_cast<uint32_t>(mask));
  return modifier;
}

}  // namespace

const ModifierKind random_modifier = {
    .name = "random",
    .key = "random",
    .schema = R"({
      "description": "Random values, uniform over a range, of which a mask may take some bits; the same seed gives the same frames.",
      "type": "object",
      "additionalProperties": false,
      "required": ["count"],
      "properties": {
        "count": {
          "description": "How many values are drawn; then they come again.",
          "type": "integer",
          "minimum": 1,
          "maximum": 1048576
        },
        "seed": {
          "description": "Which values. Default 1.",
          "$ref": "#/definitions/uint32"
        },
        "from": {
          "description": "The smallest value. Default 0.",
          "$ref": "#/definitions/uint32"
        },
        "to": {
          "description": "The largest value. Default: the largest of the field.",
          "$ref": "#/definitions/uint32"
        },
        "mask": {
          "description": "Bits that are random; the others stay. Default: all of the field.",
          "$ref": "#/definitions/uint32"
        }
      }
    })",
    .example = R"({"count": 4096, "seed": 7, "from": 1024, "to": 65535, "mask": 65520})",
    .make = make,
};

}  // namespace nmgen
