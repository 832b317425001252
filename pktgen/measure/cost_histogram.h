// SPDX-License-Identifier: BSD-2-Clause
// The cost of frames, stretch by stretch: TSC ticks per frame, log-linear. Its lower end is the
// cost of a frame on an undisturbed core. A mean does not show that on a shared machine, where
// interrupts, a hypervisor and another program on the same physical core can double the cost.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace nmgen {

namespace cost_layout {

// A value is ticks a frame times 256. 128 buckets for each doubling: 0.4 to 0.8 % each.
inline constexpr unsigned kFractionBits = 8;
inline constexpr unsigned kPerDoublingBits = 7;
inline constexpr uint64_t kHighest = uint64_t{1} << 24;  // 65,536 ticks a frame and above

constexpr size_t index(uint64_t value) {
  constexpr uint64_t kLinear = (uint64_t{2} << kPerDoublingBits) - 1;
  const uint64_t clamped = std::min(value, kHighest);
  const unsigned shift =
      static_cast<unsigned>(std::bit_width(clamped | kLinear)) - kPerDoublingBits - 1;
  return (size_t{shift} << kPerDoublingBits) + (clamped >> shift);
}
inline constexpr size_t kBuckets = index(kHighest) + 1;

// Lowest value of a bucket; that of the bucket after it is where it ends.
constexpr double lowest(size_t bucket) {
  constexpr size_t kLinear = size_t{2} << kPerDoublingBits;
  if (bucket < kLinear)
    return static_cast<double>(bucket);
  const size_t shift = (bucket >> kPerDoublingBits) - 1;
  return static_cast<double>((bucket - (shift << kPerDoublingBits)) << shift);
}

}  // namespace cost_layout

// A copy that stands still, or a sum of such.
class CostSnapshot {
 public:
  void add(size_t bucket, uint64_t count) {
    buckets_[bucket] += count;
    count_ += count;
  }
  uint64_t count() const { return count_; }

  // TSC ticks a frame that `share` (0 to 1) of the stretches did not exceed, as if they lay evenly
  // in their bucket; 0 where there was none.
  double quantile(double share) const {
    const double wanted = share * static_cast<double>(count_);
    double below = 0;
    for (size_t i = 0; i < buckets_.size(); i++) {
      const double here = static_cast<double>(buckets_[i]);
      if (here > 0 && below + here >= wanted) {
        const double from = cost_layout::lowest(i), to = cost_layout::lowest(i + 1);
        const double part = std::max(0.0, wanted - below) / here;
        return (from + (to - from) * part) / (uint64_t{1} << cost_layout::kFractionBits);
      }
      below += here;
    }
    return 0;
  }

 private:
  std::array<uint64_t, cost_layout::kBuckets> buckets_{};
  uint64_t count_ = 0;
};

// The live one: its worker records, any thread reads. 17 kB, of which a run touches a few lines.
class CostHistogram {
 public:
  // `frames` cost `ticks` together. One division: for stretches of a thousand frames, not for
  // each.
  void record(uint64_t ticks, uint64_t frames) {
    std::atomic<uint32_t>& bucket =
        buckets_[cost_layout::index((ticks << cost_layout::kFractionBits) / frames)];
    // One writer, and readers need each count alone: no locked instruction.
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // All to 0. Nobody may record meanwhile.
  void clear() {
    for (std::atomic<uint32_t>& bucket : buckets_)
      bucket.store(0, std::memory_order_relaxed);
  }

  void add_to(CostSnapshot& sum) const {
    for (size_t i = 0; i < cost_layout::kBuckets; i++)
      if (uint32_t count = buckets_[i].load(std::memory_order_relaxed); count > 0)
        sum.add(i, count);
  }

 private:
  std::array<std::atomic<uint32_t>, cost_layout::kBuckets> buckets_{};
};

}  // namespace nmgen
