// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/pacer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace nmgen {
namespace {

constexpr double kHz = 2.7e9;

TEST(Pacer, WithoutARateIsNotPaced) {
  EXPECT_FALSE(Pacer().paced());
}

TEST(Pacer, NothingIsDueBeforeTheStartAndOneFrameAtIt) {
  const Pacer pacer(1e6, kHz, 1000);
  EXPECT_EQ(pacer.due(0), 0u);
  EXPECT_EQ(pacer.due(999), 0u);
  EXPECT_EQ(pacer.due(1000), 1u);
}

// Errors do not add up: after an hour at any rate the count is right to a frame.
TEST(Pacer, CountsAreRightAfterAnHour) {
  for (double pps : {1.0, 1000.0, 1e6, 14880952.38, 148809523.8}) {
    const Pacer pacer(pps, kHz, 12345);
    const double seconds = 3600;
    const uint64_t now = 12345 + static_cast<uint64_t>(seconds * kHz);
    EXPECT_NEAR(static_cast<double>(pacer.due(now)), pps * seconds + 1, 1 + pps * seconds * 1e-12)
        << pps;
  }
}

// A frame is due exactly when its intended time has come, to within a tick and the fixed point's
// error.
TEST(Pacer, DueAndIntendedTimeAgree) {
  std::mt19937_64 random(1);
  for (double pps : {0.001, 0.5, 1.0, 999.5, 1e6, 14880952.38}) {
    const Pacer pacer(pps, kHz, 777);
    for (int i = 0; i < 1000; i++) {
      const uint64_t index = random() % static_cast<uint64_t>(pps * 100 + 1);
      const uint64_t at = pacer.intended_tsc(index);
      const uint64_t slack = 2 + static_cast<uint64_t>(static_cast<double>(at) * 1e-9);
      EXPECT_GE(pacer.due(at + slack), index + 1) << pps << " frame " << index;
      EXPECT_LE(pacer.due(at - std::min(at, slack)), index + 1) << pps << " frame " << index;
    }
  }
}

TEST(Pacer, DueNeverFalls) {
  const Pacer pacer(14880952.38, kHz, 0);
  uint64_t last = 0;
  for (uint64_t now = 0; now < 100000; now += 7) {
    const uint64_t due = pacer.due(now);
    EXPECT_GE(due, last);
    EXPECT_LE(due - last, 1u);
    last = due;
  }
}

}  // namespace
}  // namespace nmgen
