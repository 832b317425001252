// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pktgen/measure/rate.h"

namespace nmgen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const double kLineRate = line_rate_pps(10e9, 64);

// 64-byte frames for 10 s at 10 Gbit/s from sim:a to sim:b, and nothing wrong with it.
JudgeInput good_run() {
  JudgeInput input;
  input.seconds = 10;
  input.receives = true;
  input.sent = input.received_once = 148'809'523;
  JudgedPort sender;
  sender.name = "sim:a";
  sender.sends = true;
  sender.pps = sender.median_pps = sender.asked_pps = sender.line_rate_pps = kLineRate;
  JudgedPort receiver;
  receiver.name = "sim:b";
  receiver.pps = receiver.line_rate_pps = kLineRate;
  input.ports = {sender, receiver};
  JudgedWorker tx;
  tx.name = "tx0";
  tx.sender = true;
  tx.core = 0;
  tx.asked_pps = tx.reached_pps = kLineRate;
  tx.idle_percent = 60;
  JudgedWorker rx;
  rx.name = "rx0";
  rx.core = 1;
  rx.idle_percent = 40;
  input.workers = {tx, rx};
  return input;
}

void expect_one(const JudgeInput& input, Verdict verdict,
                const testing::Matcher<const std::string&>& reason) {
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, verdict);
  EXPECT_THAT(result.reasons, ElementsAre(reason));
}

TEST(Judge, AGoodRunPassesWithNothingToSay) {
  Judgement result = judge(good_run());
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_THAT(result.reasons, IsEmpty());
}

TEST(Judge, ASinkIsNotAskedForItsFrames) {
  JudgeInput input = good_run();
  input.receives = false;
  input.ports.pop_back();
  input.received_once = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, RateWithinAThousandthPasses) {
  JudgeInput input = good_run();
  input.ports[0].median_pps = kLineRate * 0.9991;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.ports[0].asked_pps = kLineRate / 2;
  input.ports[0].median_pps = input.ports[0].pps = kLineRate / 2 * 1.0009;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, RateMissedWithTimeToSpare) {
  JudgeInput input = good_run();
  input.ports[0].median_pps = kLineRate * 0.99;
  expect_one(
      input, Verdict::kInvalid,
      AllOf(HasSubstr("sim:a sent 14.732 Mpps in the median second, 1.000 % below the 14.881 "
                      "Mpps asked for"),
            HasSubstr("had idle time")));
}

// 100 pps for 10 s, as the schedule has it.
JudgeInput slow_run(double pps) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = pps;
  input.ports[0].pps = input.ports[0].median_pps = input.workers[0].reached_pps = pps;
  input.ports[1].pps = pps;
  input.workers[0].frames = static_cast<uint64_t>(pps * input.seconds);
  input.sent = input.received_once = input.workers[0].frames;
  return input;
}

