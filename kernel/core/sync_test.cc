// SPDX-License-Identifier: BSD-2-Clause
// The rules of sync: what a client may write, what happens when it writes something else, and what
// stopped rings answer.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

constexpr uint32_t kSlots = 8;

struct Sync : testing::Test {
  void SetUp() override {
    ASSERT_EQ(client.bind("p", NR_REG_NIC_SW), 0);
    tx = client.tx();
    rx = client.rx();
  }
  // Frames of 60 bytes in the next slots, not yet released.
  void fill(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      netmap_slot& slot = tx->slot[(tx->head + i) % kSlots];
      slot.len = 60;
      std::memset(client.buffer(tx, slot.buf_idx), static_cast<int>(i), 60);
    }
  }
  u64 reinits(nm_dir dir) { return port.kring(dir, 0)->stats.reinits; }
  // The ring is as a fresh sync would leave it: nothing of the client's is in it.
  void expect_reinitialised(nm_dir dir, netmap_ring* ring, uint32_t at, uint32_t tail) {
    EXPECT_EQ(reinits(dir), 1u);
    EXPECT_EQ(ring->head, at);
    EXPECT_EQ(ring->cur, at);
    EXPECT_EQ(ring->tail, tail);
  }

  World world;
  TestPort port{world, "p", port_config(1, kSlots), Wire::kLoopback};
  Client client{world};
  netmap_ring* tx = nullptr;
  netmap_ring* rx = nullptr;
};

TEST_F(Sync, UnboundIsEnxio) {
  Client other(world);
  EXPECT_EQ(other.txsync(), -ENXIO);
  EXPECT_EQ(other.rxsync(), -ENXIO);
  EXPECT_NE(other.reason().find("REGISTER"), std::string::npos);
}

TEST_F(Sync, AStoppedRingIsEio) {
  nm_kring_stop(port.kring(NM_TX, 0));
  EXPECT_EQ(client.txsync(), -EIO);
  EXPECT_EQ(client.rxsync(), 0) << "the other one is not";
  nm_kring_start(port.kring(NM_TX, 0));
  EXPECT_EQ(client.txsync(), 0);
}

TEST_F(Sync, AnErrorOfTheDriverIsPassedOn) {
  port.sync_error = -EIO;
  EXPECT_EQ(client.txsync(), -EIO);
  EXPECT_EQ(client.rxsync(), -EIO);
  port.sync_error = 0;
  EXPECT_EQ(client.txsync(), 0);
}

TEST_F(Sync, AnEmptySyncChangesNothing) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.txsync(), 0);
    EXPECT_EQ(client.rxsync(), 0);
    EXPECT_EQ(tx->head, 0u);
    EXPECT_EQ(tx->tail, kSlots - 1);
    EXPECT_EQ(rx->tail, 0u);
  }
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.frames, 0u);
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.syncs, 3u);
}

TEST_F(Sync, OneSlotStaysEmpty) {
  ASSERT_EQ(space(tx), kSlots - 1);
  fill(kSlots - 1);
  advance(tx, kSlots - 1);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(reinits(NM_TX), 0u);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(space(rx), kSlots - 1);
  for (uint32_t i = 0; i < kSlots - 1; ++i)
    EXPECT_EQ(client.buffer(rx, rx->slot[i].buf_idx)[0], i);
  // A full receive ring takes nothing more until slots come back.
  fill(1);
  advance(tx, 1);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(port.dropped(0), 1u);
}

TEST_F(Sync, RingsWrapAround) {
  for (uint32_t round = 0; round < 10 * kSlots; ++round) {
    fill(3);
    const uint32_t head = tx->head;
    advance(tx, 3);
    ASSERT_EQ(client.txsync(), 0);
    ASSERT_EQ(tx->head, (head + 3) % kSlots);
    ASSERT_EQ(space(tx), kSlots - 1);
    ASSERT_EQ(client.rxsync(), 0);
    ASSERT_EQ(space(rx), 3u);
    ASSERT_EQ(rx->head, head);
    for (uint32_t i = 0; i < 3; ++i)
      ASSERT_EQ(client.buffer(rx, rx->slot[(head + i) % kSlots].buf_idx)[59], i);
    advance(rx, 3);
    ASSERT_EQ(client.rxsync(), 0);
  }
  EXPECT_EQ(reinits(NM_TX) + reinits(NM_RX), 0u);
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.frames, 240u);
  EXPECT_EQ(port.kring(NM_RX, 0)->stats.frames, 240u);
}

