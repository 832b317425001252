// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/json_schema.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "pktgen/scenario/parse.h"
#include "pktgen/scenario/place.h"

namespace nmgen {
namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

// valijson's path, ["streams"] ["udp"] [0], as a JSON pointer.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string path;
  for (size_t i = 1; i < context.size(); ++i) {
    std::string_view step = context[i];
    if (step.starts_with("[\"") && step.ends_with("\"]"))
      path = child_path(path, step.substr(2, step.size() - 4));
    else if (step.starts_with("[") && step.ends_with("]"))
      path = child_path(path, step.substr(1, step.size() - 2));
  }
  return path;
}

}  // namespace

struct JsonSchema::Compiled {
  valijson::Schema schema;

  explicit Compiled(const json& document) {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(NlohmannJsonAdapter(document), schema);
  }
};

JsonSchema::JsonSchema(const json& schema) : compiled_(std::make_unique<Compiled>(schema)) {}

JsonSchema::~JsonSchema() = default;

std::optional<JsonSchema::Violation> JsonSchema::violation(const json& document) const {
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(compiled_->schema, NlohmannJsonAdapter(document), &results))
    return std::nullopt;
  Violation deepest{"", "it does not fit the schema"};
  for (const valijson::ValidationResults::Error& error : results) {
    std::string path = pointer_of(error.context);
    if (path.size() >= deepest.path.size())
      deepest = {std::move(path), error.description};
  }
  return deepest;
}

}  // namespace nmgen
