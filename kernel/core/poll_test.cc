// SPDX-License-Identifier: BSD-2-Clause
// poll: what it syncs, what it says, and that no wake-up is lost between its look and the sleep.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

constexpr u32 kIn = POLLIN, kOut = POLLOUT, kErr = POLLERR;

struct Poll : testing::Test {
  void send(Client& client, uint32_t frames, uint32_t ring = 0) {
    netmap_ring* tx = client.tx(ring);
    for (uint32_t i = 0; i < frames; ++i)
      tx->slot[(tx->head + i) % tx->num_slots].len = 60;
    advance(tx, frames);
  }
  u64 syncs(nm_dir dir, uint32_t i = 0) { return port.kring(dir, i)->stats.syncs; }
  bool frame_comes_in(uint32_t ring = 0) {
    const uint8_t frame[60] = {};
    return port.receive(ring, frame, sizeof(frame));
  }

  World world;
  TestPort port{world, "p", port_config(2, 8), Wire::kLoopback};
  Client client{world};
};

TEST_F(Poll, UnboundIsAnError) {
  EXPECT_EQ(client.poll(kIn | kOut), kErr);
  EXPECT_EQ(client.poll(0), kErr);
}

TEST_F(Poll, PolloutWhenThereIsSpace) {
  port.wire = Wire::kStuck;
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  EXPECT_EQ(client.poll(kOut), kOut);
  send(client, 7);
  EXPECT_EQ(client.poll(kOut), 0u);
  port.wire = Wire::kBlackHole;
  EXPECT_EQ(client.poll(kOut), kOut);
}

// The client may say by cur that it wants more space than there is.
TEST_F(Poll, PolloutIsAboutCurNotHead) {
  port.wire = Wire::kStuck;
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  client.tx()->cur = 7;
  EXPECT_EQ(client.poll(kOut), 0u);
  EXPECT_EQ(space(client.tx()), 7u);
}

TEST_F(Poll, PolloutOnAnyRing) {
  port.wire = Wire::kStuck;
  ASSERT_EQ(client.bind("p"), 0);
  send(client, 7, 0);
  EXPECT_EQ(client.poll(kOut), kOut);
  send(client, 7, 1);
  EXPECT_EQ(client.poll(kOut), 0u);
}

TEST_F(Poll, PollinWhenAFrameIsThere) {
  ASSERT_EQ(client.bind("p"), 0);
  EXPECT_EQ(client.poll(kIn), 0u);
  ASSERT_TRUE(frame_comes_in(1));
  EXPECT_EQ(client.poll(kIn), kIn);
  EXPECT_EQ(client.poll(kIn), kIn) << "until it is released";
  advance(client.rx(1), 1);
  EXPECT_EQ(client.poll(kIn), 0u);
}

TEST_F(Poll, OnlyWhatIsAskedForIsSaid) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  ASSERT_TRUE(frame_comes_in());
  EXPECT_EQ(client.poll(kOut), kOut);
  EXPECT_EQ(client.poll(0), 0u);
  EXPECT_EQ(client.poll(kIn), kIn);
  EXPECT_EQ(client.poll(kIn | kOut), kIn | kOut);
}

TEST_F(Poll, TransmitRingsAreSyncedWhateverIsAsked) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  send(client, 3);
  EXPECT_EQ(client.poll(0), 0u);
  EXPECT_EQ(port.kring(NM_TX, 0)->hwcur, 3u);
  send(client, 1);
  // The frame that this poll sends is the one that it waits for.
  EXPECT_EQ(client.poll(kIn), kIn);
  EXPECT_EQ(port.kring(NM_TX, 0)->hwcur, 4u);
}

TEST_F(Poll, NoTxPollSyncsThemWithPolloutOnly) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_NO_TX_POLL), 0);
  send(client, 3);
  EXPECT_EQ(client.poll(kIn), 0u);
  EXPECT_EQ(client.poll(0), 0u);
  EXPECT_EQ(syncs(NM_TX), 0u);
  EXPECT_EQ(client.poll(kOut), kOut);
  EXPECT_EQ(port.kring(NM_TX, 0)->hwcur, 3u);
}

