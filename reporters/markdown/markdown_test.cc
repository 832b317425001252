// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "reporters/report.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string told(const Record& record) {
  return markdown_report.text(record).value_or("");
}

// The bars that part cells, as GFM sees them: not those that are escaped.
size_t bars_of(const std::string& line) {
  size_t bars = 0;
  for (size_t i = 0; i < line.size(); i++) {
    if (line[i] == '\\')
      i++;
    else if (line[i] == '|')
      bars++;
  }
  return bars;
}

// Every table: a head, a line of dashes, and rows with as many cells. Return: how many tables.
size_t check_tables(const std::string& text) {
  std::istringstream lines(text);
  size_t tables = 0, bars = 0, row = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] != '|') {
      EXPECT_TRUE(row == 0 || line.empty()) << "a table ends with a blank line, not with " << line;
      EXPECT_NE(row, 1U) << "a table without its line of dashes";
      row = 0;
      continue;
    }
    if (row == 0) {
      bars = bars_of(line);
      tables++;
    }
    EXPECT_EQ(bars_of(line), bars) << line;
    EXPECT_EQ(line.back(), '|') << line;
    if (row == 1) {
      EXPECT_EQ(line.find_first_not_of("|:-"), std::string::npos) << line;
    }
    row++;
  }
  return tables;
}

TEST(Markdown, SaysWhatTheRecordSays) {
  const std::string text = told(test::passed_record());
  EXPECT_TRUE(
      text.starts_with("<!-- nmgen report -->\n\n## 64b-10g: PASS\n\nsimulated 82599, 10 "
                       "Gbit/s: a result of the model, not of a NIC. 2.0 s measured in 1 "
                       "run, started 2026-01-02T03:04:05Z.\n\n- Workers were off"));
  EXPECT_THAT(text, HasSubstr("\n|                         |       sent |   received |\n"
                              "|:------------------------|-----------:|-----------:|\n"
                              "| frames                  | 29,761,904 | 29,761,904 |\n"
                              "| frames/s, mean          |    14.881M |    14.881M |\n"));
  EXPECT_THAT(text, HasSubstr("\n| from due time |    1 | 29,761,904 | 1.20us | 19.0us |"));
  EXPECT_THAT(text, HasSubstr("\n| tx0    | sim:left  |    0 |    0 | 29,761,904 |"));
  EXPECT_THAT(text, HasSubstr("\n| syncs_with_frames |       232,515 |       483,933 |\n"));
  EXPECT_THAT(text, HasSubstr("\n| processor         | Example CPU @ 2.60GHz, 2 cores"));
  EXPECT_THAT(text, HasSubstr("0123456789abcdef0123456789abcdef01234567 with changes"));
  EXPECT_EQ(check_tables(text), 6U);
  EXPECT_TRUE(text.ends_with("|\n"));
}

TEST(Markdown, InvalidHasItsReasonsAndNoFiguresThatNobodyMeasured) {
  const std::string text = told(test::invalid_record());
  EXPECT_THAT(text, HasSubstr("## slow: INVALID\n"));
  EXPECT_THAT(text, HasSubstr("\n- Run 1: netmap:eth0 sent too little.\n"
                              "- Run 2: The run was interrupted.\n\n"));
  EXPECT_THAT(text, HasSubstr("in 2 runs"));
  EXPECT_THAT(text, HasSubstr("\nLost: not measured, as no worker receives.\n"));
  EXPECT_THAT(text, HasSubstr("\nLatency: not measured, as no probe came back.\n"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("% of line rate")), Not(HasSubstr("ticks/frame, model"))));
  EXPECT_EQ(check_tables(text), 4U);
}

// A bar would begin another cell, a line feed another row, and other signs would vanish.
TEST(Markdown, NamesAreShownAsTheyAre) {
  Record record = test::passed_record();
  record.scenario_name = "a|b *c* <d>\n# e";
  record.verdict_reasons = {"1. frame was _lost_ in limits.late_ms | $x$.", "- none", "`"};
  record.devices[0].port = "vale0:p|q";
  record.runs[0].workers[0].port = "vale0:p|q";
  record.runs[0].workers[1].name = "|\\|";
  record.fingerprint.cpu_model = "A|B\tC~D";
  const std::string text = told(record);
  EXPECT_THAT(text, HasSubstr("## a\\|b \\*c\\* \\<d\\> # e: PASS\n"));
  EXPECT_THAT(text, HasSubstr("- 1\\. frame was \\_lost\\_ in limits.late_ms \\| \\$x\\$.\n"
                              "- \\- none\n- \\`\n"));
  EXPECT_THAT(text, HasSubstr("| vale0:p\\|q |"));
  EXPECT_THAT(text, HasSubstr("| \\|\\\\\\| "));
  EXPECT_THAT(text, HasSubstr("A\\|B C\\~D"));
  EXPECT_EQ(check_tables(text), 6U);
}

// A text as long as a kernel's command line would else pad every cell beneath it.
TEST(Markdown, ALongTextMakesNoColumnWide) {
  Record record = test::passed_record();
  record.fingerprint.command_line = std::string(500, 'x');
  const std::string text = told(record);
  EXPECT_THAT(text, HasSubstr("|:------------------|:---------------------------------|\n"));
  EXPECT_THAT(text, HasSubstr("| its command line  | " + std::string(500, 'x') + " |\n"));
  EXPECT_EQ(check_tables(text), 6U);
}

TEST(Markdown, OfNothingThereAreTablesToo) {
  EXPECT_EQ(check_tables(told(Record())), 2U);
}

}  // namespace
}  // namespace nmgen
