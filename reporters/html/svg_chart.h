// SPDX-License-Identifier: BSD-2-Clause
// Line charts as SVG, for a page without scripts or network.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reporters/units.h"

namespace nmgen {

struct ChartLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // (x, y), x rising
};

// Both axes start at 0, but for a logarithmic one.
struct Chart {
  std::string title;
  Quantity quantity = Quantity::kNumber;  // of y; the axis has one unit, and says which
  std::string y_label;                    // before that unit, or of a plain number
  std::vector<ChartLine> lines;           // at most four, told apart by colour and by dashes
  bool log_x = false;                     // x is ns above 0 then, else seconds
};

// A whole <svg> element, 720 x 250. Its classes (axis, grid, line0 ...) are coloured by the page. A
// chart with no point says "nothing was measured".
std::string chart_svg(const Chart& chart);

}  // namespace nmgen
