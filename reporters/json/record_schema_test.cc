// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/record_schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using nlohmann::json;

// Every object of the schema is closed and complete, and every field says what it means.
void check_schema_node(const json& node, const std::string& path) {
  if (!node.is_object())
    return;
  if (node.contains("properties")) {
    EXPECT_EQ(node.value("additionalProperties", json()), false) << path;
    std::set<std::string> fields = node.at("required");
    fields.insert(test::kLaterFields.begin(), test::kLaterFields.end());
    for (json::const_iterator field = node["properties"].begin(); field != node["properties"].end();
         ++field)
      EXPECT_TRUE(fields.count(field.key()) != 0 && !field->value("description", "").empty())
          << path << "/" << field.key();
  }
  for (json::const_iterator member = node.begin(); member != node.end(); ++member)
    check_schema_node(*member, path + "/" + member.key());
}

TEST(RecordSchema, IsClosedAndDescribed) {
  check_schema_node(json::parse(record_schema()), "");
}

// Who reads records elsewhere reads the file, and whoever changes the format sees it in the file.
TEST(RecordSchema, TheFileInTheTreeIsThis) {
  std::ifstream file("reporters/schema/nmgen-result-1.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), record_schema())
      << "write it anew: cmake --build --preset release --target record_schema";
}

}  // namespace
}  // namespace nmgen
