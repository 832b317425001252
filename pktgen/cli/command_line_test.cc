// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nmgen {
namespace {

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    const Command run = {
        .options = {{"FILE", &files_},
                    {"--set", &set_},
                    {.names = "--time", .target = &time_, .bounds = Bounds{0.5, 100}},
                    {.names = "--kind", .target = &kind_, .choices = {0, 10, 12}},
                    {"-q,--quiet", &quiet_},
                    {.names = "--loud", .target = &loud_, .excludes = "--quiet"}},
        .run = [this] { return did("run", 11); }};
    const Command attach = {.options = {{.names = "PORT", .target = &port_, .is_required = true}},
                            .run = [this] { return did("attach", 12); }};
    program_.commands = {
        named("run", run, "# prog run FILE...\n\nRun.\n\n## Options\n\n- `--time T`: Time.\n"),
        named("vale", {.commands = {named("attach", attach)}},
              "# prog vale\n\nSwitches.\n\n## prog vale attach PORT\n\nAttach.\n")};
    program_.options = {{"--version", [this] { return did("version", 13); }}};
    program_.run = [this] { return did("nothing", 14); };
  }

  int did(const std::string& what, int code) {
    done_ = what;
    return code;
  }

  // The exit code; what was complained of is in complaint_, what was printed in printed_.
  int call(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "prog");
    done_.clear();
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const int code =
        run_command_line(program_, static_cast<int>(arguments.size()), arguments.data());
    printed_ = testing::internal::GetCapturedStdout();
    complaint_ = testing::internal::GetCapturedStderr();
    return code;
  }

  Command program_ = named("prog", {}, "# prog\n\nA program.\n");
  std::string done_, complaint_, printed_;
  std::vector<std::string> files_, set_;
  Seconds time_{1};
  int kind_ = -1;
  bool quiet_ = false, loud_ = false;
  std::string port_;
};

TEST_F(CommandLineTest, ValuesGoWhereTheTableSays) {
  EXPECT_EQ(call({"run", "a", "--set", "x=1", "b", "--time=1.5 min", "--kind", "12", "-q", "--set",
                  "y=2"}),
            11);
  EXPECT_EQ(done_, "run");
  EXPECT_EQ(files_, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(set_, (std::vector<std::string>{"x=1", "y=2"}));
  EXPECT_EQ(time_, Seconds(90));
  EXPECT_EQ(kind_, 12);
  EXPECT_TRUE(quiet_);
  EXPECT_FALSE(loud_);
}

TEST_F(CommandLineTest, WhatIsNotGivenStaysAsItWas) {
  EXPECT_EQ(call({"run"}), 11);
  EXPECT_EQ(time_, Seconds(1));
  EXPECT_EQ(kind_, -1);
  EXPECT_TRUE(files_.empty());
}

TEST_F(CommandLineTest, ValuesOutOfBoundsAreRefused) {
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"--time", "101"},
                                                    {"--time", "400 ms"},
                                                    {"--time", "soon"},
                                                    {"--time", "5 s s"},
                                                    {"--time", ""},
                                                    {"--kind", "11"},
                                                    {"--kind", "z"},
                                                    {"--quiet", "--loud"}}) {
    std::vector<const char*> all = {"run"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(call(all), kExitBadUse) << arguments[0] << " " << arguments[1];
    EXPECT_EQ(done_, "");
    EXPECT_NE(complaint_.find(arguments[0]), std::string::npos) << complaint_;
    EXPECT_NE(complaint_.find("; see nmgen run --help\n"), std::string::npos) << complaint_;
  }
}

TEST_F(CommandLineTest, ATimeIsReadAsInAScenario) {
  for (const auto& [text, seconds] :
       {std::pair{"30", 30.0}, {"500ms", 0.5}, {"500 ms", 0.5}, {"1 min", 60.0}, {"2 s", 2.0}}) {
    EXPECT_EQ(call({"run", "--time", text}), 11) << complaint_;
    EXPECT_EQ(time_, Seconds(seconds)) << text;
  }
  EXPECT_EQ(call({"run", "--time", "5 m"}), kExitBadUse);
  EXPECT_EQ(
      complaint_,
      "nmgen: --time: \"5 m\" is not a time; use seconds, or a number with ns, us, ms, s, min "
      "or h, for example \"1 min\"; see nmgen run --help\n");
  EXPECT_EQ(call({"run", "--time", "1 h"}), kExitBadUse);
  EXPECT_EQ(complaint_,
            "nmgen: --time: \"1 h\" is not in range; use 0.5 to 100 s; see nmgen run --help\n");
}

TEST_F(CommandLineTest, UnknownWordsGetASuggestion) {
  EXPECT_EQ(call({"rnu"}), kExitBadUse);
  EXPECT_EQ(complaint_, "nmgen: nmgen has no command \"rnu\"; did you mean run?\n");
  EXPECT_EQ(call({"run", "--quite"}), kExitBadUse);
  EXPECT_EQ(complaint_, "nmgen: run has no option \"--quite\"; did you mean --quiet?\n");
}

TEST_F(CommandLineTest, CommandsOfACommand) {
  EXPECT_EQ(call({"vale", "attach", "vale0:1"}), 12);
  EXPECT_EQ(port_, "vale0:1");
  EXPECT_EQ(call({"vale"}), kExitBadUse);
  EXPECT_EQ(done_, "");
  EXPECT_EQ(call({"vale", "attach"}), kExitBadUse);
  EXPECT_NE(complaint_.find("PORT is required"), std::string::npos) << complaint_;
}

TEST_F(CommandLineTest, AnActionComesBeforeCommands) {
  EXPECT_EQ(call({"--version", "run", "x"}), 13);
  EXPECT_EQ(done_, "version");
  EXPECT_EQ(call({}), 14);
}

TEST_F(CommandLineTest, HelpIsOfTheCommandBeforeIt) {
  EXPECT_EQ(call({"run", "--help"}), kExitPass);
  EXPECT_EQ(done_, "");
  EXPECT_NE(printed_.find("Usage: prog run [OPTIONS] FILE...\nRun.\n"), std::string::npos)
      << printed_;
  EXPECT_NE(printed_.find("  --time T                Time\n"), std::string::npos) << printed_;
  EXPECT_EQ(call({"vale", "attach", "-h"}), kExitPass);
  EXPECT_NE(printed_.find("Attach.\n"), std::string::npos) << printed_;
  EXPECT_EQ(call({"--help"}), kExitPass);
  EXPECT_NE(printed_.find("  vale                    Switches\n"), std::string::npos) << printed_;
}

TEST_F(CommandLineTest, AValueThatIsMissingHasItsNameOnThePage) {
  EXPECT_EQ(call({"run", "--time"}), kExitBadUse);
  EXPECT_NE(complaint_.find("required T missing"), std::string::npos) << complaint_;
}

}  // namespace
}  // namespace nmgen
