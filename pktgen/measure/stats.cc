// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/stats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace nmgen {

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
  Spread result;
  if (samples.empty())
    return result;
  result.median = median(samples);
  result.min = *std::min_element(samples.begin(), samples.end());
  result.max = *std::max_element(samples.begin(), samples.end());
  std::vector<double> distances;
  distances.reserve(samples.size());
  for (double sample : samples)
    distances.push_back(std::fabs(sample - result.median));
  result.mad = median(std::move(distances));
  return result;
}

}  // namespace nmgen
