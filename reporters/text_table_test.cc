// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/text_table.h"

#include <gmock/gmock.h>

namespace nmgen {
namespace {

using testing::ElementsAre;

TEST(TextTable, ColumnsGrowWithTheirCellsAndNeverTouch) {
  TextTable table({{"", "port", 0, true}, {"", "frames", 8}, {"", "lost"}});
  table.add({"sim:left", "18,446,744,073,709,551,615", "1,000"});
  table.add({"b", "0", "12,345,678"});
  EXPECT_THAT(table.lines(80), ElementsAre("port                         frames       lost",
                                           "sim:left 18,446,744,073,709,551,615      1,000",
                                           "b                                 0 12,345,678"));
}

TEST(TextTable, SpareRoomGoesBetweenTheColumns) {
  TextTable table({{"", "a"}, {"rate", "Mpps"}, {"", "c"}});
  table.add({"1", "2", "3"});
  EXPECT_THAT(table.lines(80), ElementsAre("  rate", "a Mpps c", "1    2 3"));
  EXPECT_THAT(table.lines(80, 3), ElementsAre("    rate", "a   Mpps   c", "1      2   3"));
  EXPECT_THAT(table.lines(10, 3), ElementsAre("   rate", "a  Mpps  c", "1     2  3"));
}

TEST(TextTable, WithoutRoomColumnsGoByRankAndThenNamesAreCut) {
  TextTable table(
      {{"", "name", 0, true, true}, {"", "x", 4, false, false, 1}, {"", "y", 4, false, false, 2}});
  table.add({"a-long-name", "1", "2"});
  EXPECT_EQ(table.full_width(), 21U);
  EXPECT_THAT(table.lines(21), ElementsAre("name           x    y", "a-long-name    1    2"));
  EXPECT_THAT(table.lines(20), ElementsAre("name           x", "a-long-name    1"));
  EXPECT_THAT(table.lines(15), ElementsAre("name", "a-long-name"));
  EXPECT_THAT(table.lines(8), ElementsAre("name", "a-long-~"));
  EXPECT_THAT(table.lines(1), ElementsAre("name", "a-lon~"));
}

}  // namespace
}  // namespace nmgen
