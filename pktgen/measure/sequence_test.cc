// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/sequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "pktgen/packet/probe.h"

namespace nmgen {
namespace {

// What the tracker claims to be, said plainly.
class Reference {
 public:
  explicit Reference(uint64_t window) : window_(window) {}

  void on_frame(uint64_t sequence) {
    uint64_t next = seen_.empty() ? 0 : *seen_.rbegin() + 1;
    if (sequence < next && next - sequence > window_) {
      ++counts_.stale;
    } else if (!seen_.insert(sequence).second) {
      ++counts_.duplicates;
    } else {
      ++counts_.unique;
      if (sequence < next)
        ++counts_.reordered;
    }
  }
  const SequenceCounts& counts() const { return counts_; }

 private:
  uint64_t window_;
  std::set<uint64_t> seen_;
  SequenceCounts counts_;
};

SequenceCounts make(uint64_t unique, uint64_t duplicates, uint64_t reordered, uint64_t stale) {
  return SequenceCounts{unique, duplicates, reordered, stale};
}

SequenceCounts track(const std::vector<uint64_t>& sequences, uint64_t window = 64) {
  SequenceTracker tracker(window);
  for (uint64_t sequence : sequences)
    tracker.on_frame(sequence);
  return tracker.counts();
}

TEST(Sequence, InOrder) {
  EXPECT_EQ(track({0, 1, 2, 3}), make(4, 0, 0, 0));
  EXPECT_EQ(track({}), make(0, 0, 0, 0));
}

// A run is its frames, wherever it begins.
TEST(Sequence, ARunIsItsFrames) {
  std::mt19937_64 random(3);
  SequenceTracker runs(256), frames(256);
  for (int i = 0; i < 2000; i++) {
    const uint64_t back = random() % 3 == 0 ? random() % 300 : 0;
    const uint64_t first = std::max(runs.next(), back) - back + random() % 3;
    const uint64_t count = random() % 50;
    runs.on_run(first, count);
    for (uint64_t k = 0; k < count; k++)
      frames.on_frame(first + k);
    ASSERT_EQ(runs.next(), frames.next());
    ASSERT_EQ(runs.counts(), frames.counts());
  }
  EXPECT_GT(runs.counts().duplicates, 0u);
  EXPECT_GT(runs.counts().stale, 0u);
}

TEST(Sequence, AGapIsNoEvent) {
  EXPECT_EQ(track({0, 1, 5, 6}), make(4, 0, 0, 0));
}

TEST(Sequence, TheFirstMayBeAnywhere) {
  EXPECT_EQ(track({1000, 1001}), make(2, 0, 0, 0));
}

// 4 arrives after 5 and 6, and is the one that is reordered.
TEST(Sequence, Late) {
  EXPECT_EQ(track({1, 2, 3, 5, 6, 4, 7}), make(7, 0, 1, 0));
}

TEST(Sequence, DuplicateOfTheLastAndOfAnOlder) {
  EXPECT_EQ(track({0, 1, 1, 2, 0, 3}), make(4, 2, 0, 0));
}

TEST(Sequence, LateThenItsDuplicate) {
  EXPECT_EQ(track({0, 2, 1, 1}), make(3, 1, 1, 0));
}

TEST(Sequence, EdgesOfTheWindow) {
  EXPECT_EQ(track({100, 37}), make(2, 0, 1, 0));  // the 64th below 101
  EXPECT_EQ(track({100, 36}), make(1, 0, 0, 1));  // the 65th
  EXPECT_EQ(track({37, 100, 37}), make(2, 1, 0, 0));
  EXPECT_EQ(track({36, 100, 36}), make(2, 0, 0, 1));
}

TEST(Sequence, AJumpOfManyWindowsForgetsAllBits) {
  std::vector<uint64_t> sequences;
  for (uint64_t i = 0; i < 200; ++i)
    sequences.push_back(i);
  sequences.push_back(10'000);
  for (uint64_t i = 10'000 - 63; i < 10'000; ++i)
    sequences.push_back(i);
  EXPECT_EQ(track(sequences), make(200 + 1 + 63, 0, 63, 0));
}

TEST(Sequence, ARunLongerThanTheWindowIsAllSeen) {
  std::vector<uint64_t> sequences;
  for (uint64_t i = 0; i < 1000; ++i)
    sequences.push_back(i);
  for (uint64_t i = 1000 - 64; i < 1000; ++i)
    sequences.push_back(i);
  EXPECT_EQ(track(sequences), make(1000, 64, 0, 0));
}

TEST(Sequence, TheRealWindowHoldsAMillion) {
  SequenceTracker tracker;
  for (uint64_t i = 0; i < SequenceTracker::kWindow + 10; ++i)
    tracker.on_frame(i);
  tracker.on_frame(10);
  EXPECT_EQ(tracker.counts(), make(SequenceTracker::kWindow + 10, 1, 0, 0));
  tracker.on_frame(9);
  EXPECT_EQ(tracker.counts(), make(SequenceTracker::kWindow + 10, 1, 0, 1));
}

TEST(RestoreSequence, NearestToTheExpected) {
  const uint64_t wrap = uint64_t{1} << 32;
  EXPECT_EQ(restore_sequence(5, 5), 5U);
  EXPECT_EQ(restore_sequence(7, 5), 7U);
  EXPECT_EQ(restore_sequence(3, 5), 3U);
  EXPECT_EQ(restore_sequence(0, wrap), wrap);
  EXPECT_EQ(restore_sequence(0xffffffff, wrap), wrap - 1);
  EXPECT_EQ(restore_sequence(2, wrap - 1), wrap + 2);
  EXPECT_EQ(restore_sequence(0xfffffffe, 3 * wrap + 4), 3 * wrap - 2);
  EXPECT_EQ(restore_sequence(0xffffffff, 0), 0xffffffffU);  // there is nothing below 0
  EXPECT_EQ(restore_sequence(0x80000000, wrap), wrap - 0x80000000);
  EXPECT_EQ(restore_sequence(0x7fffffff, wrap), wrap + 0x7fffffff);
}

// A wire that loses, doubles and delays frames, on sequences that wrap the probe's 32 bits.
struct Wire {
  double loss, duplication, delay;
  unsigned depth;  // a delayed frame is overtaken by up to so many
};

std::vector<uint64_t> arrivals(const Wire& wire, uint64_t first, size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<std::pair<double, uint64_t>> order;
  for (size_t i = 0; i < count; ++i) {
    if (chance(random) < wire.loss)
      continue;
    int copies = chance(random) < wire.duplication ? 2 + static_cast<int>(chance(random) * 2) : 1;
    for (int copy = 0; copy < copies; ++copy) {
      double delay = chance(random) < wire.delay ? chance(random) * wire.depth : 0;
      order.emplace_back(static_cast<double>(i) + delay, first + i);
    }
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const std::pair<double, uint64_t>& a, const std::pair<double, uint64_t>& b) {
                     return a.first < b.first;
                   });
  std::vector<uint64_t> result;
  result.reserve(order.size());
  for (const std::pair<double, uint64_t>& entry : order)
    result.push_back(entry.second);
  return result;
}

TEST(SequenceProperty, AgreesWithASetOfAllSequences) {
  const Wire wires[] = {{0, 0, 0, 1},          {0.01, 0, 0, 1},      {0, 0.01, 0, 1},
                        {0, 0, 0.01, 10},      {0.5, 0.1, 0.1, 50},  {0.1, 0.3, 1.0, 64},
                        {0.02, 0.02, 0.3, 63}, {0.9, 0.5, 0.5, 300}, {0.001, 0.2, 0.05, 1000}};
  SequenceCounts all;
  for (const Wire& wire : wires) {
    for (uint64_t window : {64U, 256U}) {
      for (uint32_t seed = 1; seed <= 6; ++seed) {
        // Half the frames below 2^32, half above.
        uint64_t first = (uint64_t{seed % 2 + 1} << 32) - 3000;
        std::vector<uint64_t> sequences = arrivals(wire, first, 6000, seed);
        Reference reference(window);
        SequenceTracker tracker(window), from_wire(window);
        from_wire.on_frame(first - 1);
        for (uint64_t sequence : sequences) {
          reference.on_frame(sequence);
          tracker.on_frame(sequence);
          from_wire.on_frame(restore_sequence(static_cast<uint32_t>(sequence), from_wire.next()));
          ASSERT_EQ(tracker.counts(), reference.counts()) << "at " << sequence << ", seed " << seed;
        }
        EXPECT_EQ(tracker.counts().frames(), sequences.size());
        SequenceCounts wire_counts = from_wire.counts();
        --wire_counts.unique;  // the frame that told where the stream stands
        EXPECT_EQ(wire_counts, reference.counts());
        EXPECT_EQ(track(sequences, window), reference.counts());
        all.unique += reference.counts().unique;
        all.duplicates += reference.counts().duplicates;
        all.reordered += reference.counts().reordered;
        all.stale += reference.counts().stale;
      }
    }
  }
  // The wires above must have shown the tracker all there is.
  EXPECT_GT(all.unique, 0U);
  EXPECT_GT(all.duplicates, 0U);
  EXPECT_GT(all.reordered, 0U);
  EXPECT_GT(all.stale, 0U);
}

TEST(SequenceProperty, AgreesOnSequencesAtRandom) {
  std::mt19937_64 random(99);
  for (int round = 0; round < 50; ++round) {
    Reference reference(128);
    SequenceTracker tracker(128);
    uint64_t range = 1 + random() % 600;
    for (int i = 0; i < 1500; ++i) {
      uint64_t sequence = random() % range;
      if (random() % 100 == 0)
        range += random() % 1000;
      reference.on_frame(sequence);
      tracker.on_frame(sequence);
      ASSERT_EQ(tracker.counts(), reference.counts()) << round << ", " << i;
    }
  }
}

}  // namespace
}  // namespace nmgen
