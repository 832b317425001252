// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/totals.h"

#include <gtest/gtest.h>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

// Two runs of which the second sent three times as many frames, and took three times as long.
Record two_runs() {
  Record record = test::passed_record();
  record.runs.push_back(record.runs[0]);
  RunRecord& second = record.runs[1];
  second.seconds *= 3;
  second.tx.frames *= 3;
  second.tx.busy_tsc_ticks_per_frame = 48;  // 32 in the first
  second.tx.line_rate_percent = 50;
  second.loss = {6, 3.5};
  second.late = 2;
  second.workers[1].damaged_probes = 4;
  second.workers[0].longest_gap_us = 1000;
  return record;
}

TEST(Totals, CountsAreSumsAndCostsAreMeansOverFrames) {
  const Record record = two_runs();
  EXPECT_EQ(measured_seconds(record), 8);
  const DirectionTotals tx = direction_totals(record, true);
  EXPECT_TRUE(tx.used);
  EXPECT_EQ(tx.frames, 4U * 29'761'904);
  EXPECT_DOUBLE_EQ(tx.busy_tsc_ticks_per_frame, (32.0 + 3 * 48) / 4);
  EXPECT_NEAR(tx.line_rate_percent, (100 + 3 * 50) / 4.0, 1e-3);
  const FaultTotals faults = fault_totals(record);
  EXPECT_TRUE(faults.receives);
  EXPECT_EQ(faults.lost, 6U);
  EXPECT_DOUBLE_EQ(faults.ppm, 3 * 3.5 / 4);
  EXPECT_EQ(faults.late, 2U);
  EXPECT_EQ(faults.damaged, 4U);
}

TEST(Totals, AWorkerOfAllRunsIsOne) {
  const std::vector<WorkerRecord> workers = summed_workers(two_runs());
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0].name, "tx0");
  EXPECT_EQ(workers[0].syncs, 500'000U);
  EXPECT_EQ(workers[0].off_core_times, 6U);
  EXPECT_EQ(workers[0].longest_gap_us, 1000);
}

TEST(Totals, OfNothingThereIsNothing) {
  EXPECT_EQ(measured_seconds(Record()), 0);
  EXPECT_FALSE(direction_totals(Record(), true).used);
  EXPECT_EQ(direction_totals(Record(), false).frames_per_sync, 0);
  EXPECT_FALSE(fault_totals(Record()).receives);
  EXPECT_FALSE(has_latency(Record()));
  EXPECT_TRUE(has_latency(two_runs()));
}

}  // namespace
}  // namespace nmgen
