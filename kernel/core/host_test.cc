// SPDX-License-Identifier: BSD-2-Clause
// Host rings: up and down, frames of several slots, full rings, forwarding, and how many there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Up = TestPort::Up;

constexpr uint32_t kSlots = 16;

struct Host : testing::Test {
  World world;
  TestPort port{world, "p", port_config(2, kSlots), Wire::kLoopback, true};
  Client client{world};

  netmap_ring* host_tx(uint32_t i = 0) { return client.ring_at(2 + i); }
  netmap_ring* host_rx(uint32_t i = 0) {
    return client.ring_at(2 + client.reg.nr_host_tx_rings + 2 + i);
  }
  nm_kring* host_kring(nm_dir dir, uint32_t i = 0) { return port.kring(dir, 2 + i); }

  // Puts a frame into the slot at head, and moves on.
  void put(netmap_ring* ring, const std::string& bytes, uint16_t flags = 0) {
    netmap_slot& slot = ring->slot[ring->head];
    std::memcpy(client.buffer(ring, slot.buf_idx), bytes.data(), bytes.size());
    slot.len = static_cast<uint16_t>(bytes.size());
    slot.flags = flags;
    advance(ring, 1);
  }
  std::string at(netmap_ring* ring, uint32_t i) {
    const netmap_slot& slot = ring->slot[i % ring->num_slots];
    return {reinterpret_cast<const char*>(client.buffer(ring, slot.buf_idx)), slot.len};
  }
};

TEST_F(Host, WhatIsSentGoesUp) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0) << client.reason();
  put(host_tx(), "one");
  put(host_tx(), "two");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{0, "one"}, Up{0, "two"}));
  EXPECT_EQ(space(host_tx()), kSlots - 1) << "the slots are free again";
  port.stack_takes = false;
  put(host_tx(), "lost");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(host_kring(NM_TX)->stats.drops, 1u);
  EXPECT_EQ(space(host_tx()), kSlots - 1);
}

TEST_F(Host, AFrameOfSeveralSlotsGoesUpWhole) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  put(host_tx(), "first");
  put(host_tx(), "head ", NS_MOREFRAG);
  put(host_tx(), "body ", NS_MOREFRAG);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{0, "first"})) << "the other waits for its end";
  put(host_tx(), "tail");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{0, "head body tail"}));
}

TEST_F(Host, WhatTheStackSendsComesIn) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  EXPECT_EQ(port.stack_sends(0, "hello"), 0);
  EXPECT_EQ(port.stack_sends(0, "world"), 0);
  EXPECT_EQ(space(host_rx()), 0u) << "shown by the next sync";
  ASSERT_EQ(client.poll(POLLIN), u32{POLLIN});
  ASSERT_EQ(space(host_rx()), 2u);
  EXPECT_EQ(at(host_rx(), 0), "hello");
  EXPECT_EQ(at(host_rx(), 1), "world");
  // A long one takes several slots.
  const std::string big = std::string(2048, 'a') + std::string(2048, 'b') + "c";
  EXPECT_EQ(port.stack_sends(0, big), 0);
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(space(host_rx()), 5u);
  EXPECT_EQ(at(host_rx(), 2) + at(host_rx(), 3) + at(host_rx(), 4), big);
  EXPECT_EQ(host_rx()->slot[3].flags, NS_MOREFRAG);
  EXPECT_EQ(host_rx()->slot[4].flags, 0);
}

TEST_F(Host, AFullRingDropsAndCounts) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  for (uint32_t i = 0; i < kSlots - 1; ++i)
    ASSERT_EQ(port.stack_sends(0, std::to_string(i)), 0);
  EXPECT_EQ(port.stack_sends(0, "too many"), -ENOBUFS);
  EXPECT_EQ(port.stack_sends(0, ""), -EMSGSIZE);
  EXPECT_EQ(port.stack_sends(0, std::string(size_t{65} * 2048, 'x')), -EMSGSIZE);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(host_kring(NM_RX)->stats.drops, 3u);
  ASSERT_EQ(space(host_rx()), kSlots - 1);
  for (uint32_t i = 0; i < kSlots - 1; ++i)
    EXPECT_EQ(at(host_rx(), i), std::to_string(i));
  advance(host_rx(), 3);
  EXPECT_EQ(port.stack_sends(0, "not yet"), -ENOBUFS) << "released by the next sync";
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(port.stack_sends(0, std::string(6000, 'y')), 0);
  EXPECT_EQ(port.stack_sends(0, "full again"), -ENOBUFS);
}

