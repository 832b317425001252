// SPDX-License-Identifier: BSD-2-Clause
// The shares against the definition: each frame's error by itself.
#include "pktgen/worker/departures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr double kHz = 2.5e9;

TscClock test_clock() {
  TscClock clock;
  clock.hz = kHz;
  clock.ns_per_tick = FixedRatio::from(1e9 / kHz);
  clock.ticks_per_ns = FixedRatio::from(kHz / 1e9);
  return clock;
}

TEST(Departures, AreWithinTheLimitsThatTheirErrorsSay) {
  const TscClock clock = test_clock();
  std::mt19937_64 random(1);
  for (const ScheduleKind* kind : schedule_kinds()) {
    const Result<Timetable> compiled = ScheduleSpec{kind->name, kind->example}.compile(
        {kind->has_rates ? 0 : 1e6, 64, 100e9, kHz});
    ASSERT_TRUE(compiled) << kind->name;
    const Timetable table = compiled->starting(1'000'000);
    WorkerCounters counters;
    counters.clear();
    Departures departures(counters, clock);
    uint64_t expected[5] = {}, first = 0, now = 0;
    constexpr uint64_t kLimits[5] = {64, 128, 256, 512, 1000};
    for (int turn = 0; turn < 3000; turn++) {
      // A turn some ticks after a frame is due takes all that are due then, or a part of them.
      now = std::max(now, table.due_tsc(first + random() % 4) + 2 + random() % 4000);
      const uint64_t due = table.due(now) - first;
      const uint64_t count = turn % 3 == 0 ? due : 1 + random() % due;
      EXPECT_EQ(departures.on_turn(table, first + count, count, now),
                table.due(now - clock.to_ticks(1000)));
      for (uint64_t i = first; i < first + count; i++)
        for (int k = 0; k < 5; k++)
          expected[k] += now - table.due_tsc(i) < clock.to_ticks(kLimits[k]);
      first += count;
    }
    departures.finish(first);
    const uint64_t counted[5] = {counters.departures_64ns.get(), counters.departures_128ns.get(),
                                 counters.departures_256ns.get(), counters.departures_512ns.get(),
                                 counters.departures_1us.get()};
    EXPECT_EQ(counters.departures.get(), first);
    for (int k = 0; k < 5; k++) {
      // A due time may be counted a tick or two later than it is.
      EXPECT_NEAR(static_cast<double>(counted[k]), static_cast<double>(expected[k]),
                  0.005 * static_cast<double>(first))
          << kind->name << " " << kLimits[k];
      EXPECT_GE(counted[k], counted[k > 0 ? k - 1 : 0]) << kind->name;
    }
    EXPECT_GT(counted[4], counted[0]) << kind->name;
  }
}

}  // namespace
}  // namespace nmgen
