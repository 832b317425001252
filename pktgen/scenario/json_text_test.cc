// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/json_text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace nmgen {
namespace {

using nlohmann::json;

std::string sentence_of(std::string_view text) {
  Result<json> result = parse_json_text(text, "a.json");
  return result ? "accepted" : result.error().sentence();
}

std::string repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

TEST(JsonText, BuildsTheSameDocumentAsNlohmannsOwnParser) {
  const char* texts[] = {
      "{}",
      "[]",
      "[[],{},[1,[2,[]],3]]",
      R"({"a":{"b":[1,-2,3.5,true,false,null,"x\u00e9\n"]},"c":[{"a":1},{"a":2}],"":{"":0}})",
      "18446744073709551615",
      " \"just a string\" ",
      "\xef\xbb\xbf{\"after\":\"a byte order mark\"}",
  };
  for (const char* text : texts) {
    Result<json> result = parse_json_text(text, "a.json");
    ASSERT_TRUE(result.has_value()) << text;
    EXPECT_EQ(*result, json::parse(text)) << text;
  }
}

TEST(JsonText, EmptyTextIsNotAScenario) {
  const char* expected =
      "scenario a.json: it is empty; write a scenario into it, as scenarios/README.md says";
  EXPECT_EQ(sentence_of(""), expected);
  EXPECT_EQ(sentence_of(" \r\n\t"), expected);
}

TEST(JsonText, ATruncatedTextIsCalledSo) {
  const std::string whole = R"({"a":[1,{"b":"text"},null]})";
  for (size_t length = 1; length < whole.size(); ++length)
    EXPECT_EQ(sentence_of(whole.substr(0, length)),
              "scenario a.json, line 1, column " + std::to_string(length + 1) +
                  ": the text ends in the middle of a value; complete the file; it may have been "
                  "cut off");
}

TEST(JsonText, SyntaxErrorsHaveTheirLineAndColumn) {
  EXPECT_EQ(sentence_of("{\n  \"a\": 1,\n}"),
            "scenario a.json, line 3, column 1: this is not JSON: unexpected '}'; expected string "
            "literal; correct it there, or just before");
  EXPECT_EQ(sentence_of("{'a': 1}"),
            "scenario a.json, line 1, column 2: this is not JSON: invalid literal; correct it "
            "there, or just before");
  EXPECT_EQ(sentence_of("{} {}"),
            "scenario a.json, line 1, column 4: this is not JSON: unexpected '{'; expected end of "
            "input; correct it there, or just before");
}

TEST(JsonText, NumbersBeyondADoubleAndNotNumbersAreRefused) {
  EXPECT_EQ(sentence_of("{\"a\": 1e999}"),
            "scenario a.json, line 1, column 11: the number is too large; write one below 1e308");
  EXPECT_EQ(sentence_of("[-" + std::string(400, '9') + "]"),
            "scenario a.json, line 1, column 402: the number is too large; write one below 1e308");
  for (const char* text : {"[NaN]", "[Infinity]", "[nan]"})
    EXPECT_EQ(sentence_of(text),
              std::string("scenario a.json, line 1, column ") + (text[1] == 'n' ? "3" : "2") +
                  ": this is not JSON: invalid literal; correct it there, or just before");
}

TEST(JsonText, AKeyTwiceIsRefusedWithItsPath) {
  EXPECT_EQ(sentence_of(R"({"a":1,"b":2,"a":3})"),
            "scenario a.json, /a: the key is there twice; keep one of them");
  EXPECT_EQ(sentence_of(R"({"x":[{"k":1},[0,{"k":1,"l":{},"k":2}]]})"),
            "scenario a.json, /x/1/1/k: the key is there twice; keep one of them");
  EXPECT_EQ(sentence_of(R"([{"a":1},{"a":2},{"a":{"a":{}}}])"), "accepted");
}

TEST(JsonText, OnlyUtf8IsText) {
  struct {
    std::string bytes;
    int column;
  } cases[] = {
      {"\xff\xfe{", 1},                       // UTF-16's mark
      {"[\"\xc0\x80\"]", 3},                  // overlong, 2 bytes
      {"[\"\xe0\x9f\xbf\"]", 3},              // overlong, 3
      {"[\"\xf0\x8f\xbf\xbf\"]", 3},          // overlong, 4
      {"[\"\xed\xa0\x80\"]", 3},              // a surrogate
      {"[\"\xf4\x90\x80\x80\"]", 3},          // beyond U+10FFFF
      {"[\"\xe2\x82\"]", 3},                  // cut
      {"[\"ab\x80\"]", 5},                    // a stray continuation
      {std::string("{}\0{\"a\":1}", 10), 3},  // text behind a NUL
  };
  for (const auto& item : cases)
    EXPECT_EQ(sentence_of(item.bytes), "scenario a.json, line 1, column " +
                                           std::to_string(item.column) +
                                           ": this is not UTF-8 text; save the file as UTF-8");
  EXPECT_EQ(sentence_of("[\"\u00e9 \u20ac \U0001F600\"]"), "accepted");
}

TEST(JsonText, NestingHasALimit) {
  EXPECT_EQ(sentence_of(repeated("[", kMaxJsonDepth) + repeated("]", kMaxJsonDepth)), "accepted");
  const char* expected =
      "scenario a.json, line 1, column 65: brackets are nested more than 64 deep; a scenario needs "
      "less than 10 levels";
  EXPECT_EQ(sentence_of(repeated("[", kMaxJsonDepth + 1) + repeated("]", kMaxJsonDepth + 1)),
            expected);
  EXPECT_EQ(sentence_of(repeated("[", kMaxScenarioBytes)), expected);
  EXPECT_EQ(sentence_of(repeated("{\"a\":", 65)),
            "scenario a.json, line 1, column 321: brackets are nested more than 64 deep; a "
            "scenario needs less than 10 levels");
  // Brackets in strings don't count, and an escaped quote doesn't end one.
  EXPECT_EQ(
      sentence_of("[\"\\\"" + repeated("[", 100) + "\", \"\\\\\", \"" + repeated("{", 100) + "\"]"),
      "accepted");
  // Siblings don't add up.
  EXPECT_EQ(sentence_of("[" + repeated("[],", 1000) + "[]]"), "accepted");
}

TEST(JsonText, LengthHasALimit) {
  const char* expected =
      "scenario a.json: it is longer than 16 MiB; is this a scenario? One has a few kilobytes";
  EXPECT_EQ(sentence_of(repeated("[", size_t{100} << 20)), expected);
  EXPECT_EQ(sentence_of(std::string(kMaxScenarioBytes + 1, ' ')), expected);
}

// A long token is part of nlohmann's message, and must not be of ours.
TEST(JsonText, MessagesStayShort) {
  EXPECT_LT(sentence_of("[\"" + std::string(1 << 20, 'x') + "\n\"]").size(), 300u);
  EXPECT_LT(sentence_of("{\"" + std::string(1 << 20, 'x') + "\":{\"a\":1,\"a\":2}}").size(), 400u);
}

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "scenario_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ + "/a.json";
  }
  void TearDown() override {
    std::remove(file_.c_str());
    std::remove(folder_.c_str());
  }

  std::string folder_, file_;
};

