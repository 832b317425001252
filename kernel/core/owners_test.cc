// SPDX-License-Identifier: BSD-2-Clause
// Buffers that clients lose come back when they leave, though others keep the region; those that
// were traded, and that another client may hold where nobody sees it, do not.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

constexpr uint32_t kSlots = 32;
constexpr uint32_t kExtra = 50;
// Enough for all rings and two clients' extra buffers, so a loss is felt after a few rounds.
constexpr Sizes kSizes = {.if_num = 16, .ring_size = 4096, .ring_num = 32, .buf_num = 600};

struct Owners : testing::Test {
  static void fixed(nm_core_config& config) { config.fixed = true; }

  World world{kSizes, fixed};
  TestPort port{world, "p", port_config(1, kSlots), Wire::kLoopback};
  TestPort other{world, "q", port_config(1, kSlots), Wire::kLoopback};

  uint32_t free_bufs() { return world.region()->bufs.num_free; }

  static std::vector<uint32_t> take_extra_bufs(Client& c) {
    std::vector<uint32_t> all;
    for (uint32_t index = c.nif()->ni_bufs_head; index;) {
      all.push_back(index);
      std::memcpy(&index, c.buffer(c.tx(), index), sizeof(index));
    }
    c.nif()->ni_bufs_head = 0;
    return all;
  }
  static void zero_slots(Client& c) {
    for (netmap_ring* ring : {c.tx(), c.rx()})
      for (uint32_t i = 0; i < ring->num_slots; ++i)
        ring->slot[i].buf_idx = 0;
  }

  // 200 clients of `name` lose buffers in the way of `lose`, while something keeps the region.
  void rounds(const char* name, const std::function<void(Client&)>& lose) {
    uint32_t before = 0;
    for (int round = 0; round < 200; ++round) {
      Client client(world);
      ASSERT_EQ(client.bind(name, NR_REG_ALL_NIC, 0, 0, kExtra), 0)
          << "round " << round << ": " << client.reason();
      ASSERT_EQ(client.reg.nr_extra_bufs, kExtra) << "round " << round;
      std::set<uint32_t> all;
      for (netmap_ring* ring : {client.tx(), client.rx()}) {
        for (uint32_t i = 0; i < ring->num_slots; ++i) {
          const uint32_t index = ring->slot[i].buf_idx;
          ASSERT_GE(index, u32{NM_RESERVED_BUFS}) << "round " << round << " slot " << i;
          ASSERT_TRUE(all.insert(index).second) << "round " << round << " slot " << i;
        }
      }
      lose(client);
      client.close();
      if (round == 0)
        before = free_bufs();
      ASSERT_EQ(free_bufs(), before) << "round " << round;
    }
  }
  void all_ways(const char* name) {
    rounds(name, [](Client& c) { take_extra_bufs(c); });
    rounds(name, zero_slots);
    rounds(name, [](Client& c) {
      zero_slots(c);
      take_extra_bufs(c);
    });
    // Killed while it sends buffers of its own memory (SwapWriter of nmgen).
    rounds(name, [](Client& c) {
      const std::vector<uint32_t> extra = take_extra_bufs(c);
      for (uint32_t i = 0; i < kSlots; ++i)
        c.tx()->slot[i].buf_idx = extra[i];
    });
  }
};

TEST_F(Owners, WhileAClientOfAnotherPortStays) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q"), 0);
  all_ways("p");
}

TEST_F(Owners, WhileASwitchKeepsAnotherPort) {
  Client attacher(world);
  nmreq_vale_attach body = {};
  body.reg.nr_mode = NR_REG_ALL_NIC;
  nmreq_header h = Client::header(NETMAP_REQ_VALE_ATTACH, "vale0:q", &body);
  ASSERT_EQ(attacher.control(&h), 0) << attacher.reason();
  all_ways("p");
  nmreq_vale_detach gone = {};
  h = Client::header(NETMAP_REQ_VALE_DETACH, "vale0:q", &gone);
  ASSERT_EQ(attacher.control(&h), 0) << attacher.reason();
}

// The rings of both ends are there as long as one is open: the next client of the other finds a
// buffer in each slot.
TEST_F(Owners, WhileTheOtherEndOfAPipeStays) {
  Client slave(world);
  ASSERT_EQ(slave.bind("p}x"), 0);
  all_ways("p{x");
  slave.close();
  Client master(world);
  ASSERT_EQ(master.bind("p{x"), 0);
  all_ways("p}x");
}

TEST_F(Owners, OfAPipeThatGoesNothingStays) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q"), 0);
  const uint32_t before = free_bufs();
  for (int round = 0; round < 200; ++round) {
    Client master(world), slave(world);
    ASSERT_EQ(master.bind("p{x", NR_REG_ALL_NIC, 0, 0, kExtra), 0) << master.reason();
    ASSERT_EQ(slave.bind("p}x", NR_REG_ALL_NIC, 0, 0, kExtra), 0) << slave.reason();
    take_extra_bufs(master);
    zero_slots(round % 2 ? master : slave);
    (round % 3 ? master : slave).close();
    (round % 3 ? slave : master).close();
    ASSERT_EQ(free_bufs(), before) << "round " << round;
  }
}

// Another one's indexes in the slots are no trade, as the other has those buffers still.
TEST_F(Owners, ACopyOfAnothersSlotsIsNoTrade) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q"), 0);
  rounds("p", [&](Client& c) {
    for (uint32_t i = 0; i < kSlots; ++i)
      c.tx()->slot[i].buf_idx = keeper.tx()->slot[i].buf_idx;
    take_extra_bufs(c);
  });
}

