// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/error_text.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(ErrorText, ErrorsReadAsOneSentence) {
  EXPECT_EQ(fail_at("a.json", "/x/0", "5 is odd", "use 4").value().sentence(),
            "scenario a.json, /x/0: 5 is odd; use 4");
  EXPECT_EQ(fail_at("", "", "it is empty", "write it").value().sentence(),
            "scenario text: it is empty; write it");
}

TEST(ErrorText, PathsAreJsonPointers) {
  EXPECT_EQ(child_path("", "a"), "/a");
  EXPECT_EQ(child_path("/a", "b/c~d"), "/a/b~1c~0d");
  EXPECT_EQ(child_path("/a", size_t{3}), "/a/3");
}

TEST(ErrorText, QuotesAreFitForALine) {
  EXPECT_EQ(in_quotes("abc"), "\"abc\"");
  EXPECT_EQ(in_quotes("a\nb\x7f"), "\"a?b?\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "\"" + std::string(48, 'x') + "...\"");
  // U+00E9 has two bytes, 47 and 48 here: it goes as a whole.
  EXPECT_EQ(in_quotes(std::string(47, 'x') + "\u00e9y"), "\"" + std::string(47, 'x') + "...\"");
}

TEST(ErrorText, ListsAreEnglish) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed({"a"}), "a");
  EXPECT_EQ(listed({"a", "b"}), "a or b");
  EXPECT_EQ(listed({"a", "b", "c"}, "and"), "a, b and c");
}

TEST(ErrorText, NearestFindsTypingErrors) {
  const std::vector<std::string> keys = {"duration_s", "name", "repeat", "size_no_crc", "warmup_s"};
  EXPECT_EQ(nearest("warmup", keys), "warmup_s");
  EXPECT_EQ(nearest("nmae", keys), "name");         // two letters swapped
  EXPECT_EQ(nearest("repeats", keys), "repeat");    // one more
  EXPECT_EQ(nearest("size", keys), "size_no_crc");  // a beginning
  EXPECT_EQ(nearest("Name", keys), "name");
  EXPECT_EQ(nearest("colour", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("x", keys), "");  // one change would make any letter of it
  EXPECT_EQ(nearest(std::string(100000, 'n'), keys), "");
}

TEST(ErrorText, NumbersReadAsPeopleWriteThem) {
  EXPECT_EQ(number_text(14880952), "14880952");
  EXPECT_EQ(number_text(1e10), "10000000000");
  EXPECT_EQ(number_text(0.5), "0.5");
  EXPECT_EQ(number_text(1e300), "1e+300");
}

}  // namespace
}  // namespace nmgen
