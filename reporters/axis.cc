// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "reporters/units.h"

namespace nmgen {
namespace {

// The power of ten at or below `value`.
double decade_of(double value) {
  return std::pow(10.0, std::floor(std::log10(value) + 1e-9));
}

}  // namespace

double round_up(double value) {
  const double power = decade_of(value);
  for (const double factor : {1.0, 2.0, 5.0})
    if (value <= factor * power * (1 + 1e-9))
      return factor * power;
  return 10 * power;
}

double round_down(double value) {
  const double power = decade_of(value);
  for (const double factor : {5.0, 2.0})
    if (value >= factor * power * (1 - 1e-9))
      return factor * power;
  return power;
}

std::vector<double> round_steps(double low, double high, unsigned wanted) {
  const double step = round_up((high - low) / std::max(1U, wanted));
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  const size_t count = last >= first ? static_cast<size_t>(last - first) + 1 : 0;
  std::vector<double> steps;
  steps.reserve(count);
  for (size_t k = 0; k < count; k++)
    steps.push_back((first + static_cast<double>(k)) * step);
  return steps;
}

std::vector<double> decade_steps(double low, double high) {
  std::vector<double> steps;
  double step = round_up(low);
  while (step <= high * (1 + 1e-9)) {
    steps.push_back(step);
    step = round_up(step * 1.1);
  }
  return steps;
}

bool is_decade(double step) {
  return std::fabs(std::log10(step) - std::round(std::log10(step))) < 1e-6;
}

std::string time_label(double ns) {
  const Unit unit = unit_for(Quantity::kTimeNs, ns * (1 + 1e-9));
  return fmt::format("{:.6g} {}", ns / unit.size, unit.name);
}

}  // namespace nmgen
