// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/json_schema.h"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "pktgen/scenario/error_text.h"

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

using Patterns = std::map<std::string, std::regex>;

// The regular expressions of all patterns below `node`.
void compile_patterns(const json& node, Patterns* patterns) {
  if (node.is_object() && node.contains("pattern") && node.at("pattern").is_string()) {
    const std::string& pattern = node.at("pattern").get_ref<const std::string&>();
    patterns->try_emplace(pattern, pattern);
  }
  for (const json& child : node)
    if (child.is_structured())
      compile_patterns(child, patterns);
}

}  // namespace

struct JsonSchema::Compiled {
  valijson::Schema schema;
  Patterns patterns;

  explicit Compiled(const json& document) {
    compile_patterns(document, &patterns);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(NlohmannJsonAdapter(document), schema);
  }

  bool validate(const json& document, valijson::ValidationResults* results) const {
    const std::lock_guard<std::mutex> alone(mutex_);
    return validator_.validate(schema, NlohmannJsonAdapter(document), results);
  }

 private:
  // It keeps the regular expressions that it has compiled, which takes longer than a document.
  mutable valijson::Validator validator_;
  mutable std::mutex mutex_;
};

JsonSchema::JsonSchema(const json& schema) : compiled_(std::make_unique<Compiled>(schema)) {}

JsonSchema::~JsonSchema() = default;

bool JsonSchema::fits(const json& document) const {
  return compiled_->validate(document, nullptr);
}

bool JsonSchema::matches(const std::string& pattern, const std::string& text) const {
  return std::regex_search(text, compiled_->patterns.at(pattern));
}

std::optional<JsonSchema::Violation> JsonSchema::violation(const json& document) const {
  valijson::ValidationResults results;
  if (compiled_->validate(document, &results))
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