// A frame counted just before the end of a second, or just after, is no fault at any rate.
TEST(Judge, OneFrameIsWithinTheTolerance) {
  JudgeInput input = slow_run(100);
  input.ports[0].median_pps = input.workers[0].reached_pps = 101;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.ports[0].median_pps = input.workers[0].reached_pps = 99;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.ports[0].median_pps = 98;
  expect_one(input, Verdict::kInvalid, HasSubstr("98.000 pps in the median second, 2.000 % below"));
  // Over 10 s a frame is a tenth of one a second.
  input = slow_run(100);
  input.ports[0].pps = 100.1;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.ports[0].pps = 100.3;
  expect_one(input, Verdict::kInvalid, HasSubstr("100.300 pps over the whole time"));
  // One frame, due at once, in a second of a rate of one in a thousand seconds.
  input = slow_run(0.001);
  input.seconds = 1;
  input.ports[0].pps = input.ports[0].median_pps = input.workers[0].reached_pps = 1;
  input.sent = input.received_once = 1;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

// What a stall left undone is caught up with, and is no fault of the sender.
// A schedule may be ahead of its mean rate, or behind, by as many frames as it says.
TEST(Judge, FramesOfABurstAreWithinTheTolerance) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 1000;
  input.ports[0].pps = input.workers[0].reached_pps = 1000;
  input.workers[0].idle_percent = 0;
  for (double pps : {900.0, 1100.0}) {
    for (double most_ahead : {1.0, 99.0, 100.0}) {
      input.ports[0].median_pps = input.workers[0].reached_pps = pps;
      input.ports[0].most_ahead = input.workers[0].most_ahead = most_ahead;
      EXPECT_EQ(judge(input).verdict, most_ahead < 100 ? Verdict::kInvalid : Verdict::kPass)
          << pps << " pps, " << most_ahead << " frames";
    }
  }
  // Over the whole time, ten seconds, that is a tenth of it a second.
  input.ports[0].median_pps = input.workers[0].reached_pps = 1000;
  input.ports[0].pps = 989;
  EXPECT_EQ(judge(input).verdict, Verdict::kInvalid);
  input.ports[0].pps = 991;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

// A schedule whose rate changes says what is due by the end of the run, whatever its mean is.
TEST(Judge, AScheduleIsJudgedByWhatItHasDue) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = 1000;  // the mean of a whole period
  input.ports[0].most_ahead = 1e6;
  input.ports[0].least_due_pps = 5000;
  input.ports[0].most_due_pps = 5050;
  for (const double pps : {4996.0, 5000.0, 5025.0, 5054.0}) {
    input.ports[0].pps = input.ports[0].median_pps = pps;
    EXPECT_EQ(judge(input).verdict, Verdict::kPass) << pps;
  }
  input.ports[0].pps = input.ports[0].median_pps = 4500;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("4.500 kpps over the whole time, 10.000 % below the 5.000 kpps"),
                   Not(HasSubstr("bug"))));
  input.ports[0].pps = input.ports[0].median_pps = 5100;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("above the 5.050 kpps asked for"), HasSubstr("bug of the sender")));
}

TEST(Judge, CatchingUpIsToldAsSuch) {
  JudgeInput input = slow_run(10'000);
  input.ports[0].median_pps = 10'100;
  input.workers[0].off_core_ms = 150;
  input.workers[0].off_core_times = 1;
  input.workers[0].longest_gap_us = 150'000;
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons[0],
              AllOf(HasSubstr("1.000 % above"), HasSubstr("caught up after a stall"),
                    HasSubstr("tx0 150 ms (1.5 %)"), Not(HasSubstr("bug"))));
}

TEST(Judge, TheWholeTimeIsJudgedBesidesTheMedian) {
  JudgeInput input = good_run();
  input.ports[0].pps = kLineRate * 0.8;
  expect_one(input, Verdict::kInvalid,
             HasSubstr("11.905 Mpps over the whole time, 20.000 % below"));
}

// A sender that sent its quota and ended early is judged over its own time.
TEST(Judge, AQuotaIsJudgedOverItsOwnTime) {
  JudgeInput input = slow_run(1000);
  input.seconds = 10;
  input.ports[0].seconds = input.workers[0].seconds = 0.006001;
  input.ports[0].pps = input.ports[0].median_pps = input.workers[0].reached_pps = 7 / 0.006001;
  input.workers[0].idle_percent = 0;
  input.sent = input.received_once = input.workers[0].frames = 7;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, TimeOffTheCoreHasALimit) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  // As fast as possible, of a line of 100 Gbit/s: nothing else would tell.
  input.ports[0].line_rate_pps = 10 * kLineRate;
  input.ports[0].pps = input.ports[0].median_pps = kLineRate / 4;
  input.workers[0].idle_percent = 0;
  input.workers[0].off_core_times = 1;
  input.workers[0].off_core_ms = 199;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.workers[0].off_core_ms = 9370;
  input.workers[1].off_core_ms = 500;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("Workers lost their cores: tx0 9370 ms (94 %), rx0 500 ms (5.0 %)"),
                   HasSubstr("limits.off_core_percent, 2 %"), HasSubstr("keep other work off")));
  input.workers[0].core_is_shared = true;
  expect_one(input, Verdict::kInvalid, HasSubstr("give each worker a core of its own"));
  input.limits.off_core_percent = 95;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.limits.off_core_percent = 2;
  for (JudgedWorker& worker : input.workers)
    worker.kernel_shares = true;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, LateDeparturesHaveALimit) {
  JudgeInput input = slow_run(1000);
  input.workers[0].late_departures = 100;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass) << "1 % of 10000";
  input.workers[0].late_departures = 3000;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("3000 of 10000 frames sent (30 %) left more than 1 ms after"),
                   HasSubstr("limits.late_percent, 1 %")));
  input.ports[0].pause_s = 1;
  expect_one(input, Verdict::kInvalid, HasSubstr("flow control delayed them"));
  input.limits.late_percent = 30;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  // Where no rate is asked for, nothing is due.
  input = slow_run(1000);
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  input.ports[0].line_rate_pps = 0;
  input.workers[0].late_departures = 3000;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, TheLimitForIdleSendersCanBeSet) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  input.ports[0].pps = input.ports[0].median_pps = kLineRate / 2;
  input.workers[0].idle_percent = 50;
  EXPECT_EQ(judge(input).verdict, Verdict::kInvalid);
  input.limits.max_idle_percent = 60;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

