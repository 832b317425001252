// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/command.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

constexpr char kPage[] = R"page(# prog send FILE

Send a file to all who ask for it, and to those who do not ask but would if they knew of it.

## Options

- `FILE`: The file.
- `--a-rather-long-name NAME` (x): What does not fit beside its name is in the lines below it, at the same column.
  No more than a sentence of it.
- `-q`, `--quiet`: Say nothing.

## Other

Not in help.

## Examples

    prog send x

A note.

## Exit codes

- `0`: Pass.

## prog send all NAME

Send all.

- `NAME`: Its name.
)page";

TEST(CommandTest, HelpIsFromThePage) {
  EXPECT_EQ(help_text(named("send", {}, kPage), "prog send"),
            "Usage: prog send [OPTIONS] FILE\n"
            "Send a file to all who ask for it, and to those who do not ask but would if they\n"
            "knew of it.\n"
            "\n"
            "Arguments:\n"
            "  FILE                    The file\n"
            "\n"
            "Options:\n"
            "  --a-rather-long-name NAME\n"
            "                          What does not fit beside its name is in the lines\n"
            "                          below it, at the same column [x]\n"
            "  -q, --quiet             Say nothing\n"
            "  -h, --help              Show this help\n"
            "\n"
            "Examples:\n"
            "  prog send x\n"
            "\n"
            "A note.\n"
            "\n"
            "Exit codes:\n"
            "  0                       Pass\n");
}

TEST(CommandTest, CommandsOfACommandHaveItsPage) {
  const Command send =
      named("send", {.commands = {named("all", {}), {.name = "secret", .is_hidden = true}}}, kPage);
  EXPECT_NE(help_text(send, "prog send")
                .find("\nCommands:\n"
                      "  all                     Send all\n"
                      "\nExamples:"),
            std::string::npos)
      << help_text(send, "prog send");
  EXPECT_EQ(help_text(send.commands[0], "prog send all"),
            "Usage: prog send all [OPTIONS] NAME\n"
            "Send all.\n"
            "\n"
            "Arguments:\n"
            "  NAME                    Its name\n"
            "\n"
            "Options:\n"
            "  -h, --help              Show this help\n");
}

TEST(CommandTest, ListsFollowTheOptions) {
  const Command send = named(
      "send", {.lists = {{"Reports", {{"csv", "A line for each"}, {"html", "A page"}}}}}, kPage);
  EXPECT_NE(help_text(send, "prog send")
                .find("\nReports:\n"
                      "  csv                     A line for each\n"
                      "  html                    A page\n"
                      "\nExamples:"),
            std::string::npos)
      << help_text(send, "prog send");
}

TEST(CommandTest, ValuesLiveAsLongAsACopyOfTheCommand) {
  struct Values {
    std::string file = "none";

    std::vector<Option> table() { return {{"FILE", &file}}; }
  };
  Command copy;
  {
    const Command command =
        make_command(+[](const Values& values) { return values.file == "x" ? 7 : 8; });
    copy = command;
  }
  EXPECT_EQ(copy.run(), 8);
  *std::get<std::string*>(copy.options[0].target) = "x";
  EXPECT_EQ(copy.run(), 7);
}

}  // namespace
}  // namespace nmgen
