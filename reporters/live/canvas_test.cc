// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/canvas.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(Canvas, TextGoesWhereItIsPutAndIsCutAtTheEdges) {
  Canvas canvas(10, 3, true);
  EXPECT_EQ(canvas.put(7, 0, "abcdef", Style::kBad), 13);
  EXPECT_EQ(canvas.put(-2, 1, "xyz"), 1);
  canvas.put(0, 9, "nowhere");
  canvas.put_right(10, 2, "end");
  EXPECT_EQ(canvas.text(), "       abc\nz\n       end\n");
  EXPECT_EQ(canvas.style_at(7, 0), Style::kBad);
  EXPECT_EQ(canvas.style_at(6, 0), Style::kPlain);
}

TEST(Canvas, ACharacterIsAColumn) {
  Canvas canvas(6, 1, true);
  EXPECT_EQ(canvas.put(0, 0, "a\xc3\xa9\xe2\x82\xac"), 3);
  EXPECT_EQ(columns_of("a\xc3\xa9\xe2\x82\xac"), 3);
  EXPECT_EQ(canvas.row(0), "a\xc3\xa9\xe2\x82\xac");
}

TEST(Canvas, NothingThatMovesACursorGetsOut) {
  Canvas canvas(20, 1, true);
  canvas.put(0, 0, "a\x1b[2Jb\n\x7f\xc2\x9b");
  EXPECT_EQ(canvas.row(0), "a?[2Jb???");
  Canvas broken(5, 1, true);
  broken.put(0, 0, "\xff\xe2\x82");
  EXPECT_EQ(broken.row(0), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Canvas, WithoutUnicodeThereIsOnlyAscii) {
  Canvas canvas(6, 1, false);
  canvas.put(0, 0, "a\xc3\xa9z");
  EXPECT_EQ(canvas.row(0), "a?z");
}

TEST(Canvas, BarsAreEighthsOfACell) {
  Canvas canvas(4, 2, true);
  // 0, 1/16, 9/16 and all of two rows.
  canvas.bars(0, 0, 4, 2, {0, 1, 9, 16}, 16);
  EXPECT_EQ(canvas.row(0), "  \xe2\x96\x81\xe2\x96\x88");
  EXPECT_EQ(canvas.row(1), " \xe2\x96\x81\xe2\x96\x88\xe2\x96\x88");
}

TEST(Canvas, TheNewestBarIsAtTheRightAndTheOldestAreLeftOut) {
  Canvas canvas(3, 1, false);
  canvas.bars(0, 0, 3, 1, {8, 8, 8, 0, 8}, 8);
  EXPECT_EQ(canvas.row(0), "# #");
  Canvas few(3, 1, false);
  few.bars(0, 0, 3, 1, {8}, 8);
  EXPECT_EQ(few.row(0), "  #");
}

TEST(Canvas, SmallIsSeenAndTooLargeStaysInside) {
  Canvas canvas(2, 3, false);
  canvas.bars(0, 1, 2, 2, {0.001, 1e9}, 100);
  EXPECT_EQ(canvas.text(), "\n #\n_#\n");
  canvas.bars(0, 0, 2, 3, {1, 1}, 0);
}

}  // namespace
}  // namespace nmgen
