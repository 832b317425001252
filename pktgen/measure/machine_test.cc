// SPDX-License-Identifier: BSD-2-Clause
// The clock and the scheduler as this machine has them. The parts' own tests, beside them, run
// anywhere; these are skipped where the machine lacks what they measure.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/cores.h"
#include "pktgen/measure/proc.h"
#include "pktgen/measure/sched_watch.h"

namespace nmgen {
namespace {

TEST(TscClock, CalibratesThisMachine) {
  if (!tsc_is_steady())
    GTEST_SKIP() << "this processor has no steady TSC";
  Result<TscClock> clock = TscClock::calibrate();
  ASSERT_TRUE(clock) << clock.error().sentence();
  EXPECT_GT(clock->hz, 1e6);
  ClockCheck check = clock->recheck();
  EXPECT_EQ(check.reason, "");
  EXPECT_GE(tsc_now(), clock->start.tsc);
}

void pin_to(int core) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  CPU_SET(static_cast<size_t>(core), &mask);
  EXPECT_EQ(sched_setaffinity(0, sizeof(mask), &mask), 0);
}

// Two threads that want one core: the kernel must say that one waited, and the loop must see it.
TEST(SchedWatch, SeesARealThreadThatLosesItsCore) {
  if (!read_text("/proc/self/task/" + std::to_string(gettid()) + "/schedstat"))
    GTEST_SKIP() << "this kernel has no schedstat (CONFIG_SCHED_INFO)";
  Result<TscClock> clock = TscClock::calibrate();
  if (!clock)
    GTEST_SKIP() << clock.error().sentence();
  int core = allowed_cores().front();
  std::atomic<bool> stop{false};
  std::atomic<pid_t> tid{0};
  GapWatch gaps(clock->to_ticks(GapWatch::kThresholdNs));
  std::thread worker([&] {
    pin_to(core);
    gaps.resume(tsc_now());
    tid.store(gettid());
    while (!stop.load(std::memory_order_relaxed))
      gaps.on_turn(tsc_now());
  });
  std::thread rival([&] {
    pin_to(core);
    while (!stop.load(std::memory_order_relaxed))
      tsc_now();
  });
  while (tid.load() == 0)
    std::this_thread::yield();
  SchedWatch watch(tid.load(), core);
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    watch.interval();
    if (watch.total().wait_ms > 1 && watch.total().times > 0 && gaps.counts().times > 0)
      break;
  }
  stop.store(true);
  worker.join();
  rival.join();
  EXPECT_GT(watch.total().wait_ms, 1);
  EXPECT_GT(watch.total().times, 0U);
  EXPECT_GT(gaps.counts().times, 0U);
  EXPECT_GT(off_core_ms(watch.total(), gaps.counts(), *clock), 1);
  EXPECT_GT(off_core_times(watch.total(), gaps.counts()), 0U);
  EXPECT_GT(clock->to_ns(gaps.counts().longest), 20'000U);
}

}  // namespace
}  // namespace nmgen