// The receiver keeps what it has got, for its own buffers, in memory of its own: what the sender
// leaves behind may be with it.
TEST_F(Owners, WhatAReceiverKeepsStaysItsOwn) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q"), 0);
  const uint32_t before = free_bufs();
  Client receiver(world);
  ASSERT_EQ(receiver.bind("p}x", NR_REG_ALL_NIC, 0, 0, 8), 0);
  std::vector<uint32_t> spare = take_extra_bufs(receiver), kept;
  auto sender = std::make_unique<Client>(world);
  ASSERT_EQ(sender->bind("p{x", NR_REG_ALL_NIC, 0, 0, kExtra), 0);
  netmap_ring *tx = sender->tx(), *rx = receiver.rx();
  for (uint32_t i = 0; i < 8; ++i) {
    tx->slot[i].len = 60;
    std::memset(sender->buffer(tx, tx->slot[i].buf_idx), 'a' + static_cast<int>(i), 60);
  }
  advance(tx, 8);
  ASSERT_EQ(sender->txsync(), 0);
  ASSERT_EQ(receiver.rxsync(), 0);
  for (uint32_t i = 0; i < 8; ++i) {
    kept.push_back(std::exchange(rx->slot[i].buf_idx, spare[i]));
    rx->slot[i].flags = NS_BUF_CHANGED;
  }
  advance(rx, 8);
  ASSERT_EQ(receiver.rxsync(), 0);
  take_extra_bufs(*sender);
  sender.reset();
  // Others get many buffers, but none of these.
  Client greedy(world);
  ASSERT_EQ(greedy.bind("p", NR_REG_ALL_NIC, 0, 0, 1000), 0);
  for (const uint32_t index : take_extra_bufs(greedy))
    std::memset(greedy.buffer(greedy.tx(), index), 0, 60);
  for (uint32_t i = 0; i < 8; ++i)
    EXPECT_EQ(receiver.buffer(rx, kept[i])[59], 'a' + i);
  greedy.close();
  receiver.close();
  EXPECT_EQ(free_bufs(), before) << "they go with the receiver, which forgot them too";
}

// A program of two files swaps buffers between their rings and keeps some; it closes one of them.
TEST_F(Owners, WhatAProgramTradesBetweenItsFilesGoesWithTheLast) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q", NR_REG_ONE_NIC, NR_TX_RINGS_ONLY), 0);
  const uint32_t before = free_bufs();
  auto from = std::make_unique<Client>(world);
  ASSERT_EQ(from->bind("p", NR_REG_ALL_NIC, 0, 0, 4), 0);
  Client to(world);
  ASSERT_EQ(to.bind("q", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0, 4), 0);
  const std::vector<uint32_t> pool = [&] {
    std::vector<uint32_t> all;
    for (uint32_t index = to.nif()->ni_bufs_head; index;) {
      all.push_back(index);
      std::memcpy(&index, to.buffer(from->tx(), index), sizeof(index));
    }
    to.nif()->ni_bufs_head = 0;
    return all;
  }();
  std::vector<uint32_t> held;
  for (uint32_t i = 0; i < 4; ++i)
    held.push_back(std::exchange(from->tx()->slot[i].buf_idx, pool[i]));
  from.reset();
  Client greedy(world);
  ASSERT_EQ(greedy.bind("p", NR_REG_ALL_NIC, 0, 0, 1000), 0);
  for (const uint32_t index : take_extra_bufs(greedy))
    EXPECT_EQ(std::count(held.begin(), held.end(), index), 0) << index;
  greedy.close();
  to.close();
  EXPECT_EQ(free_bufs(), before);
}

// A list that goes on into buffers which another client was given: they are the list's.
TEST_F(Owners, ABufferInAnothersListStays) {
  Client keeper(world);
  ASSERT_EQ(keeper.bind("q", NR_REG_ALL_NIC, 0, 0, 1), 0);
  auto giver = std::make_unique<Client>(world);
  ASSERT_EQ(giver->bind("p", NR_REG_ALL_NIC, 0, 0, 1), 0);
  const uint32_t given = giver->nif()->ni_bufs_head, own = keeper.nif()->ni_bufs_head;
  std::memcpy(keeper.buffer(keeper.tx(), own), &given, sizeof(given));
  giver->nif()->ni_bufs_head = 0;
  giver.reset();
  Client greedy(world);
  ASSERT_EQ(greedy.bind("p", NR_REG_ALL_NIC, 0, 0, 1000), 0);
  for (const uint32_t index : take_extra_bufs(greedy))
    EXPECT_NE(index, given);
  greedy.close();
  Client last(world);
  ASSERT_EQ(last.bind("p"), 0);
  const uint32_t before = free_bufs();
  keeper.close();
  EXPECT_EQ(free_bufs(), before + 2 * kSlots + 2) << "its rings' and both of its list";
}

// More owners than the first table has places for.
TEST_F(Owners, ManyClientsAtOnce) {
  const Sizes sizes = {.if_num = 200, .ring_size = 4096, .ring_num = 700, .buf_num = 20000};
  World many(sizes, fixed);
  TestPort p(many, "p", port_config(1, 16), Wire::kLoopback);
  Client keeper(many);
  ASSERT_EQ(keeper.bind("p", NR_REG_SW), 0);
  const uint32_t before = many.region()->bufs.num_free;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 150; ++i) {
      clients.push_back(std::make_unique<Client>(many));
      ASSERT_EQ(clients.back()->bind(("p{" + std::to_string(i)).c_str(), NR_REG_ALL_NIC, 0, 0, 5),
                0)
          << clients.back()->reason();
      take_extra_bufs(*clients.back());
      zero_slots(*clients.back());
    }
    clients.clear();
    ASSERT_EQ(many.region()->bufs.num_free, before);
  }
}

}  // namespace
}  // namespace nmgen::test
