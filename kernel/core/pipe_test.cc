// SPDX-License-Identifier: BSD-2-Clause
// Pipes: names, both ends together, the order and wholeness of frames, who closes first, parents
// that are made and go, hostile ends, and two threads.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

void put(Client& client, netmap_ring* ring, const std::string& bytes, uint16_t flags = 0) {
  netmap_slot& slot = ring->slot[ring->head];
  std::memcpy(client.buffer(ring, slot.buf_idx), bytes.data(), bytes.size());
  slot.len = static_cast<uint16_t>(bytes.size());
  slot.flags = flags;
  advance(ring, 1);
}

std::string take(Client& client, netmap_ring* ring) {
  const netmap_slot& slot = ring->slot[ring->head];
  std::string bytes(reinterpret_cast<const char*>(client.buffer(ring, slot.buf_idx)), slot.len);
  advance(ring, 1);
  return bytes;
}

struct Pipe : testing::Test {
  World world;
  TestPort port{world, "p", port_config(2, 16), Wire::kLoopback};
  Client master{world}, slave{world};

  void open(const char* id = "x") {
    ASSERT_EQ(master.bind((std::string("p{") + id).c_str()), 0) << master.reason();
    ASSERT_EQ(slave.bind((std::string("p}") + id).c_str()), 0) << slave.reason();
  }
};

TEST_F(Pipe, FramesGoBothWaysWithoutACopy) {
  open();
  EXPECT_EQ(master.reg.nr_mem_id, 1) << "the parent's memory";
  EXPECT_EQ(master.reg.nr_tx_rings, 1);
  EXPECT_EQ(master.reg.nr_tx_slots, 16u) << "as the parent's rings";
  EXPECT_EQ(master.reg.nr_host_tx_rings, 0);
  EXPECT_EQ(master.reg.nr_host_rx_rings, 0);
  EXPECT_EQ(master.nif()->ni_host_rx_rings, 1u) << "old programs count on one";
  EXPECT_EQ(master.memory(), slave.memory());
  const uint32_t buffer = master.tx()->slot[0].buf_idx;
  put(master, master.tx(), "down");
  put(slave, slave.tx(), "up");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.txsync(), 0);
  EXPECT_EQ(space(slave.rx()), 0u);
  ASSERT_EQ(slave.poll(POLLIN), u32{POLLIN});
  ASSERT_EQ(space(slave.rx()), 1u);
  EXPECT_EQ(slave.rx()->slot[0].buf_idx, buffer);
  EXPECT_EQ(slave.rx()->slot[0].flags, 0);
  EXPECT_EQ(take(slave, slave.rx()), "down");
  ASSERT_EQ(master.rxsync(), 0);
  EXPECT_EQ(take(master, master.rx()), "up");
  // The slot is free again when the receiver has released it.
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(master.tx()), 14u);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(master.tx()), 15u);
}

// What is in both slots of a pair: one buffer, before anything is sent too.
TEST_F(Pipe, ASlotAndItsCounterpartNameOneBuffer) {
  open();
  const nm_region* region = world.region();
  EXPECT_EQ(region->bufs.num - region->bufs.num_free, NM_RESERVED_BUFS + 2 * 16u)
      << "a buffer for each transmit slot, none for receive slots";
  for (uint32_t i = 0; i < 16; ++i) {
    EXPECT_GE(master.tx()->slot[i].buf_idx, u32{NM_RESERVED_BUFS});
    EXPECT_EQ(slave.rx()->slot[i].buf_idx, master.tx()->slot[i].buf_idx);
    EXPECT_EQ(master.rx()->slot[i].buf_idx, slave.tx()->slot[i].buf_idx);
  }
}

