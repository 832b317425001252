// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/departure_line.h"

#include <gtest/gtest.h>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

TEST(DepartureLine, IsEmptyWithoutARate) {
  EXPECT_EQ(departure_line(test::passed_record()), "");
}

TEST(DepartureLine, SumsSendersAndRuns) {
  Record record = test::passed_record();
  WorkerRecord& sender = record.runs[0].workers[0];
  sender.departures = 500'000;
  sender.departures_64ns = 250'000;
  sender.departures_128ns = 300'000;
  sender.departures_256ns = 400'000;
  sender.departures_512ns = 450'000;
  sender.departures_1us = 499'950;
  record.runs.push_back(record.runs[0]);
  EXPECT_EQ(
      departure_line(record),
      "departures within 64, 128, 256, 512 ns, 1 us after they were due: 50.00, 60.00, 80.00, "
      "90.00, 99.99 % of 1,000,000");
}

}  // namespace
}  // namespace nmgen
