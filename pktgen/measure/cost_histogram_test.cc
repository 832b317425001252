// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/cost_histogram.h"

#include <gtest/gtest.h>

#include <memory>

namespace nmgen {
namespace {

TEST(CostHistogram, BucketsLieSideBySideAndAreNarrow) {
  for (size_t i = 0; i + 1 < cost_layout::kBuckets; i++) {
    const double from = cost_layout::lowest(i), to = cost_layout::lowest(i + 1);
    EXPECT_LT(from, to);
    EXPECT_LE(to - from, from / 128 + 1) << i;
    EXPECT_EQ(cost_layout::index(static_cast<uint64_t>(from)), i);
    EXPECT_EQ(cost_layout::index(static_cast<uint64_t>(to) - 1), i);
  }
  EXPECT_EQ(cost_layout::index(UINT64_MAX), cost_layout::kBuckets - 1);
}

TEST(CostHistogram, QuantilesAreWithinABucket) {
  std::unique_ptr<CostHistogram> costs = std::make_unique<CostHistogram>();
  // 5.00, 5.01, ... 14.99 ticks a frame.
  for (uint64_t i = 0; i < 1000; i++)
    costs->record((500 + i) * 1024 / 100, 1024);
  CostSnapshot sum;
  costs->add_to(sum);
  EXPECT_EQ(sum.count(), 1000u);
  EXPECT_NEAR(sum.quantile(0.1), 6.0, 0.05);
  EXPECT_NEAR(sum.quantile(0.5), 10.0, 0.08);
  EXPECT_NEAR(sum.quantile(1), 15.0, 0.12);
  costs->add_to(sum);
  EXPECT_EQ(sum.count(), 2000u);
  EXPECT_NEAR(sum.quantile(0.1), 6.0, 0.05);
}

TEST(CostHistogram, NothingCostsNothing) {
  EXPECT_EQ(CostSnapshot().quantile(0.1), 0);
}

// A tenth that was left alone is found under nine that were not.
TEST(CostHistogram, TheQuietTenthIsWhatAFrameCosts) {
  std::unique_ptr<CostHistogram> costs = std::make_unique<CostHistogram>();
  for (int i = 0; i < 150; i++)
    costs->record(5 * 1024, 1024);
  for (int i = 0; i < 850; i++)
    costs->record(9 * 1024 + static_cast<uint64_t>(i), 1024);
  CostSnapshot sum;
  costs->add_to(sum);
  EXPECT_NEAR(sum.quantile(0.1), 5, 0.05);
}

}  // namespace
}  // namespace nmgen