// The buffers are lent: who has filled them once goes on sending them, as on a NIC.
TEST_F(Pipe, ABufferThatIsFilledOnceIsSentAgainAndAgain) {
  open();
  netmap_ring *tx = master.tx(), *rx = slave.rx();
  uint32_t own[16];
  for (uint32_t i = 0; i < 16; ++i) {
    own[i] = tx->slot[i].buf_idx;
    std::memcpy(master.buffer(tx, own[i]), ("frame " + std::to_string(10 + i)).data(), 8);
    tx->slot[i].len = 8;
    tx->slot[i].flags = 0;
  }
  for (uint32_t sent = 0, got = 0; sent < 1000;) {
    const uint32_t room = space(tx);
    for (uint32_t k = 0; k < room; ++k) {
      const netmap_slot& slot = tx->slot[(tx->head + k) % 16];
      ASSERT_EQ(slot.buf_idx, own[(tx->head + k) % 16]) << "after " << sent << " frames";
      ASSERT_EQ(slot.flags, 0);
      ASSERT_EQ(slot.len, 8);
    }
    advance(tx, room);
    sent += room;
    ASSERT_EQ(master.txsync(), 0);
    ASSERT_EQ(slave.rxsync(), 0);
    for (uint32_t n = 1 + sent % 7; n && space(rx); --n, ++got) {
      ASSERT_EQ(rx->slot[rx->head].buf_idx, own[rx->head]);
      ASSERT_EQ(take(slave, rx), "frame " + std::to_string(10 + got % 16));
    }
    ASSERT_EQ(slave.rxsync(), 0);
    ASSERT_EQ(master.txsync(), 0);
  }
}

// All that is in a slot is shown; the flags that the kernel acts on are cleared at the sender.
TEST_F(Pipe, TheReceiverIsShownTheSlotAsItWasSent) {
  open();
  netmap_slot& slot = master.tx()->slot[0];
  put(master, master.tx(), "x", NS_BUF_CHANGED | NS_REPORT);
  slot.ptr = 0x1122334455667788;
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(slave.rx()->slot[0].ptr, 0x1122334455667788u);
  EXPECT_EQ(slave.rx()->slot[0].len, 1);
  EXPECT_EQ(slave.rx()->slot[0].flags, NS_BUF_CHANGED | NS_REPORT);
  EXPECT_EQ(slot.flags, 0);
  take(slave, slave.rx());
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(slot.flags, 0) << "the receiver changed nothing";
}

// A receiver keeps some buffers and gives others for them.
TEST_F(Pipe, AnotherBufferGoesBackWithItsFlag) {
  ASSERT_EQ(master.bind("p{x"), 0);
  ASSERT_EQ(slave.bind("p}x", NR_REG_ALL_NIC, 0, 0, 3), 0);
  const uint32_t spare = slave.nif()->ni_bufs_head;
  netmap_ring *tx = master.tx(), *rx = slave.rx();
  const uint32_t own[] = {tx->slot[0].buf_idx, tx->slot[1].buf_idx, tx->slot[2].buf_idx};
  for (const char* frame : {"a", "b", "c"})
    put(master, tx, frame);
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  uint32_t next;
  std::memcpy(&next, slave.buffer(rx, spare), sizeof(next));
  slave.nif()->ni_bufs_head = next;
  rx->slot[0].buf_idx = spare;
  rx->slot[0].flags = NS_BUF_CHANGED;
  rx->slot[1].buf_idx = next;          // without the flag: not heard of
  rx->slot[2].flags = NS_BUF_CHANGED;  // the same buffer
  advance(rx, 3);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(tx), 15u);
  EXPECT_EQ(tx->slot[0].buf_idx, spare);
  EXPECT_EQ(tx->slot[0].flags, NS_BUF_CHANGED);
  EXPECT_EQ(tx->slot[1].buf_idx, own[1]);
  EXPECT_EQ(tx->slot[1].flags, 0);
  EXPECT_EQ(tx->slot[2].buf_idx, own[2]);
  EXPECT_EQ(tx->slot[2].flags, 0);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(slave.buffer(rx, own[0])), 1), "a")
      << "what was kept is as it came";
}