TEST_F(Sync, CurMayRunAheadOfHead) {
  fill(4);
  tx->head = 2;
  tx->cur = 4;
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(tx->head, 2u);
  EXPECT_EQ(tx->cur, 4u);
  EXPECT_EQ(port.kring(NM_TX, 0)->hwcur, 2u) << "head is what is sent, cur is not";
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(space(rx), 2u);
  EXPECT_EQ(reinits(NM_TX), 0u);
}

TEST_F(Sync, ATailOverwrittenIsRestoredWithoutAWord) {
  for (uint32_t wild : {0u, 3u, kSlots, 0xffffffffu}) {
    tx->tail = wild;
    rx->tail = wild;
    EXPECT_EQ(client.txsync(), 0);
    EXPECT_EQ(client.rxsync(), 0);
    EXPECT_EQ(tx->tail, kSlots - 1);
    EXPECT_EQ(rx->tail, 0u);
  }
  EXPECT_EQ(reinits(NM_TX) + reinits(NM_RX), 0u);
  EXPECT_EQ(client.poll(POLLIN | POLLOUT), u32{POLLOUT});
}

TEST_F(Sync, WildHeadsAndCursReinitialise) {
  struct Wild {
    uint32_t head, cur;
  };
  for (const Wild& w : {Wild{kSlots, 0}, Wild{0, kSlots}, Wild{0xffffffff, 0xffffffff}, Wild{2, 1},
                        Wild{0x80000000, 2}, Wild{kSlots, kSlots}}) {
    const u64 before = reinits(NM_TX);
    tx->head = w.head;
    tx->cur = w.cur;
    EXPECT_EQ(client.txsync(), 0) << "a violation is no error of the call";
    EXPECT_EQ(reinits(NM_TX), before + 1);
    EXPECT_EQ(tx->head, 0u);
    EXPECT_EQ(tx->cur, 0u);
    EXPECT_EQ(tx->tail, kSlots - 1);
  }
  for (const Wild& w : {Wild{1, 1}, Wild{0, 1}, Wild{kSlots, 0}, Wild{0xffffffff, 0}}) {
    const u64 before = reinits(NM_RX);
    rx->head = w.head;
    rx->cur = w.cur;
    EXPECT_EQ(client.rxsync(), 0);
    EXPECT_EQ(reinits(NM_RX), before + 1) << "nothing has come in: head cannot move";
    EXPECT_EQ(rx->head, 0u);
    EXPECT_EQ(rx->cur, 0u);
    EXPECT_EQ(rx->tail, 0u);
  }
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.frames, 0u);
}

TEST_F(Sync, PollTellsOfAViolation) {
  tx->head = kSlots;
  EXPECT_EQ(client.poll(POLLOUT) & POLLERR, u32{POLLERR});
  EXPECT_EQ(client.poll(POLLOUT), u32{POLLOUT}) << "once";
  rx->cur = 5;
  EXPECT_EQ(client.poll(POLLIN), u32{POLLERR});
  EXPECT_EQ(client.poll(POLLIN), 0u);
}

TEST_F(Sync, ABadBufferIndexOrLengthIsPutRight) {
  const uint32_t good = tx->slot[2].buf_idx;
  fill(5);
  tx->slot[1].buf_idx = world.region()->bufs.num;
  tx->slot[2].len = 2049;
  tx->slot[4].buf_idx = 0xffffffff;
  advance(tx, 5);
  EXPECT_EQ(client.txsync(), 0);
  // The frame before it has gone; the ring begins again at the bad one.
  expect_reinitialised(NM_TX, tx, 1, 0);
  EXPECT_EQ(tx->slot[1].buf_idx, 0u);
  EXPECT_EQ(tx->slot[1].len, 0);
  EXPECT_EQ(tx->slot[2].buf_idx, good);
  EXPECT_EQ(tx->slot[2].len, 0);
  EXPECT_EQ(tx->slot[3].len, 60);
  EXPECT_EQ(tx->slot[4].buf_idx, 0u) << "not only the first one";
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(space(rx), 1u);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(reinits(NM_TX), 1u);
}