// A model that takes all of a core fills no line, and says nothing about the sender.
TEST(Judge, ADeviceThatCannotBeSimulatedSoFastIsToldSo) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  input.ports[0].pps = input.ports[0].median_pps = kLineRate * 0.7;
  input.workers[0].idle_percent = 0;
  input.workers[0].model_percent = 80;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("30.000 % below the 14.881 Mpps of its line"),
                   HasSubstr("simulating its device took 80 % of tx0's time")));
  // Who wants to know how fast the two are together says so.
  input.limits.max_idle_percent = 100;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  // The sender's own work: it was as fast as its core.
  input.limits.max_idle_percent = 5;
  input.workers[0].model_percent = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

// A sender without its core has no time left either; what is wrong is told once.
TEST(Judge, ASenderWithoutItsCoreIsNotSaturated) {
  JudgeInput input = good_run();
  input.ports[0].median_pps = input.ports[0].pps = input.workers[0].reached_pps = kLineRate / 2;
  input.workers[0].idle_percent = 0;
  input.workers[0].off_core_ms = 5000;
  input.workers[0].off_core_times = 100;
  Judgement result = judge(input);
  // The cause first, and who was away for how long only there.
  EXPECT_THAT(result.reasons,
              ElementsAre(HasSubstr("Workers lost their cores: tx0 5000 ms (50 %), more than"),
                          AllOf(HasSubstr("50.000 % below"),
                                testing::EndsWith(": workers lost their cores."))));
  // Within the limit there is no other reason that tells it.
  input.limits.off_core_percent = 60;
  result = judge(input);
  ASSERT_FALSE(result.reasons.empty());
  EXPECT_THAT(result.reasons[0], AllOf(HasSubstr("50.000 % below"),
                                       HasSubstr("workers lost their cores: tx0 5000 ms (50 %); "
                                                 "keep other work off those cores.")));
}

TEST(Judge, RateExceeded) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = 500;
  input.ports[0].median_pps = input.ports[0].pps = 510;
  expect_one(input, Verdict::kInvalid,
             AllOf(HasSubstr("510.000 pps"), HasSubstr("2.000 % above"), HasSubstr("bug")));
}

TEST(Judge, RateAboveTheLines) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = kLineRate * 1.5;
  expect_one(input, Verdict::kInvalid, HasSubstr("the line carries 14.881 Mpps"));
}

TEST(Judge, RateMissedByFlowControl) {
  JudgeInput input = good_run();
  input.ports[0].median_pps = kLineRate * 0.5;
  input.ports[0].pause_s = 5;
  expect_one(input, Verdict::kInvalid, HasSubstr("flow control stopped its wire for 5.000 s"));
  // A receiver that was off its core for most of that is why the wire stopped.
  input.workers[1].off_core_ms = 450 * input.seconds;
  const Judgement result = judge(input);
  EXPECT_THAT(result.reasons, testing::Contains(AllOf(HasSubstr("50.000 % below"),
                                                      HasSubstr(": workers lost their cores."),
                                                      Not(HasSubstr("flow control")))));
}