TEST_F(Pipe, AnyIdAndAnyNumber) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 150; ++i) {
    for (const char* brace : {"{", "}"}) {
      clients.push_back(std::make_unique<Client>(world));
      const std::string name = std::string("p") + brace + "an id " + std::to_string(i);
      ASSERT_EQ(clients.back()->bind(name.c_str()), 0) << clients.back()->reason();
    }
  }
  for (size_t i = 0; i < clients.size(); i += 2) {
    put(*clients[i], clients[i]->tx(), std::to_string(i));
    ASSERT_EQ(clients[i]->txsync(), 0);
  }
  for (size_t i = 0; i < clients.size(); i += 2) {
    Client& c = *clients[i + 1];
    ASSERT_EQ(c.rxsync(), 0);
    ASSERT_EQ(space(c.rx()), 1u);
    EXPECT_EQ(take(c, c.rx()), std::to_string(i));
  }
  const nm_region* region = world.region();
  clients.clear();
  EXPECT_EQ(region->users, 0u);
  EXPECT_EQ(port.port()->refs, 1u);
}

TEST_F(Pipe, BadNamesAreRefused) {
  for (const char* name : {"{x", "p{", "p}", "p{x}y", "p{{x"}) {
    EXPECT_EQ(master.bind(name), -EINVAL) << name;
    EXPECT_NE(master.reason(), "");
  }
  EXPECT_EQ(master.bind("p{x", NR_REG_PIPE_MASTER), -EINVAL);
  EXPECT_EQ(master.bind("p{x", NR_REG_ONE_NIC, 0, 1), -EINVAL);
  master.reg = {};
  master.reg.nr_mode = NR_REG_ALL_NIC;
  master.reg.nr_mem_id = 7;
  EXPECT_EQ(master.bind_request("p{x"), -EINVAL);
  EXPECT_EQ(world.region()->users, 0u) << "nothing is left behind";
  EXPECT_EQ(port.port()->refs, 1u);
  open();
}

// What would be host rings of an end leads nowhere.
TEST_F(Pipe, AnEndHasNoHostRings) {
  for (uint32_t mode : {NR_REG_SW, NR_REG_NIC_SW, NR_REG_ONE_SW}) {
    for (uint64_t flags : {0, NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY, NR_EXCLUSIVE}) {
      EXPECT_EQ(master.bind("p{x", mode, flags), -EINVAL) << mode;
      EXPECT_EQ(master.bind("nowhere}x", mode, flags), -EINVAL) << mode;
    }
    EXPECT_NE(master.reason().find("no host rings"), std::string::npos) << master.reason();
  }
  EXPECT_EQ(world.region()->users, 0u) << "nothing is left behind";
  EXPECT_EQ(port.port()->refs, 1u);
  ASSERT_EQ(master.bind("p{x", NR_REG_ONE_NIC), 0) << master.reason();
  EXPECT_EQ(slave.bind("p}x", NR_REG_NIC_SW), -EINVAL) << "nor has the other";
  nmreq_port_info_get body = {};
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p}x", &body);
  ASSERT_EQ(slave.control(&h), 0) << slave.reason();
  EXPECT_EQ(body.nr_host_tx_rings, 0);
  EXPECT_EQ(body.nr_host_rx_rings, 0);
  Client made(world);
  ASSERT_EQ(made.bind("nowhere{x"), 0);
  ASSERT_EQ(slave.bind("nowhere"), 0) << "its parent is a VALE port";
  EXPECT_EQ(slave.reg.nr_host_tx_rings, 0);
  EXPECT_EQ(slave.reg.nr_host_rx_rings, 0);
}

