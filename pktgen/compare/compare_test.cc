// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/compare.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <random>

namespace nmgen {
namespace {

using testing::HasSubstr;

constexpr double kNone = -1;

SampleSet set_of(double cycles, double noise, size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> draw(cycles, cycles * noise);
  SampleSet set;
  set.name = "set";
  set.about.scenario_name = "s";
  set.about.scenario_hash = "sha256:1";
  set.about.devices = {{"sim:left", "hosted", "sim82599", true, 10}};
  for (size_t i = 0; i < count; i++) {
    Sample sample;
    sample.verdict = Verdict::kPass;
    sample.values.fill(kNone);
    sample.values[static_cast<size_t>(Metric::kTxCycles)] = draw(random);
    sample.values[static_cast<size_t>(Metric::kTxPps)] = 14.88e6 + static_cast<double>(i % 3);
    set.samples.push_back(sample);
  }
  return set;
}

Comparison compared(const SampleSet& base, const SampleSet& next,
                    Origin origin = Origin::kInTurns) {
  Result<Comparison> result = compare_samples(base, next, origin);
  EXPECT_TRUE(result) << result.error().sentence();
  return *result;
}

TEST(Compare, TheSameIsAPass) {
  int alarms = 0;
  for (unsigned seed = 0; seed < 200; seed++)
    alarms += compared(set_of(5, 0.01, 10, seed), set_of(5, 0.01, 10, seed + 1000)).outcome !=
              Outcome::kPass;
  EXPECT_EQ(alarms, 0);
}

TEST(Compare, FivePerCentMoreIsARegressionAndLessAnImprovement) {
  int caught = 0, praised = 0;
  for (unsigned seed = 0; seed < 200; seed++) {
    const SampleSet base = set_of(5, 0.007, 10, seed), next = set_of(5.25, 0.007, 10, seed + 1000);
    caught += compared(base, next).outcome == Outcome::kRegress;
    praised += compared(next, base).outcome == Outcome::kImprove;
  }
  EXPECT_GE(caught, 190);
  EXPECT_GE(praised, 190);
}

// Sure to be there, and too small to be of interest.
TEST(Compare, OnePerCentIsLetGo) {
  EXPECT_EQ(compared(set_of(5, 0.0005, 20, 1), set_of(5.05, 0.0005, 20, 2)).outcome,
            Outcome::kPass);
}

// Where the base itself is that loud nobody can tell.
TEST(Compare, WithinThreeMadsIsLetGo) {
  EXPECT_EQ(compared(set_of(5, 0.05, 20, 1), set_of(5.25, 0.05, 20, 2)).outcome, Outcome::kPass);
}

// A machine that is up to twice as slow for a pair, and where one run in seven is far off.
SampleSet beside(const SampleSet& base, double factor, double noise, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> draw(factor, noise);
  SampleSet next = base;
  for (size_t i = 0; i < next.samples.size(); i++) {
    double& value = next.samples[i].values[static_cast<size_t>(Metric::kTxCycles)];
    value *= i % 7 == 6 ? draw(random) * 1.3 : draw(random);
  }
  return next;
}

// Of many pairs the centre is known far better than one of them.
TEST(Compare, PairsHaveTheirInterval) {
  const SampleSet base = set_of(7, 0.25, 160, 3);
  const Comparison result = compared(base, beside(base, 1.01, 0.05, 4), Origin::kPairs);
  EXPECT_EQ(result.outcome, Outcome::kPass);
  ASSERT_EQ(result.reasons.size(), 1U);
  double center = 0, low = 0, high = 0;
  size_t pairs = 0;
  ASSERT_EQ(std::sscanf(result.reasons[0].c_str(),
                        "tx cycles/frame: %lf %%, with a 95 %% interval of %lf to %lf %%, in %zu",
                        &center, &low, &high, &pairs),
            4)
      << result.reasons[0];
  EXPECT_EQ(pairs, 160U);
  EXPECT_LT(low, center);
  EXPECT_LT(center, high);
  EXPECT_LT(high - low, 5);
  EXPECT_GT(low, -3);
  EXPECT_LT(high, 8);
}

TEST(Compare, SideBySideTellsTheCodeFromALoudMachine) {
  int caught = 0, praised = 0, alarms = 0, in_turns = 0;
  for (unsigned seed = 0; seed < 200; seed++) {
    const SampleSet base = set_of(7, 0.25, 10, seed);
    const SampleSet slower = beside(base, 1.05, 0.01, seed + 1000);
    caught += compared(base, slower, Origin::kSideBySide).outcome == Outcome::kRegress;
    praised += compared(slower, base, Origin::kSideBySide).outcome == Outcome::kImprove;
    alarms += compared(base, beside(base, 1, 0.01, seed + 2000), Origin::kSideBySide).outcome !=
              Outcome::kPass;
    in_turns += compared(base, slower).outcome != Outcome::kPass;
  }
  EXPECT_GE(caught, 180);
  EXPECT_GE(praised, 180);
  EXPECT_LE(alarms, 2);
  EXPECT_EQ(in_turns, 0);
}

TEST(Compare, APairWithoutAFigureDoesNotCount) {
  const SampleSet base = set_of(5, 0.2, 12, 1);
  SampleSet next = beside(base, 1.05, 0.001, 2);
  next.samples[3].values[static_cast<size_t>(Metric::kTxCycles)] = kNone;
  EXPECT_EQ(compared(base, next, Origin::kSideBySide).outcome, Outcome::kRegress);
}

TEST(Compare, FewerPpsIsARegression) {
  SampleSet base = set_of(5, 0.01, 10, 1), next = base;
  for (Sample& sample : next.samples)
    sample.values[static_cast<size_t>(Metric::kTxPps)] *= 0.95;
  const Comparison result = compared(base, next);
  EXPECT_EQ(result.outcome, Outcome::kRegress);
  ASSERT_EQ(result.rows.size(), 2u);
  EXPECT_EQ(result.rows[0].outcome, Outcome::kPass);
  EXPECT_EQ(result.rows[1].outcome, Outcome::kRegress);
  EXPECT_THAT(comparison_text(result), HasSubstr("-5.00 %"));
}

TEST(Compare, InvalidRunsCountForCyclesOnly) {
  const SampleSet base = set_of(5, 0.01, 12, 1);
  SampleSet next = set_of(5, 0.01, 12, 2);
  for (size_t i = 0; i < 3; i++)
    next.samples[i].verdict = Verdict::kInvalid;
  const Comparison result = compared(base, next);
  EXPECT_EQ(result.outcome, Outcome::kPass);
  EXPECT_EQ(result.rows[0].next_count, 12u);
  EXPECT_EQ(result.rows[1].next_count, 9u);
  EXPECT_EQ(result.rows[1].outcome, Outcome::kInvalid);
  EXPECT_THAT(result.reasons[0], HasSubstr("tx pps has no result: there are 12 and 9 samples"));
}

TEST(Compare, TooFewSamplesAreInvalid) {
  const Comparison result = compared(set_of(5, 0.01, 10, 1), set_of(9, 0.01, 9, 2));
  EXPECT_EQ(result.outcome, Outcome::kInvalid);
  EXPECT_THAT(result.reasons[0], HasSubstr("10 a side are needed"));
}

TEST(Compare, AnotherMachineIsInvalidUnlessBothRanHere) {
  const SampleSet base = set_of(5, 0.01, 10, 1);
  SampleSet next = set_of(6, 0.01, 10, 2);
  next.about.fingerprint.kernel = "Linux 9";
  const Comparison kept = compared(base, next, Origin::kKept);
  EXPECT_EQ(kept.outcome, Outcome::kInvalid);
  EXPECT_THAT(kept.reasons[0], HasSubstr("kernel: \"\" against \"Linux 9\""));
  EXPECT_EQ(compared(base, next, Origin::kInTurns).outcome, Outcome::kRegress);
  // Commit, changes and load are what is compared, or chance.
  next.about.fingerprint = base.about.fingerprint;
  next.about.fingerprint.commit = "1";
  next.about.fingerprint.dirty = true;
  next.about.fingerprint.load = 7;
  EXPECT_EQ(compared(base, next, Origin::kKept).outcome, Outcome::kRegress);
}

TEST(Compare, WhatCannotBeCompared) {
  const SampleSet base = set_of(5, 0.01, 10, 1);
  SampleSet other = base;
  other.about.scenario_hash = "sha256:2";
  EXPECT_THAT(compare_samples(base, other, Origin::kKept).error().sentence(),
              HasSubstr("different scenarios"));
  other = base;
  other.about.devices[0].driver = "ixgbe";
  EXPECT_THAT(compare_samples(base, other, Origin::kKept).error().sentence(),
              HasSubstr("one ran on sim82599"));
  other = base;
  other.samples.clear();
  EXPECT_THAT(compare_samples(base, other, Origin::kKept).error().sentence(),
              HasSubstr("no samples"));
}

TEST(Compare, LossFromNothingIsARegression) {
  SampleSet base = set_of(5, 0.01, 10, 1);
  for (Sample& sample : base.samples)
    sample.values[static_cast<size_t>(Metric::kLossPpm)] = 0;
  SampleSet next = base;
  for (size_t i = 0; i < next.samples.size(); i++)
    next.samples[i].values[static_cast<size_t>(Metric::kLossPpm)] = 40 + static_cast<double>(i);
  EXPECT_EQ(compared(base, next).outcome, Outcome::kRegress);
  EXPECT_EQ(compared(base, base).outcome, Outcome::kPass);
}

TEST(Compare, TheTableIsAtMost80ColumnsWide) {
  const std::string text =
      comparison_text(compared(set_of(5, 0.01, 10, 1), set_of(6, 0.01, 10, 2)));
  for (size_t start = 0; start < text.size();) {
    const size_t end = text.find('\n', start);
    EXPECT_LE(end - start, 80u) << text.substr(start, end - start);
    start = end + 1;
  }
  EXPECT_THAT(text, HasSubstr("s: regress"));
}

TEST(Compare, TheWorstOfSeveral) {
  Comparison pass, improve, invalid, regress;
  pass.outcome = Outcome::kPass;
  improve.outcome = Outcome::kImprove;
  regress.outcome = Outcome::kRegress;
  EXPECT_EQ(worst({}), Outcome::kPass);
  EXPECT_EQ(worst({pass, improve}), Outcome::kImprove);
  EXPECT_EQ(worst({improve, invalid, pass}), Outcome::kInvalid);
  EXPECT_EQ(worst({regress, invalid}), Outcome::kRegress);
}

}  // namespace
}  // namespace nmgen
