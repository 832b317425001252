// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/overwrite.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "reporters/report_request.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OverwriteTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "nmgen-overwrite-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = (directory_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  fs::path directory_;
};

std::string refused(const Result<void>& result) {
  return result ? "" : result.error().sentence();
}

TEST_F(OverwriteTest, AnInputIsNeverReplaced) {
  const std::string scenario = file("s.json", "{\"nmgen-result/1\": 1}");
  fs::create_hard_link(scenario, directory_ / "same.json");
  fs::create_symlink("s.json", directory_ / "link.json");
  for (const std::string name : {"s.json", "same.json", "link.json", "./s.json"}) {
    const Result<void> may = check_overwrite((directory_ / name).string(), "nmgen-result/1",
                                             {.inputs = {scenario}, .force = true});
    EXPECT_THAT(refused(may), HasSubstr("it is what this command reads; give another path"));
  }
}

TEST_F(OverwriteTest, WhatSomebodyElseWroteIsReplacedByForceOnly) {
  const std::string path = file("notes", "my notes");
  EXPECT_THAT(refused(check_overwrite(path, "nmgen", {})), HasSubstr("--force"));
  EXPECT_THAT(refused(check_overwrite(path, "", {})), HasSubstr("it exists; give another path"));
  EXPECT_TRUE(check_overwrite(path, "nmgen", {.inputs = {}, .force = true}));
}

TEST_F(OverwriteTest, NothingAnEmptyFileOrADeviceMayBeWritten) {
  EXPECT_TRUE(check_overwrite((directory_ / "none").string(), "nmgen", {}));
  EXPECT_TRUE(check_overwrite(file("empty", ""), "nmgen", {}));
  EXPECT_TRUE(check_overwrite("/dev/null", "nmgen", {}));
  EXPECT_TRUE(check_overwrite("-", "nmgen", {}));
}

TEST_F(OverwriteTest, EachReportIsKnownAgain) {
  for (const Report* report : reports()) {
    if (!report->has_file())
      continue;
    const std::string path = file(report->name, *report->text(test::passed_record()));
    for (const Report* other : reports()) {
      if (!other->has_file())
        continue;
      EXPECT_EQ(check_reports({{other, path}}).has_value(), other == report)
          << other->name << " over " << report->name;
    }
  }
}

}  // namespace
}  // namespace nmgen