// Rings and slots are those of who comes first, seen from his side.
TEST_F(Pipe, RingsAndSlotsAreMirrored) {
  slave.reg.nr_mode = NR_REG_ALL_NIC;
  slave.reg.nr_tx_rings = 3;
  slave.reg.nr_rx_rings = 2;
  slave.reg.nr_tx_slots = 9000;
  slave.reg.nr_rx_slots = 100;
  ASSERT_EQ(slave.bind_request("p}x"), 0) << slave.reason();
  EXPECT_EQ(slave.reg.nr_tx_slots, 4096u) << "the most there is";
  ASSERT_EQ(master.bind("p{x"), 0);
  EXPECT_EQ(master.reg.nr_tx_rings, 2);
  EXPECT_EQ(master.reg.nr_rx_rings, 3);
  EXPECT_EQ(master.reg.nr_tx_slots, 100u);
  EXPECT_EQ(master.reg.nr_rx_slots, 4096u);
  for (uint32_t i = 0; i < 3; ++i)
    put(slave, slave.tx(i), std::to_string(i));
  put(master, master.tx(1), "m");
  ASSERT_EQ(slave.txsync(), 0);
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(master.rxsync(), 0);
  for (uint32_t i = 0; i < 3; ++i)
    EXPECT_EQ(take(master, master.rx(i)), std::to_string(i));
  EXPECT_EQ(space(slave.rx(0)), 0u);
  EXPECT_EQ(take(slave, slave.rx(1)), "m");
}

TEST_F(Pipe, OnlyWholeFramesArePublished) {
  open();
  netmap_ring* tx = master.tx();
  put(master, tx, "one");
  put(master, tx, "head", NS_MOREFRAG);
  put(master, tx, "body", NS_MOREFRAG);
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(space(slave.rx()), 1u);
  EXPECT_EQ(take(slave, slave.rx()), "one");
  ASSERT_EQ(master.txsync(), 0) << "nothing changes";
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(space(slave.rx()), 0u);
  put(master, tx, "tail");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(space(slave.rx()), 3u);
  EXPECT_EQ(slave.rx()->slot[1].flags, NS_MOREFRAG);
  EXPECT_EQ(slave.rx()->slot[3].flags, 0);
  for (const char* part : {"head", "body", "tail"})
    EXPECT_EQ(take(slave, slave.rx()), part);
}

TEST_F(Pipe, AFrameWithoutAnEndIsThrownAway) {
  master.reg.nr_mode = NR_REG_ALL_NIC;
  master.reg.nr_tx_slots = 128;
  ASSERT_EQ(master.bind_request("p{x"), 0);
  ASSERT_EQ(slave.bind("p}x"), 0);
  put(master, master.tx(), "good");
  for (int i = 0; i < 64; ++i)
    put(master, master.tx(), "endless", NS_MOREFRAG);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(master.tx()->head, 1u) << "re-initialised behind what was good";
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(space(slave.rx()), 1u);
  put(master, master.tx(), "next");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(space(slave.rx()), 2u);
  take(slave, slave.rx());
  EXPECT_EQ(take(slave, slave.rx()), "next");
}

TEST_F(Pipe, WithoutAReceiverTheRingFillsUpAndWaits) {
  ASSERT_EQ(master.bind("p{x"), 0);
  for (int i = 0; i < 15; ++i)
    put(master, master.tx(), std::to_string(i));
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(master.tx()), 0u);
  EXPECT_EQ(master.poll(POLLOUT), 0u) << "no room, and no error";
  // Who comes then finds all of it, takes some, and goes.
  ASSERT_EQ(slave.bind("p}x"), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(space(slave.rx()), 15u);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(take(slave, slave.rx()), std::to_string(i));
  ASSERT_EQ(slave.rxsync(), 0);
  take(slave, slave.rx());  // not told to the kernel
  slave.close();
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(master.tx()), 5u);
  put(master, master.tx(), "after");
  ASSERT_EQ(master.txsync(), 0);
  Client again(world);
  ASSERT_EQ(again.bind("p}x"), 0);
  EXPECT_EQ(again.rx()->head, 5u) << "it goes on where the last one stood";
  ASSERT_EQ(again.rxsync(), 0);
  ASSERT_EQ(space(again.rx()), 11u);
  EXPECT_EQ(take(again, again.rx()), "5");
}

