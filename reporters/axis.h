// SPDX-License-Identifier: BSD-2-Clause
// Round numbers for the axes of charts: 1, 2 and 5 by a power of ten.
#pragma once

#include <string>
#include <vector>

namespace nmgen {

// The nearest round number that is not below, or not above, `value`, which is above 0.
double round_up(double value);
double round_down(double value);

// The steps of an axis from `low` to `high`: multiples of a round number, about `wanted` of them,
// the first at or below `low` and the last at or above `high`. low < high.
std::vector<double> round_steps(double low, double high, unsigned wanted);

// Those of a logarithmic axis: all round numbers from `low` to `high`, which are above 0.
std::vector<double> decade_steps(double low, double high);
// Whether a round number is a power of ten.
bool is_decade(double step);

// "100 us"
std::string time_label(double ns);

}  // namespace nmgen
