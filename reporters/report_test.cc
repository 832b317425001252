// SPDX-License-Identifier: BSD-2-Clause
// What is true of every report.
#include "reporters/report.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <limits>
#include <set>
#include <string>

#include "reporters/record_fields.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

TEST(Reports, HaveNamesAndExtensionsOfTheirOwn) {
  std::set<std::string> names, extensions;
  for (const Report* report : reports()) {
    EXPECT_TRUE(names.insert(report->name).second) << report->name;
    EXPECT_EQ(find_report(report->name), report);
    // Help adds the name of the file.
    EXPECT_GT(std::string(report->about).size(), 10u) << report->name;
    EXPECT_NE(std::string(report->about).back(), '.') << report->name;
    if (report->has_file()) {
      EXPECT_TRUE(extensions.insert(report->extension).second) << report->name;
      EXPECT_EQ(report->extension[0], '.') << report->name;
    }
  }
  EXPECT_EQ(find_report("yaml"), nullptr);
  EXPECT_EQ(find_report(""), nullptr);
  EXPECT_THAT(report_names(), HasSubstr(", csv, "));
}

// Sets every field of a record to what its type holds at most.
struct Extremes {
  static constexpr bool kWrites = false;

  template <class T>
  void operator()(const char*, T& value, const Meaning&) {
    set(value);
  }
  template <class Function>
  void group(const char*, const Meaning&, Function&& function) {
    function(*this);
  }

  void set(std::string& text) { text = "<a>|&\"'\\\n*_`" + std::string(300, 'x') + "\xff\x01"; }
  void set(bool& value) { value = true; }
  void set(Verdict& value) { value = Verdict::kFail; }
  template <class T>
  void set(std::vector<T>& values) {
    values.resize(2);
    for (T& value : values)
      set(value);
  }
  void set(std::pair<uint64_t, uint64_t>& value) { value = {UINT64_MAX, UINT64_MAX / 8}; }
  template <class T>
  void set(T& value) {
    if constexpr (std::is_arithmetic_v<T>)
      value = std::numeric_limits<T>::max();
    else
      visit_fields(*this, value);
  }
};

TEST(Reports, TakeAnyRecord) {
  Record extreme;
  Extremes extremes;
  visit_fields(extremes, extreme);
  for (const Record& record : {extreme, Record(), test::invalid_record()})
    for (const Report* report : reports()) {
      Result<std::string> text = report->text(record);
      ASSERT_TRUE(text) << report->name << ": " << text.error().sentence();
      EXPECT_FALSE(text->empty()) << report->name;
    }
}

}  // namespace
}  // namespace nmgen