TEST(Judge, RateMissedBySaturation) {
  JudgeInput input = good_run();
  input.ports[0].median_pps = input.workers[0].reached_pps = kLineRate * 0.8;
  input.workers[0].idle_percent = 0.2;
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons,
              ElementsAre(AllOf(HasSubstr("20.000 % below"), HasSubstr("give it more workers")),
                          AllOf(HasSubstr("Sender tx0 was saturated on core 0"),
                                HasSubstr("0.20 % idle"), HasSubstr("11.905 Mpps"))));
}

TEST(Judge, OneSaturatedWorkerOfManyIsEnough) {
  JudgeInput input = good_run();
  input.workers[0].reached_pps = kLineRate * 0.998;
  input.workers[0].idle_percent = 0;
  input.workers[0].core = -1;
  expect_one(input, Verdict::kInvalid, HasSubstr("saturated on its core (it is not pinned)"));
}

TEST(Judge, ABusyWorkerThatReachesItsRateIsNotSaturated) {
  JudgeInput input = good_run();
  input.workers[0].idle_percent = 0;
  input.workers[1].idle_percent = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, MaximumRateAsksForNoFigure) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  input.ports[0].pps = input.ports[0].median_pps = input.workers[0].reached_pps = 5e6;
  input.workers[0].idle_percent = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, MaximumRateWithTimeToSpareHasToFillTheLine) {
  JudgeInput input = good_run();
  input.ports[0].asked_pps = input.workers[0].asked_pps = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
  input.ports[0].median_pps = kLineRate * 0.998;
  expect_one(input, Verdict::kInvalid, HasSubstr("0.200 % below the 14.881 Mpps of its line"));
  input.ports[0].line_rate_pps = 0;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, AFaultIsInvalidInItsOwnWords) {
  JudgeInput input = good_run();
  input.faults = {"sim:a: something is wrong; mend it."};
  expect_one(input, Verdict::kInvalid, "sim:a: something is wrong; mend it.");
}

TEST(Judge, AboveLineRateIsABug) {
  for (size_t port : {0U, 1U}) {
    JudgeInput input = good_run();
    input.ports[port].pps = kLineRate * 1.0002;
    expect_one(input, Verdict::kInvalid,
               AllOf(HasSubstr(port == 0 ? "sim:a sent" : "sim:b received"),
                     HasSubstr("carries at most 14.881 Mpps")));
    input.ports[port].pps = kLineRate * 1.00005;
    EXPECT_EQ(judge(input).verdict, Verdict::kPass);
    input.ports[0].asked_pps = 0;
    input.ports[port].pps = kLineRate * 2;
    input.ports[port].line_rate_pps = 0;
    EXPECT_EQ(judge(input).verdict, Verdict::kPass) << "of a link whose speed is not known";
  }
}

TEST(Judge, ClockFault) {
  JudgeInput input = good_run();
  input.clock_fault = "the clock jumped";
  expect_one(input, Verdict::kInvalid, HasSubstr("the clock jumped"));
}

TEST(Judge, EveryUnreadableCounter) {
  JudgeInput input = good_run();
  input.unreadable = {"missed of sim:b", "sent of sim:a"};
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons,
              ElementsAre(HasSubstr("missed of sim:b"), HasSubstr("sent of sim:a")));
}

TEST(Judge, NothingSentAndNoTime) {
  JudgeInput input = good_run();
  input.sent = input.received_once = 0;
  expect_one(input, Verdict::kInvalid, HasSubstr("No frame was sent"));
  input = good_run();
  input.seconds = 0;
  expect_one(input, Verdict::kInvalid, HasSubstr("measured time is 0"));
}

