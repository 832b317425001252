// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/view.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "reporters/live/testing/live_run.h"

namespace nmgen {
namespace {

using test::first_sample;
using test::later;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// A history after 10 s at 12.5 Mpps in all, with latencies about 18 us.
LiveHistory example(uint32_t pairs = 1) {
  std::shared_ptr<LiveSegment> segment = test::segment(pairs);
  LiveHistory history(about(*segment));
  LiveSample now = first_sample(*segment);
  Histogram latency(segment->latency(0));
  for (int i = 0; i < 40; i++) {
    latency.record_n(18'000, 1000);
    latency.record_n(45'000, 20);
    now.latency = snapshot_of(segment->latency(0));
    history.add(now = later(now, 0.25, 12.5e6 / pairs));
  }
  return history;
}

std::string drawn(const LiveHistory& history, const LiveViewState& state, int width, int height,
                  bool unicode = false) {
  Canvas canvas(width, height, unicode);
  draw_live(canvas, history, state);
  return canvas.text();
}

TEST(LiveView, TheMainPageAt80x24) {
  EXPECT_EQ(drawn(example(), {}, 80, 24),
            R"(nmgen 64b-10g  measuring 10.0 of 60 s                            so far: invalid
simulated 82599, 10 Gbit/s: a result of the model, not of a NIC     process 4242
                       rate  on wire   line ring frames  ticks /frame
                       Mpps   Gbit/s      %    %  /sync   busy  model   idle
sim:left sends       12.500    8.400  84.00       128.0   20.0   30.0   17.0
  tx0 ring 0         12.500    8.400  84.00   25  128.0   20.0   30.0   17.0
sim:right receives   12.500    8.400  84.00       128.0   20.0   30.0   17.0
  rx0 ring 0         12.500    8.400  84.00   25  128.0   20.0   30.0   17.0
lost 0   duplicates 0   reordered 0   damaged 0   foreign 0
dropped by device (no descriptor) 0   wire paused 0.000 s
sent, Mpps
     15 ........................................................................
        ########################################################################
        ########################################################################
      0 ########################################################################
       0 s           2 s            4 s           6 s            8 s        10 s
latency p50 18.0us p90 18.0us p99 45.0us p99.9 45.0us max 45.0us floor 85ns
   100% +-------------------------#----+---------------------------------------+
                                  #
      0                           #                                        _
      10 us                          20 us                                 50 us
sim:left sent 12.500 Mpps in the median second, 16.000 % below the 14.881 Mpps
of its line: its workers had idle time, so the device or other programs on t ...
q leave  space pause  w workers  s streams  u units  +/- rate  ? help
)");
}

TEST(LiveView, EachSizeHasItsKeysAndVerdictAndNoLineTooLong) {
  const LiveHistory history = example(4);
  for (const auto& [width, height] : {std::pair{80, 24}, {100, 30}, {132, 43}, {200, 60}}) {
    for (const LivePage page :
         {LivePage::kMain, LivePage::kWorkers, LivePage::kStreams, LivePage::kHelp}) {
      LiveViewState state;
      state.page = page;
      Canvas canvas(width, height, true);
      draw_live(canvas, history, state);
      EXPECT_THAT(canvas.row(height - 1), HasSubstr("? help")) << width;
      EXPECT_THAT(canvas.row(0), HasSubstr("so far: ")) << width;
      EXPECT_THAT(canvas.row(1), HasSubstr("a result of the model, not of a NIC")) << width;
    }
  }
}

TEST(LiveView, ManyQueuesLeaveRoomForTheRest) {
  const std::string text = drawn(example(8), {}, 80, 24);
  EXPECT_THAT(text, HasSubstr("\nsim:left sends "));
  EXPECT_THAT(text, HasSubstr("\nsim:right receives "));
  EXPECT_THAT(text, HasSubstr("  16 rings: press w, or make the terminal higher\n"));
  EXPECT_THAT(text, HasSubstr("lost 0"));
  EXPECT_THAT(text, HasSubstr("latency p50"));
  EXPECT_THAT(text, HasSubstr("sent, Mpps"));
  // In a high terminal there is room for all.
  const std::string high = drawn(example(8), {}, 80, 60);
  EXPECT_THAT(high, Not(HasSubstr("press w")));
  EXPECT_THAT(high, HasSubstr("rx7 ring 7"));
}

TEST(LiveView, AWiderTerminalShowsMore) {
  const std::string narrow = drawn(example(), {}, 80, 24);
  EXPECT_THAT(narrow, Not(HasSubstr("received, Mpps")));
  EXPECT_THAT(narrow, Not(HasSubstr("off core")));
  // One below the other.
  const std::string higher = drawn(example(), {}, 132, 43);
  EXPECT_THAT(higher, HasSubstr("\nsent, Mpps\n"));
  EXPECT_THAT(higher, HasSubstr("\nlatency  p50"));
  EXPECT_THAT(higher, HasSubstr("\nreceived, Mpps\n"));
  EXPECT_THAT(higher, HasSubstr("\nlatency, 99th percentile, us\n"));
  EXPECT_THAT(higher, ContainsRegex("off core +longest"));
  // Two beside each other, and the curve fills its half.
  const std::string widest = drawn(example(), {}, 200, 60);
  EXPECT_THAT(widest, ContainsRegex("\nsent, Mpps +latency p50"));
  EXPECT_THAT(widest, ContainsRegex("\nreceived, Mpps +latency, 99th percentile, us\n"));
  EXPECT_THAT(widest, HasSubstr(std::string(91, '#')));
}

TEST(LiveView, AColumnHasOneUnit) {
  std::shared_ptr<LiveSegment> segment = test::segment(2);
  LiveHistory history(about(*segment));
  LiveSample now = first_sample(*segment);
  for (int i = 0; i < 20; i++) {
    now = later(now, 0.25, 12.5e6);
    // The second sender has 400 frames a second.
    now.workers[1].counters.frames = static_cast<uint64_t>(100 * (i + 1));
    history.add(now);
  }
  const std::string text = drawn(history, {}, 80, 24);
  EXPECT_THAT(text, HasSubstr(" Mpps   Gbit/s "));
  EXPECT_THAT(text, ContainsRegex("\n  tx0 ring 0 +12\\.500 "));
  EXPECT_THAT(text, ContainsRegex("\n  tx1 ring 1 +<0\\.001 "));
}

// 10^12 frames at the rate of 100 Gbit/s, by ports with long names: no two figures touch.
TEST(LiveView, TheWidestFiguresKeepApart) {
  std::shared_ptr<LiveSegment> segment = test::segment(2);
  for (uint32_t i = 0; i < 2; i++) {
    segment->port(i).name.set("netmap:" + std::string(24, static_cast<char>('a' + i)));
    segment->port(i).speed_bps = 100e9;
  }
  segment->stream(0).name.set(std::string(40, 's'));
  for (uint32_t i = 0; i < 4; i++) {
    segment->worker(i).core = 1023;
    segment->worker(i).ring = 1023;
  }
  LiveHistory history(about(*segment));
  LiveSample now = first_sample(*segment);
  for (LiveSample::Worker& worker : now.workers) {
    worker.counters.frames = 999'900'000'000;
    worker.counters.expected = 2'000'000'000'000;
    worker.counters.duplicates = worker.counters.reordered = 1'000'000'000'000;
    worker.counters.damaged_probes = worker.counters.foreign_frames = 1'000'000'000'000;
    worker.off_core_us = 86'400'000'000;
    worker.longest_gap_ns = 3'600'000'000'000;
  }
  for (LiveSample::Port& port : now.ports)
    port.missed = 1'000'000'000'000;
  for (int i = 0; i < 20; i++)
    history.add(now = later(now, 0.25, 74.404762e6));
  for (const int width : {60, 80, 100, 132, 200, 300}) {
    LiveViewState state;
    const std::string main = drawn(history, state, width, 60);
    EXPECT_THAT(main, ContainsRegex("\nnetmap:a[a~]* (sends)? +148\\.810 +")) << width;
    state.page = LivePage::kWorkers;
    const std::string workers = drawn(history, state, width, 60);
    EXPECT_THAT(workers, ContainsRegex("\ntx0 +netmap:?a*~?( +1023)* +1,000,272,0[0-9]*,[0-9]+ "
                                       "+74\\.405"))
        << width;
    EXPECT_THAT(workers, ContainsRegex(" 86,400,000\\.000 +3,600,000\\.000( +1,000,000,000,000)?"))
        << width;
    state.page = LivePage::kStreams;
    EXPECT_THAT(drawn(history, state, width, 60),
                ContainsRegex("\ntx0 +s+~? +64 +1 +100\\.00 +1,000,272,0[0-9]*,[0-9]+ +74\\.405"))
        << width;
  }
}

TEST(LiveView, UnitsChangeTheCurveAndTheWorkers) {
  LiveViewState state;
  state.unit = LiveUnit::kBps;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("sent, Gbit/s"));
  state.page = LivePage::kWorkers;
  EXPECT_THAT(drawn(example(), state, 80, 24), ContainsRegex("Gbit/s.*\ntx0 .* 8\\.400 "));
  state.unit = LiveUnit::kPercent;
  EXPECT_THAT(drawn(example(), state, 80, 24), ContainsRegex("% of line.*\ntx0 .* 84\\.000 "));
}

TEST(LiveView, WorkersAndStreams) {
  LiveViewState state;
  state.page = LivePage::kWorkers;
  EXPECT_THAT(drawn(example(), state, 80, 24),
              ContainsRegex(
                  "tx0 +sim:left +0 +0 +125,000,000 +12\\.500 +29\\.9 +44\\.8 +25\\.4 +25\\.0\n"));
  // What went wrong stands below, or beside where all of it has room.
  EXPECT_THAT(
      drawn(example(), state, 120, 24),
      ContainsRegex("\nworker +ms +gap ms +lost +duplicates +reordered +damaged +foreign\ntx0 "));
  EXPECT_THAT(
      drawn(example(), state, 160, 24),
      ContainsRegex("full % +ms +gap ms +lost +duplicates +reordered +damaged +foreign\ntx0 "));
  state.page = LivePage::kStreams;
  EXPECT_THAT(drawn(example(), state, 80, 24),
              ContainsRegex("tx0 +udp +64 +1 +100\\.00 +125,000,000 +12\\.500\n"));
}

TEST(LiveView, WorkersAndStreamsWithoutRoomAreTold) {
  LiveViewState state;
  state.page = LivePage::kWorkers;
  // Two tables of seven rows.
  const std::string all = drawn(example(3), state, 80, 24);
  EXPECT_THAT(all, Not(HasSubstr("more:")));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 24);
  const std::string some = drawn(example(8), state, 80, 24);
  EXPECT_THAT(some, HasSubstr("  and 10 more: make the terminal higher\n\n"));
  EXPECT_THAT(some, HasSubstr("  and 10 more: make the terminal higher\n\nq leave"));
  EXPECT_THAT(drawn(example(8), state, 80, 44), Not(HasSubstr("more:")));
  EXPECT_THAT(drawn(example(8), state, 160, 24), Not(HasSubstr("more:")));
  state.page = LivePage::kStreams;
  EXPECT_THAT(drawn(example(20), state, 80, 24), HasSubstr("  and 3 more: make the terminal"));
  EXPECT_THAT(drawn(example(18), state, 80, 24), Not(HasSubstr("more:")));
}

TEST(LiveView, TheCauseHasRowsOfItsOwn) {
  EXPECT_THAT(drawn(example(), {}, 80, 15),
              ContainsRegex("\nsim:left sent [^\n]* \\.\\.\\.\nq leave"));
  EXPECT_THAT(drawn(example(), {}, 200, 60),
              ContainsRegex("\nsim:left sent .*ask[ \n]for[ \n]less\\.\n"));
}

TEST(LiveView, StatesAreSaid) {
  LiveViewState state;
  state.paused = state.owns_run = true;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("PAUSED"));
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("q stop"));
  state.stopping = true;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr(", stopping"));
  state.message = "Hello.";
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("\nHello.\n"));
}

