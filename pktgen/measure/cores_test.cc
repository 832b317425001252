// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

namespace nmgen {
namespace {

TEST(AllowedCores, FollowsTheAffinityMask) {
  std::vector<int> cores = allowed_cores();
  ASSERT_FALSE(cores.empty());
  EXPECT_TRUE(std::is_sorted(cores.begin(), cores.end()));
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  ASSERT_EQ(pin_to_core(cores.back()), 0);
  EXPECT_EQ(allowed_cores(), std::vector<int>{cores.back()});
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
  EXPECT_EQ(allowed_cores(), cores);
  EXPECT_EQ(pin_to_core(-1), EINVAL);
  EXPECT_EQ(pin_to_core(100000), EINVAL);
  EXPECT_EQ(allowed_cores(), cores);
}

}  // namespace
}  // namespace nmgen
