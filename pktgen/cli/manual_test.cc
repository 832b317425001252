// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/manual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>

namespace nmgen {
namespace {

using testing::HasSubstr;
using testing::Not;

class ManualTest : public testing::Test {
 protected:
  ManualTest() {
    app_.set_help_flag("-h,--help", "Say what there is");
    CLI::App* run = app_.add_subcommand("run", "Run a scenario");
    run->set_help_flag("-h,--help", "Say what this does");
    run->add_option("FILE", file_, "The scenario")->required();
    run->add_option("--set", file_, "Change a value")->type_name("PATH=VALUE");
    run->add_flag("--quiet", quiet_, "Say nothing");
    run->footer("\nExamples:\n  .dots and \\escapes -x");
    CLI::App* vale = app_.add_subcommand("vale", "Switches");
    vale->add_subcommand("list", "List them");
    app_.add_subcommand("secret", "Hidden")->group("");
  }

  CLI::App app_{"A program.", "prog"};
  std::string file_;
  bool quiet_ = false;
};

TEST_F(ManualTest, PageOfACommand) {
  const std::string page = manual_page(app_, "run", "1.2");
  EXPECT_THAT(page, HasSubstr(".TH PROG\\-RUN 1 \"\" \"prog 1.2\""));
  EXPECT_THAT(page, HasSubstr("prog\\-run \\- Run a scenario\n"));
  EXPECT_THAT(page, HasSubstr("\\fBprog run\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fIFILE\\fR\nThe scenario\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-set\\fR \\fIPATH=VALUE\\fR\nChange a value\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-quiet\\fR\nSay nothing\n"));
  EXPECT_THAT(page, HasSubstr(".BR prog\\-vale (1)"));
}

TEST_F(ManualTest, WhatTroffWouldTakeForARequestIsEscaped) {
  EXPECT_THAT(manual_page(app_, "run", "1.2"), HasSubstr("  .dots and \\eescapes \\-x\n"));
  app_.footer("\n.at the start");
  EXPECT_THAT(manual_page(app_, "", "1.2"), HasSubstr("\n\\&.at the start\n"));
}

TEST_F(ManualTest, PageOfTheProgram) {
  const std::string page = manual_page(app_, "", "1.2");
  EXPECT_THAT(page, HasSubstr(".SH COMMANDS\n.TP\n\\fBrun\\fR\nRun a scenario\n"));
  EXPECT_THAT(page, Not(HasSubstr("secret")));
}

TEST_F(ManualTest, CommandsOfACommandAreOnItsPage) {
  EXPECT_THAT(manual_page(app_, "vale", "1.2"), HasSubstr(".SH PROG VALE LIST\n"));
}

TEST_F(ManualTest, NoSuchCommand) {
  EXPECT_EQ(manual_page(app_, "fly", "1.2"), "");
  EXPECT_EQ(manual_page(app_, "secret", "1.2"), "");
}

TEST_F(ManualTest, Completion) {
  const std::string script = bash_completion(app_);
  EXPECT_THAT(script,
              HasSubstr("\"\") COMPREPLY=($(compgen -W \"run vale --help\" -- \"$word\"))"));
  EXPECT_THAT(script,
              HasSubstr("run) COMPREPLY=($(compgen -f -W \"--help --set --quiet\" -- \"$word\"))"));
  EXPECT_THAT(script, HasSubstr("vale) COMPREPLY=($(compgen -W \"list"));
  EXPECT_THAT(script, HasSubstr("complete -o filenames -F _prog prog\n"));
}

}  // namespace
}  // namespace nmgen