TEST_F(Pipe, BothEndsGoTogether) {
  const nm_region* region = world.region();
  open();
  EXPECT_EQ(region->users, 3u) << "two clients and the pipe";
  EXPECT_EQ(port.port()->refs, 2u);
  master.close();
  EXPECT_EQ(region->users, 2u);
  EXPECT_EQ(port.port()->refs, 2u) << "one end keeps the pipe";
  slave.close();
  EXPECT_EQ(region->users, 0u);
  EXPECT_EQ(port.port()->refs, 1u);
}

TEST_F(Pipe, ExclusiveIsOfAnEnd) {
  ASSERT_EQ(master.bind("p{x", NR_REG_ALL_NIC, NR_EXCLUSIVE), 0) << master.reason();
  Client second(world);
  EXPECT_EQ(second.bind("p{x"), -EBUSY);
  EXPECT_EQ(slave.bind("p}x"), 0);
  EXPECT_EQ(second.bind("p}x", NR_REG_ALL_NIC, NR_EXCLUSIVE), -EBUSY);
  EXPECT_EQ(second.bind("p}x"), 0) << "shared, as the first asked for nothing else";
}

// The device goes; the pipe, which is memory only, goes on, but no other can be made there.
TEST_F(Pipe, APipeOutlivesItsParentsDevice) {
  open();
  port.detach();
  put(master, master.tx(), "still");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(take(slave, slave.rx()), "still");
  Client late(world);
  ASSERT_EQ(late.bind("p{x"), 0) << late.reason();
  EXPECT_NE(late.reg.nr_mem_id, 1) << "a parent of another kind, with another pipe";
}

TEST_F(Pipe, AMissingParentIsMadeAndGoes) {
  Client a(world), b(world), c(world), info(world);
  EXPECT_EQ(info.bind("nowhere"), -ENXIO);
  ASSERT_EQ(a.bind("nowhere{x"), 0) << a.reason();
  ASSERT_EQ(b.bind("nowhere}x"), 0);
  EXPECT_EQ(a.reg.nr_mem_id, 2);
  EXPECT_EQ(a.reg.nr_tx_slots, 1024u);
  EXPECT_EQ(a.nif()->ni_flags, u32{NI_PRIV_MEM});
  put(a, a.tx(), "hello");
  ASSERT_EQ(a.txsync(), 0);
  ASSERT_EQ(b.rxsync(), 0);
  EXPECT_EQ(take(b, b.rx()), "hello");
  // It has its own name and takes what is sent; another pipe lives there as well.
  ASSERT_EQ(info.bind("nowhere"), 0) << info.reason();
  put(info, info.tx(), "into the dark");
  ASSERT_EQ(info.txsync(), 0);
  EXPECT_EQ(space(info.tx()), 1023u);
  ASSERT_EQ(info.rxsync(), 0);
  EXPECT_EQ(space(info.rx()), 0u);
  ASSERT_EQ(c.bind("nowhere{y"), 0);
  EXPECT_EQ(c.memory(), a.memory());
  a.close();
  b.close();
  info.close();
  EXPECT_NE(nm_region_find(world.core(), nullptr, 2), nullptr);
  c.close();
  EXPECT_EQ(nm_region_find(world.core(), nullptr, 2), nullptr);
  Client late(world);
  EXPECT_EQ(late.bind("nowhere"), -ENXIO);
}

