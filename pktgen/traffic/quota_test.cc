// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/quota.h"

#include <gtest/gtest.h>

#include <numeric>

namespace nmgen {
namespace {

TEST(Quota, LanesTakeTurns) {
  for (uint64_t total : {0u, 1u, 2u, 3u, 1000u, 1001u}) {
    uint64_t sum = 0;
    for (unsigned lane = 0; lane < 3; lane++)
      sum += frames_of_lane(total, lane, 3);
    EXPECT_EQ(sum, total);
  }
  EXPECT_EQ(frames_of_lane(1, 0, 2), 1u);
  EXPECT_EQ(frames_of_lane(1, 1, 2), 0u);
}

TEST(Quota, SharesAddUpAndFollowTheRates) {
  EXPECT_EQ(share_frames(10, {0, 0, 0}), (std::vector<uint64_t>{4, 3, 3}));
  EXPECT_EQ(share_frames(1, {5, 5}), (std::vector<uint64_t>{1, 0}));
  EXPECT_EQ(share_frames(100, {3, 1}), (std::vector<uint64_t>{75, 25}));
  EXPECT_EQ(share_frames(10, {100, 0}), (std::vector<uint64_t>{5, 5}));
  EXPECT_EQ(share_frames(3, {1, 2}), (std::vector<uint64_t>{1, 2}));
  for (uint64_t total : {1u, 7u, 1000u, 999'983u}) {
    const std::vector<uint64_t> shares = share_frames(total, {1, 1e6, 3.5, 333'333.3, 333'333.3});
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), uint64_t{0}), total);
  }
}

}  // namespace
}  // namespace nmgen
