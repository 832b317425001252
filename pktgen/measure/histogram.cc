// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/histogram.h"

#include <algorithm>
#include <cmath>

namespace nmgen {
namespace {

double middle(size_t index) {
  uint64_t width = histogram_layout::width(index);
  double half = width > 1 ? static_cast<double>(width - 1) / 2 : 0;
  return std::min(static_cast<double>(histogram_layout::lowest(index)) + half,
                  static_cast<double>(histogram_layout::kHighestNs));
}

}  // namespace

HistogramSnapshot::HistogramSnapshot() : buckets_(histogram_layout::kBuckets, 0) {}

void HistogramSnapshot::merge(const HistogramSnapshot& other) {
  for (size_t i = 0; i < buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

void HistogramSnapshot::subtract(const HistogramSnapshot& earlier) {
  count_ = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i] -= earlier.buckets_[i];
    count_ += buckets_[i];
  }
}

double HistogramSnapshot::min() const {
  for (size_t i = 0; i < buckets_.size(); ++i)
    if (buckets_[i] != 0)
      return middle(i);
  return 0;
}

double HistogramSnapshot::max() const {
  for (size_t i = buckets_.size(); i > 0; --i)
    if (buckets_[i - 1] != 0)
      return middle(i - 1);
  return 0;
}

double HistogramSnapshot::percentile(double percent) const {
  if (count_ == 0)
    return 0;
  double share = std::clamp(percent, 0.0, 100.0) / 100;
  // The rank of the value, from 1. The slack keeps 99.9 % of 1000 at 999, not 1000, though 0.999 in
  // binary is a little more.
  double exact_rank = share * static_cast<double>(count_);
  uint64_t rank = static_cast<uint64_t>(std::ceil(exact_rank * (1 - 1e-14)));
  rank = std::clamp<uint64_t>(rank, 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank)
      return middle(i);
  }
  return max();
}

LatencyBuckets HistogramSnapshot::filled_buckets() const {
  LatencyBuckets filled;
  for (size_t i = 0; i < buckets_.size(); ++i)
    if (buckets_[i] != 0)
      filled.emplace_back(histogram_layout::lowest(i), buckets_[i]);
  return filled;
}

LatencyRecord HistogramSnapshot::to_record(double floor_ns) const {
  LatencyRecord record;
#define LATENCY_FIELD(type, name, from, ...) record.name = from;
#include "pktgen/measure/figure_list.h"
  return record;
}

Histogram::Histogram() : own_(std::make_unique<HistogramBuckets>()), buckets_(own_.get()) {
  clear();
}

Histogram::Histogram(HistogramBuckets& buckets) : buckets_(&buckets) {
  clear();
}

void Histogram::clear() {
  // Touches every page now, so that no page fault falls into a measurement.
  for (std::atomic<uint64_t>& bucket : buckets_->count)
    bucket.store(0, std::memory_order_relaxed);
}

HistogramSnapshot snapshot_of(const HistogramBuckets& buckets) {
  HistogramSnapshot result;
  for (size_t i = 0; i < histogram_layout::kBuckets; ++i) {
    const uint64_t count = buckets.count[i].load(std::memory_order_acquire);
    result.buckets_[i] = count;
    result.count_ += count;
  }
  return result;
}

}  // namespace nmgen
