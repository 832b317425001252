// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/console/console.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "reporters/testing/records.h"

namespace nmgen {
namespace {

std::string shown(const ConsoleOptions& options, const std::function<void(Console&)>& use) {
  char* text = nullptr;
  size_t size = 0;
  FILE* stream = open_memstream(&text, &size);
  Console console(stream, options);
  use(console);
  std::fclose(stream);
  std::string result(text, size);
  std::free(text);
  return result;
}

// Start and all intervals of a record's first run.
void replay(Console& console, const Record& record) {
  console.on_start(record, 0);
  RunRecord run = record.runs[0];
  const std::vector<IntervalRecord> intervals = run.intervals;
  run.intervals.clear();
  for (const IntervalRecord& interval : intervals) {
    run.intervals.push_back(interval);
    console.on_interval(record, run);
  }
}

void expect_80_columns(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 80U) << line;
}

TEST(Console, PlainLinesWhileItRuns) {
  const std::string text =
      shown({}, [](Console& console) { replay(console, test::passed_record()); });
  expect_80_columns(text);
  EXPECT_EQ(text, R"(nmgen 64b-10g
simulated 82599, 10 Gbit/s: a result of the model, not of a NIC
Example CPU @ 2.60GHz, 2 cores, KVM

  time       tx       rx   line      tx ticks      rx ticks missed       latency
     s      pps      pps      %   busy  model   busy  model frames    p50    p99
   1.0  14.881M  14.881M 100.00   32.0   40.1   45.0   29.3      0 18.3us 45.8us
   2.0  14.881M  14.881M 100.00   32.0   40.1   45.0   29.3  1.23M 18.3us 45.8us
)");
}

TEST(Console, WithoutAReceiverItsColumnsAreEmpty) {
  ConsoleOptions options;
  options.receives = false;
  options.repeat = 2;
  const std::string text =
      shown(options, [](Console& console) { replay(console, test::invalid_record()); });
  expect_80_columns(text);
  EXPECT_EQ(text, R"(nmgen slow
ixgbe, speed not known
Example CPU @ 2.60GHz, 2 cores, KVM

run 1 of 2
  time       tx       rx   line      tx ticks      rx ticks missed       latency
     s      pps      pps      %   busy  model   busy  model frames    p50    p99
   1.0    950.0        -      -   32.0   40.1      -      -      -      -      -
)");
}

// Whatever the figures, each has its column, with a blank before it.
TEST(Console, TheWidestFiguresKeepApart) {
  Record record = test::passed_record();
  RunRecord& run = record.runs[0];
  run.intervals.resize(1);
  IntervalRecord& now = run.intervals[0];
  for (const double start_s : {0.0, 9998.9, 99'998.0, 999'998.0})
    for (const double pps : {148'809'523.8, 999'999.4, 1e12, 1e-3})
      for (const double ticks : {9999.4, 999'949.0, 1e12})
        for (const double line : {99.996, 9999.4, 1e12})
          for (const uint64_t missed : {99'999UL, 999'949UL, 1'000'000'000'000UL})
            for (const double latency_ns : {999.4, 999'400.0, 1e13}) {
              now.start_s = start_s;
              now.tx_pps = now.rx_pps = pps;
              now.tx_line_rate_percent = line;
              now.tx_busy_tsc_ticks_per_frame = now.tx_model_tsc_ticks_per_frame = ticks;
              now.rx_busy_tsc_ticks_per_frame = now.rx_model_tsc_ticks_per_frame = ticks;
              now.missed = missed;
              now.latency_p50_ns = now.latency_p99_ns = now.latency_max_ns = latency_ns;
              const std::string line_text =
                  shown({}, [&](Console& console) { console.on_interval(record, run); });
              expect_80_columns(line_text);
              std::istringstream cells(line_text);
              const std::vector<std::string> words{std::istream_iterator<std::string>(cells), {}};
              EXPECT_EQ(words.size(), 11U) << line_text;
            }
}

TEST(Console, OnATerminalProgressIsOverwritten) {
  ConsoleOptions options;
  options.in_place = true;
  options.duration_s = 4;
  const std::string text =
      shown(options, [](Console& console) { replay(console, test::passed_record()); });
  EXPECT_THAT(text, testing::HasSubstr("[               "));
  EXPECT_THAT(text, testing::HasSubstr("\r\x1b[K   1.0  14.881M"));
  EXPECT_THAT(text,
              testing::EndsWith("[===============               ] 2 of 4 s  (Ctrl-C ends it)"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("\x1b[1")));
}

TEST(Console, ColourMarksWhatIsWrong) {
  ConsoleOptions options;
  options.in_place = options.colour = true;
  const std::string text = shown(options, [](Console& console) {
    replay(console, test::passed_record());
    console.finish(test::passed_record());
  });
  EXPECT_THAT(text, testing::HasSubstr("\x1b[1;31m  1.23M\x1b[0m"));
  EXPECT_THAT(text, testing::HasSubstr("\x1b[1;32mPASS\x1b[0m  \x1b[1m64b-10g\x1b[0m"));
}

TEST(Console, AnErrorTakesTheProgressAway) {
  ConsoleOptions options;
  options.in_place = true;
  EXPECT_EQ(shown(options, [](Console& console) { console.abandon(); }), "\r\x1b[K");
  EXPECT_EQ(shown({}, [](Console& console) { console.abandon(); }), "");
}

TEST(Console, AFileIsNoTerminal) {
  FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const ConsoleOptions options = console_options(file);
  EXPECT_FALSE(options.in_place);
  EXPECT_FALSE(options.colour);
  std::fclose(file);
}

TEST(Console, AClosedStreamIsNoError) {
  FILE* full = std::fopen("/dev/full", "w");
  ASSERT_NE(full, nullptr);
  Console console(full, {});
  replay(console, test::passed_record());
  console.finish(test::passed_record());
  std::fclose(full);
}

}  // namespace
}  // namespace nmgen
