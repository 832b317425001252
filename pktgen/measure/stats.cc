// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/stats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace nmgen {

namespace {

std::vector<double> distances_from(std::vector<double> samples, double middle) {
  for (double& sample : samples)
    sample = std::fabs(sample - middle);
  return samples;
}

}  // namespace

double median(std::vector<double> samples) {
  if (samples.empty())
    return 0;
  size_t half = samples.size() / 2;
  std::vector<double>::iterator middle = samples.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(samples.begin(), middle, samples.end());
  if (samples.size() % 2 == 1)
    return *middle;
  double below = *std::max_element(samples.begin(), middle);
  return below + (*middle - below) / 2;
}

Spread spread(const std::vector<double>& samples) {
  Spread spread;
  if (samples.empty())
    return spread;
#define SPREAD_FIELD(type, name, from, ...) spread.name = from;
#include "pktgen/measure/figure_list.h"
  return spread;
}

}  // namespace nmgen
