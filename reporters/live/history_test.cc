// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/history.h"

#include <gmock/gmock.h>

#include "pktgen/measure/clock.h"
#include "reporters/live/testing/live_run.h"

namespace nmgen {
namespace {

using test::first_sample;
using test::later;

constexpr double kLinePps = 10e9 / (84 * 8);

class LiveHistoryTest : public testing::Test {
 protected:
  // Samples of a quarter of a second each.
  void go(double seconds, double pps) {
    for (double passed = 0; passed < seconds; passed += 0.25)
      history_.add(now_ = later(now_, 0.25, pps));
  }

  std::shared_ptr<LiveSegment> segment_ = test::segment();
  LiveSample now_ = first_sample(*segment_);
  LiveHistory history_{about(*segment_)};
};

TEST_F(LiveHistoryTest, RatesAndCostsAreOfTheLastSecond) {
  go(3, 1e6);
  go(1.25, 2e6);
  const LiveFigures& figures = history_.figures();
  const LivePortFigures& left = figures.ports[0];
  EXPECT_TRUE(left.sends);
  EXPECT_FALSE(left.receives);
  EXPECT_DOUBLE_EQ(left.tx.pps, 2e6);
  EXPECT_DOUBLE_EQ(left.tx.bps_l1, 2e6 * 84 * 8);
  EXPECT_NEAR(left.tx.line_rate_percent, 100 * 2e6 / kLinePps, 1e-9);
  EXPECT_EQ(left.tx.total_frames, 5'500'000U);
  EXPECT_DOUBLE_EQ(left.tx.busy_tsc_ticks_per_frame, 20);
  EXPECT_DOUBLE_EQ(left.tx.model_tsc_ticks_per_frame, 30);
  EXPECT_DOUBLE_EQ(left.tx.idle_tsc_ticks_per_frame, 17);
  EXPECT_NEAR(left.tx.idle_percent, 100 * 17 / 67.0, 1e-9);
  EXPECT_NEAR(left.tx.frames_per_sync, 128, 0.1);
  EXPECT_DOUBLE_EQ(figures.ports[1].rx.pps, 2e6);
  EXPECT_DOUBLE_EQ(figures.ports[1].rx.bps_l1, 2e6 * 84 * 8);
  EXPECT_DOUBLE_EQ(figures.workers[0].ring_percent, 25);
  EXPECT_DOUBLE_EQ(figures.seconds, 4.25);
  // A point a sample but the first, each of the second before it.
  ASSERT_EQ(figures.history.size(), 16U);
  EXPECT_DOUBLE_EQ(figures.history.front().at_s, 0.5);
  EXPECT_DOUBLE_EQ(figures.history.front().tx.pps, 1e6);
  EXPECT_DOUBLE_EQ(figures.history.back().at_s, 4.25);
  EXPECT_DOUBLE_EQ(figures.history.back().rx.pps, 2e6);
  EXPECT_NEAR(figures.history.back().rx.line_rate_percent, 100 * 2e6 / kLinePps, 1e-9);
  EXPECT_DOUBLE_EQ(figures.highest_pps, 2e6);
  EXPECT_DOUBLE_EQ(figures.highest_bps_l1, 2e6 * 84 * 8);
}

TEST_F(LiveHistoryTest, ANewPhaseStartsAnew) {
  go(3, 1e6);
  now_ = first_sample(*segment_);
  now_.phase++;
  go(0.5, 3e6);
  EXPECT_EQ(history_.figures().history.size(), 1U);
  EXPECT_DOUBLE_EQ(history_.figures().highest_pps, 3e6);
  EXPECT_FALSE(history_.figures().standing);
  EXPECT_EQ(history_.figures().ports[0].tx.total_frames, 1'500'000U);
  EXPECT_DOUBLE_EQ(history_.figures().ports[0].tx.pps, 3e6);
}

TEST_F(LiveHistoryTest, BeforeTheStartThereIsNothing) {
  now_.start_tsc = 0;
  history_.add(now_);
  EXPECT_TRUE(history_.figures().ports.empty());
  EXPECT_EQ(history_.figures().seconds, 0);
}

TEST_F(LiveHistoryTest, TheStandingVerdictIsTheRunsOwn) {
  go(4, kLinePps);
  ASSERT_TRUE(history_.figures().standing);
  EXPECT_EQ(history_.figures().standing->verdict, Verdict::kPass);

  now_.workers[1].counters.unique -= 5;
  go(1.25, kLinePps);
  EXPECT_EQ(history_.figures().lost, 5U);
  EXPECT_EQ(history_.figures().standing->verdict, Verdict::kFail);

  now_.rate_changed = true;
  go(1.25, kLinePps);
  EXPECT_EQ(history_.figures().standing->verdict, Verdict::kInvalid);
  EXPECT_THAT(history_.figures().standing->reasons,
              testing::Contains(testing::HasSubstr("rate was changed")));
}

// Time off the core decides in real time only.
TEST_F(LiveHistoryTest, WireTimeLeavesOutWhatWorkersWereOffTheirCores) {
  for (const bool wire_time : {true, false}) {
    segment_->header().wire_time = wire_time ? 1 : 0;
    history_ = LiveHistory{about(*segment_)};
    now_ = first_sample(*segment_);
    now_.workers[0].off_core_us = 2'000'000;
    go(4, kLinePps);
    ASSERT_TRUE(history_.figures().standing);
    EXPECT_EQ(history_.figures().standing->verdict, wire_time ? Verdict::kPass : Verdict::kInvalid);
  }
}

TEST_F(LiveHistoryTest, WhatIsUnderWayIsNotLost) {
  // Sent 1000 more than received, and the receiver knows of no hole.
  now_.workers[0].counters.frames += 1000;
  now_.workers[0].counters.probes += 1000;
  go(2, 1e6);
  EXPECT_EQ(history_.figures().lost, 0U);
}

TEST_F(LiveHistoryTest, DropsAreThePortsOwn) {
  go(1, 1e6);
  now_.ports[1].missed = 700;
  now_.ports[0].paused_ns = 250'000'000;
  go(0.5, 1e6);
  const LiveFigures& figures = history_.figures();
  EXPECT_EQ(figures.missed, 700U);
  EXPECT_NEAR(figures.ports[1].missed_pps, 700, 1);
  EXPECT_DOUBLE_EQ(figures.ports[0].paused_s, 0.25);
}

TEST_F(LiveHistoryTest, ItsMemoryIsBounded) {
  go(LiveHistory::kMaxHistorySeconds + 10, 1000);
  EXPECT_EQ(history_.figures().history.size(), LiveHistory::kMaxHistory);
}

TEST(LiveSample, TakesWhatTheSegmentHolds) {
  std::shared_ptr<LiveSegment> segment = test::segment();
  segment->worker(0).counters.frames.add(11);
  segment->worker(1).sampled.off_core_us.set(7);
  segment->port(1).counters.missed.set(3);
  segment->header().state.store(static_cast<uint32_t>(LiveState::kMeasuring));
  Histogram latency(segment->latency(0));
  latency.record(500);
  std::optional<LiveSample> sample = take_sample(*segment);
  ASSERT_TRUE(sample);
  EXPECT_EQ(sample->workers[0].counters.frames, 11U);
  EXPECT_EQ(sample->workers[1].off_core_us, 7U);
  EXPECT_EQ(sample->ports[1].missed, 3U);
  EXPECT_EQ(sample->latency.count(), 1U);
  EXPECT_EQ(sample->state, LiveState::kMeasuring);
  EXPECT_LE(sample->tsc, tsc_now());
  const LiveAbout described = about(*segment);
  EXPECT_EQ(described.scenario, "64b-10g");
  EXPECT_EQ(described.workers[1].name, "rx0");
  EXPECT_EQ(described.streams[0].name, "udp");
}

TEST(LiveSample, LatencyIsOfTheLastSecondAndOfAll) {
  std::shared_ptr<LiveSegment> segment = test::segment();
  Histogram latency(segment->latency(0));
  LiveHistory history(about(*segment));
  LiveSample now = first_sample(*segment);
  latency.record_n(1000, 10);
  now.latency = snapshot_of(segment->latency(0));
  history.add(now = later(now, 0.25, 1e6));
  latency.record_n(2000, 4);
  now.latency = snapshot_of(segment->latency(0));
  history.add(later(now, 1, 1e6));
  EXPECT_EQ(history.figures().latency.count, 4U);
  EXPECT_DOUBLE_EQ(history.figures().latency.p50, 2000);
  EXPECT_EQ(history.figures().latency_total.count, 14U);
  EXPECT_DOUBLE_EQ(history.figures().latency.floor, 85);
}

}  // namespace
}  // namespace nmgen