TEST_F(Host, NobodyThereIsSaid) {
  EXPECT_EQ(port.stack_sends(0, "x"), -ENXIO);
  EXPECT_FALSE(nm_port_queue_ring(port.port(), NM_TX, 0));
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_TX_RINGS_ONLY, 1), 0);
  EXPECT_FALSE(nm_port_queue_ring(port.port(), NM_TX, 0)) << "that ring stays with the host";
  EXPECT_EQ(nm_port_queue_ring(port.port(), NM_TX, 1), port.kring(NM_TX, 1));
  EXPECT_FALSE(nm_port_queue_ring(port.port(), NM_TX, 2)) << "that has nothing of a ring's";
  EXPECT_FALSE(nm_port_queue_ring(port.port(), NM_RX, 1));
  EXPECT_EQ(port.stack_sends(1, "x"), -ENXIO);
  Client sw(world);
  ASSERT_EQ(sw.bind("p", NR_REG_SW), 0);
  EXPECT_EQ(port.stack_sends(1, "x"), 0);
  sw.close();
  EXPECT_EQ(port.stack_sends(1, "x"), -ENXIO);
}

// An interface may have more queues than its port has rings. Who opens the port for the whole of it
// has them all, by whatever way and however many do; who opens its rings one by one has as many
// queues, and not more.
TEST_F(Host, AWholeInterfaceHasAllItsQueues) {
  const auto ring_of = [&](nm_dir dir, uint32_t queue) {
    return nm_port_queue_ring(port.port(), dir, queue);
  };
  Client first(world), second(world), whole(world), again(world);
  ASSERT_EQ(first.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  ASSERT_EQ(second.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
  EXPECT_TRUE(ring_of(NM_TX, 1));
  EXPECT_FALSE(ring_of(NM_TX, 2)) << "both rings are open, each for itself";
  ASSERT_EQ(whole.bind("p", NR_REG_ALL_NIC, NR_TX_RINGS_ONLY), 0);
  EXPECT_EQ(ring_of(NM_TX, 2), port.kring(NM_TX, 0));
  EXPECT_EQ(ring_of(NM_TX, 7), port.kring(NM_TX, 1));
  EXPECT_FALSE(ring_of(NM_RX, 2)) << "it has transmit rings only";
  ASSERT_EQ(again.bind("p", NR_REG_NIC_SW), 0);
  EXPECT_EQ(ring_of(NM_RX, 3), port.kring(NM_RX, 1));
  whole.close();
  EXPECT_EQ(ring_of(NM_TX, 2), port.kring(NM_TX, 0)) << "there is one more";
  Client refused(world);
  EXPECT_EQ(refused.bind("p", NR_REG_ALL_NIC, NR_EXCLUSIVE), -EBUSY);
  again.close();
  EXPECT_FALSE(ring_of(NM_TX, 2)) << "single rings are open still";
  EXPECT_FALSE(ring_of(NM_RX, 2));
  first.close();
  second.close();
  EXPECT_FALSE(ring_of(NM_TX, 0));
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  EXPECT_FALSE(ring_of(NM_TX, 2)) << "host rings alone capture nothing";
}

TEST_F(Host, AsManyRingsAsAreAskedFor) {
  client.reg.nr_mode = NR_REG_SW;
  client.reg.nr_host_tx_rings = 3;
  client.reg.nr_host_rx_rings = 5;
  ASSERT_EQ(client.bind_request("p"), 0) << client.reason();
  EXPECT_EQ(client.reg.nr_host_tx_rings, 3);
  EXPECT_EQ(client.reg.nr_host_rx_rings, 5);
  EXPECT_EQ(client.nif()->ni_host_rx_rings, 5u);
  put(host_tx(2), "up");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{2, "up"}));
  for (uint32_t queue = 0; queue < 10; ++queue)
    ASSERT_EQ(port.stack_sends(queue, std::to_string(queue)), 0);
  ASSERT_EQ(client.rxsync(), 0);
  for (uint32_t ring = 0; ring < 5; ++ring) {
    ASSERT_EQ(space(host_rx(ring)), 2u);
    EXPECT_EQ(at(host_rx(ring), 1), std::to_string(ring + 5));
  }
  // While it is open nobody changes it.
  Client second(world);
  second.reg.nr_mode = NR_REG_ALL_NIC;
  second.reg.nr_host_rx_rings = 7;
  ASSERT_EQ(second.bind_request("p"), 0);
  EXPECT_EQ(second.reg.nr_host_rx_rings, 5);
}

TEST_F(Host, ForwardedFramesGoUpAtTheNextSync) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 1), 0);
  netmap_ring* rx = client.rx(1);
  for (const char* frame : {"arp", "data", "icmp"})
    ASSERT_TRUE(port.receive(1, frame, static_cast<uint16_t>(std::strlen(frame))));
  ASSERT_EQ(client.poll(POLLIN), u32{POLLIN});
  rx->slot[0].flags |= NS_FORWARD;
  rx->slot[2].flags |= NS_FORWARD;
  advance(rx, 2);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(port.stack_got(), IsEmpty()) << "the ring does not ask for it";
  rx->flags |= NR_FORWARD;
  advance(rx, 1);
  client.poll(POLLIN);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{1, "icmp"}));
  EXPECT_EQ(rx->slot[2].flags & NS_FORWARD, 0);
}