// A device of that name may come later: it has the name from then on, and the pipe goes on.
TEST_F(Pipe, AParentThatWasMissingComes) {
  Client a(world), b(world), c(world), device(world);
  ASSERT_EQ(a.bind("late{x"), 0) << a.reason();
  auto late = std::make_unique<TestPort>(world, "late", port_config(3, 32), Wire::kBlackHole);
  ASSERT_EQ(device.bind("late"), 0) << device.reason();
  EXPECT_EQ(device.reg.nr_tx_rings, 3) << "the device, and not what stood in for it";
  EXPECT_EQ(device.reg.nr_mem_id, 1);
  ASSERT_EQ(b.bind("late}x"), 0) << b.reason();
  EXPECT_EQ(b.memory(), a.memory());
  put(a, a.tx(), "still here");
  ASSERT_EQ(a.txsync(), 0);
  ASSERT_EQ(b.rxsync(), 0);
  EXPECT_EQ(take(b, b.rx()), "still here");
  ASSERT_EQ(c.bind("late{y"), 0) << c.reason();
  EXPECT_EQ(c.reg.nr_mem_id, 1) << "a new pipe is the device's";
  // The device goes: what stood in for it is found again, as long as it is there.
  device.close();
  c.close();
  late.reset();
  Client again(world);
  ASSERT_EQ(again.bind("late"), 0) << again.reason();
  EXPECT_EQ(again.memory(), a.memory());
  again.close();
  a.close();
  b.close();
  Client none(world);
  EXPECT_EQ(none.bind("late"), -ENXIO);
}

TEST_F(Pipe, AMissingParentLivesInTheRegionAskedFor) {
  Client a(world);
  a.reg.nr_mode = NR_REG_ALL_NIC;
  a.reg.nr_mem_id = 1;
  ASSERT_EQ(a.bind_request("nowhere{x"), 0) << a.reason();
  EXPECT_EQ(a.reg.nr_mem_id, 1);
  Client b(world);
  b.reg.nr_mode = NR_REG_ALL_NIC;
  b.reg.nr_mem_id = 9;
  EXPECT_EQ(b.bind_request("elsewhere{x"), -EINVAL);
}