std::string read_sentence(const std::string& file) {
  Result<std::string> text = read_text_file(file);
  return text ? "accepted" : text.error().sentence();
}

TEST_F(FileTest, AFileIsReadWhole) {
  std::string content = "{\"a\": 1}" + std::string(200000, ' ');
  std::ofstream(file_) << content;
  Result<std::string> text = read_text_file(file_);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text, content);
}

TEST_F(FileTest, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(read_sentence(file_), "cannot read scenario " + file_ +
                                      ": No such file or directory; check the name and the "
                                      "permissions");
  EXPECT_EQ(read_sentence(folder_),
            "cannot read scenario " + folder_ + ": it is a folder; name a file in it");
  std::ofstream(file_).close();
  EXPECT_EQ(
      read_sentence(file_),
      "scenario " + file_ + ": it is empty; write a scenario into it, as scenarios/README.md says");
}

TEST_F(FileTest, AHundredMegabytesOfBracketsAreNotRead) {
  {
    std::ofstream out(file_);
    std::string megabyte(1 << 20, '[');
    for (int i = 0; i < 100; ++i)
      out << megabyte;
  }
  EXPECT_EQ(read_sentence(file_),
            "scenario " + file_ +
                ": it is longer than 16 MiB; is this a scenario? One has a few kilobytes");
}

TEST_F(FileTest, AnEndlessFileIsNotRead) {
  EXPECT_EQ(
      read_sentence("/dev/zero"),
      "scenario /dev/zero: it is longer than 16 MiB; is this a scenario? One has a few kilobytes");
}

}  // namespace
}  // namespace nmgen
