// SPDX-License-Identifier: BSD-2-Clause
// Figures from scipy 1.10's mannwhitneyu (two-sided; "exact" without ties, else "asymptotic").
#include "pktgen/compare/rank.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nmgen {
namespace {

using Samples = std::vector<double>;

const Samples kA = {5.01, 4.97, 5.02, 5.09, 4.99, 4.96, 4.90, 5.2, 5.03, 4.98};
const Samples kB = {5.26, 5.22, 5.31, 5.18, 5.29, 5.24, 5.27, 5.35, 5.05, 5.21};

TEST(MannWhitney, ExactAsScipy) {
  // The example of scipy's documentation: ages at which males and females were found diabetic.
  EXPECT_NEAR(mann_whitney_p({19, 22, 16, 29, 24}, {20, 11, 17, 12}), 0.1111111111111111, 1e-12);
  EXPECT_NEAR(mann_whitney_p(kA, kB), 7.577561757128321e-05, 1e-15);
  EXPECT_NEAR(
      mann_whitney_p({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {11, 12, 13, 14, 15, 16, 17, 18, 19, 20}),
      1.082508822446903e-05, 1e-16);
  EXPECT_NEAR(mann_whitney_p({1.1, 2.2, 3.3}, {2.1, 4.4, 0.3, 9.9, 7.7}), 0.5714285714285714,
              1e-12);
}

TEST(MannWhitney, ApproximateAsScipy) {
  EXPECT_NEAR(mann_whitney_p({1, 2, 2, 3, 4, 4, 5, 7}, {2, 3, 4, 5, 5, 6, 8, 9, 9}),
              0.08061946394852618, 1e-12);
  Samples a, b;
  for (int i = 0; i < 60; i++)
    a.push_back(i);
  for (int i = 0; i < 55; i++)
    b.push_back(i + 7.5);
  EXPECT_NEAR(mann_whitney_p(a, b), 0.12848379227750423, 1e-12);
}

TEST(MannWhitney, IsTheSameFromBothSides) {
  EXPECT_DOUBLE_EQ(mann_whitney_p(kA, kB), mann_whitney_p(kB, kA));
}

TEST(MannWhitney, NothingToTell) {
  EXPECT_EQ(mann_whitney_p({}, {1, 2}), 1);
  EXPECT_EQ(mann_whitney_p({3, 3, 3}, {3, 3}), 1);
  EXPECT_EQ(mann_whitney_p({1}, {2}), 1);
}

TEST(HodgesLehmann, AsNumpy) {
  EXPECT_NEAR(hodges_lehmann_shift(kA, kB), 0.24, 1e-12);
  EXPECT_NEAR(hodges_lehmann_shift(kB, kA), -0.24, 1e-12);
  EXPECT_EQ(hodges_lehmann_shift({}, kA), 0);
}

// A quarter of the samples in another mode, as on a shared core, does not move it.
TEST(HodgesLehmann, HoldsWhereAQuarterIsWild) {
  Samples a = kA, b = kB;
  for (size_t i = 0; i < 3; i++)
    a[i] = b[9 - i] = 9.5;
  EXPECT_NEAR(hodges_lehmann_shift(a, b), 0.24, 0.08);
}

const Samples kDifferences = {0.05, -0.01, 0.043, 0.062, -0.021, 0.033, 0.071, 0.012, 0.055, 0.024};

Samples shifted(Samples samples, double by) {
  for (double& sample : samples)
    sample -= by;
  return samples;
}

TEST(SignedRank, AsScipy) {
  EXPECT_NEAR(signed_rank_p(kDifferences), 0.013671875, 1e-12);
  EXPECT_NEAR(signed_rank_p({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), 0.001953125, 1e-12);
  EXPECT_NEAR(signed_rank_p({1, -1, 2, 3, -2, 4, 5, 5, -3, 6, 7, 0}), 0.05000563560015015, 1e-12);
}

TEST(SignedRank, NothingToTell) {
  EXPECT_EQ(signed_rank_p({}), 1);
  EXPECT_EQ(signed_rank_p({0, 0}), 1);
  EXPECT_EQ(signed_rank_p({1, -1.5, -2, 2.5}), 1);
}

TEST(HodgesLehmann, CenterAsNumpy) {
  EXPECT_NEAR(hodges_lehmann_center(kDifferences), 0.0335, 1e-12);
  EXPECT_EQ(hodges_lehmann_center({}), 0);
  Samples wild = kDifferences;
  wild[0] = 3;
  EXPECT_NEAR(hodges_lehmann_center(wild), 0.0335, 0.01);
}

// The interval and the test are one: what lies outside is unlikely at 5 %. The figures are the
// ninth of the sorted means from either end (numpy).
TEST(HodgesLehmann, IntervalAsSignedRanksTell) {
  const RankInterval ten = hodges_lehmann_interval(kDifferences);
  EXPECT_NEAR(ten.low, 0.011, 1e-12);
  EXPECT_NEAR(ten.high, 0.055, 1e-12);
  EXPECT_LT(signed_rank_p(shifted(kDifferences, ten.low - 1e-6)), 0.05);
  EXPECT_GE(signed_rank_p(shifted(kDifferences, ten.low + 1e-6)), 0.05);
  EXPECT_LT(signed_rank_p(shifted(kDifferences, ten.high + 1e-6)), 0.05);
  EXPECT_GE(signed_rank_p(shifted(kDifferences, ten.high - 1e-6)), 0.05);
  const RankInterval three = hodges_lehmann_interval({3, 1, 2});
  EXPECT_EQ(three.low, 1);
  EXPECT_EQ(three.high, 3);
  EXPECT_EQ(hodges_lehmann_interval({}).high, 0);
}

// Exact up to kExactSamples, and by the normal law above it: the two meet.
TEST(HodgesLehmann, IntervalOfManyIsAsNarrowAsThatOfFewer) {
  Samples even;
  for (size_t i = 0; i < kExactSamples; i++)
    even.push_back(std::fmod(static_cast<double>(i) * 0.6180339887, 1));
  const RankInterval exact = hodges_lehmann_interval(even);
  even.push_back(0.5);
  const RankInterval normal = hodges_lehmann_interval(even);
  EXPECT_NEAR(exact.low, normal.low, 0.01);
  EXPECT_NEAR(exact.high, normal.high, 0.01);
}

// The worked figures of Holm's paper's procedure: the smallest p times n, the next times n-1, and
// never below the one before.
TEST(Holm, CorrectsInOrder) {
  const Samples corrected = holm({0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(corrected[3], 0.02);
  EXPECT_DOUBLE_EQ(corrected[0], 0.03);
  EXPECT_DOUBLE_EQ(corrected[2], 0.06);
  EXPECT_DOUBLE_EQ(corrected[1], 0.06);
  EXPECT_EQ(holm({0.9, 0.8})[0], 1);
  EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace nmgen