TEST_F(Poll, ReceiveRingsAreSyncedWithPollinOnly) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  ASSERT_TRUE(frame_comes_in());
  EXPECT_EQ(client.poll(kOut), kOut);
  EXPECT_EQ(syncs(NM_RX), 0u);
  EXPECT_EQ(space(client.rx()), 0u);
  EXPECT_EQ(client.poll(kIn), kIn);
  EXPECT_GE(syncs(NM_RX), 1u);
}

TEST_F(Poll, DoRxPollSyncsThemAlways) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_DO_RX_POLL | NR_NO_TX_POLL), 0);
  ASSERT_TRUE(frame_comes_in());
  EXPECT_EQ(client.poll(0), 0u);
  EXPECT_EQ(syncs(NM_RX), 1u);
  EXPECT_EQ(space(client.rx()), 1u) << "the frame is there for a client that looks";
}

TEST_F(Poll, OnlyBoundRingsAreSynced) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 1), 0);
  EXPECT_EQ(client.poll(kIn | kOut), 0u);
  EXPECT_EQ(syncs(NM_RX, 1), 1u);
  EXPECT_EQ(syncs(NM_RX, 0) + syncs(NM_TX, 0) + syncs(NM_TX, 1), 0u);
}

TEST_F(Poll, HostRingsAreReadyToSendAndNeverReceive) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  EXPECT_EQ(client.poll(kIn | kOut), kOut);
}

TEST_F(Poll, APortThatLeftIsAnError) {
  Client tx_only(world), quiet(world);
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(tx_only.bind("p", NR_REG_ALL_NIC, NR_TX_RINGS_ONLY | NR_NO_TX_POLL), 0);
  ASSERT_EQ(quiet.bind("p", NR_REG_ALL_NIC, NR_NO_TX_POLL), 0);
  port.detach();
  EXPECT_EQ(client.poll(kIn), kErr);
  EXPECT_EQ(client.poll(kOut), kErr);
  EXPECT_EQ(client.poll(0), kErr);
  // Nothing is synced here, and still it has to be said.
  EXPECT_EQ(tx_only.poll(kIn), kErr);
  EXPECT_EQ(quiet.poll(0), kErr);
}

TEST_F(Poll, DetachWakesSleepers) {
  ASSERT_EQ(client.bind("p"), 0);
  const u32 seen = nmh_waiter_wakeups(client.waiter());
  ASSERT_EQ(client.poll(kIn, true), 0u);
  port.detach();
  EXPECT_NE(nmh_waiter_wakeups(client.waiter()), seen);
}

TEST_F(Poll, OnlyRecordedWaitersAreWoken) {
  ASSERT_EQ(client.bind("p"), 0);
  u32 seen = nmh_waiter_wakeups(client.waiter());
  EXPECT_EQ(client.poll(kIn, false), 0u);
  ASSERT_TRUE(frame_comes_in());
  EXPECT_EQ(nmh_waiter_wakeups(client.waiter()), seen);
  EXPECT_EQ(client.poll(kIn, true), kIn) << "ready at once: no need to record";
  EXPECT_EQ(nmh_waiter_wakeups(client.waiter()), seen);
  advance(client.rx(), 1);
  EXPECT_EQ(client.poll(kIn, true), 0u);
  ASSERT_TRUE(frame_comes_in(1));
  EXPECT_NE(nmh_waiter_wakeups(client.waiter()), seen);
}

TEST_F(Poll, DeadlinesAreOfWhatIsWaitedFor) {
  ASSERT_EQ(client.bind("p", NR_REG_NIC_SW, NR_NO_TX_POLL), 0);
  EXPECT_EQ(nm_client_deadline(client.get(), kIn), 0u);
  port.deadline_ns = 77;
  EXPECT_EQ(nm_client_deadline(client.get(), kIn), 77u);
  EXPECT_EQ(nm_client_deadline(client.get(), kOut), 77u);
  EXPECT_EQ(nm_client_deadline(client.get(), 0), 0u);
}