TEST_F(Sync, ABadSlotThatIsNotReleasedDoesNotMatterYet) {
  fill(2);
  const uint32_t good = tx->slot[3].buf_idx;
  tx->slot[3].buf_idx = 0xffffffff;
  advance(tx, 2);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(reinits(NM_TX), 0u);
  tx->slot[3].buf_idx = good;
}

TEST_F(Sync, ABadSlotGivenBackToAReceiveRing) {
  fill(4);
  advance(tx, 4);
  ASSERT_EQ(client.txsync(), 0);
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(space(rx), 4u);
  rx->slot[2].buf_idx = 0x80000000;
  advance(rx, 4);
  EXPECT_EQ(client.rxsync(), 0);
  expect_reinitialised(NM_RX, rx, 2, 4);
  EXPECT_EQ(rx->slot[2].buf_idx, 0u);
  // It goes on from there, with the buffer that bad indexes are redirected to.
  advance(rx, 2);
  EXPECT_EQ(client.rxsync(), 0);
  EXPECT_EQ(reinits(NM_RX), 1u);
}

TEST_F(Sync, TheBoundsOfASlotAreExact) {
  fill(2);
  tx->slot[0].len = 2048;
  tx->slot[0].buf_idx = world.region()->bufs.num - 1;
  tx->slot[1].buf_idx = 1;
  advance(tx, 2);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(reinits(NM_TX), 0u);
}

// What only the kernel may write is not read back from the ring.
TEST_F(Sync, TheRestOfTheRingIsNotTrusted) {
  for (netmap_ring* ring : {tx, rx}) {
    ring->buf_ofs = -1;
    ring->num_slots = 0xffffffff;
    ring->nr_buf_size = 1;
    ring->ringid = 77;
    ring->dir = 5;
    ring->offset_mask = ~uint64_t{0};
    std::memset(ring->sem, 0xff, sizeof(ring->sem));
  }
  for (uint32_t i = 0; i < 100; ++i) {
    tx->slot[tx->head].len = 60;
    tx->head = tx->cur = nm_next(tx->head, kSlots - 1);
    ASSERT_EQ(client.txsync(), 0);
    ASSERT_EQ(client.rxsync(), 0);
    rx->head = rx->cur = rx->tail;
    ASSERT_EQ(client.rxsync(), 0);
  }
  EXPECT_EQ(reinits(NM_TX) + reinits(NM_RX), 0u);
  EXPECT_EQ(port.kring(NM_RX, 0)->stats.frames, 100u);
}

TEST_F(Sync, ReceiveRingsGetTheTime) {
  rx->ts = {};
  tx->ts = {};
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_GT(rx->ts.tv_sec, 1700000000);
  EXPECT_EQ(tx->ts.tv_sec, 0);
}

TEST(SyncTime, IsNotWrittenWhenTheParameterSaysSo) {
  nm_os os;
  ASSERT_EQ(nmh_os_init(&os, false), 0);
  nm_core_config config = Sizes().config(&os);
  config.no_timestamp = true;
  nm_core* core = nullptr;
  ASSERT_EQ(nm_core_create(&config, &core), 0);
  nm_client* client = nullptr;
  nm_waiter waiter;
  nmh_waiter_init(&waiter, &os);
  ASSERT_EQ(nm_client_open(core, &waiter, &client), 0);
  // Host rings do: they are synced like any other.
  static constexpr nm_driver_ops kOps = {
      "none", [](nm_port*) { return 0; }, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
      nullptr};
  nm_port* port = nullptr;
  const nm_port_config ports = port_config(1, 16);
  ASSERT_EQ(nm_port_attach(core, "p", &kOps, &ports, nullptr, &port), 0);
  nmreq_register reg = {};
  reg.nr_mode = NR_REG_SW;
  nmreq_header h = Client::header(NETMAP_REQ_REGISTER, "p", &reg);
  ASSERT_EQ(nm_client_control(client, NIOCCTRL, reinterpret_cast<uintptr_t>(&h)), 0);
  ASSERT_EQ(nm_client_sync(client, NM_RX), 0);
  EXPECT_EQ(nm_client_ring(client, NM_RX, 1)->ring->ts.tv_sec, 0);
  EXPECT_EQ(nm_client_ring(client, NM_RX, 0), nullptr) << "the NIC ring is not bound";
  nm_client_close(client);
  nmh_waiter_destroy(&waiter);
  nm_port_detach(port);
  nm_core_destroy(core);
  nmh_os_destroy(&os);
}

