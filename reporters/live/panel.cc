// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reporters/axis.h"

namespace nmgen {
namespace {

constexpr int kLabelColumns = 8;
constexpr int kTickColumns = 12;  // room for a label and as much between them

// Steps of the y axis, at least three, as 15 of 20 says more than a bar of unknown height.
std::vector<double> y_steps(double highest, int rows) {
  return round_steps(0, highest > 0 ? highest : 1,
                     static_cast<unsigned>(std::clamp(rows / 3, 3, 6)));
}

}  // namespace

int bar_columns(const Box& box) {
  return std::max(1, box.width - kLabelColumns);
}

void draw_panel(Canvas& canvas, const Box& box, const Panel& panel) {
  const int rows = box.height - 2;
  const int x = box.x + kLabelColumns, y = box.y + 1;
  if (rows < 1)
    return;
  const double highest =
      panel.values.empty() ? 0 : *std::max_element(panel.values.begin(), panel.values.end());
  const std::vector<double> steps = y_steps(highest, rows);
  const double top = steps.back();
  const Unit unit = unit_for(panel.quantity, top);
  if (panel.titled)
    canvas.put(box.x, box.y,
               fmt::format("{}, {}", panel.title, unit.name.empty() ? panel.unit : unit.name),
               Style::kFaint);
  // Where steps are closer than two rows, only the highest.
  const bool all_steps = rows * steps[1] / top >= 2;
  for (const double step : steps) {
    if (step <= 0 || (!all_steps && step < top))
      continue;
    const int row = y + rows - static_cast<int>(std::lround(rows * step / top));
    canvas.put_right(x - 1, row,
                     fmt::format("{:.4g}{}", step / unit.size, panel.percent ? "%" : ""),
                     Style::kFaint);
    for (int i = 0; i < bar_columns(box); i++) {
      const bool crosses = std::any_of(panel.ticks.begin(), panel.ticks.end(),
                                       [i](const PanelTick& tick) { return tick.column == i; });
      canvas.put(x + i, row, canvas.unicode() ? (crosses ? "┼" : "┈") : (crosses ? "+" : "-"),
                 Style::kGrid);
    }
  }
  canvas.put_right(x - 1, y + rows - 1, "0", Style::kFaint);
  canvas.bars(x, y, bar_columns(box), rows, panel.values, top);
  int free = box.x;  // the first column where a label does not touch the one before
  for (const PanelTick& tick : panel.ticks) {
    const int size = columns_of(tick.label);
    const int at = std::clamp(x + tick.column - size / 2, box.x, box.x + box.width - size);
    if (at < free)
      continue;
    canvas.put(at, y + rows, tick.label, Style::kFaint);
    free = at + size + 1;
  }
}

TimeSpan time_span(double now_s, double duration_s) {
  // A frame later than the last second is still of it.
  constexpr double kSlack = 1.02;
  for (const double length : {10., 15., 20., 30., 45., 60., 90., 120., 180., 300., 450.,
                              LiveHistory::kMaxHistorySeconds}) {
    if (duration_s > 0 && duration_s <= length && now_s <= duration_s * kSlack)
      return {0, duration_s};
    if (now_s <= length)
      return {0, length};
  }
  return {now_s - LiveHistory::kMaxHistorySeconds, now_s};
}

std::vector<PanelTick> time_ticks(const TimeSpan& span, int columns) {
  const unsigned wanted = static_cast<unsigned>(std::clamp(columns / kTickColumns, 1, 12));
  std::vector<PanelTick> ticks;
  for (const double at : round_steps(span.from_s, span.to_s, wanted)) {
    const double share = (at - span.from_s) / (span.to_s - span.from_s);
    if (share >= -1e-9 && share <= 1 + 1e-9)
      ticks.push_back({std::min(static_cast<int>(std::lround(share * columns)), columns - 1),
                       fmt::format("{:g} s", at)});
  }
  return ticks;
}

std::vector<PanelTick> decade_ticks(double low_ns, double high_ns, int columns) {
  std::vector<PanelTick> ticks;
  const double span = std::log(high_ns / low_ns);
  // Decades alone where there is no room for more.
  const bool fine = columns / (3 * std::log10(high_ns / low_ns)) >= kTickColumns;
  for (const double ns : decade_steps(low_ns, high_ns)) {
    if (!fine && !is_decade(ns))
      continue;
    const int column = static_cast<int>(std::log(ns / low_ns) / span * columns);
    ticks.push_back({std::min(column, columns - 1), time_label(ns)});
  }
  return ticks;
}

}  // namespace nmgen
