// SPDX-License-Identifier: BSD-2-Clause
// Which stream each probe of a sender is of. Streams take turns in an order that repeats, so the
// number of a probe says it, and which of the stream's own probes it is: a receiver tells streams
// apart by that, whatever became of the headers on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nmgen {

// A probe as one of its stream: the how many-th, from 0.
struct StreamPlace {
  uint32_t stream = 0;  // of the sender's
  uint64_t number = 0;
};

class StreamOrder {
 public:
  StreamOrder() = default;

  // `turn`: the stream of each frame until the order repeats, of `streams` streams; a probe in one
  // frame of `probe_every`, from the first on; 0: in every one.
  StreamOrder(const std::vector<uint32_t>& turn, size_t streams, uint32_t probe_every);

  size_t streams() const { return each_turn_.size(); }

  // Probes until the order repeats, and those of a stream among them.
  uint64_t turn() const { return places_.size(); }
  uint64_t each_turn(uint32_t stream) const { return each_turn_[stream]; }

  StreamPlace at(uint64_t probe) const {
    const uint64_t turns = probe / turn();
    const StreamPlace& place = places_[probe - turns * turn()];
    return {place.stream, turns * each_turn_[place.stream] + place.number};
  }

  // Of a stream, among the first `probes`.
  uint64_t count(uint32_t stream, uint64_t probes) const;

 private:
  std::vector<StreamPlace> places_;  // of a turn
  std::vector<uint64_t> each_turn_;  // a stream each
};

}  // namespace nmgen
