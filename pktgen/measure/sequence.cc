// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/sequence.h"

#include <algorithm>
#include <bit>

namespace nmgen {

SequenceTracker::SequenceTracker(uint64_t window)
    : window_(std::bit_ceil(std::max<uint64_t>(window, 64))), bitmap_(window_ / 64, 0) {}

SequenceCounts SequenceTracker::counts() const {
  SequenceCounts result = counts_;
  result.unique += next_ - run_start_;
  return result;
}

// Sets or clears the bits of first..end-1, whole words where it can. Each bit written belonged to a
// sequence one window below, which leaves the window by this.
void SequenceTracker::mark(uint64_t first, uint64_t end, bool seen) {
  if (end - first > window_)
    first = end - window_;
  while (first < end) {
    uint64_t bit = first % 64;
    uint64_t count = std::min<uint64_t>(64 - bit, end - first);
    uint64_t mask = (~uint64_t{0} >> (64 - count)) << bit;
    uint64_t& word = bitmap_[(first & (window_ - 1)) / 64];
    word = seen ? word | mask : word & ~mask;
    first += count;
  }
}

void SequenceTracker::on_other(uint64_t sequence) {
  counts_.unique += next_ - run_start_;
  mark(run_start_, next_, true);
  run_start_ = next_;

  if (sequence > next_) {  // a gap: not seen so far
    mark(next_, sequence, false);
    run_start_ = sequence;
    next_ = sequence + 1;
    return;
  }
  if (next_ - sequence > window_) {
    ++counts_.stale;
    return;
  }
  uint64_t& word = bitmap_[(sequence & (window_ - 1)) / 64];
  uint64_t mask = uint64_t{1} << (sequence % 64);
  if ((word & mask) != 0) {
    ++counts_.duplicates;
    return;
  }
  word |= mask;
  ++counts_.unique;
  ++counts_.reordered;
}

}  // namespace nmgen