TEST(Judge, AnOverrunReceiverIsNotALossOfTheWire) {
  JudgeInput input = good_run();
  input.ports[1].missed = 1234;
  input.received_once -= 1234;
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons,
              ElementsAre(AllOf(HasSubstr("The receiver overran: 1234 frames missed by sim:b"),
                                HasSubstr("give it more slots or flow control")),
                          HasSubstr("1234 of 148809523 were lost")));
  input.ports[1].missed_remedy = "raise rx_slots";
  EXPECT_THAT(judge(input).reasons[0],
              AllOf(HasSubstr("; raise rx_slots."), Not(HasSubstr("give"))));
}

TEST(Judge, MissedByASendingPortIsNoOverrun) {
  JudgeInput input = good_run();
  input.ports[0].missed = 5;
  EXPECT_EQ(judge(input).verdict, Verdict::kPass);
}

TEST(Judge, Stale) {
  JudgeInput input = good_run();
  input.stale = 1;
  expect_one(input, Verdict::kInvalid, HasSubstr("1 frame arrived more than 2^20 behind"));
}

TEST(Judge, MoreReceivedThanSent) {
  JudgeInput input = good_run();
  input.received_once += 3;
  expect_one(input, Verdict::kInvalid,
             HasSubstr("More was received than sent (148809526 against 148809523 frames)"));
  input.counts_probes = true;
  expect_one(input, Verdict::kInvalid, HasSubstr("148809523 frames with a probe"));
}

TEST(Judge, LossFails) {
  JudgeInput input = good_run();
  input.sent = 1'000'000;
  input.received_once = 999'999;
  expect_one(input, Verdict::kFail, HasSubstr("1 of 1000000 was lost (1.000 ppm)"));
  input.received_once = 0;
  expect_one(input, Verdict::kFail, HasSubstr("1000000 of 1000000 were lost (1000000.000 ppm)"));
}

TEST(Judge, DuplicatesReorderingAndDamageFail) {
  JudgeInput input = good_run();
  input.duplicates = 2;
  expect_one(input, Verdict::kFail, HasSubstr("2 frames arrived more than once"));
  input = good_run();
  input.reordered = 3;
  expect_one(input, Verdict::kFail, HasSubstr("3 frames arrived after a later one"));
  input = good_run();
  input.damaged_probes = 1;
  expect_one(input, Verdict::kFail, HasSubstr("1 frame arrived with a damaged probe"));
}

TEST(Judge, InvalidOutranksFailAndKeepsItsReasons) {
  JudgeInput input = good_run();
  input.duplicates = 2;
  input.clock_fault = "the clock jumped";
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons, ElementsAre(HasSubstr("clock"), HasSubstr("more than once")));
}

TEST(Judge, AWorkerOffItsCoreIsNamedInAPass) {
  JudgeInput input = good_run();
  input.workers[1].off_core_ms = 3.5;
  input.workers[1].off_core_times = 2;
  input.workers[1].longest_gap_us = 2000;
  expect_one(input, Verdict::kPass,
             "Workers were off their cores, within the limits: rx0 3.5 ms (0.0 %) (longest gap "
             "2.000 ms).");
}

TEST(Judge, ManyShortAbsencesAreNamedByTheirShare) {
  JudgeInput input = good_run();
  input.workers[0].off_core_ms = 10.5;  // of 10 s: a little above a thousandth
  input.workers[0].off_core_times = 400;
  input.workers[0].longest_gap_us = 50;
  expect_one(input, Verdict::kPass, HasSubstr("tx0 10 ms (0.1 %)"));
  input.workers[0].off_core_ms = 9.5;
  EXPECT_THAT(judge(input).reasons, IsEmpty());
}

TEST(Judge, TheShortestAbsenceIsNamedWhereSomethingIsWrong) {
  JudgeInput input = good_run();
  input.workers[1].off_core_ms = 0.05;
  input.workers[1].off_core_times = 1;
  input.workers[1].longest_gap_us = 50;
  EXPECT_THAT(judge(input).reasons, IsEmpty());
  input.ports[1].missed = 10;
  Judgement result = judge(input);
  EXPECT_EQ(result.verdict, Verdict::kInvalid);
  EXPECT_THAT(result.reasons, ElementsAre(HasSubstr("overran"), HasSubstr("rx0 0.1 ms")));
}

