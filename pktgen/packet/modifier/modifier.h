// SPDX-License-Identifier: BSD-2-Clause
// What makes a header field change from frame to frame. Each modifier is a source of this folder
// with its page, and a line of modifier_list.h; the scenario's schema and its errors follow from
// the modifier's row.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "pktgen/error.h"
#include "pktgen/packet/field_table.h"

namespace nmgen {

// The values of one field, in turn. Frames are prepared from them before a run.
class FieldValues {
 public:
  virtual ~FieldValues() = default;
  // Value `k`; what lies above the field's bits is cut off. `own`: what the built frame has there.
  // The same k gives the same value, on any thread.
  virtual uint32_t at(uint32_t k, uint32_t own) const = 0;
};

// A field of a stream and how it changes: values 0 to count - 1, then again.
struct FieldModifier {
  const FrameField* field = nullptr;
  uint32_t count = 1;  // at least 1
  std::shared_ptr<const FieldValues> values;
};

struct ModifierKind {
  const char* name;     // of its source and page
  const char* key;      // beside the field, in a scenario: {"field": F, KEY: ...}
  const char* schema;   // JSON Schema of the value behind that key
  const char* example;  // such a value for a field of 16 bits, with every key that it may have

  // `options`: as the schema has it. Errors: the cause and the remedy; the caller says where.
  Result<FieldModifier> (*make)(const FrameField& field, const nlohmann::json& options);
};

#define NMGEN_MODIFIER(name) extern const ModifierKind name##_modifier;
#include "pktgen/packet/modifier/modifier_list.h"
#undef NMGEN_MODIFIER

// All of them, in the order of the list.
std::span<const ModifierKind* const> modifier_kinds();

// A field of the table that takes `count` values from its own upwards, and wraps.
FieldModifier step(std::string_view field, uint32_t count);

}  // namespace nmgen