TEST(LiveView, ASmallTerminalGetsASentence) {
  EXPECT_EQ(drawn(example(), {}, 10, 3), "needs\n60 x 15\n\n");
  EXPECT_EQ(drawn(example(), {}, 59, 24).substr(0, 14), "needs\n60 x 15\n");
  EXPECT_EQ(drawn(example(), {}, 80, 14).substr(0, 14), "needs\n60 x 15\n");
  EXPECT_EQ(drawn(example(), {}, 0, 0), "");
}

// The smallest has the rates, what went wrong, a curve, the cause and the keys.
TEST(LiveView, TheMainPageAt60x15) {
  EXPECT_EQ(drawn(example(), {}, 60, 15),
            R"(nmgen 64b-10g  measuring 10.0 of 60 s        so far: invalid
simulated 82599, 10 Gbit/s: a result of the model, not of a
NIC                                             process 4242
                        rate    line  ring   ticks  /frame
                        Mpps       %     %    busy   model
sim:left sends        12.500   84.00          20.0    30.0
sim:right receives    12.500   84.00          20.0    30.0
lost 0   duplicates 0   reordered 0   damaged 0   foreign 0
dropped by device (no descriptor) 0   wire paused 0.000 s
sent, Mpps
     15 ::::::::::::::::::::::::::::::::::::::::::::::::::::
      0 ####################################################
       0 s                       5 s                    10 s
sim:left sent 12.500 Mpps in the median second, 16.000 % ...
q leave  w workers  s streams  u units  +/- rate  ? help
)");
}

