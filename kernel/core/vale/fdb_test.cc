// SPDX-License-Identifier: BSD-2-Clause
#include "kernel/core/vale/fdb.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

constexpr u64 kTick = u64{1} << NM_FDB_TICK_SHIFT;
constexpr u64 kStart = 1000 * kTick;

struct Destroy {
  void operator()(nm_fdb* fdb) const { nm_fdb_destroy(fdb); }
};

class Fdb : public testing::Test {
 protected:
  // Other stations of the bucket that `mac` is in.
  std::vector<u64> neighbours(u64 mac, size_t count) {
    std::vector<u64> found;
    for (u64 other = mac + 1; found.size() < count; ++other) {
      if (nm_fdb_bucket_of(fdb(), other) == nm_fdb_bucket_of(fdb(), mac))
        found.push_back(other);
    }
    return found;
  }
  nm_fdb* fdb() { return fdb_.get(); }

  std::unique_ptr<nm_fdb, Destroy> fdb_{nm_fdb_create(12345, kStart)};
};

TEST_F(Fdb, KnowsNobodyAtFirst) {
  EXPECT_EQ(nm_fdb_lookup(fdb(), 0), NM_FDB_UNKNOWN);
  EXPECT_EQ(nm_fdb_lookup(fdb(), 0x112233445566), NM_FDB_UNKNOWN);
  EXPECT_EQ(nm_fdb_count(fdb()), 0u);
}

TEST_F(Fdb, LearnsTheExtremesOfAddressesAndPorts) {
  const u64 all_ones = 0xffffffffffff;
  nm_fdb_learn(fdb(), 0, 0);
  nm_fdb_learn(fdb(), all_ones, NM_FDB_MAX_PORT - 1);
  EXPECT_EQ(nm_fdb_lookup(fdb(), 0), 0u);
  EXPECT_EQ(nm_fdb_lookup(fdb(), all_ones), NM_FDB_MAX_PORT - 1u);
  EXPECT_EQ(nm_fdb_count(fdb()), 2u);
}

TEST_F(Fdb, FollowsAStationAwayAndBack) {
  for (int round = 0; round < 3; ++round) {
    for (const u32 port : {3u, 7u, 3u, 200u}) {
      nm_fdb_learn(fdb(), 42, port);
      EXPECT_EQ(nm_fdb_lookup(fdb(), 42), port) << round;
    }
  }
  EXPECT_EQ(nm_fdb_count(fdb()), 1u);
}

TEST_F(Fdb, HoldsFourStationsOfABucketAndForgetsTheOneHeardLongestAgo) {
  std::vector<u64> macs = neighbours(1, 4);
  macs.insert(macs.begin(), 1);
  for (u32 i = 0; i < 4; ++i) {
    nm_fdb_tick(fdb(), kStart + i * kTick);
    nm_fdb_learn(fdb(), macs[i], i);
  }
  // The first is heard again, so the second is the oldest.
  nm_fdb_learn(fdb(), macs[0], 0);
  nm_fdb_learn(fdb(), macs[4], 4);
  EXPECT_EQ(nm_fdb_lookup(fdb(), macs[0]), 0u);
  EXPECT_EQ(nm_fdb_lookup(fdb(), macs[1]), NM_FDB_UNKNOWN);
  EXPECT_EQ(nm_fdb_lookup(fdb(), macs[2]), 2u);
  EXPECT_EQ(nm_fdb_lookup(fdb(), macs[3]), 3u);
  EXPECT_EQ(nm_fdb_lookup(fdb(), macs[4]), 4u);
}

TEST_F(Fdb, ForgetsWhatIsTooOldAndNotWhatIsNot) {
  nm_fdb_learn(fdb(), 1, 1);
  nm_fdb_learn(fdb(), 2, 2);
  // Tick by tick, as with traffic, across several turns of the stamp; 2 is heard now and then.
  for (u64 t = 1; t <= 600; ++t) {
    nm_fdb_tick(fdb(), kStart + t * kTick);
    if (t % NM_FDB_AGE_TICKS == 0)
      nm_fdb_learn(fdb(), 2, 2);
    EXPECT_EQ(nm_fdb_lookup(fdb(), 1), t <= NM_FDB_AGE_TICKS ? 1u : NM_FDB_UNKNOWN) << t;
    ASSERT_EQ(nm_fdb_lookup(fdb(), 2), 2u) << t;
  }
}

