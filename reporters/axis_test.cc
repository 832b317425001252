// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmgen {
namespace {

using testing::ElementsAre;

TEST(RoundSteps, AreRoundAndCoverTheRange) {
  EXPECT_THAT(round_steps(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_steps(0, 14.88e6, 5), ElementsAre(0, 5e6, 10e6, 15e6));
  EXPECT_THAT(round_steps(99.5, 100, 5), testing::SizeIs(6));
  EXPECT_THAT(round_steps(-3, 7, 2), ElementsAre(-5, 0, 5, 10));
}

TEST(RoundNumbers, AreOneTwoAndFiveOfADecade) {
  EXPECT_EQ(round_down(1), 1);
  EXPECT_EQ(round_up(999), 1000);
  EXPECT_THAT(decade_steps(17, 200), ElementsAre(20, 50, 100, 200));
  EXPECT_THAT(decade_steps(3, 4), ElementsAre());
  EXPECT_TRUE(is_decade(1000));
  EXPECT_FALSE(is_decade(500));
}

TEST(TimeLabel, HasTheLargestUnit) {
  EXPECT_EQ(time_label(500), "500 ns");
  EXPECT_EQ(time_label(1e6), "1 ms");
  EXPECT_EQ(time_label(2e10), "20 s");
}

}  // namespace
}  // namespace nmgen
