// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/steps.h"

#include <gtest/gtest.h>

#include <random>

namespace nmgen {
namespace {

// `counts` values about each of `means`, `noise` of them standard deviation.
std::vector<double> series(const std::vector<double>& means, size_t counts, double noise,
                           unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (double mean : means) {
    std::normal_distribution<double> draw(mean, mean * noise);
    for (size_t i = 0; i < counts; i++)
      values.push_back(draw(random));
  }
  return values;
}

TEST(Steps, AQuietSeriesIsOneLevel) {
  int more = 0;
  for (unsigned seed = 0; seed < 50; seed++)
    more += find_levels(series({5}, 60, 0.01, seed)).size() > 1 ? 1 : 0;
  EXPECT_LE(more, 2);
}

TEST(Steps, AJumpIsFoundWhereItIs) {
  for (unsigned seed = 0; seed < 20; seed++) {
    const std::vector<Level> levels = find_levels(series({5, 5.25}, 20, 0.005, seed));
    ASSERT_EQ(levels.size(), 2u) << seed;
    EXPECT_NEAR(static_cast<double>(levels[1].first), 20, 1);
    EXPECT_NEAR(levels[0].median, 5, 0.03);
    EXPECT_NEAR(levels[1].median, 5.25, 0.03);
  }
}

TEST(Steps, UpAndDownAgain) {
  const std::vector<Level> levels = find_levels(series({5, 6, 5}, 10, 0.01, 3));
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[1].first, 10u);
  EXPECT_EQ(levels[2].first, 20u);
  EXPECT_EQ(levels[0].count + levels[1].count + levels[2].count, 30u);
}

TEST(Steps, OneWildValueIsNoJump) {
  std::vector<double> values = series({5}, 30, 0.01, 1);
  values[12] = 11;
  EXPECT_EQ(find_levels(values).size(), 1u);
}

TEST(Steps, FewOrEqualValues) {
  EXPECT_TRUE(find_levels({}).empty());
  ASSERT_EQ(find_levels({7}).size(), 1u);
  EXPECT_EQ(find_levels({7})[0].median, 7);
  EXPECT_EQ(find_levels({1, 9}).size(), 1u);
  EXPECT_EQ(find_levels(std::vector<double>(40, 3)).size(), 1u);
  EXPECT_EQ(find_levels(std::vector<double>(40, 0)).size(), 1u);
}

TEST(Steps, OfALongSeriesTheEnd) {
  std::vector<double> values(kLongestSeries + 100, 3);
  const std::vector<Level> levels = find_levels(values);
  ASSERT_EQ(levels.size(), 1u);
  EXPECT_EQ(levels[0].first, 100u);
  EXPECT_EQ(levels[0].count, kLongestSeries);
}

}  // namespace
}  // namespace nmgen
