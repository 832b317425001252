// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

namespace nmgen {
namespace {

namespace layout = histogram_layout;

TEST(HistogramLayout, BucketsAreContiguous) {
  for (size_t i = 0; i + 1 < layout::kOverflow; ++i) {
    ASSERT_EQ(layout::lowest(i) + layout::width(i), layout::lowest(i + 1)) << i;
    ASSERT_EQ(layout::index(layout::lowest(i)), i);
    ASSERT_EQ(layout::index(layout::lowest(i) + layout::width(i) - 1), i);
  }
}

TEST(HistogramLayout, WidthIsAtMostAThousandth) {
  for (size_t i = 1; i < layout::kOverflow; ++i)
    ASSERT_LE(static_cast<double>(layout::width(i) - 1),
              0.001 * static_cast<double>(layout::lowest(i)))
        << i;
}

TEST(HistogramLayout, ClampsAboveTenSeconds) {
  EXPECT_EQ(layout::index(layout::kHighestNs), layout::kOverflow - 1);
  EXPECT_EQ(layout::index(layout::kHighestNs + 1), layout::kOverflow);
  EXPECT_EQ(layout::index(UINT64_MAX), layout::kOverflow);
}

TEST(Histogram, EmptyIsAllZero) {
  LatencyRecord record = Histogram().snapshot().to_record(0);
  EXPECT_EQ(record.count, 0U);
  EXPECT_EQ(record.min, 0);
  EXPECT_EQ(record.p50, 0);
  EXPECT_EQ(record.max, 0);
  EXPECT_TRUE(record.histogram.empty());
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t ns = 1; ns <= 1000; ++ns)
    histogram.record(ns);
  HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.count(), 1000U);
  EXPECT_EQ(snapshot.min(), 1);
  EXPECT_EQ(snapshot.max(), 1000);
  EXPECT_EQ(snapshot.percentile(0), 1);
  EXPECT_EQ(snapshot.percentile(50), 500);
  EXPECT_EQ(snapshot.percentile(90), 900);
  EXPECT_EQ(snapshot.percentile(99), 990);
  EXPECT_EQ(snapshot.percentile(99.9), 999);
  EXPECT_EQ(snapshot.percentile(99.91), 1000);
  EXPECT_EQ(snapshot.percentile(100), 1000);
}

// Against the sorted values themselves, over the whole range.
TEST(Histogram, PercentilesAgreeWithSortedValues) {
  std::mt19937_64 random(20240501);
  std::uniform_real_distribution<double> exponent(0, 10);
  for (size_t count : {1U, 2U, 3U, 10U, 1000U, 99999U}) {
    Histogram histogram;
    std::vector<uint64_t> values;
    for (size_t i = 0; i < count; ++i) {
      values.push_back(static_cast<uint64_t>(std::pow(10.0, exponent(random))));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    HistogramSnapshot snapshot = histogram.snapshot();
    EXPECT_EQ(snapshot.count(), count);
    for (double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      size_t rank = static_cast<size_t>(std::ceil(
          static_cast<long double>(percent) * static_cast<long double>(count) / 100.0L - 1e-9L));
      double exact = static_cast<double>(values[std::max<size_t>(rank, 1) - 1]);
      EXPECT_NEAR(snapshot.percentile(percent), exact, exact * 0.001) << percent << " of " << count;
    }
    EXPECT_NEAR(snapshot.min(), static_cast<double>(values.front()), 0.001 * values.front());
    EXPECT_NEAR(snapshot.max(), static_cast<double>(values.back()), 0.001 * values.back());
  }
}

TEST(Histogram, OverflowShowsAsTenSeconds) {
  Histogram histogram;
  histogram.record(100);
  histogram.record(11'000'000'000);
  histogram.record(UINT64_MAX);
  HistogramSnapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.count(), 3U);
  EXPECT_EQ(snapshot.overflow(), 2U);
  EXPECT_EQ(snapshot.max(), 10e9);
  EXPECT_EQ(snapshot.percentile(99), 10e9);
  LatencyRecord record = snapshot.to_record(0);
  ASSERT_EQ(record.histogram.size(), 2U);
  EXPECT_EQ(record.histogram[1], std::make_pair(uint64_t{10'000'000'000}, uint64_t{2}));
}

TEST(Histogram, TenSecondsIsNoOverflow) {
  Histogram histogram;
  histogram.record(layout::kHighestNs);
  EXPECT_EQ(histogram.snapshot().overflow(), 0U);
  EXPECT_NEAR(histogram.snapshot().max(), 10e9, 10e6);
  EXPECT_LE(histogram.snapshot().max(), 10e9);
}

TEST(Histogram, ZeroIsAValue) {
  Histogram histogram;
  histogram.record(0);
  EXPECT_EQ(histogram.snapshot().count(), 1U);
  EXPECT_EQ(histogram.snapshot().to_record(0).histogram.front().first, 0U);
}

TEST(Histogram, RecordNIsNTimesRecord) {
  Histogram one, many;
  for (int i = 0; i < 7; ++i)
    one.record(123456);
  many.record_n(123456, 7);
  many.record_n(99, 0);
  EXPECT_EQ(one.snapshot().to_record(0).histogram, many.snapshot().to_record(0).histogram);
}

TEST(Histogram, IntervalIsTheDifferenceOfSnapshots) {
  Histogram histogram;
  histogram.record_n(50, 10);
  HistogramSnapshot before = histogram.snapshot();
  histogram.record_n(70, 5);
  histogram.record_n(50, 1);
  HistogramSnapshot interval = histogram.snapshot();
  interval.subtract(before);
  EXPECT_EQ(interval.count(), 6U);
  EXPECT_EQ(interval.min(), 50);
  EXPECT_EQ(interval.percentile(50), 70);
  before.merge(interval);
  EXPECT_EQ(before.to_record(0).histogram, histogram.snapshot().to_record(0).histogram);
  EXPECT_EQ(before.count(), 16U);
}

TEST(Histogram, RecordRisesAndSumsToItsCount) {
  Histogram histogram;
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i)
    histogram.record(random() % 3'000'000);
  LatencyRecord record = histogram.snapshot().to_record(12.5);
  EXPECT_EQ(record.floor, 12.5);
  uint64_t sum = 0;
  for (size_t i = 0; i < record.histogram.size(); ++i) {
    sum += record.histogram[i].second;
    EXPECT_GT(record.histogram[i].second, 0U);
    if (i > 0) {
      EXPECT_GT(record.histogram[i].first, record.histogram[i - 1].first);
    }
  }
  EXPECT_EQ(sum, record.count);
  EXPECT_LE(record.min, record.p50);
  EXPECT_LE(record.p50, record.p90);
  EXPECT_LE(record.p90, record.p99);
  EXPECT_LE(record.p99, record.p999);
  EXPECT_LE(record.p999, record.max);
}

// For ThreadSanitizer: readers beside the writer, and no count lost.
TEST(Histogram, SnapshotsWhileRecording) {
  Histogram histogram;
  constexpr uint64_t kValues = 200'000;
  std::thread writer([&histogram] {
    for (uint64_t i = 0; i < kValues; ++i)
      histogram.record(i * 37 % 100'000);
  });
  uint64_t last = 0;
  while (last < kValues) {
    HistogramSnapshot snapshot = histogram.snapshot();
    EXPECT_GE(snapshot.count(), last);
    last = snapshot.count();
  }
  writer.join();
  EXPECT_EQ(histogram.snapshot().count(), kValues);
}

}  // namespace
}  // namespace nmgen
