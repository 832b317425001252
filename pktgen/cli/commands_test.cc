// SPDX-License-Identifier: BSD-2-Clause
// Holds each command's table against its page, which is the only help and documentation.
#include "pktgen/cli/commands.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pktgen/scenario/units.h"

namespace nmgen {
namespace {

// A command, or a command of a command, with how it is called.
struct Called {
  std::string call;
  Command command;
};

void add_all(const std::string& call, const Command& command, std::vector<Called>* all) {
  all->push_back({call, command});
  for (const Command& sub : command.commands)
    add_all(call + " " + sub.name, sub, all);
}

std::vector<Called> everything() {
  std::vector<Called> all;
  for (const Command& command : all_commands())
    add_all("nmgen " + command.name, command, &all);
  return all;
}

// The page's default is what stands at the option's target. What is empty or 0 there has none.
void check_default(const std::string& where, const Option& option, const PageItem& item) {
  if (const auto* text = std::get_if<std::string*>(&option.target)) {
    EXPECT_EQ(item.initial, **text) << where;
  } else if (const auto* number = std::get_if<unsigned*>(&option.target)) {
    EXPECT_EQ(item.initial, **number == 0 ? "" : std::to_string(**number)) << where;
  } else if (const auto* time = std::get_if<Seconds*>(&option.target)) {
    EXPECT_EQ(parse_quantity(item.initial, "s").value_or(0), (*time)->count()) << where;
  } else {
    EXPECT_EQ(item.initial, "") << where;
  }
}

// What help prints says it: the first sentence.
void check_words(const std::string& where, const PageItem& item, const std::string& words) {
  EXPECT_NE(first_sentence(item.text).find(words), std::string::npos) << where << ": " << words;
}

void check_option(const std::string& call, const Option& option, const Page& page) {
  const std::vector<std::string> names = option.all_names();
  const std::string where = call + " " + names.back();
  const PageItem item = page.option(names.back());
  EXPECT_EQ(item.names, names) << where;
  EXPECT_EQ(item.value.empty(), option.is_flag() || option.is_positional()) << where;
  EXPECT_GT(first_sentence(item.text).size(), 5u) << where;
  check_default(where, option, item);
  if (option.bounds)
    check_words(where, item, fmt::format("{} to {}", option.bounds->least, option.bounds->most));
  for (const int choice : option.choices)
    check_words(where, item, std::to_string(choice));
}

TEST(CommandsTest, PagesNameEveryOptionAndNoOther) {
  for (const Called& called : everything()) {
    std::set<std::string> in_table, on_page;
    for (const Option& option : called.command.options) {
      check_option(called.call, option, called.command.page);
      in_table.insert(option.all_names().back());
    }
    for (const PageItem& item : called.command.page.options())
      on_page.insert(item.names.back());
    EXPECT_EQ(on_page, in_table) << called.call;
  }
}

TEST(CommandsTest, PagesSayHowACommandIsCalledAndWhatItDoes) {
  for (const Called& called : everything()) {
    const Page& page = called.command.page;
    EXPECT_TRUE((page.call + " ").starts_with(called.call + " ")) << called.call << page.call;
    EXPECT_TRUE(page.summary.ends_with('.')) << called.call;
    for (const Option& option : called.command.options) {
      const bool is_there = page.call.find(option.names) != std::string::npos;
      EXPECT_EQ(is_there, option.is_positional()) << called.call << " " << option.names;
    }
  }
}

TEST(CommandsTest, PagesHaveExamplesWithTheCommand) {
  for (const Command& command : all_commands()) {
    const PageSection* examples = command.page.section("Examples");
    ASSERT_NE(examples, nullptr) << command.name;
    ASSERT_FALSE(examples->blocks.empty()) << command.name;
    ASSERT_FALSE(examples->blocks[0].code.empty()) << command.name;
    EXPECT_TRUE(examples->blocks[0].code[0].starts_with("nmgen " + command.name));
  }
}

TEST(CommandsTest, HelpFitsATerminal) {
  for (const Called& called : everything()) {
    const std::string help = help_text(called.command, called.call);
    for (size_t at = 0; at < help.size(); at = help.find('\n', at) + 1)
      EXPECT_LE(help.find('\n', at) - at, 80u) << help.substr(at, help.find('\n', at) - at);
  }
}

}  // namespace
}  // namespace nmgen