TEST_F(Sync, HostRingsTakeAndForget) {
  netmap_ring* host = client.tx(1);
  ASSERT_NE(host, nullptr);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(space(host), kSlots - 1);
    advance(host, kSlots - 1);
    ASSERT_EQ(client.txsync(), 0);
  }
  EXPECT_EQ(client.rx(1)->tail, 0u);
  EXPECT_EQ(port.kring(NM_TX, 1)->stats.reinits, 0u);
}

TEST_F(Sync, AFullTransmitRingHasNoSpace) {
  port.wire = Wire::kStuck;
  fill(kSlots - 1);
  advance(tx, kSlots - 1);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(space(tx), 0u);
  // A step past tail is one too many.
  advance(tx, 1);
  EXPECT_EQ(client.txsync(), 0);
  expect_reinitialised(NM_TX, tx, kSlots - 1, kSlots - 1);
}

// One ring's sync is one thread's at a time; the rest wait their turn.
TEST_F(Sync, ManyThreadsOnOneRing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 5000; ++i)
        t % 2 ? client.txsync() : client.rxsync();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.syncs, 10000u);
  EXPECT_EQ(port.kring(NM_RX, 0)->stats.syncs, 10000u);
}

// A ring a thread, while others open and close theirs: nobody notices.
TEST(SyncThreads, OpenSyncAndCloseAtOnce) {
  World world({.buf_num = 64});
  TestPort port(world, "p", port_config(4, 32), Wire::kLoopback);
  std::vector<std::thread> threads;
  std::vector<uint64_t> received(4);
  for (uint16_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int opening = 0; opening < 40; ++opening) {
        Client client(world);
        ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_EXCLUSIVE, t, opening % 3 ? 0u : 40u), 0)
            << client.reason();
        netmap_ring* tx = client.tx(t);
        netmap_ring* rx = client.rx(t);
        for (int i = 0; i < 100; ++i) {
          for (uint32_t s = 0; s < 5; ++s) {
            netmap_slot& slot = tx->slot[(tx->head + s) % 32];
            slot.len = 60;
            std::memset(client.buffer(tx, slot.buf_idx), t, 60);
          }
          advance(tx, 5);
          ASSERT_EQ(client.txsync(), 0);
          ASSERT_EQ(client.poll(POLLIN, true), u32{POLLIN});
          ASSERT_EQ(space(rx), 5u);
          for (uint32_t s = 0; s < 5; ++s) {
            const uint8_t* frame = client.buffer(rx, rx->slot[(rx->head + s) % 32].buf_idx);
            ASSERT_EQ(frame[0], t);
            ASSERT_EQ(frame[59], t);
          }
          received[t] += 5;
          advance(rx, 5);
          ASSERT_EQ(client.rxsync(), 0);
        }
      }
    });
  }
  std::thread visitor([&] {
    for (int i = 0; i < 500; ++i) {
      Client client(world);
      nmreq_port_info_get info = {};
      nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p", &info);
      ASSERT_EQ(client.control(&h), 0);
      ASSERT_EQ(info.nr_tx_rings, 4);
      client.bind("p", NR_REG_SW);
    }
  });
  for (std::thread& thread : threads)
    thread.join();
  visitor.join();
  for (uint64_t count : received)
    EXPECT_EQ(count, 40u * 100 * 5);
}

// A device that goes away under its users: they get EIO, and close in peace.
TEST(SyncThreads, DetachUnderSync) {
  for (int round = 0; round < 50; ++round) {
    World world({.buf_num = 512});
    TestPort port(world, "p", port_config(2, 32), Wire::kLoopback);
    std::atomic<int> bound{0};
    std::vector<std::thread> threads;
    for (uint16_t t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        Client client(world);
        EXPECT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, t), 0);
        ++bound;
        while (client.txsync() == 0 && client.rxsync() == 0)
          client.poll(POLLIN, true);
        // One ring is stopped after the other.
        int error = 0;
        while (error == 0)
          error = client.txsync() == 0 ? 0 : client.rxsync();
        EXPECT_EQ(error, -EIO);
        EXPECT_EQ(client.poll(POLLIN), u32{POLLERR});
        EXPECT_EQ(nm_client_deadline(client.get(), POLLIN), 0u);
      });
    }
    while (bound != 2)
      std::this_thread::yield();
    port.detach();
    for (std::thread& thread : threads)
      thread.join();
  }
}

}  // namespace
}  // namespace nmgen::test
