// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/duty.h"

#include <gtest/gtest.h>

#include <random>

namespace nmgen {
namespace {

TEST(Duty, NoneOwesNothing) {
  DutyClock none;
  EXPECT_FALSE(none.on());
  EXPECT_EQ(none.owed(1'000'000, 0), 0u);
  EXPECT_FALSE(DutyClock(3e9, 2.7e9).on());
}

// Whatever the turns and however late the waits end, its own code has f/F of the time.
TEST(Duty, TheShareIsExact) {
  std::mt19937 random(1);
  for (double hz : {10e6, 150e6, 900e6, 1.3e9, 2.6e9}) {
    DutyClock duty(hz, 2.7e9);
    double own = 0, all = 0;
    for (int i = 0; i < 100'000; i++) {
      const uint64_t turn = 50 + random() % 2000;
      uint64_t wait = duty.owed(turn, 0);
      if (wait > 0) {
        wait += random() % 40;  // a clock read later
        duty.waited(wait);
      }
      own += static_cast<double>(turn);
      all += static_cast<double>(turn + wait);
    }
    EXPECT_NEAR(own / all, hz / 2.7e9, 1e-5 * hz / 2.7e9 + 1e-6) << hz;
  }
}

// A device works beside the core: what the model takes is waited already, but not for later.
TEST(Duty, TheModelsTimeIsWaitedAlready) {
  DutyClock duty(1e9, 3e9);
  EXPECT_EQ(duty.owed(100, 0), 200u);
  duty.waited(200);
  EXPECT_EQ(duty.owed(100, 150), 50u);
  duty.waited(50);
  EXPECT_EQ(duty.owed(100, 1000), 0u);
  EXPECT_EQ(duty.owed(100, 0), 200u);
}

}  // namespace
}  // namespace nmgen
