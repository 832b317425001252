// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/page.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

constexpr char kPage[] = R"page(# prog send FILE

Send a file, see [the other page](../other/other.md).

A paragraph with `code`, *stress*
and `-`.

- `^`: This item is no option.

## Options

- `FILE`: The file; `-` is standard input.
- `-n`, `--samples N` (10): Runs of each program, 1.5 s each. More
  on a second line.
- `--quiet`: Say nothing.

## Table

| a | b |
|---|---|
| 1 | 2 |

## Examples

    prog send x

    prog send [y](z) `w`

A note.

## prog send all NAME

Send all.

- `NAME`: Its name.

## Exit codes

- `0`: Pass.
)page";

TEST(PageTest, CallSummaryAndDescription) {
  const Page page = read_page(kPage);
  EXPECT_EQ(page.call, "prog send FILE");
  EXPECT_EQ(page.summary, "Send a file, see the other page.");
  ASSERT_NE(page.section(""), nullptr);
  ASSERT_EQ(page.section("")->blocks.size(), 2u);
  EXPECT_EQ(page.section("")->blocks[0].paragraph, "A paragraph with code, stress and '-'.");
}

TEST(PageTest, AnItemHasNamesValueDefaultAndText) {
  const Page page = read_page(kPage);
  ASSERT_EQ(page.options().size(), 3u);
  EXPECT_EQ(page.option("FILE").text, "The file; '-' is standard input.");
  const PageItem samples = page.option("-n");
  EXPECT_EQ(samples.names, (std::vector<std::string>{"-n", "--samples"}));
  EXPECT_EQ(samples.value, "N");
  EXPECT_EQ(samples.initial, "10");
  EXPECT_EQ(samples.text, "Runs of each program, 1.5 s each. More on a second line.");
  EXPECT_EQ(first_sentence(samples.text), "Runs of each program, 1.5 s each");
  EXPECT_EQ(first_sentence(page.option("--quiet").text), "Say nothing");
  EXPECT_TRUE(page.option("--loud").names.empty());
}

TEST(PageTest, CodeStaysAsItIsAndTablesAreLeftOut) {
  const Page page = read_page(kPage);
  ASSERT_NE(page.section("Table"), nullptr);
  EXPECT_TRUE(page.section("Table")->blocks.empty());
  const PageSection* examples = page.section("Examples");
  ASSERT_NE(examples, nullptr);
  ASSERT_EQ(examples->blocks.size(), 2u);
  EXPECT_EQ(examples->blocks[0].code,
            (std::vector<std::string>{"prog send x", "prog send [y](z) `w`"}));
  EXPECT_EQ(examples->blocks[1].paragraph, "A note.");
  EXPECT_EQ(page.section("Nothing"), nullptr);
}

TEST(PageTest, AHeadingThatIsACallIsACommandsPage) {
  const Page page = read_page(kPage);
  ASSERT_EQ(page.commands.size(), 1u);
  const Page& all = page.commands[0];
  EXPECT_EQ(all.call, "prog send all NAME");
  EXPECT_EQ(all.summary, "Send all.");
  ASSERT_EQ(all.options().size(), 1u);
  EXPECT_EQ(all.option("NAME").text, "Its name.");
  // The section after it is the page's again.
  ASSERT_NE(page.section("Exit codes"), nullptr);
  EXPECT_EQ(page.section("Exit codes")->blocks[0].item.names, std::vector<std::string>{"0"});
}

TEST(PageTest, WhatIsNotClosedEndsWithTheText) {
  EXPECT_EQ(read_page("").summary, "");
  EXPECT_EQ(read_page("# a `b\n\nc [d](e").summary, "c d");
  EXPECT_EQ(read_page("# a\n\n## Options\n- `--x (1: y").options().size(), 1u);
}

}  // namespace
}  // namespace nmgen
