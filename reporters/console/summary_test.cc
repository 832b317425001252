// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/console/summary.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "reporters/device_line.h"
#include "reporters/testing/records.h"

namespace nmgen {
namespace {

void expect_80_columns(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(Summary, OfAPassedRun) {
  const std::string text = summary_text(test::passed_record(), Paint(false));
  expect_80_columns(text);
  EXPECT_EQ(text, R"(PASS  64b-10g, 2.0 s measured
  simulated 82599, 10 Gbit/s: a result of the model, not of a NIC
  - Workers were off their cores, within the limits: tx0 0.8 ms (0.0 %), rx0 0.8
    ms (0.0 %) (longest gap 0.411 ms).

                                       sent          received
  frames                         29,761,904        29,761,904
  frames per second, mean           14.881M           14.881M  whole time
    median                          14.881M           14.881M  of the seconds
    MAD                                12.5              14.5
    lowest                          14.881M           14.881M
    highest                         14.881M           14.881M
  % of line rate                     100.00            100.00  whole time
  TSC ticks/frame, busy                32.0              44.9  app+core+driver
  TSC ticks/frame, model               40.0              29.2  simulation
  % of time idle                      58.79             58.79  all workers
  frames per sync                     128.0              61.5

  lost 0 (0 ppm)   reordered 0   duplicates 0
  missed by the receiving device 0   wire paused 0.013 s

  latency                    min     p50     p90     p99   p99.9     max   floor
  from sending            1.20us  18.3us  31.0us  45.8us   310us  1.20ms    85ns
  from due time           1.20us  19.0us  31.0us  45.8us   310us  1.20ms    85ns

                                              busy model idle off core longest
  worker  port         ring core       frames    %     %    %       ms  gap ms
  tx0     sim:left        0    0   29,761,904 18.3  22.9 58.8    0.750   0.411
  rx0     sim:right       0    1   29,761,904 18.3  22.9 58.8    0.750   0.411

  machine: Example CPU @ 2.60GHz, 2 cores, KVM, governor none, TSC 2.600 GHz,
  clock kvm-clock, Linux 6.1.0-13-amd64, load 0.25; built from 0123456789ab with
  changes by GNU 12.2.0
)");
}

TEST(Summary, OfTwoRunsWithoutAReceiver) {
  const std::string text = summary_text(test::invalid_record(), Paint(false));
  expect_80_columns(text);
  EXPECT_EQ(text, R"(INVALID  slow, 2.0 s measured in 2 runs
  ixgbe, speed not known
  - Run 1: netmap:eth0 sent too little.
  - Run 2: The run was interrupted.

                                       sent          received
  frames                         59,523,808                 -
  frames per second, mean           29.762M                 -  whole time
    median                          14.881M                 -  of the seconds
    MAD                                12.5                 -
    lowest                          14.881M                 -
    highest                         14.881M                 -
  TSC ticks/frame, busy                32.0                 -  app+core+driver
  % of time idle                      58.79                 -  all workers
  frames per sync                     128.0                 -

  lost: not measured, nobody receives

  latency: not measured, no probe came back

                                              busy model idle off core longest
  worker  port         ring core       frames    %     %    %       ms  gap ms
  tx0     netmap:eth0     0  any   59,523,808 18.3  22.9 58.8    1.500   0.411

  machine: Example CPU @ 2.60GHz, 2 cores, KVM, governor none, TSC 2.600 GHz,
  clock kvm-clock, Linux 6.1.0-13-amd64, load 0.25; built from 0123456789ab with
  changes by GNU 12.2.0
)");
}

TEST(Summary, SimulationIsSaidInTheFirstTwoLines) {
  std::istringstream lines(verdict_text(test::passed_record(), Paint(false)));
  std::string first, second;
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(second, "  simulated 82599, 10 Gbit/s: a result of the model, not of a NIC");
  EXPECT_EQ(device_line(test::invalid_record().devices), "ixgbe, speed not known");
}

// A run on a model and something else does not hide the model.
TEST(Summary, EveryKindOfPortIsNamed) {
  const std::string line = device_line({{"netmap:eth0", "kernel", "ixgbe", false, 10},
                                        {"sim:left", "hosted", "sim82599", true, 10},
                                        {"sim:right", "hosted", "sim82599", true, 10}});
  EXPECT_EQ(line,
            "netmap:eth0: ixgbe, 10 Gbit/s; sim:left, sim:right: simulated 82599, 10 Gbit/s; in "
            "part a result of the model, not of NICs");
}

TEST(Summary, SaysHowFramesWentAndWhatTheDriverDropped) {
  EXPECT_EQ(
      device_line({{"xdp:va", "hosted", "xdp", false, 0, "sends XDP live frames"},
                   {"packet:vb", "hosted", "packet", false, 0, ""}}),
      "xdp:va: xdp, speed not known, sends XDP live frames; packet:vb: packet, speed not known");
  Record record = test::passed_record();
  EXPECT_THAT(summary_text(record, Paint(false)),
              testing::Not(testing::HasSubstr("dropped by the driver")));
  record.runs[0].tx_dropped = 1234;
  EXPECT_THAT(summary_text(record, Paint(false)),
              testing::HasSubstr("  dropped by the driver of the sending device 1,234\n"));
}

TEST(Summary, VerdictsHaveColoursOfTheirOwn) {
  Record record = test::passed_record();
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;32mPASS\x1b[0m"));
  record.verdict = Verdict::kFail;
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;31mFAIL\x1b[0m"));
  record.verdict = Verdict::kInvalid;
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;33mINVALID\x1b[0m"));
}

TEST(Summary, LossesAreShownInColour) {
  Record record = test::passed_record();
  record.runs[0].loss = {12, 0.403};
  record.runs[0].workers[1].damaged_probes = 2;
  record.runs[0].workers[1].foreign_frames = 3;
  const std::string text = summary_text(record, Paint(true));
  EXPECT_THAT(text, testing::HasSubstr("\x1b[1;31mlost 12 (0.403 ppm)\x1b[0m"));
  EXPECT_THAT(text, testing::HasSubstr("damaged probes 2   frames of others 3"));
}

TEST(Summary, LongNamesKeepTheColumns) {
  Record record = test::passed_record();
  record.runs[0].workers[0].port = "sim:" + std::string(32, 'x');
  const std::string text = summary_text(record, Paint(false));
  expect_80_columns(text);
  EXPECT_THAT(text, testing::HasSubstr("tx0     sim:xxxxxxxxxxxxxxxxx~    0    0 "));
}

// No two figures of a line touch, and none is cut.
TEST(Summary, TheWidestFiguresKeepApart) {
  Record record = test::passed_record();
  RunRecord& run = record.runs[0];
  run.tx.frames = run.rx.frames = 1'000'000'000'000'000;
  record.tx_mean_pps = record.rx_mean_pps = 148'809'523.8;
  record.tx_pps = record.rx_pps = {148'809'523.8, 999'999.4, 1e-3, 148'809'523.8};
  run.loss = {999'999'999'999, 999.9};
  run.latency_ns.min = run.latency_ns.p50 = run.latency_ns.p90 = run.latency_ns.p99 =
      run.latency_ns.p999 = run.latency_ns.max = run.latency_ns.floor = 999;
  for (WorkerRecord& worker : run.workers) {
    worker.name.insert(2, "102");
    worker.port = "netmap:" + std::string(40, 'e');
    worker.core = worker.ring = 1023;
    worker.frames = 1'000'000'000'000;
    worker.busy_tsc_ticks = worker.model_tsc_ticks = worker.idle_tsc_ticks = 0;
    worker.busy_tsc_ticks = UINT64_MAX / 2;
    worker.off_core_ms = 86'400'000.123;
    worker.longest_gap_us = 3'600'000'000.5;
  }
  const std::string text = summary_text(record, Paint(false));
  expect_80_columns(text);
  EXPECT_THAT(text, testing::HasSubstr(" 1,000,000,000,000,000  1,000,000,000,000,000\n"));
  EXPECT_THAT(text, testing::HasSubstr(" 999ns   999ns   999ns   999ns   999ns   999ns   999ns\n"));
  EXPECT_THAT(text, testing::ContainsRegex("tx1020 +netmap:e+~ 1023 1023 1,000,000,000,000 100.0 +"
                                           "0.0 +0.0 86,400,000.123\n"));
}

TEST(Summary, AnEmptyRecordIsNoTrap) {
  const std::string text = summary_text(Record(), Paint(false));
  EXPECT_THAT(text, testing::StartsWith("INVALID"));
}

TEST(Summary, HasARowForEachStream) {
  Record record = test::passed_record();
  record.runs[0].streams = test::two_streams();
  const std::string text = summary_text(record, Paint(false));
  expect_80_columns(text);
  EXPECT_THAT(text, testing::HasSubstr(R"(
                                        re- dupli- latency
  stream   run         sent    lost ordered  cates     p50     p99     max
  voice      1    9,761,904      22       5      7  18.3us  45.8us  1.20ms
  bulk       1   20,000,000       0       0      0     0ns     0ns     0ns
)"));
}

}  // namespace
}  // namespace nmgen
