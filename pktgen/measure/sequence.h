// SPDX-License-Identifier: BSD-2-Clause
// Counts one stream's frames at one receiver, to the frame: once, again, or late.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nmgen {

struct SequenceCounts {
  uint64_t unique = 0;      // frames seen for the first time, late ones too
  uint64_t duplicates = 0;  // frames seen before
  uint64_t reordered = 0;   // seen for the first time, after a higher one (RFC 4737 section 3.3)
  uint64_t stale = 0;       // too old to tell which of the above: the run is invalid

  uint64_t frames() const { return unique + duplicates + stale; }
  SequenceCounts& operator+=(const SequenceCounts& other) {
    unique += other.unique;
    duplicates += other.duplicates;
    reordered += other.reordered;
    stale += other.stale;
    return *this;
  }
  friend bool operator==(const SequenceCounts&, const SequenceCounts&) = default;
};

// The bitmap of the last `window` sequences is touched only when a frame is not the next one: a run
// of frames in order is kept as its two ends until then. Sequences stay below 2^63. One thread; the
// worker publishes counts() for others. Loss is the caller's: sent minus unique.
class SequenceTracker {
 public:
  static constexpr uint64_t kWindow = 1 << 20;  // 128 kB; 70 ms of 64-byte frames at 10 Gbit/s

  // `window`: a power of two, 64 or more.
  explicit SequenceTracker(uint64_t window = kWindow);

  void on_frame(uint64_t sequence) {
    if (sequence == next_) [[likely]] {
      ++next_;
      return;
    }
    on_other(sequence);
  }

  // `count` frames, each the next of the one before.
  void on_run(uint64_t first, uint64_t count) {
    if (first == next_) {
      next_ += count;
      return;
    }
    for (uint64_t i = 0; i < count; i++)
      on_frame(first + i);
  }

  // One more than the highest sequence seen.
  uint64_t next() const { return next_; }

  SequenceCounts counts() const;

 private:
  void on_other(uint64_t sequence);
  void mark(uint64_t first, uint64_t end, bool seen);

  // Everything from run_start_ to next_ was seen once, and is in neither counts_ nor bitmap_ yet.
  uint64_t next_ = 0, run_start_ = 0;
  SequenceCounts counts_;
  uint64_t window_;
  // Bit s % window_ says whether s was seen, for the window_ sequences before run_start_.
  std::vector<uint64_t> bitmap_;
};

}  // namespace nmgen