TEST_F(Pipe, InformationLeavesNothingBehind) {
  nmreq_port_info_get body = {};
  body.nr_tx_rings = 2;
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p{x", &body);
  ASSERT_EQ(master.control(&h), 0) << master.reason();
  EXPECT_EQ(body.nr_tx_rings, 2);
  EXPECT_EQ(body.nr_rx_rings, 1);
  EXPECT_EQ(body.nr_rx_slots, 16u);
  EXPECT_EQ(body.nr_mem_id, 1);
  body = {};
  h = Client::header(NETMAP_REQ_PORT_INFO_GET, "nowhere}x", &body);
  ASSERT_EQ(master.control(&h), 0) << master.reason();
  EXPECT_EQ(body.nr_mem_id, 2);
  EXPECT_EQ(world.region()->users, 0u);
  EXPECT_EQ(port.port()->refs, 1u);
  EXPECT_EQ(nm_region_find(world.core(), nullptr, 2), nullptr);
}

TEST_F(Pipe, AHostileSenderHarmsItselfOnly) {
  open();
  put(master, master.tx(), "a");
  put(master, master.tx(), "b");
  put(master, master.tx(), "c");
  master.tx()->slot[1].buf_idx = 0xffffffff;
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(master.tx()->head, 1u);
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(space(slave.rx()), 1u);
  EXPECT_EQ(take(slave, slave.rx()), "a");
  put(master, master.tx(), "d");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(take(slave, slave.rx()), "d");
  master.tx()->slot[2].len = 60000;
  master.tx()->slot[2].flags = 0;
  advance(master.tx(), 1);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(master.tx()->head, 2u);
}

TEST_F(Pipe, AHostileReceiverDoesNotStopTheSender) {
  open();
  netmap_ring *tx = master.tx(), *rx = slave.rx();
  uint32_t own[16];
  for (uint32_t i = 0; i < 16; ++i) {
    own[i] = tx->slot[i].buf_idx;
    rx->slot[i].buf_idx = 0xfffffff0 + i;
  }
  for (int i = 0; i < 15; ++i)
    put(master, tx, "x");
  ASSERT_EQ(master.txsync(), 0);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(space(rx), 15u);
  EXPECT_EQ(space(tx), 0u);
  for (uint32_t i = 0; i < 15; ++i) {
    EXPECT_EQ(rx->slot[i].buf_idx, own[i]);
    rx->slot[i].buf_idx = i < 5 ? i % 2 : 0xfffffff0 + i;
    rx->slot[i].flags = NS_BUF_CHANGED;
  }
  advance(rx, 15);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(nm_client_ring(slave.get(), NM_RX, 0)->stats.reinits, 1u);
  EXPECT_EQ(rx->head, 5u) << "reserved buffers are nobody's, others are no buffers";
  advance(rx, space(rx));
  ASSERT_EQ(slave.rxsync(), 0);
  ASSERT_EQ(master.txsync(), 0);
  EXPECT_EQ(space(tx), 15u);
  for (uint32_t i = 0; i < 16; ++i) {
    EXPECT_EQ(tx->slot[i].buf_idx, own[i]);
    EXPECT_EQ(tx->slot[i].flags, 0);
  }
  EXPECT_EQ(nm_client_ring(master.get(), NM_TX, 0)->stats.reinits, 0u);
}

// Random batches of frames of random shapes, through a ring that wraps, in order and whole. The
// receiver keeps some buffers for ones that it has, which then come back to it as any others.
TEST_F(Pipe, RandomTrafficArrivesInOrder) {
  ASSERT_EQ(master.bind("p{x"), 0);
  ASSERT_EQ(slave.bind("p}x", NR_REG_ALL_NIC, 0, 0, 1), 0);
  uint32_t spare = slave.nif()->ni_bufs_head;
  std::mt19937 random(1);
  uint32_t sent = 0, got = 0;
  uint32_t left = 0;  // slots of the frame that is being sent
  for (int round = 0; round < 5000; ++round) {
    uint32_t n = random() % (space(master.tx()) + 1);
    while (n--) {
      if (left == 0)
        left = 1 + random() % 4;
      put(master, master.tx(), std::to_string(sent++), --left ? NS_MOREFRAG : 0);
    }
    ASSERT_EQ(master.txsync(), 0);
    if (random() % 2) {
      ASSERT_EQ(slave.rxsync(), 0);
      netmap_ring* rx = slave.rx();
      const uint32_t n_rx = space(rx);
      ASSERT_TRUE(n_rx == 0 || !(rx->slot[(rx->tail + 15) % 16].flags & NS_MOREFRAG));
      for (uint32_t i = random() % (n_rx + 1); i; --i) {
        netmap_slot& slot = rx->slot[rx->head];
        ASSERT_EQ(take(slave, rx), std::to_string(got++));
        if (random() % 4)
          continue;
        std::swap(slot.buf_idx, spare);
        slot.flags = NS_BUF_CHANGED;
      }
    }
  }
  EXPECT_GT(got, 1000u);
  EXPECT_EQ(nm_client_ring(master.get(), NM_TX, 0)->stats.reinits, 0u);
  // No buffer is in two slots of the sender, or is lost.
  ASSERT_EQ(slave.rxsync(), 0);
  std::set<uint32_t> all = {spare};
  for (uint32_t i = 0; i < 16; ++i)
    EXPECT_TRUE(all.insert(master.tx()->slot[i].buf_idx).second) << i;
}

// One end sends all the time, the other is opened and closed: nothing is lost but what a receiver
// took with it, and nothing comes twice or out of order.
TEST_F(Pipe, TheOtherEndComesAndGoes) {
  ASSERT_EQ(master.bind("p{x"), 0);
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    netmap_ring* tx = master.tx();
    for (uint64_t next = 0; !stop.load();) {
      for (uint32_t n = space(tx); n; --n) {
        netmap_slot& slot = tx->slot[tx->head];
        std::memcpy(master.buffer(tx, slot.buf_idx), &next, sizeof(next));
        slot.len = 60;
        slot.flags = 0;
        ++next;
        advance(tx, 1);
      }
      require(master.txsync() == 0, "the sender's syncs succeed");
    }
  });
  uint64_t next = 0;
  for (int round = 0; round < 200; ++round) {
    Client receiver(world);
    ASSERT_EQ(receiver.bind("p}x"), 0) << receiver.reason();
    netmap_ring* rx = receiver.rx();
    for (uint32_t got = 0; got < 50;) {
      ASSERT_EQ(receiver.rxsync(), 0);
      for (; space(rx); ++got, advance(rx, 1)) {
        uint64_t number;
        std::memcpy(&number, receiver.buffer(rx, rx->slot[rx->head].buf_idx), sizeof(number));
        ASSERT_EQ(number, next++);
      }
    }
    ASSERT_EQ(receiver.rxsync(), 0) << "all is given back before it goes";
    // What this sync showed is not taken: it is there for the next one.
  }
  stop = true;
  sender.join();
}

