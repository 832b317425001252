// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/view.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "reporters/live/testing.h"

namespace nmgen {
namespace {

using live_example::first_sample;
using live_example::later;
using testing::HasSubstr;
using testing::Not;

// A history after 10 s at 12.5 Mpps in all, with latencies about 18 us.
LiveHistory example(uint32_t pairs = 1) {
  std::shared_ptr<LiveSegment> segment = live_example::segment(pairs);
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
                                           line ring frames       cycles a frame
                           pps    bit/s       % full a sync   busy  model   idle
sim:left sends         12.500M   8.400G   84.00       128.0   20.0   30.0   17.0
  tx0 ring 0           12.500M   8.400G   84.00  25%  128.0   20.0   30.0   17.0
sim:right receives     12.500M   8.400G   84.00       128.0   20.0   30.0   17.0
  rx0 ring 0           12.500M   8.400G   84.00  25%  128.0   20.0   30.0   17.0
lost 0   duplicates 0   reordered 0   damaged 0   foreign 0
dropped by the device, no free descriptor 0   wire paused 0.000 s
sent, frames/s, the last 9 seconds
    15M
                                                                       #########
                                                                       #########
                                                                       #########
                                                                       #########
      0                                                                #########
latency  p50 18.0us p90 18.0us p99 45.0us p99.9 45.0us max 45.0us floor 85ns
    98%  #
         #
      0  #                                                                    _
        17.6us                           28.5us                           45.9us
sim:left sent 12.500 Mpps in the median second, 16.000 % below the 14.881 Mpp...
q leave   space pause  w workers  s streams  u units  +/- rate  ? help
)");
}

TEST(LiveView, EachSizeHasItsKeysAndVerdictAndNoLineTooLong) {
  const LiveHistory history = example(4);
  for (const auto& [width, height] : {std::pair{80, 24}, {120, 40}, {200, 60}}) {
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
  EXPECT_THAT(text, HasSubstr("more: press w, or make the terminal higher"));
  EXPECT_THAT(text, HasSubstr("lost 0"));
  EXPECT_THAT(text, HasSubstr("latency  p50"));
  EXPECT_THAT(text, HasSubstr("sent, frames/s"));
  // In a high terminal there is room for all.
  const std::string high = drawn(example(8), {}, 80, 60);
  EXPECT_THAT(high, Not(HasSubstr("more: press w")));
  EXPECT_THAT(high, HasSubstr("rx7 ring 7"));
}

TEST(LiveView, UnitsChangeTheCurveAndTheWorkers) {
  LiveViewState state;
  state.unit = LiveUnit::kBps;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("sent, bit/s on the wire"));
  state.page = LivePage::kWorkers;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("8.400Gb/s"));
  state.unit = LiveUnit::kPercent;
  EXPECT_THAT(drawn(example(), state, 80, 24), HasSubstr("84.00%"));
}

TEST(LiveView, WorkersAndStreams) {
  LiveViewState state;
  state.page = LivePage::kWorkers;
  const std::string narrow = drawn(example(), state, 80, 24);
  EXPECT_THAT(narrow, HasSubstr("tx0    sim:left         0    0    125,000,000     12.500M   29.9"
                                "   44.8   25.4"));
  // What went wrong stands below, or beside where all of it has room.
  for (const int width : {80, 120, 143})
    EXPECT_THAT(drawn(example(), state, width, 24),
                HasSubstr("\nworker   off core  longest gap      lost  duplicates   reordered    "
                          "ring%\ntx0 "))
        << width;
  for (const int width : {144, 200})
    EXPECT_THAT(drawn(example(), state, width, 24),
                HasSubstr("idle%  off core  longest gap      lost  duplicates   reordered    "
                          "ring%\ntx0 "))
        << width;
  state.page = LivePage::kStreams;
  EXPECT_THAT(drawn(example(), state, 80, 24),
              HasSubstr("tx0    udp                         64         1  100.00    125,000,000"));
}

TEST(LiveView, WorkersAndStreamsWithoutRoomAreTold) {
  LiveViewState state;
  state.page = LivePage::kWorkers;
  // Two tables of eight rows.
  const std::string all = drawn(example(4), state, 80, 24);
  EXPECT_THAT(all, Not(HasSubstr("more:")));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 24);
  const std::string some = drawn(example(8), state, 80, 24);
  EXPECT_THAT(some, HasSubstr("  and 9 more: make the terminal higher\n\nworker "));
  EXPECT_THAT(some, HasSubstr("  and 9 more: make the terminal higher\n\nq leave"));
  EXPECT_THAT(drawn(example(8), state, 80, 40), Not(HasSubstr("more:")));
  EXPECT_THAT(drawn(example(8), state, 144, 24), Not(HasSubstr("more:")));
  state.page = LivePage::kStreams;
  EXPECT_THAT(drawn(example(20), state, 80, 24), HasSubstr("  and 2 more: make the terminal"));
  EXPECT_THAT(drawn(example(19), state, 80, 24), Not(HasSubstr("more:")));
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
  EXPECT_EQ(drawn(example(), {}, 10, 3), "needs\n80 x 24\n\n");
  EXPECT_EQ(drawn(example(), {}, 79, 24).substr(0, 14), "needs\n80 x 24\n");
  EXPECT_EQ(drawn(example(), {}, 0, 0), "");
}

TEST(LiveView, BeforeTheFirstSampleThereIsAPageToo) {
  std::shared_ptr<LiveSegment> segment = live_example::segment();
  EXPECT_THAT(drawn(LiveHistory(about(*segment)), {}, 80, 24), HasSubstr("opening"));
}

}  // namespace
}  // namespace nmgen