/*
 * The one thread sleeps without a timeout as soon as poll finds nothing; the other lets one frame
 * come in at a time, when the last one has been seen. A wake-up that is lost stops both, and the
 * watchdog says so.
 */
class NoLostWakeups : public Poll {
 protected:
  static constexpr uint64_t kRounds = 100000;

  // Sleeps until poll says something; `false` when the watchdog has given up.
  bool wait_for(Client& waiting, u32 events) {
    while (!given_up_) {
      const u32 seen = nmh_waiter_wakeups(waiting.waiter());
      const u32 ready = waiting.poll(events, true);
      EXPECT_EQ(ready & kErr, 0u);
      if (ready)
        return true;
      nmh_waiter_sleep(waiting.waiter(), seen, 0);
    }
    return false;
  }

  // Nothing moves for five seconds: somebody sleeps who should have been woken.
  void watch(nm_waiter* sleeper) {
    uint64_t last = 0;
    auto since = std::chrono::steady_clock::now();
    while (!finished_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const uint64_t now = done_.load(std::memory_order_relaxed);
      if (now != last) {
        last = now;
        since = std::chrono::steady_clock::now();
      } else if (std::chrono::steady_clock::now() - since > std::chrono::seconds(5)) {
        given_up_ = true;
        nmh_waiter_wake(sleeper);
        since = std::chrono::steady_clock::now();
      }
    }
  }

  std::atomic<uint64_t> done_{0};
  std::atomic<bool> given_up_{false};
  std::atomic<bool> finished_{false};
};

TEST_F(NoLostWakeups, OnReceive) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY), 0);
  std::thread watchdog([this] { watch(client.waiter()); });
  std::thread wire([this] {
    for (uint64_t i = 0; i < kRounds && !given_up_; ++i) {
      while (done_.load(std::memory_order_acquire) != i && !given_up_)
        nm_cpu_relax();
      // Not always at the same moment of the poll.
      for (uint64_t pause = i * 2654435761u % 64; pause; --pause)
        nm_cpu_relax();
      frame_comes_in();
    }
  });
  netmap_ring* rx = client.rx();
  while (done_ < kRounds && wait_for(client, kIn)) {
    EXPECT_EQ(space(rx), 1u);
    advance(rx, 1);
    done_.fetch_add(1, std::memory_order_release);
  }
  EXPECT_FALSE(given_up_) << "a wake-up was lost after " << done_ << " frames";
  EXPECT_EQ(done_, kRounds);
  finished_ = true;
  wire.join();
  watchdog.join();
}

// Two clients of two rings of one port send each other a frame to and fro: each sleeps until the
// other has answered.
TEST_F(NoLostWakeups, PingPong) {
  Client pong(world);
  TestPort wire(world, "wire", port_config(2, 4), Wire::kBlackHole);
  ASSERT_EQ(client.bind("wire", NR_REG_ONE_NIC, 0, 0), 0);
  ASSERT_EQ(pong.bind("wire", NR_REG_ONE_NIC, 0, 1), 0);
  const uint8_t frame[60] = {};
  std::thread watchdog([&] {
    watch(client.waiter());
    nmh_waiter_wake(pong.waiter());
  });
  std::thread other([&] {
    for (uint64_t i = 0; i < kRounds / 4 && wait_for(pong, kIn); ++i) {
      advance(pong.rx(1), 1);
      EXPECT_EQ(pong.rxsync(), 0);
      EXPECT_TRUE(wire.receive(0, frame, 60));
    }
  });
  for (uint64_t i = 0; i < kRounds / 4; ++i) {
    EXPECT_TRUE(wire.receive(1, frame, 60));
    if (!wait_for(client, kIn))
      break;
    advance(client.rx(0), 1);
    EXPECT_EQ(client.rxsync(), 0);
    ++done_;
  }
  EXPECT_FALSE(given_up_) << "a wake-up was lost after " << done_ << " frames";
  if (given_up_)
    nmh_waiter_wake(pong.waiter());
  other.join();
  finished_ = true;
  watchdog.join();
}

}  // namespace
}  // namespace nmgen::test