// Two threads, each waiting for the other in poll.
TEST_F(Pipe, TwoThreadsLoseNothingAndWake) {
  nmh_config config = {};
  config.buf_num = 1024;
  nmh* hosted = nullptr;
  ASSERT_EQ(nmh_create(&config, &hosted), 0);
  struct End {
    End(nmh* hosted, const char* name) {
      require(nmh_open(hosted, &fd) == 0, "opened");
      nmreq_register reg = {};
      reg.nr_mode = NR_REG_ALL_NIC;
      reg.nr_tx_slots = reg.nr_rx_slots = 32;
      nmreq_header h = Client::header(NETMAP_REQ_REGISTER, name, &reg);
      require(nmh_ioctl(fd, NIOCCTRL, &h) == 0, nmh_reason(fd));
      nif = reinterpret_cast<netmap_if*>(static_cast<uint8_t*>(nmh_mmap(fd, nullptr)) +
                                         reg.nr_offset);
    }
    netmap_ring* ring(uint32_t i) {
      return reinterpret_cast<netmap_ring*>(reinterpret_cast<uint8_t*>(nif) + nif->ring_ofs[i]);
    }
    nmh_fd* fd = nullptr;
    netmap_if* nif = nullptr;
  };
  constexpr uint64_t kFrames = 100000;
  End sender(hosted, "auto{t"), receiver(hosted, "auto}t");
  std::thread thread([&] {
    netmap_ring* tx = sender.ring(0);
    for (uint64_t next = 0; next < kFrames;) {
      require((nmh_poll(sender.fd, POLLOUT, -1) & POLLERR) == 0, "no error");
      uint32_t n = nm_dist(tx->head, nm_load_acquire(&tx->tail), tx->num_slots);
      for (; n && next < kFrames; --n) {
        netmap_slot& slot = tx->slot[tx->head];
        uint8_t* buffer =
            reinterpret_cast<uint8_t*>(tx) + tx->buf_ofs + size_t{slot.buf_idx} * 2048;
        std::memcpy(buffer, &next, sizeof(next));
        slot.len = 60;
        slot.flags = 0;
        ++next;
        advance(tx, 1);
      }
    }
    nmh_txsync(sender.fd);
  });
  netmap_ring* rx = receiver.ring(2);
  for (uint64_t next = 0; next < kFrames;) {
    ASSERT_EQ(nmh_poll(receiver.fd, POLLIN, -1), POLLIN);
    for (uint32_t n = nm_dist(rx->head, rx->tail, rx->num_slots); n; --n) {
      const netmap_slot& slot = rx->slot[rx->head];
      uint64_t got;
      std::memcpy(&got, reinterpret_cast<uint8_t*>(rx) + rx->buf_ofs + size_t{slot.buf_idx} * 2048,
                  sizeof(got));
      ASSERT_EQ(got, next++);
      advance(rx, 1);
    }
  }
  thread.join();
  nmh_close(sender.fd);
  nmh_close(receiver.fd);
  nmh_destroy(hosted);
}

}  // namespace
}  // namespace nmgen::test
