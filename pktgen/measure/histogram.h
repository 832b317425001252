// SPDX-License-Identifier: BSD-2-Clause
// Latency histogram of fixed size, 1 ns to 10 s at three significant digits: the log-linear layout
// of HDR histograms. Below 2048 ns a bucket is 1 ns wide; above, each doubling is cut into 1024
// equal buckets, so that a bucket is at most 1/1024 of its values wide and its middle at most
// 0.05 % off. Minimum, maximum and percentiles come from the buckets: recording is one increment.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

namespace histogram_layout {

inline constexpr uint64_t kHighestNs = 10'000'000'000;
inline constexpr unsigned kLinearBits = 11;                    // 2048 buckets of 1 ns
inline constexpr unsigned kPerDoublingBits = kLinearBits - 1;  // 1024
inline constexpr uint64_t kLinearMask = (uint64_t{1} << kLinearBits) - 1;

// The bucket of a value, without the clamp.
constexpr uint64_t raw_index(uint64_t ns) {
  // The number of low bits that the bucket does not tell apart; 0 in the linear part.
  unsigned shift = static_cast<unsigned>(std::bit_width(ns | kLinearMask)) - kLinearBits;
  // ns >> shift is in 1024..2047 above the linear part: its leading bit counts as one doubling.
  return (uint64_t{shift} << kPerDoublingBits) + (ns >> shift);
}

inline constexpr size_t kOverflow = raw_index(kHighestNs) + 1;  // everything above 10 s
inline constexpr size_t kBuckets = kOverflow + 1;

constexpr size_t index(uint64_t ns) {
  return ns > kHighestNs ? kOverflow : raw_index(ns);
}

// Lowest value and width of a bucket. The overflow's lowest is 10 s, its width 0: it shows as 10 s.
constexpr uint64_t lowest(size_t index) {
  if (index == kOverflow)
    return kHighestNs;
  if (index <= kLinearMask)
    return index;
  unsigned shift = static_cast<unsigned>(index >> kPerDoublingBits) - 1;
  return (index - (uint64_t{shift} << kPerDoublingBits)) << shift;
}
constexpr uint64_t width(size_t index) {
  if (index == kOverflow)
    return 0;
  return index <= kLinearMask ? 1 : uint64_t{1} << ((index >> kPerDoublingBits) - 1);
}

}  // namespace histogram_layout

struct HistogramBuckets;

// A histogram that stands still: a copy of a live one, a sum or a difference of such copies. One
// thread at a time.
class HistogramSnapshot {
 public:
  HistogramSnapshot();

  void merge(const HistogramSnapshot& other);
  // What was recorded since `earlier`, an older snapshot of the same histogram.
  void subtract(const HistogramSnapshot& earlier);

  uint64_t count() const { return count_; }
  uint64_t overflow() const { return buckets_[histogram_layout::kOverflow]; }

  // Nanoseconds, the middle of a bucket: within 0.1 % of the value. 0 where nothing was recorded.
  double min() const;
  double max() const;  // 10 s where anything was above that
  // The smallest value that at least `percent` (0..100) of the recorded ones do not exceed.
  double percentile(double percent) const;

  // `floor_ns`: what the measurement itself costs.
  LatencyRecord to_record(double floor_ns) const;

 private:
  LatencyBuckets filled_buckets() const;

  friend HistogramSnapshot snapshot_of(const HistogramBuckets& buckets);
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
};

// The buckets of a live histogram, on cache lines of their own: a neighbour may belong to another
// core. 198 kB, of which a run's latencies touch a few cache lines.
struct alignas(64) HistogramBuckets {
  std::atomic<uint64_t> count[histogram_layout::kBuckets];
};
static_assert(sizeof(HistogramBuckets) % 64 == 0);

// Everything in `buckets` so far; what is recorded meanwhile may or may not be in it.
HistogramSnapshot snapshot_of(const HistogramBuckets& buckets);

// The live histogram: one thread records, any thread takes snapshots.
class Histogram {
 public:
  // With buckets of its own, all 0.
  Histogram();
  // With those of another owner, who keeps them for as long, e.g. in shared memory. They are
  // cleared.
  explicit Histogram(HistogramBuckets& buckets);

  // Forgets what was recorded. No thread may record meanwhile.
  void clear();

  // A duration that went below zero by clock skew must be clamped by the caller: it wraps here, and
  // counts as above 10 s.
  void record(uint64_t ns) { record_n(ns, 1); }

  void record_n(uint64_t ns, uint64_t count) { record_at(histogram_layout::index(ns), count); }

  // The same for a bucket, for durations that several histograms get.
  void record_at(size_t index, uint64_t count) {
    std::atomic<uint64_t>& bucket = buckets_->count[index];
    // Relaxed load and store, no locked instruction: there is one writer, and a reader needs each
    // count on its own, in no order with others.
    bucket.store(bucket.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }

  // Everything recorded so far; what is recorded meanwhile may or may not be in it.
  HistogramSnapshot snapshot() const { return snapshot_of(*buckets_); }

 private:
  std::unique_ptr<HistogramBuckets> own_;
  HistogramBuckets* buckets_;
};

}  // namespace nmgen
