// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/summary.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

void expect_80_columns(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(Summary, OfAPassedRun) {
  const std::string text = summary_text(examples::passed_record(), Paint(false));
  expect_80_columns(text);
  EXPECT_EQ(text, R"(PASS  64b-10g, 2.0 s measured
  simulated 82599, 10 Gbit/s: a result of the model, not of a NIC
  - Workers were off their cores, within the limits: tx0 0.8 ms (0.0 %), rx0 0.8
    ms (0.0 %) (longest gap 0.411 ms).

                                       sent           received
  frames                         29,761,904         29,761,904
  frames a second, mean             14.881M            14.881M  whole time
    median                          14.881M            14.881M  of the seconds
    MAD                                12.5               14.5
    lowest                          14.881M            14.881M
    highest                         14.881M            14.881M
  % of line rate                     100.00             100.00  whole time
  cycles a frame, busy                 32.0               44.9  app+core+driver
  cycles a frame, model                40.0               29.2  simulation
  % of time idle                      58.79              58.79  all workers
  frames per sync                     128.0               61.5

  lost 0 (0 ppm)   reordered 0   duplicates 0
  missed by the receiving device 0   wire paused 0.013 s

  latency                    min     p50     p90     p99   p99.9     max   floor
  from sending            1.20us  18.3us  31.0us  45.8us   310us  1.20ms    85ns
  from due time           1.20us  19.0us  31.0us  45.8us   310us  1.20ms    85ns

  worker  port            ring core        frames  busy% model%  idle% off core
  tx0     sim:left           0    0    29,761,904   18.3   22.9   58.8    750us
  rx0     sim:right          0    1    29,761,904   18.3   22.9   58.8    750us

  machine: Example CPU @ 2.60GHz, 2 cores, KVM, governor none, TSC 2.600 GHz,
  clock kvm-clock, Linux 6.1.0-13-amd64, load 0.25; built from 0123456789ab with
  changes by GNU 12.2.0
)");
}

TEST(Summary, OfTwoRunsWithoutAReceiver) {
  const std::string text = summary_text(examples::invalid_record(), Paint(false));
  expect_80_columns(text);
  EXPECT_EQ(text, R"(INVALID  slow, 2.0 s measured in 2 runs
  ixgbe, speed not known
  - Run 1: netmap:eth0 sent too little.
  - Run 2: The run was interrupted.

                                       sent           received
  frames                         59,523,808                  -
  frames a second, mean             29.762M                  -  whole time
    median                          14.881M                  -  of the seconds
    MAD                                12.5                  -
    lowest                          14.881M                  -
    highest                         14.881M                  -
  cycles a frame, busy                 32.0                  -  app+core+driver
  % of time idle                      58.79                  -  all workers
  frames per sync                     128.0                  -

  lost: not measured, nobody receives

  latency: not measured, no probe came back

  worker  port            ring core        frames  busy% model%  idle% off core
  tx0     netmap:eth0        0  any    59,523,808   18.3   22.9   58.8   1.50ms

  machine: Example CPU @ 2.60GHz, 2 cores, KVM, governor none, TSC 2.600 GHz,
  clock kvm-clock, Linux 6.1.0-13-amd64, load 0.25; built from 0123456789ab with
  changes by GNU 12.2.0
)");
}

TEST(Summary, SimulationIsSaidInTheFirstTwoLines) {
  std::istringstream lines(verdict_text(examples::passed_record(), Paint(false)));
  std::string first, second;
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_EQ(second, "  simulated 82599, 10 Gbit/s: a result of the model, not of a NIC");
  EXPECT_EQ(device_line(examples::invalid_record().devices), "ixgbe, speed not known");
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

TEST(Summary, VerdictsHaveColoursOfTheirOwn) {
  Record record = examples::passed_record();
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;32mPASS\x1b[0m"));
  record.verdict = Verdict::kFail;
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;31mFAIL\x1b[0m"));
  record.verdict = Verdict::kInvalid;
  EXPECT_THAT(verdict_text(record, Paint(true)), testing::StartsWith("\x1b[1;33mINVALID\x1b[0m"));
}

TEST(Summary, LossesAreShownInColour) {
  Record record = examples::passed_record();
  record.runs[0].loss = {12, 0.403};
  record.runs[0].workers[1].damaged_probes = 2;
  record.runs[0].workers[1].foreign_frames = 3;
  const std::string text = summary_text(record, Paint(true));
  EXPECT_THAT(text, testing::HasSubstr("\x1b[1;31mlost 12 (0.403 ppm)\x1b[0m"));
  EXPECT_THAT(text, testing::HasSubstr("damaged probes 2   frames of others 3"));
}

TEST(Summary, LongNamesKeepTheColumns) {
  Record record = examples::passed_record();
  record.runs[0].workers[0].port = "sim:" + std::string(32, 'x');
  const std::string text = summary_text(record, Paint(false));
  expect_80_columns(text);
  EXPECT_THAT(text, testing::HasSubstr("tx0     sim:xxxxxxxxxx~    0    0 "));
}

TEST(Summary, AnEmptyRecordIsNoTrap) {
  const std::string text = summary_text(Record(), Paint(false));
  EXPECT_THAT(text, testing::StartsWith("INVALID"));
}

}  // namespace
}  // namespace nmgen
