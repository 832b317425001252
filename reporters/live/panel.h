// SPDX-License-Identifier: BSD-2-Clause
// A chart of bars in a box of a canvas, with gridlines and labels on both axes.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "reporters/live/canvas.h"
#include "reporters/live/history.h"
#include "reporters/units.h"

namespace nmgen {

struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

struct PanelTick {
  int column = 0;
  std::string label;
};

struct Panel {
  std::string title;  // what is shown; the unit follows
  Quantity quantity = Quantity::kNumber;
  std::string unit;           // of a plain number: "% of line"
  bool percent = false;       // labels of the y axis say so
  std::deque<double> values;  // one for each of columns_of(box); 0: nothing there
  std::vector<PanelTick> ticks;
  bool titled = true;  // else the caller has written that row
};

// Rows of the smallest that says something: title, two of bars, the axis.
inline constexpr int kMinPanelRows = 4;

// The columns for bars: the y axis has the others.
int bar_columns(const Box& box);

void draw_panel(Canvas& canvas, const Box& box, const Panel& panel);

// The span of time that a curve shows, in seconds since the phase began.
struct TimeSpan {
  double from_s = 0, to_s = 10;
};
// From the start on, of a round length that holds `now_s`, so that the curve fills most of it; no
// longer than the run (`duration_s`), nor than the history, whose end it follows then.
TimeSpan time_span(double now_s, double duration_s);

// A value for each of `columns`: the mean of the points in it, or, between two points, that of the
// later one, as a point tells of the time before it. 0 where nothing is known yet.
template <typename Figure>
std::deque<double> curve(const std::deque<LiveHistoryPoint>& points, const TimeSpan& span,
                         int columns, Figure&& figure) {
  std::deque<double> values(static_cast<size_t>(columns), 0);
  std::deque<LiveHistoryPoint>::const_iterator point = points.begin();
  for (int i = 0; i < columns; i++) {
    const double step = (span.to_s - span.from_s) / columns;
    const double from = span.from_s + step * i, to = from + step;
    while (point != points.end() && point->at_s <= from)
      ++point;
    double sum = 0;
    int count = 0;
    for (std::deque<LiveHistoryPoint>::const_iterator in = point;
         in != points.end() && (count == 0 || in->at_s <= to); ++in, count++)
      sum += figure(*in);
    values[static_cast<size_t>(i)] = count > 0 ? sum / count : 0;
  }
  return values;
}

std::vector<PanelTick> time_ticks(const TimeSpan& span, int columns);

// The round numbers from `low_ns` to `high_ns`, which are round themselves.
std::vector<PanelTick> decade_ticks(double low_ns, double high_ns, int columns);

}  // namespace nmgen
