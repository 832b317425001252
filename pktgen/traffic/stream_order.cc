// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/stream_order.h"

#include <algorithm>
#include <numeric>

namespace nmgen {

StreamOrder::StreamOrder(const std::vector<uint32_t>& turn, size_t streams, uint32_t probe_every)
    : each_turn_(streams, 0) {
  const uint64_t every = std::max(probe_every, 1u);
  const uint64_t probes = turn.size() / std::gcd<uint64_t>(turn.size(), every);
  for (uint64_t probe = 0; probe < probes; probe++) {
    const uint32_t stream = turn[probe * every % turn.size()];
    places_.push_back({stream, each_turn_[stream]++});
  }
}

uint64_t StreamOrder::count(uint32_t stream, uint64_t probes) const {
  const uint64_t rest = probes % turn();
  return probes / turn() * each_turn_[stream] +
         static_cast<uint64_t>(
             std::count_if(places_.begin(), places_.begin() + static_cast<ptrdiff_t>(rest),
                           [stream](const StreamPlace& place) { return place.stream == stream; }));
}

}  // namespace nmgen
