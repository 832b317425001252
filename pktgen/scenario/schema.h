// SPDX-License-Identifier: BSD-2-Clause
// The scenario's JSON Schema: schema.json of this room, compiled in, with what drivers say of their
// ports' options. scenarios/schema/ has it as a file, for editors. And what is said to a user whose
// document breaks it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"

namespace nmgen {

// schema.json, without the parts of others.
std::string_view base_schema_text();

// The whole schema as text, indented.
const std::string& scenario_schema_text();

// The schema as a document; lives as long as the program. Any thread.
const nlohmann::json& scenario_schema();

// `node`, or what its $ref points to in scenario_schema().
const nlohmann::json& resolve_schema(const nlohmann::json& node);

// The names of an object schema's properties.
std::vector<std::string> schema_keys(const nlohmann::json& object_schema);

// The schema of the member `key` of an object: its property's, or that of names with its beginning,
// or that of all names. Null: the object has no such key.
const nlohmann::json* member_schema(const nlohmann::json& object_schema, const std::string& key);

// What the schema allows at `node`, as words that follow "use": "a whole number from 60 to 9216".
std::string schema_words(const nlohmann::json& node);

// Checks the document. The error is about the first key or value that breaks the schema, as deep in
// the document as it can be told. Any thread.
Result<void> check_against_schema(const nlohmann::json& document, const std::string& file);

}  // namespace nmgen