TEST_F(Host, TheParameterForwardsWithoutTheRingFlag) {
  nm_core_config config = Sizes{}.config(world.os());
  config.fwd = true;
  ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), 0);
  ASSERT_TRUE(port.receive(0, "a", 1));
  ASSERT_TRUE(port.receive(0, "b", 1));
  ASSERT_EQ(client.rxsync(), 0);
  client.rx(0)->slot[1].flags |= NS_FORWARD;
  advance(client.rx(0), 2);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(port.stack_got(), ElementsAre(Up{0, "b"}));
}

// Down to the NIC, which loops back: what the stack sent comes in on the NIC's receive ring, in the
// buffer that it was copied to.
TEST_F(Host, ForwardedHostFramesAreSentWithoutACopy) {
  ASSERT_EQ(client.bind("p", NR_REG_NIC_SW), 0);
  ASSERT_EQ(port.stack_sends(0, "keep"), 0);
  ASSERT_EQ(port.stack_sends(0, "send"), 0);
  ASSERT_EQ(port.stack_sends(0, std::string(2048, 'x') + "more"), 0);
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(space(host_rx()), 4u);
  const uint32_t buffer = host_rx()->slot[1].buf_idx;
  host_rx()->flags |= NR_FORWARD;
  host_rx()->slot[1].flags |= NS_FORWARD;
  host_rx()->slot[2].flags |= NS_FORWARD;
  advance(host_rx(), 4);
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(client.rxsync(), 0);
  netmap_ring* rx = client.rx(0);
  ASSERT_EQ(space(rx), 3u);
  EXPECT_EQ(at(rx, 0), "send");
  EXPECT_EQ(rx->slot[0].buf_idx, buffer);
  EXPECT_EQ(at(rx, 2), "more");
  EXPECT_EQ(client.tx(0)->head, 3u) << "the kernel moved the client's head";
  EXPECT_EQ(host_rx()->slot[1].flags, NS_BUF_CHANGED);
}

TEST_F(Host, WithoutAllTransmitRingsNothingGoesDown) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  ASSERT_EQ(port.stack_sends(0, "send"), 0);
  ASSERT_EQ(client.rxsync(), 0);
  host_rx()->flags |= NR_FORWARD;
  host_rx()->slot[0].flags |= NS_FORWARD;
  advance(host_rx(), 1);
  ASSERT_EQ(client.rxsync(), 0);
  Client nic(world);
  ASSERT_EQ(nic.bind("p"), 0);
  ASSERT_EQ(nic.rxsync(), 0);
  EXPECT_EQ(space(nic.rx(0)), 0u);
}

TEST_F(Host, FramesGoDownOnTheNextRingWhereOneIsFull) {
  TestPort stuck(world, "stuck", port_config(2, 4), Wire::kStuck, true);
  ASSERT_EQ(client.bind("stuck", NR_REG_NIC_SW), 0);
  // Room for 3 on each transmit ring, so that 6 of 9 find a place.
  uint64_t sent = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i)
      ASSERT_EQ(stuck.stack_sends(0, std::to_string(sent++)), 0);
    ASSERT_EQ(client.rxsync(), 0);
    host_rx()->flags |= NR_FORWARD;
    for (uint32_t i = 0; i < 3; ++i)
      host_rx()->slot[(host_rx()->head + i) % 4].flags |= NS_FORWARD;
    advance(host_rx(), 3);
    ASSERT_EQ(client.rxsync(), 0);
  }
  EXPECT_EQ(client.tx(0)->head, 3u);
  EXPECT_EQ(client.tx(1)->head, 3u);
  EXPECT_EQ(stuck.kring(NM_RX, 2)->stats.drops, 3u);
}

TEST_F(Host, ABadBufferInAFreeSlotIsPutRight) {
  ASSERT_EQ(client.bind("p", NR_REG_SW), 0);
  host_rx()->slot[0].buf_idx = 0xffffff;
  EXPECT_EQ(port.stack_sends(0, "x"), -ENOBUFS);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(host_kring(NM_RX)->stats.reinits, 1u);
  EXPECT_EQ(host_rx()->slot[0].buf_idx, 0u);
  EXPECT_EQ(port.stack_sends(0, "y"), 0);
}

// The stack sends from one thread, the client receives in another and comes and goes.
TEST_F(Host, TheStackSendsWhileClientsComeAndGo) {
  std::atomic<bool> stop{false};
  std::thread stack([&] {
    while (!stop.load())
      port.stack_sends(0, "frame");
  });
  for (int round = 0; round < 50; ++round) {
    Client c(world);
    ASSERT_EQ(c.bind("p", NR_REG_SW), 0);
    netmap_ring* rx = c.ring_at(5);
    uint32_t got = 0;
    while (got < 20) {
      ASSERT_EQ(c.rxsync(), 0);
      const uint32_t n = space(rx);
      for (uint32_t i = 0; i < n; ++i) {
        const netmap_slot& slot = rx->slot[(rx->head + i) % kSlots];
        ASSERT_EQ(slot.len, 5);
        ASSERT_EQ(std::memcmp(c.buffer(rx, slot.buf_idx), "frame", 5), 0);
      }
      advance(rx, n);
      got += n;
    }
  }
  stop = true;
  stack.join();
}

}  // namespace
}  // namespace nmgen::test
