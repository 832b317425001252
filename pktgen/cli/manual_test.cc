// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    program_.commands = {
        {.name = "run",
         .summary = "Run a scenario",
         .options =
             {{.names = "FILE", .help = "The scenario", .target = &text_, .is_required = true},
              {.names = "--set", .value = "PATH=VALUE", .help = "Change a value", .target = &text_},
              {.names = "-r,--rings",
               .value = "N",
               .help = "Rings",
               .target = &number_,
               .bounds = Bounds{1, 16}},
              {.names = "--quiet", .help = "Say nothing", .target = &quiet_}},
         .footer = "\nExamples:\n  .dots and \\escapes -x"},
        {.name = "vale",
         .summary = "Switches",
         .commands = {{.name = "list", .summary = "List them"}}},
        {.name = "secret", .summary = "Hidden", .is_hidden = true}};
  }

  Command program_ = {.name = "prog", .summary = "A program."};
  std::string text_;
  unsigned number_ = 0;
  bool quiet_ = false;
};

TEST_F(ManualTest, PageOfACommand) {
  const std::string page = manual_page(program_, "run", "1.2");
  EXPECT_THAT(page, HasSubstr(".TH PROG\\-RUN 1 \"\" \"prog 1.2\""));
  EXPECT_THAT(page, HasSubstr("prog\\-run \\- Run a scenario\n"));
  EXPECT_THAT(page, HasSubstr("\\fBprog run\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fIFILE\\fR\nThe scenario\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-set\\fR \\fIPATH=VALUE\\fR\nChange a value\n"));
  EXPECT_THAT(
      page,
      HasSubstr(".TP\n\\fB\\-r\\fR, \\fB\\-\\-rings\\fR \\fIN:INT in [1 \\- 16]\\fR\nRings\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-quiet\\fR\nSay nothing\n"));
  EXPECT_THAT(page, HasSubstr(".BR prog\\-vale (1)"));
}

TEST_F(ManualTest, WhatTroffWouldTakeForARequestIsEscaped) {
  EXPECT_THAT(manual_page(program_, "run", "1.2"), HasSubstr("  .dots and \\eescapes \\-x\n"));
  program_.footer = "\n.at the start";
  EXPECT_THAT(manual_page(program_, "", "1.2"), HasSubstr("\n\\&.at the start\n"));
}

TEST_F(ManualTest, PageOfTheProgram) {
  const std::string page = manual_page(program_, "", "1.2");
  EXPECT_THAT(page, HasSubstr(".SH COMMANDS\n.TP\n\\fBrun\\fR\nRun a scenario\n"));
  EXPECT_THAT(page, Not(HasSubstr("secret")));
}

TEST_F(ManualTest, CommandsOfACommandAreOnItsPage) {
  EXPECT_THAT(manual_page(program_, "vale", "1.2"), HasSubstr(".SH PROG VALE LIST\n"));
}

TEST_F(ManualTest, NoSuchCommand) {
  EXPECT_EQ(manual_page(program_, "fly", "1.2"), "");
  EXPECT_EQ(manual_page(program_, "secret", "1.2"), "");
}

TEST_F(ManualTest, Completion) {
  const std::string script = bash_completion(program_);
  EXPECT_THAT(script,
              HasSubstr("\"\") COMPREPLY=($(compgen -W \"run vale --help\" -- \"$word\"))"));
  EXPECT_THAT(
      script,
      HasSubstr("run) COMPREPLY=($(compgen -f -W \"--set --rings --quiet --help\" -- \"$word\"))"));
  EXPECT_THAT(script, HasSubstr("vale) COMPREPLY=($(compgen -W \"list"));
  EXPECT_THAT(script, HasSubstr("complete -o filenames -F _prog prog\n"));
}

}  // namespace
}  // namespace nmgen
