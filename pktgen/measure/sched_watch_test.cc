// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/sched_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace nmgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A proc directory of our own, so that its counters do what the test says.
class SchedWatchFiles : public testing::Test {
 protected:
  SchedWatchFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "nmgen-XXXXXX").string();
    proc_ = mkdtemp(name.data()) != nullptr ? name : "";
    std::filesystem::create_directories(proc_ + "/self/task/7");
  }
  ~SchedWatchFiles() override { std::filesystem::remove_all(proc_); }

  void write(const std::string& path, const std::string& text) {
    std::ofstream(proc_ + path) << text;
  }
  void set(uint64_t wait_ns, uint64_t times, uint64_t steal_ticks) {
    write("/self/task/7/schedstat", "5 " + std::to_string(wait_ns) + " 1\n");
    write("/self/task/7/status", "nonvoluntary_ctxt_switches:\t" + std::to_string(times) + "\n");
    write("/stat", "cpu0 0 0 0 0 0 0 0 77 0 0\ncpu3 0 0 0 0 0 0 0 " + std::to_string(steal_ticks) +
                       " 0 0\n");
  }

  std::string proc_;
};

TEST_F(SchedWatchFiles, IntervalsAndTotal) {
  const double tick_ms = 1000.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  set(1'000'000, 10, 100);
  SchedWatch watch(7, 3, proc_);
  OffCore none = watch.interval();
  EXPECT_EQ(none.wait_ms, 0);
  EXPECT_EQ(none.times, 0U);
  EXPECT_EQ(none.steal_ms, 0);

  set(3'500'000, 12, 101);
  OffCore first = watch.interval();
  EXPECT_DOUBLE_EQ(first.wait_ms, 2.5);
  EXPECT_EQ(first.times, 2U);
  EXPECT_DOUBLE_EQ(first.steal_ms, tick_ms);

  set(4'500'000, 15, 103);
  OffCore second = watch.interval();
  EXPECT_DOUBLE_EQ(second.wait_ms, 1);
  EXPECT_EQ(second.times, 3U);
  OffCore total = watch.total();
  EXPECT_DOUBLE_EQ(total.wait_ms, 3.5);
  EXPECT_EQ(total.times, 5U);
  EXPECT_DOUBLE_EQ(total.steal_ms, 3 * tick_ms);
  EXPECT_THAT(watch.lacks(), IsEmpty());

  watch.restart();
  EXPECT_EQ(watch.total().times, 0U);
}

TEST_F(SchedWatchFiles, ACounterThatStepsBackCountsAsNothing) {
  set(1'000'000, 10, 100);
  SchedWatch watch(7, 3, proc_);
  set(1'000'000, 10, 90);
  EXPECT_EQ(watch.interval().steal_ms, 0);
}

TEST_F(SchedWatchFiles, WithoutSchedstatTheRestIsThereAndItSaysSo) {
  set(1'000'000, 10, 100);
  std::filesystem::remove(proc_ + "/self/task/7/schedstat");
  SchedWatch watch(7, 3, proc_);
  set(1'000'000, 11, 100);
  std::filesystem::remove(proc_ + "/self/task/7/schedstat");
  EXPECT_EQ(watch.interval().times, 1U);
  EXPECT_THAT(watch.lacks(), ElementsAre(HasSubstr("schedstat cannot be read")));
}

TEST_F(SchedWatchFiles, NothingReadableIsThreeLacksAndNoFigure) {
  SchedWatch watch(8, 3, proc_);
  OffCore off = watch.interval();
  EXPECT_EQ(off.wait_ms, 0);
  EXPECT_EQ(off.steal_ms, 0);
  EXPECT_EQ(off.times, 0U);
  EXPECT_EQ(watch.lacks().size(), 3U);
}

TEST_F(SchedWatchFiles, AThreadThatEndedKeepsItsLastFigures) {
  set(0, 0, 0);
  SchedWatch watch(7, 3, proc_);
  set(2'000'000, 1, 0);
  watch.interval();
  std::filesystem::remove_all(proc_ + "/self/task/7");
  EXPECT_EQ(watch.interval().times, 0U);
  EXPECT_DOUBLE_EQ(watch.total().wait_ms, 2);
  EXPECT_EQ(watch.total().times, 1U);
  EXPECT_EQ(watch.lacks().size(), 2U);
}

TEST_F(SchedWatchFiles, AThreadThatIsNotPinnedHasNoSteal) {
  set(0, 0, 0);
  SchedWatch watch(7, -1, proc_);
  set(0, 0, 50);
  EXPECT_EQ(watch.interval().steal_ms, 0);
  EXPECT_THAT(watch.lacks(), IsEmpty());
}

TEST(GapWatch, CountsSumsAndKeepsTheLongest) {
  GapWatch watch(100);
  watch.resume(1000);
  uint64_t now = 1000;
  for (uint64_t gap : {10U, 50U, 30U, 100U, 101U, 250U, 120U, 99U})
    watch.on_turn(now += gap);
  GapCounts counts = watch.counts();
  EXPECT_EQ(counts.times, 3U);
  EXPECT_EQ(counts.sum, 101U + 250U + 120U);
  EXPECT_EQ(counts.longest, 250U);
}

TEST(GapWatch, TheLongestBelowTheThresholdIsKept) {
  GapWatch watch(100);
  watch.resume(0);
  watch.on_turn(5);
  watch.on_turn(45);
  watch.on_turn(60);
  EXPECT_EQ(watch.counts().longest, 40U);
  EXPECT_EQ(watch.counts().times, 0U);
}

TEST(GapWatch, AWaitOnPurposeIsNoGap) {
  GapWatch watch(100);
  watch.resume(0);
  watch.on_turn(10);
  watch.resume(100'000);
  watch.on_turn(100'020);
  EXPECT_EQ(watch.counts().times, 0U);
  EXPECT_EQ(watch.counts().longest, 20U);
}

TEST(GapWatch, RestartForgets) {
  GapWatch watch(100);
  watch.resume(0);
  watch.on_turn(500);
  watch.restart(600);
  EXPECT_EQ(watch.counts().times, 0U);
  EXPECT_EQ(watch.counts().longest, 0U);
  watch.on_turn(630);
  EXPECT_EQ(watch.counts().longest, 30U);
  EXPECT_EQ(watch.counts().sum, 0U);
}

TEST(OffCore, TheLargerOfSchedulerAndGapsIsTheTime) {
  std::vector<ClockSample> samples;
  for (uint64_t i = 0; i < 5; ++i)
    samples.push_back({i * 2'000'000 + 1, i * 1'000'000 + 1, 10});  // 2 GHz
  TscClock clock = *TscClock::fit(samples);
  OffCore sched;
  sched.wait_ms = 3;
  sched.times = 2;
  GapCounts gaps;
  gaps.sum = 10'000'000;  // 5 ms
  gaps.times = 1;
  EXPECT_NEAR(off_core_ms(sched, gaps, clock), 5, 1e-3);
  EXPECT_EQ(off_core_times(sched, gaps), 2U);
  sched.wait_ms = 8;
  EXPECT_EQ(off_core_ms(sched, gaps, clock), 8);
}

}  // namespace
}  // namespace nmgen
