// SPDX-License-Identifier: BSD-2-Clause
// Wire time: what stops it, what does not, and that it never goes back.
#include "wire_time.h"

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "hosted.h"
#include "testing/wire_explorer.h"

namespace {

constexpr double kTscHz = 2.5e9;  // what is told; the real rate does not matter here

struct FreeWire {
  void operator()(nmh_wire* wire) const { nmh_wire_destroy(wire); }
};
using Wire = std::unique_ptr<nmh_wire, FreeWire>;

Wire make_wire(unsigned workers, double tsc_hz = kTscHz) {
  return Wire(nmh_wire_create(workers, tsc_hz));
}

void sleep_ms(long ms) {
  const timespec time{0, ms * 1'000'000};
  nanosleep(&time, nullptr);
}

nmh_worker_counts counts_of(const nmh_worker* worker) {
  nmh_worker_counts counts{};
  nmh_worker_count(worker, &counts);
  return counts;
}

TEST(WireTime, WithoutWorkersIsRealTime) {
  Wire wire = make_wire(1);
  const u64 before = nm_os_tsc_ticks();
  const u64 now = nmh_wire_now(wire.get());
  EXPECT_LE(before, now);
  EXPECT_LE(now, nm_os_tsc_ticks());
}

TEST(WireTime, AGapIsLeftOutAndCounted) {
  Wire wire = make_wire(1);
  nmh_worker* worker = nmh_wire_worker(wire.get(), 0);
  nmh_worker_join(worker, 0);
  nmh_worker_enter(worker);
  const nmh_wire_time before = nmh_worker_turn(worker, false);
  const u64 real = nm_os_tsc_ticks();
  sleep_ms(20);
  const u64 gap = nm_os_tsc_ticks() - real;
  const nmh_wire_time after = nmh_worker_turn(worker, false);
  // All of it: what is left is what the test itself does.
  EXPECT_LT(after.wire - before.wire, gap / 2);
  EXPECT_LT(after.own - before.own, gap / 2);
  const nmh_worker_counts counts = counts_of(worker);
  EXPECT_GE(counts.gaps, 1u);
  EXPECT_GE(counts.gap_ticks, gap);
  EXPECT_GE(counts.longest_gap_ticks, gap);
  nmh_worker_leave(worker);
}

// Each turn takes longer than the shortest gap: after a few dozen of them the worker is slow, and
// not away. The quantum is told 100 times too short, so that the test need not last.
TEST(WireTime, SlowTurnsAreNoGaps) {
  Wire wire = make_wire(1, kTscHz / 100);
  nmh_worker* worker = nmh_wire_worker(wire.get(), 0);
  nmh_worker_join(worker, 0);
  nmh_worker_enter(worker);
  const u64 turn = 4 * counts_of(worker).quantum_ticks;
  const auto work = [&](int turns) {
    for (int i = 0; i < turns; i++) {
      const u64 until = nm_os_tsc_ticks() + turn;
      while (nm_os_tsc_ticks() < until) {
      }
      nmh_worker_turn(worker, true);
    }
  };
  work(200);
  const nmh_worker_counts learnt = counts_of(worker);
  EXPECT_GE(learnt.quantum_ticks, NMH_WIRE_TURNS * turn * 15 / 16);
  const u64 start = nmh_wire_now(wire.get());
  work(1000);
  // All turns, but for those in which a busy machine took the core away: these are longer.
  const nmh_worker_counts counts = counts_of(worker);
  const u64 gaps = counts.gaps - learnt.gaps;
  ASSERT_LT(gaps, 500u);
  EXPECT_GE(nmh_wire_now(wire.get()) - start, (1000 - gaps) * turn);
  EXPECT_GE(counts.gap_ticks - learnt.gap_ticks, gaps * learnt.quantum_ticks * 15 / 16);
  nmh_worker_leave(worker);
}

TEST(WireTime, StandsStillForAWorkerThatIsAway) {
  Wire wire = make_wire(2);
  nmh_worker* away = nmh_wire_worker(wire.get(), 0);
  nmh_worker_join(away, 0);
  const u64 joined = nmh_wire_now(wire.get());
  sleep_ms(5);
  const u64 stopped = nmh_wire_now(wire.get());
  EXPECT_LE(stopped - joined, counts_of(away).quantum_ticks);
  sleep_ms(5);
  EXPECT_EQ(nmh_wire_now(wire.get()), stopped);
  nmh_worker_enter(away);
  nmh_worker_leave(away);
  // From there it goes on.
  sleep_ms(1);
  EXPECT_GT(nmh_wire_now(wire.get()), stopped);
}

// Two workers take turns on one core: what one does for longer than the other's quantum is work.
TEST(WireTime, WhatMatesDoIsNoGap) {
  Wire wire = make_wire(2);
  nmh_worker* first = nmh_wire_worker(wire.get(), 0);
  nmh_worker* second = nmh_wire_worker(wire.get(), 1);
  nmh_worker_join(first, 3);
  nmh_worker_join(second, 3);
  // Slow turns make the first one's quantum long.
  const u64 turn = 2 * counts_of(first).quantum_ticks;
  const auto work = [&](int turns) {
    for (int i = 0; i < turns; i++) {
      nmh_worker_enter(first);
      const u64 until = nm_os_tsc_ticks() + turn;
      while (nm_os_tsc_ticks() < until) {
      }
      nmh_worker_turn(first, true);
    }
  };
  work(300);
  nmh_worker_enter(second);
  nmh_worker_turn(second, true);
  const nmh_worker_counts before = counts_of(second);
  const u64 start = nmh_wire_now(wire.get());
  const u64 gaps = counts_of(first).gaps;
  work(4);
  nmh_worker_turn(second, true);
  if (counts_of(first).gaps == gaps) {
    EXPECT_EQ(counts_of(second).gaps, before.gaps);
    EXPECT_GE(nmh_wire_now(wire.get()) - start, 4 * turn);
  }
  nmh_worker_leave(first);
  nmh_worker_leave(second);
}

// Real threads, oversubscribed on any machine that has fewer than five cores.
TEST(WireTime, NeverGoesBackBetweenThreads) {
  constexpr unsigned kWorkers = 4;
  Wire wire = make_wire(kWorkers);
  std::atomic<u64> highest{0};
  std::atomic<u64> back{0};
  for (unsigned i = 0; i < kWorkers; i++)
    nmh_worker_join(nmh_wire_worker(wire.get(), i), static_cast<int>(i));
  const auto check = [&](u64 before, u64 now) {
    back.fetch_add(now < before);
    u64 seen = highest.load();
    while (seen < now && !highest.compare_exchange_weak(seen, now)) {
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kWorkers; i++)
    threads.emplace_back([&, i] {
      nmh_worker* worker = nmh_wire_worker(wire.get(), i);
      nmh_worker_enter(worker);
      for (int turn = 0; turn < 2000; turn++) {
        const u64 before = highest.load();
        check(before, nmh_worker_turn(worker, turn % 3 == 0).wire);
        if (turn % 500 == 499)
          sleep_ms(1);
      }
      nmh_worker_leave(worker);
    });
  for (int i = 0; i < 2000; i++) {
    const u64 before = highest.load();
    check(before, nmh_wire_now(wire.get()));
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(back.load(), 0u);
}

void explore(const wire_case& wire_case) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer does not know the explorer's stacks; other presets run it";
#endif
  wire_explored result{};
  wire_explore(&wire_case, &result);
  EXPECT_STREQ(result.fault, "");
  EXPECT_GT(result.orders, 1000u);
  std::printf("%llu orders\n", static_cast<unsigned long long>(result.orders));
  if (wire_case.jumps > 0) {
    EXPECT_GT(result.come_backs, 0u);
  }
}

TEST(WireTimeOrders, TwoWorkersAndAWatcher) {
  explore({{2, 2}, false, 2, 0, 3, false});
}
TEST(WireTimeOrders, TwoWorkersThatLoseTheirCores) {
  explore({{2, 2}, false, 0, 1, 3, false});
}
TEST(WireTimeOrders, AWorkerAndAWatcherThatLoseTheirCores) {
  explore({{2}, false, 2, 1, 3, false});
}
TEST(WireTimeOrders, ThreeWorkers) {
  explore({{2, 2, 1}, false, 0, 1, 2, false});
}
TEST(WireTimeOrders, WorkersThatShareACore) {
  explore({{2, 2}, false, 1, 1, 2, true});
}
TEST(WireTimeOrders, AWorkerThatNeverComes) {
  explore({{2, 2}, true, 1, 1, 2, false});
}

}  // namespace
