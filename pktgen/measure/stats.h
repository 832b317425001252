// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

// The middle of the samples, or the mean of the two in the middle; 0 for none.
double median(std::vector<double> samples);

// Median, MAD (the median distance from the median, not scaled to a standard deviation), minimum
// and maximum, in the samples' unit; all 0 for none. Not for NaN.
Spread spread(const std::vector<double>& samples);

}  // namespace nmgen
