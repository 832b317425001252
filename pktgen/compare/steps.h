// SPDX-License-Identifier: BSD-2-Clause
// Where a series of results jumps.
#pragma once

#include <cstddef>
#include <vector>

namespace nmgen {

struct Level {
  size_t first = 0, count = 0;  // its part of the series
  double median = 0;
};

// Cuts a series into levels by minimum description length (J. Rissanen, Automatica 14, 1978): a cut
// is made where saying one more position and one more median costs fewer bits than it saves on
// saying how far the values lie from their level. Distances are coded as Laplace's, whose scale is
// a level's own mean distance; a value that is far off alone makes no jump. Levels have at least
// kShortestLevel values. Finite values only; time grows with the cube of the series' length, of
// which the last kLongestSeries are looked at.
std::vector<Level> find_levels(const std::vector<double>& series);

inline constexpr size_t kShortestLevel = 3;
inline constexpr size_t kLongestSeries = 500;

}  // namespace nmgen
