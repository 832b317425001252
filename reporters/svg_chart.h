// SPDX-License-Identifier: BSD-2-Clause
// Line charts as SVG, for a page without scripts or network.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nmgen {

struct ChartLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // (x, y), x rising
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<ChartLine> lines;  // at most four, told apart by colour and by dashes
  bool log_x = false;            // x above 0 then
  bool from_zero = true;         // the y axis starts at 0, else at its lowest value
};

// The steps of an axis from `low` to `high`: round numbers (1, 2 or 5 by a power of ten), about
// `wanted` of them, the first at or below `low` and the last at or above `high`. low < high.
std::vector<double> round_steps(double low, double high, unsigned wanted);

// A whole <svg> element, 720 x 260. Its classes (axis, grid, line0 ...) are coloured by the page. A
// chart with no point says "nothing was measured".
std::string chart_svg(const Chart& chart);

}  // namespace nmgen
