// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/stats.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(Stats, MedianOfOddAndEven) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
  EXPECT_EQ(median({}), 0);
}

TEST(Stats, SpreadOfKnownSamples) {
  // Distances from the median 2: 1 1 0 0 2 4 7, whose median is 1.
  Spread result = spread({1, 1, 2, 2, 4, 6, 9});
  EXPECT_EQ(result.median, 2);
  EXPECT_EQ(result.mad, 1);
  EXPECT_EQ(result.min, 1);
  EXPECT_EQ(result.max, 9);
}

TEST(Stats, OneOutlierMovesOnlyTheMaximum) {
  Spread result = spread({100, 101, 99, 100, 1e9});
  EXPECT_EQ(result.median, 100);
  EXPECT_EQ(result.mad, 1);
  EXPECT_EQ(result.max, 1e9);
}

TEST(Stats, OneSampleAndNone) {
  Spread one = spread({5});
  EXPECT_EQ(one.median, 5);
  EXPECT_EQ(one.mad, 0);
  EXPECT_EQ(one.min, 5);
  EXPECT_EQ(one.max, 5);
  Spread none = spread({});
  EXPECT_EQ(none.median, 0);
  EXPECT_EQ(none.max, 0);
}

TEST(Stats, LargeSamplesDoNotOverflow) {
  EXPECT_EQ(median({1e308, 1e308}), 1e308);
}

}  // namespace
}  // namespace nmgen