TEST(Judge, NotesDecideNothing) {
  JudgeInput input = good_run();
  input.foreign = 1;
  expect_one(input, Verdict::kPass, HasSubstr("1 frame was received that this run did not send"));
  input.foreign = 7;
  expect_one(input, Verdict::kPass, HasSubstr("7 frames were received"));
  input = good_run();
  input.late_frames = 1;
  expect_one(input, Verdict::kPass, HasSubstr("1 frame of an earlier phase arrived late"));
}

// What was asked for was not measured, however good the rest is.
TEST(Judge, AnInterruptedRunIsNoPass) {
  JudgeInput input = good_run();
  input.interrupted = true;
  input.planned_seconds = 60;
  expect_one(input, Verdict::kInvalid,
             HasSubstr("interrupted: 10.000 s of 60.000 s were measured"));
  input.planned_frames = 1000;
  expect_one(input, Verdict::kInvalid, HasSubstr("of 60.000 s or 1000 frames were measured"));
}

TEST(Judge, ReasonsAreSentencesOfOneLine) {
  JudgeInput input = good_run();
  input.clock_fault = "x";
  input.unreadable = {"y"};
  input.sent = 10;
  input.received_once = 5;
  input.stale = input.duplicates = input.reordered = input.damaged_probes = input.foreign = 2;
  input.interrupted = true;
  input.ports[0].median_pps = input.workers[0].reached_pps = 1e3;
  input.ports[0].pps = kLineRate * 2;
  input.ports[1].missed = 3;
  input.workers[0].idle_percent = 0;
  input.workers[0].frames = 10;
  input.workers[0].late_departures = 9;
  input.workers[0].off_core_ms = 100;
  input.workers[0].off_core_times = 1;
  input.workers[1].off_core_ms = 1000;
  Judgement result = judge(input);
  EXPECT_EQ(result.reasons.size(), 16U);
  for (const std::string& reason : result.reasons) {
    EXPECT_EQ(reason.find('\n'), std::string::npos) << reason;
    EXPECT_EQ(reason.back(), '.') << reason;
  }
}

Judgement judgement(Verdict verdict, std::vector<std::string> reasons) {
  return Judgement{verdict, std::move(reasons)};
}

TEST(Merge, TheWorstVerdictAndAllReasons) {
  Judgement pass = judgement(Verdict::kPass, {});
  Judgement fail = judgement(Verdict::kFail, {"Lost."});
  Judgement invalid = judgement(Verdict::kInvalid, {"Jumped.", "Lost."});
  EXPECT_EQ(merge({pass, pass}).verdict, Verdict::kPass);
  EXPECT_EQ(merge({pass, fail, pass}).verdict, Verdict::kFail);
  Judgement all = merge({pass, fail, invalid});
  EXPECT_EQ(all.verdict, Verdict::kInvalid);
  EXPECT_THAT(all.reasons, ElementsAre("Run 2: Lost.", "Run 3: Jumped.", "Run 3: Lost."));
}

TEST(Merge, OneRunKeepsItsWordsAndNoneIsInvalid) {
  EXPECT_THAT(merge({judgement(Verdict::kFail, {"Lost."})}).reasons, ElementsAre("Lost."));
  EXPECT_EQ(merge({}).verdict, Verdict::kInvalid);
  EXPECT_THAT(merge({}).reasons, ElementsAre(HasSubstr("No run")));
}

TEST(Loss, IsNeverNegative) {
  EXPECT_EQ(loss_of(10, 8).frames, 2U);
  EXPECT_DOUBLE_EQ(loss_of(10, 8).ppm, 200'000);
  EXPECT_EQ(loss_of(8, 10).frames, 0U);
  EXPECT_EQ(loss_of(8, 10).ppm, 0);
  EXPECT_EQ(loss_of(0, 0).ppm, 0);
}

}  // namespace
}  // namespace nmgen
