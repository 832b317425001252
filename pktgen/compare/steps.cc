// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

// Of normal values, the mean distance from the middle is 0.80 and the median move 0.95 of sigma.
constexpr double kDistanceOfMoves = 0.84;
// About five sigma.
constexpr double kFarOff = 6;

// The median and the sum of distances from it, of a run of values that grows at its end. No
// distance counts for more than `most`, so that a value that is far off alone is not worth a level.
class GrowingLevel {
 public:
  explicit GrowingLevel(double most) : most_(most) {}
  void add(double value) {
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), value), value);
    const size_t half = sorted_.size() / 2;
    const double middle =
        sorted_.size() % 2 == 1 ? sorted_[half] : (sorted_[half - 1] + sorted_[half]) / 2;
    distances_ = 0;
    for (double each : sorted_)
      distances_ += std::min(std::fabs(each - middle), most_);
  }
  double distances() const { return distances_; }

 private:
  double most_;
  std::vector<double> sorted_;
  double distances_ = 0;
};

// Bits for `count` distances that sum up to `distances`: Laplace's density at its best scale b is
// exp(-d/b)/2b, so d/b nats and log(2b) a value, where b is the mean distance but at least
// `quietest`. Values are told in units of `grain`.
double bits_of_values(size_t count, double distances, double quietest, double grain) {
  const double number = static_cast<double>(count);
  const double scale = std::max(distances / number, quietest);
  return (distances / scale + number * std::log(2 * scale / grain)) / std::log(2.0);
}

}  // namespace

std::vector<Level> find_levels(const std::vector<double>& whole) {
  const size_t skipped = whole.size() > kLongestSeries ? whole.size() - kLongestSeries : 0;
  const std::vector<double> series(whole.begin() + static_cast<std::ptrdiff_t>(skipped),
                                   whole.end());
  const size_t length = series.size();
  if (length == 0)
    return {};
  // Values are told to a thousandth of the typical one: finer differences are not of interest.
  std::vector<double> sizes;
  sizes.reserve(length);
  for (double value : series)
    sizes.push_back(std::fabs(value));
  const double typical = median(sizes);
  const double grain = typical > 0 ? typical / 1000 : 1e-9;
  // No level is quieter than the whole series is from one value to the next: three values that
  // happen to be alike are no level of their own.
  std::vector<double> moves;
  for (size_t i = 1; i < length; ++i)
    moves.push_back(std::fabs(series[i] - series[i - 1]));
  const double quietest = std::max(grain, kDistanceOfMoves * median(moves));
  // A level costs its place in the series, its scale, and its median to the grain. Whole bits for
  // each, where asymptotic theory would ask for half: a false alarm costs a person's time.
  const double place = std::log2(static_cast<double>(length) + 1);
  const double range = *std::max_element(series.begin(), series.end()) -
                       *std::min_element(series.begin(), series.end());
  const double level_bits = 2 * place + std::log2(1 + range / grain);

  // best[i]: the fewest bits for the first i values; from[i]: where their last level begins.
  std::vector<double> best(length + 1, std::numeric_limits<double>::infinity());
  std::vector<size_t> from(length + 1, 0);
  best[0] = 0;
  for (size_t first = 0; first < length; ++first) {
    if (!std::isfinite(best[first]))
      continue;
    GrowingLevel level(kFarOff * quietest);
    for (size_t end = first + 1; end <= length; ++end) {
      level.add(series[end - 1]);
      const bool is_all = first == 0 && end == length;
      if (end - first < kShortestLevel && !is_all)
        continue;
      const double bits = best[first] + level_bits +
                          bits_of_values(end - first, level.distances(), quietest, grain);
      if (bits < best[end]) {
        best[end] = bits;
        from[end] = first;
      }
    }
  }
  std::vector<Level> levels;
  for (size_t end = length; end > 0; end = from[end]) {
    const std::vector<double> values(series.begin() + static_cast<std::ptrdiff_t>(from[end]),
                                     series.begin() + static_cast<std::ptrdiff_t>(end));
    levels.push_back({from[end] + skipped, end - from[end], median(values)});
  }
  std::reverse(levels.begin(), levels.end());
  return levels;
}

}  // namespace nmgen