TEST_F(Fdb, ForgetsAllAfterALongSilence) {
  for (const u64 silence : {NM_FDB_AGE_TICKS + 1, 255, 256, 257, 100000}) {
    const u64 now = kStart * (silence + 1);
    nm_fdb_tick(fdb(), now);
    nm_fdb_learn(fdb(), 9, 9);
    EXPECT_EQ(nm_fdb_lookup(fdb(), 9), 9u);
    nm_fdb_tick(fdb(), now + silence * kTick);
    EXPECT_EQ(nm_fdb_lookup(fdb(), 9), NM_FDB_UNKNOWN) << silence;
  }
}

TEST_F(Fdb, TimeDoesNotGoBack) {
  nm_fdb_tick(fdb(), kStart + 5 * kTick);
  nm_fdb_learn(fdb(), 9, 9);
  nm_fdb_tick(fdb(), kStart);
  EXPECT_EQ(nm_fdb_lookup(fdb(), 9), 9u);
  EXPECT_EQ(fdb()->tick, (kStart + 5 * kTick) >> NM_FDB_TICK_SHIFT);
}

TEST_F(Fdb, ForgetsAPort) {
  for (u64 mac = 0; mac < 100; ++mac)
    nm_fdb_learn(fdb(), mac, mac % 3);
  nm_fdb_forget_port(fdb(), 1);
  for (u64 mac = 0; mac < 100; ++mac)
    EXPECT_EQ(nm_fdb_lookup(fdb(), mac), mac % 3 == 1 ? NM_FDB_UNKNOWN : mac % 3) << mac;
}

TEST_F(Fdb, RemovesATwin) {
  // What two threads leave that learnt a station at the same moment, from two ports.
  nm_fdb_bucket* bucket = nm_fdb_bucket_of(fdb(), 77);
  nm_fdb_learn(fdb(), 77, 1);
  bucket->way[2] = (bucket->way[0] & ~u64{0xff}) | 6;
  EXPECT_EQ(nm_fdb_count(fdb()), 2u);
  nm_fdb_learn(fdb(), 77, 3);
  EXPECT_EQ(nm_fdb_count(fdb()), 1u);
  EXPECT_EQ(nm_fdb_lookup(fdb(), 77), 3u);
}

TEST_F(Fdb, KeepsMostOfAFullHouse) {
  // Two thirds of what there is room for, with addresses in a row, as virtual machines have them.
  constexpr u32 kStations = NM_FDB_MAX_STATIONS * 2 / 3;
  for (u64 i = 0; i < kStations; ++i)
    nm_fdb_learn(fdb(), 0x020000000000 + i, i % 200);
  u32 known = 0;
  for (u64 i = 0; i < kStations; ++i)
    known += nm_fdb_lookup(fdb(), 0x020000000000 + i) == i % 200;
  EXPECT_GT(known, kStations * 9 / 10);
}

TEST_F(Fdb, StoresNothingForAStationThatIsKnown) {
  nm_fdb_learn(fdb(), 5, 5);
  nm_fdb_bucket* bucket = nm_fdb_bucket_of(fdb(), 5);
  const nm_fdb_bucket before = *bucket;
  nm_fdb_learn(fdb(), 5, 5);
  for (int i = 0; i < NM_FDB_WAYS; ++i)
    EXPECT_EQ(bucket->way[i], before.way[i]);
}

// Readers see a port that was learnt for this very address, never a mixture, while writers move
// stations about, fight for the same buckets, and time goes on.
TEST_F(Fdb, ReadersSeeWholeEntries) {
  constexpr u64 kMacs = 64;
  std::atomic<bool> stop = false;
  std::vector<u64> macs = neighbours(0, kMacs);
  std::vector<std::thread> writers;
  for (u32 w = 0; w < 2; ++w) {
    writers.emplace_back([this, &macs, w] {
      for (u32 i = 0; i < 20000; ++i) {
        const u64 which = i % kMacs;
        // Port and address go together: the port's remainder is the address's.
        nm_fdb_learn(fdb(), macs[which], static_cast<u32>(which % 50 + 50 * ((i / kMacs + w) % 4)));
        nm_fdb_tick(fdb(), kStart + i / 100 * kTick);
        if (i % 5000 == 0)
          nm_fdb_forget_port(fdb(), 7);
      }
    });
  }
  std::thread reader([this, &macs, &stop] {
    for (u64 i = 0; !stop; ++i) {
      const u64 which = i % kMacs;
      const u32 port = nm_fdb_lookup(fdb(), macs[which]);
      if (port != NM_FDB_UNKNOWN) {
        ASSERT_EQ(port % 50, which % 50);
      }
    }
  });
  for (std::thread& writer : writers)
    writer.join();
  stop = true;
  reader.join();
  EXPECT_LE(nm_fdb_count(fdb()), u32{NM_FDB_WAYS});
}

}  // namespace
