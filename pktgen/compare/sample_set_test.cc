// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/sample_set.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "pktgen/scenario/sha256.h"
#include "reporters/json/json_record.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

Record record_of(double cycles) {
  Record record = test::passed_record();
  record.scenario_hash = "sha256:" + sha256_hex(record.scenario_text);
  record.runs[0].tx.quiet_tsc_ticks_per_frame = cycles;
  for (WorkerRecord& worker : record.runs[0].workers)
    worker.core_hz = record.fingerprint.tsc_hz;
  return record;
}

SampleSet three_samples() {
  SampleSet set;
  for (double cycles : {31.0, 30.5, 31.25})
    EXPECT_TRUE(add_sample(set, record_of(cycles), "r.json"));
  return set;
}

std::string error_of(const std::string& text) {
  Result<SampleSet> set = baseline_from_json(text, "b.json");
  EXPECT_FALSE(set);
  return set ? "" : set.error().sentence();
}

TEST(SampleSet, TakesTheFiguresOfARecord) {
  const SampleSet set = three_samples();
  ASSERT_EQ(set.samples.size(), 3u);
  EXPECT_EQ(set.samples[1].value(Metric::kTxCycles), 30.5);
  EXPECT_EQ(set.samples[1].value(Metric::kRxCycles), 43.5);
  EXPECT_EQ(set.samples[1].value(Metric::kLossPpm), 0);
  EXPECT_EQ(set.samples[1].value(Metric::kP999), 310'271);
  EXPECT_TRUE(set.about.runs.empty());
}

// A core that runs faster than its TSC does more in a tick.
TEST(SampleSet, CyclesAreTheCores) {
  Record record = record_of(30);
  record.runs[0].workers[0].core_hz = 1.2 * record.fingerprint.tsc_hz;
  EXPECT_DOUBLE_EQ(sample_of(record).value(Metric::kTxCycles), 36);
  EXPECT_DOUBLE_EQ(sample_of(record).value(Metric::kRxCycles), 43.5);
}

TEST(SampleSet, OfSeveralRunsTheMedian) {
  Record record = record_of(10);
  record.runs.push_back(record.runs[0]);
  record.runs.push_back(record.runs[0]);
  record.runs[1].tx.quiet_tsc_ticks_per_frame = 30;
  record.runs[2].tx.quiet_tsc_ticks_per_frame = 11;
  EXPECT_EQ(sample_of(record).value(Metric::kTxCycles), 11);
}

TEST(SampleSet, WhatARunDidNotMeasureIsNoFigure) {
  const Sample sample = sample_of(test::invalid_record());
  EXPECT_LT(sample.value(Metric::kRxPps), 0);
  EXPECT_LT(sample.value(Metric::kLossPpm), 0);
  EXPECT_LT(sample.value(Metric::kP50), 0);
}

TEST(SampleSet, RefusesWhatDoesNotBelong) {
  SampleSet set = three_samples();
  Record other = record_of(31);
  other.scenario_text = R"({"schema":"nmgen-scenario/1","warmup_s":0})";
  EXPECT_THAT(add_sample(set, other, "o.json").error().sentence(), HasSubstr("it was edited"));
  other.scenario_hash = "sha256:" + sha256_hex(other.scenario_text);
  EXPECT_THAT(add_sample(set, other, "o.json").error().sentence(),
              HasSubstr("it has another scenario"));
  other = record_of(31);
  other.fingerprint.cores = 64;
  EXPECT_THAT(add_sample(set, other, "o.json").error().sentence(),
              HasSubstr("cores: 2 against 64"));
  other = record_of(31);
  other.runs.clear();
  EXPECT_THAT(add_sample(set, other, "o.json").error().sentence(), HasSubstr("no run in it"));
  EXPECT_EQ(set.samples.size(), 3u);
}

TEST(Baseline, IsReadBackAsItWas) {
  const SampleSet set = three_samples();
  const std::string text = baseline_to_json(set);
  Result<SampleSet> back = baseline_from_json(text, "b.json");
  ASSERT_TRUE(back) << back.error().sentence();
  EXPECT_EQ(baseline_to_json(*back), text);
  EXPECT_EQ(back->samples.size(), 3u);
  EXPECT_EQ(back->samples[2].value(Metric::kTxCycles), 31.25);
  EXPECT_EQ(back->about.fingerprint.cpu_model, set.about.fingerprint.cpu_model);
}

TEST(Baseline, SaysWhatIsWrongWithIt) {
  const std::string good = baseline_to_json(three_samples());
  EXPECT_THAT(error_of(good.substr(0, good.size() / 2)), HasSubstr("it ends in the middle"));
  std::string edited = good;
  edited.replace(edited.find("30.5"), 4, "29.5");
  EXPECT_THAT(error_of(edited), HasSubstr("it was edited"));
  std::string version = good;
  version.replace(version.find("baseline/1"), 10, "baseline/2");
  EXPECT_THAT(error_of(version), HasSubstr("it follows schema \"nmgen-baseline/2\""));
  EXPECT_THAT(error_of("[]"), HasSubstr("does not say which schema"));
  EXPECT_THAT(error_of("x"), HasSubstr("no JSON"));
  SampleSet none = three_samples();
  none.samples.clear();
  EXPECT_THAT(error_of(baseline_to_json(none)), HasSubstr("no samples in it"));
}

class LoadSamples : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "nmgen-samples-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
    return (directory_ / name).string();
  }
  fs::path directory_;
};

TEST_F(LoadSamples, FromABaselineARecordOrADirectory) {
  const std::string record = write("a.json", *record_to_json(record_of(31)));
  EXPECT_EQ(load_samples(record)->samples.size(), 1u);
  write("b.json", *record_to_json(record_of(32)));
  EXPECT_EQ(load_samples(directory_.string())->samples.size(), 2u);
  const std::string baseline = write("c.json", baseline_to_json(three_samples()));
  EXPECT_EQ(load_samples(baseline)->samples.size(), 3u);
  EXPECT_THAT(load_samples(directory_.string()).error().sentence(),
              HasSubstr("a baseline in a directory with other files"));
}

TEST_F(LoadSamples, SaysWhatIsMissing) {
  EXPECT_THAT(load_samples(directory_.string()).error().sentence(), HasSubstr("no record in it"));
  EXPECT_THAT(load_samples((directory_ / "none").string()).error().sentence(),
              HasSubstr("No such file"));
  EXPECT_THAT(load_samples(write("x.json", "hello")).error().sentence(), HasSubstr("no JSON"));
}

}  // namespace
}  // namespace nmgen
