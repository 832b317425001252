// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/quota.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace nmgen {

uint64_t frames_of_lane(uint64_t total, unsigned lane, unsigned lanes) {
  return total / lanes + (lane < total % lanes ? 1 : 0);
}

std::vector<uint64_t> share_frames(uint64_t total, const std::vector<double>& pps) {
  std::vector<double> weights = pps;
  if (std::any_of(pps.begin(), pps.end(), [](double rate) { return !(rate > 0); }))
    std::fill(weights.begin(), weights.end(), 1);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<uint64_t> shares;
  std::vector<double> remainders;
  uint64_t given = 0;
  for (double weight : weights) {
    const double exact = static_cast<double>(total) * (weight / sum);
    // Equal weights may differ in the last place, which is no reason to prefer one.
    const uint64_t share = std::min(static_cast<uint64_t>(exact + 1e-9), total - given);
    shares.push_back(share);
    remainders.push_back(exact - static_cast<double>(share));
    given += share;
  }
  std::vector<size_t> order(weights.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainders[a] > remainders[b] + 1e-9; });
  for (size_t i = 0; given < total && !order.empty(); i = (i + 1) % order.size(), given++)
    shares[order[i]]++;
  return shares;
}

}  // namespace nmgen
