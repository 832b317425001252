// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/panel.h"

#include <gmock/gmock.h>

#include "reporters/axis.h"

namespace nmgen {
namespace {

using testing::ElementsAre;

TEST(Panel, HasGridlinesAndLabelsOnBothAxes) {
  Canvas canvas(40, 8, false);
  Panel panel;
  panel.title = "sent";
  panel.quantity = Quantity::kFrameRate;
  const Box box{0, 0, 40, 8};
  panel.values.assign(static_cast<size_t>(bar_columns(box)), 0);
  for (int i = 0; i < 16; i++)
    panel.values[static_cast<size_t>(i)] = 14.88e6;
  panel.ticks = time_ticks({0, 10}, bar_columns(box));
  draw_panel(canvas, box, panel);
  EXPECT_EQ(canvas.text(), R"(sent, Mpps
     15 ################+--------------+
        ################
     10 ################+--------------+
        ################
      5 ################+--------------+
      0 ################
       0 s             5 s          10 s
)");
}

TEST(Panel, AnotherPartOfTheScreenStaysAsItIs) {
  Canvas canvas(40, 10, true);
  Panel panel;
  panel.values = {1, 2, 3};
  panel.ticks = {{0, "a long label"}, {2, "another"}};
  draw_panel(canvas, {10, 2, 20, 5}, panel);
  for (int y = 0; y < 10; y++)
    for (int x = 0; x < 40; x++) {
      const bool inside = y >= 2 && y < 7 && x >= 10 && x < 30;
      EXPECT_TRUE(inside || canvas.at(x, y) == U' ') << x << ' ' << y;
    }
}

TEST(Panel, ATimeSpanIsRoundHoldsAllAndIsNotLongerThanTheRun) {
  for (double now = 0; now < 600; now += 0.7) {
    const TimeSpan span = time_span(now, 0);
    EXPECT_EQ(span.from_s, 0);
    EXPECT_GE(span.to_s, now);
    EXPECT_LE(span.to_s, std::max(10.0, 1.7 * now));
  }
  EXPECT_EQ(time_span(3, 12).to_s, 10);
  EXPECT_EQ(time_span(11, 12).to_s, 12);
  EXPECT_EQ(time_span(12.01, 12).to_s, 12);
  EXPECT_EQ(time_span(3, 4).to_s, 4);
  EXPECT_EQ(time_span(1000, 3600).from_s, 400);
  EXPECT_EQ(time_span(1000, 3600).to_s, 1000);
}

TEST(Panel, ACurveFillsItsColumnsWhetherPointsAreManyOrFew) {
  std::deque<LiveHistoryPoint> points;
  for (int i = 1; i <= 8; i++) {
    LiveHistoryPoint point;
    point.at_s = i;
    point.tx.pps = i * 10;
    points.push_back(point);
  }
  const auto pps = [](const LiveHistoryPoint& point) { return point.tx.pps; };
  EXPECT_THAT(curve(points, {0, 4}, 8, pps), ElementsAre(10, 10, 20, 20, 30, 30, 40, 40));
  EXPECT_THAT(curve(points, {0, 16}, 8, pps), ElementsAre(15, 35, 55, 75, 0, 0, 0, 0));
  EXPECT_THAT(curve(points, {4, 8}, 4, pps), ElementsAre(50, 60, 70, 80));
  EXPECT_THAT(curve({}, {0, 10}, 2, pps), ElementsAre(0, 0));
}

TEST(Panel, LatenciesHaveRoundLabels) {
  std::vector<std::string> labels;
  for (const PanelTick& tick : decade_ticks(round_down(17'600), round_up(45'900), 72))
    labels.push_back(tick.label);
  EXPECT_THAT(labels, ElementsAre("10 us", "20 us", "50 us"));
  labels.clear();
  for (const PanelTick& tick : decade_ticks(round_down(4'000), round_up(44.8e6), 72))
    labels.push_back(tick.label);
  EXPECT_THAT(labels, ElementsAre("10 us", "100 us", "1 ms", "10 ms"));
}

}  // namespace
}  // namespace nmgen
