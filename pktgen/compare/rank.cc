// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

struct Ranked {
  double rank_sum_a = 0;
  double ties = 0;  // the sum of t^3 - t over groups of t equal samples
};

Ranked rank_both(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all(a);
  all.insert(all.end(), b.begin(), b.end());
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t x, size_t y) { return all[x] < all[y]; });
  Ranked ranked;
  for (size_t i = 0; i < order.size();) {
    size_t end = i + 1;
    while (end < order.size() && all[order[end]] == all[order[i]])
      ++end;
    const double count = static_cast<double>(end - i);
    // Equal samples share the mean of their ranks, which are i + 1 to end.
    const double rank = static_cast<double>(i + 1 + end) / 2;
    for (size_t k = i; k < end; ++k)
      if (order[k] < a.size())
        ranked.rank_sum_a += rank;
    ranked.ties += count * count * count - count;
    i = end;
  }
  return ranked;
}

// How many of the orders of n and m samples have a U of at most `u`, as a share of all. The counts
// of U are the coefficients of the Gaussian binomial, here built factor by factor:
// product over i of (1 - x^(m+i)) / (1 - x^i). Doubles hold the counts to 15 digits.
double share_up_to(size_t n, size_t m, size_t u) {
  std::vector<double> count(u + 1, 0);
  count[0] = 1;
  for (size_t i = 1; i <= n; ++i) {
    for (size_t k = u; k >= m + i && k <= u; --k)
      count[k] -= count[k - m - i];
    for (size_t k = i; k <= u; ++k)
      count[k] += count[k - i];
  }
  double all = 1;
  for (size_t i = 1; i <= n; ++i)
    all *= static_cast<double>(m + i) / static_cast<double>(i);
  return std::accumulate(count.begin(), count.end(), 0.0) / all;
}

// How many of the 2^n ways to give ranks 1 to n a sign have a sum of at most `sum` on one side, as
// a share of all.
double share_of_signs_up_to(size_t n, size_t sum) {
  std::vector<double> share(sum + 1, 0);
  share[0] = 1;
  for (size_t rank = 1; rank <= n; ++rank)
    for (size_t k = sum + 1; k-- > 0;)
      share[k] = (share[k] + (k >= rank ? share[k - rank] : 0)) / 2;
  return std::accumulate(share.begin(), share.end(), 0.0);
}

// The means of all pairs of differences, each with itself too (J. W. Walsh, 1949).
std::vector<double> means_of_pairs(const std::vector<double>& differences) {
  std::vector<double> means;
  means.reserve(differences.size() * (differences.size() + 1) / 2);
  for (size_t i = 0; i < differences.size(); ++i)
    for (size_t k = i; k < differences.size(); ++k)
      means.push_back((differences[i] + differences[k]) / 2);
  return means;
}

// The highest sum of ranks 1 to n on one side that, with all lower ones, comes up in at most 2.5 %
// of the ways to give signs; 0 where none does.
size_t unlikely_sum(size_t n) {
  constexpr double kTail = 0.025;
  constexpr double kTailDeviations = 1.959964;
  if (n > kExactSamples) {
    const double count = static_cast<double>(n);
    const double low = count * (count + 1) / 4 -
                       kTailDeviations * std::sqrt(count * (count + 1) * (2 * count + 1) / 24);
    return static_cast<size_t>(std::max(0.0, std::floor(low)));
  }
  size_t sum = 0;
  while (share_of_signs_up_to(n, sum + 1) <= kTail)
    ++sum;
  return sum;
}

}  // namespace

double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty())
    return 1;
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const Ranked ranked = rank_both(a, b);
  const double u_a = ranked.rank_sum_a - n * (n + 1) / 2;
  const double least = std::min(u_a, n * m - u_a);
  if (ranked.ties == 0 && a.size() <= kExactSamples && b.size() <= kExactSamples)
    return std::min(1.0, 2 * share_up_to(a.size(), b.size(), static_cast<size_t>(least)));
  const double total = n + m;
  const double variance = n * m / 12 * (total + 1 - ranked.ties / (total * (total - 1)));
  if (!(variance > 0))
    return 1;
  const double z = std::max(0.0, n * m / 2 - least - 0.5) / std::sqrt(variance);
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

double hodges_lehmann_shift(const std::vector<double>& base, const std::vector<double>& next) {
  std::vector<double> differences;
  differences.reserve(base.size() * next.size());
  for (double from : base)
    for (double to : next)
      differences.push_back(to - from);
  return median(std::move(differences));
}

double signed_rank_p(const std::vector<double>& differences) {
  std::vector<double> sizes[2];  // of those below 0, and above
  for (double difference : differences)
    if (difference != 0)
      sizes[difference > 0 ? 1 : 0].push_back(std::fabs(difference));
  const size_t count = sizes[0].size() + sizes[1].size();
  if (count == 0)
    return 1;
  const Ranked ranked = rank_both(sizes[0], sizes[1]);
  const double n = static_cast<double>(count), all = n * (n + 1) / 2;
  const double least = std::min(ranked.rank_sum_a, all - ranked.rank_sum_a);
  if (ranked.ties == 0 && count <= kExactSamples)
    return std::min(1.0, 2 * share_of_signs_up_to(count, static_cast<size_t>(least)));
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranked.ties / 48;
  const double z = std::max(0.0, all / 2 - least - 0.5) / std::sqrt(variance);
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

double hodges_lehmann_center(const std::vector<double>& differences) {
  return median(means_of_pairs(differences));
}

RankInterval hodges_lehmann_interval(const std::vector<double>& differences) {
  if (differences.empty())
    return {};
  std::vector<double> means = means_of_pairs(differences);
  std::sort(means.begin(), means.end());
  // A centre has as many means below it as the sum of the ranks of the differences below it.
  const size_t out = unlikely_sum(differences.size());
  return {means[out], means[means.size() - 1 - out]};
}

std::vector<double> holm(const std::vector<double>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t x, size_t y) { return p_values[x] < p_values[y]; });
  std::vector<double> corrected(p_values.size());
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, p_values[order[i]] * static_cast<double>(order.size() - i));
    corrected[order[i]] = std::min(1.0, largest);
  }
  return corrected;
}

}  // namespace nmgen
