// SPDX-License-Identifier: BSD-2-Clause
// A counter of the list that no statement counts would be 0 in every record, and look like a
// measurement.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

namespace nmgen {
namespace {

// The sources of a room, without its tests.
std::string sources_of(const std::string& room) {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(room)) {
    const std::string name = entry.path().filename().string();
    if (!(name.ends_with(".cc") || name.ends_with(".h")) || name.ends_with("_test.cc"))
      continue;
    std::ifstream file(entry.path());
    std::stringstream lines;
    lines << file.rdbuf();
    text += lines.str();
  }
  return text;
}

TEST(Counters, EachIsCountedByAWorker) {
  const std::string text = sources_of("pktgen/worker");
  ASSERT_FALSE(text.empty());
  const auto is_counted = [&text](const std::string& name) {
    return std::regex_search(text, std::regex("\\b" + name + "\\b[^;{}]*\\.?(add|set)\\("));
  };
#define WORKER_COUNTER(name, ...) EXPECT_TRUE(is_counted(#name)) << #name;
#define HIDDEN_COUNTER(name, ...) EXPECT_TRUE(is_counted(#name)) << #name;
#include "pktgen/measure/figure_list.h"
  EXPECT_FALSE(is_counted("no_such_counter"));
}

TEST(Counters, EachIsReadFromAPort) {
  const std::string text = sources_of("pktgen/port");
  ASSERT_FALSE(text.empty());
  const auto is_read = [&text](const std::string& name) {
    return std::regex_search(text, std::regex("\\." + name + " = "));
  };
#define PORT_COUNTER(name, ...) EXPECT_TRUE(is_read(#name)) << #name;
#include "pktgen/measure/figure_list.h"
  EXPECT_FALSE(is_read("no_such_counter"));
}

}  // namespace
}  // namespace nmgen
