// SPDX-License-Identifier: BSD-2-Clause
// A JSON Schema, draft 7, that documents are held against. Valijson knows it; only json_schema.cc
// includes that, as it takes the compiler half a minute.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace nmgen {

// Constant once it is made, so any thread may ask it.
class JsonSchema {
 public:
  // What is wrong where, as deep in the document as it can be told.
  struct Violation {
    std::string path;  // a JSON pointer
    std::string description;
  };

  // `schema` is not used afterwards. One that is none throws std::runtime_error: schemas are ours.
  explicit JsonSchema(const nlohmann::json& schema);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

  bool fits(const nlohmann::json& document) const;

  // Nothing: the document fits. All that is wrong is collected, so that this takes as much memory
  // as there are errors.
  std::optional<Violation> violation(const nlohmann::json& document) const;

  // Whether `text` has the form of `pattern`, which the schema has somewhere. The text is to be
  // short: std::regex may recurse once for each character.
  bool matches(const std::string& pattern, const std::string& text) const;

 private:
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace nmgen