TEST(LiveView, HelpIsWrappedAndStaysAboveTheKeys) {
  LiveViewState state;
  state.page = LivePage::kHelp;
  const std::string text = drawn(example(), state, 60, 15);
  EXPECT_THAT(text, HasSubstr("\n+ -     rate up, down by a tenth of what was asked for; the\n"
                              "        run is invalid then\n"));
  EXPECT_THAT(text, HasSubstr("\nq leave  w workers  s streams  u units  +/- rate  ? help\n"));
}

TEST(LiveView, TheFirstStateIsSettling) {
  std::shared_ptr<LiveSegment> segment = test::segment();
  LiveHistory history(about(*segment));
  LiveSample now = first_sample(*segment);
  now.state = LiveState::kSettling;
  history.add(now);
  const std::string text = drawn(history, {}, 80, 24);
  EXPECT_THAT(text, HasSubstr("64b-10g  settling"));
  EXPECT_THAT(text, HasSubstr("no verdict yet"));
}

TEST(LiveView, BeforeTheFirstSampleThereIsAPageToo) {
  std::shared_ptr<LiveSegment> segment = test::segment();
  EXPECT_THAT(drawn(LiveHistory(about(*segment)), {}, 80, 24), HasSubstr("opening"));
}

}  // namespace
}  // namespace nmgen
