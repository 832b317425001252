// SPDX-License-Identifier: BSD-2-Clause
// Monitors: what they see and when, copies and swaps, chains, full rings, targets that go, hosts
// and pipes, and threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Frames = std::vector<std::string>;

constexpr uint32_t kSlots = 16;
constexpr uint64_t kBoth = NR_MONITOR_TX | NR_MONITOR_RX;

void put(Client& client, netmap_ring* ring, const std::string& bytes, uint16_t flags = 0) {
  netmap_slot& slot = ring->slot[ring->head];
  std::memcpy(client.buffer(ring, slot.buf_idx), bytes.data(), bytes.size());
  slot.len = static_cast<uint16_t>(bytes.size());
  slot.flags = flags;
  advance(ring, 1);
}

// All that is there, released at the next sync.
Frames take(Client& client, netmap_ring* ring) {
  Frames frames;
  while (space(ring)) {
    const netmap_slot& slot = ring->slot[ring->head];
    frames.emplace_back(reinterpret_cast<const char*>(client.buffer(ring, slot.buf_idx)), slot.len);
    advance(ring, 1);
  }
  return frames;
}

Frames seen(Client& monitor, uint32_t ring = 0) {
  if (monitor.rxsync() != 0)
    return {"rxsync failed"};
  return take(monitor, monitor.rx(ring));
}

struct Monitor : testing::Test {
  World world;
  TestPort port{world, "p", port_config(2, kSlots), Wire::kLoopback, true};
  Client client{world};
  Client monitor{world};

  // The client sends on ring 0, which loops back, and receives.
  void send(const std::string& frame) {
    put(client, client.tx(), frame);
    ASSERT_EQ(client.txsync(), 0);
  }
  Frames receive() {
    EXPECT_EQ(client.rxsync(), 0);
    return take(client, client.rx());
  }
};

TEST_F(Monitor, CopiesWhatIsSentAndWhatComesIn) {
  ASSERT_EQ(client.bind("p"), 0);
  Client tx(world), rx(world);
  ASSERT_EQ(tx.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), 0) << tx.reason();
  ASSERT_EQ(rx.bind("p", NR_REG_ALL_NIC, NR_MONITOR_RX), 0) << rx.reason();
  EXPECT_NE(tx.reg.nr_mem_id, 1) << "its own memory";
  EXPECT_EQ(tx.nif()->ni_flags, u32{NI_PRIV_MEM});
  EXPECT_EQ(tx.reg.nr_rx_rings, 2);
  EXPECT_EQ(tx.reg.nr_rx_slots, kSlots);
  put(client, client.tx(), "one");
  EXPECT_THAT(seen(tx), IsEmpty()) << "not sent yet";
  send("two");
  EXPECT_EQ(tx.poll(POLLIN), u32{POLLIN});
  EXPECT_EQ(tx.rx()->slot[0].flags, NS_TXMON);
  EXPECT_THAT(seen(tx), ElementsAre("one", "two"));
  EXPECT_THAT(seen(rx), ElementsAre("one", "two")) << "the client has not synced";
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(take(client, client.rx()), ElementsAre("one", "two"));
  EXPECT_THAT(receive(), IsEmpty());
  EXPECT_THAT(seen(rx), IsEmpty());
  EXPECT_THAT(seen(tx), IsEmpty());
}

// The client does not sync: what comes in is seen, as long as its ring has room, and is the
// client's when it comes back.
TEST_F(Monitor, ReceivedFramesAreSeenWhenTheyArrive) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_MONITOR_RX, 1), 0);
  Frames sent;
  for (uint32_t i = 0; i < kSlots + 3; ++i) {
    const std::string frame = "frame " + std::to_string(i);
    const bool room = port.receive(1, frame.data(), static_cast<uint16_t>(frame.size()));
    EXPECT_EQ(room, i < kSlots - 1);
    if (room)
      sent.push_back(frame);
    EXPECT_EQ(monitor.poll(POLLIN), room ? u32{POLLIN} : 0u);
    EXPECT_EQ(seen(monitor, 1), room ? Frames{frame} : Frames{});
    EXPECT_EQ(space(client.rx(1)), 0u) << "only its own sync tells a client";
  }
  EXPECT_EQ(client.poll(POLLIN), u32{POLLIN});
  EXPECT_EQ(take(client, client.rx(1)), sent);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(seen(monitor, 1), IsEmpty()) << "each once";
  EXPECT_EQ(nm_client_ring(client.get(), NM_RX, 1)->stats.frames, sent.size());
  EXPECT_EQ(nm_client_ring(client.get(), NM_RX, 1)->stats.reinits, 0u);
  for (int i = 0; i < 100; ++i) {
    const std::string frame = std::to_string(i);
    ASSERT_TRUE(port.receive(1, frame.data(), static_cast<uint16_t>(frame.size())));
    EXPECT_THAT(seen(monitor, 1), ElementsAre(frame));
    if (i % 3)
      continue;
    ASSERT_EQ(client.rxsync(), 0);
    take(client, client.rx(1));
  }
  monitor.close();
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(port.kring(NM_RX, 1)->notify, nullptr) << "a ring that is not watched pays nothing";
}

// Who waits for the ring, and who waits for the monitor's, are woken by what arrives.
TEST_F(Monitor, AnArrivalWakesBoth) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_NO_TX_POLL, 0), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_MONITOR_RX, 0), 0);
  const u32 seen[] = {nmh_waiter_wakeups(client.waiter()), nmh_waiter_wakeups(monitor.waiter())};
  ASSERT_EQ(client.poll(POLLIN, true), 0u);
  ASSERT_EQ(monitor.poll(POLLIN, true), 0u);
  ASSERT_TRUE(port.receive(0, "x", 1));
  EXPECT_NE(nmh_waiter_wakeups(client.waiter()), seen[0]);
  EXPECT_NE(nmh_waiter_wakeups(monitor.waiter()), seen[1]);
  EXPECT_EQ(client.poll(POLLIN), u32{POLLIN});
  EXPECT_EQ(monitor.poll(POLLIN), u32{POLLIN});
}

// Rings that others than a device fill: the host stack, a pipe's sender, a switch.
TEST_F(Monitor, ArrivalsOfEveryKindOfRing) {
  Client host(world), monitor_of_host(world);
  ASSERT_EQ(host.bind("p", NR_REG_SW), 0);
  ASSERT_EQ(monitor_of_host.bind("p", NR_REG_SW, NR_MONITOR_RX), 0);
  ASSERT_EQ(port.stack_sends(0, "of the stack"), 0);
  ASSERT_EQ(monitor_of_host.rxsync(), 0);
  EXPECT_THAT(take(monitor_of_host, monitor_of_host.ring_at(4)), ElementsAre("of the stack"));

  for (const auto& [from, to] : {std::pair{"p{x", "p}x"}, std::pair{"vale0:a", "vale0:b"}}) {
    Client sender(world), receiver(world), m(world);
    ASSERT_EQ(sender.bind(from), 0) << sender.reason();
    ASSERT_EQ(receiver.bind(to), 0) << receiver.reason();
    ASSERT_EQ(m.bind(to, NR_REG_ALL_NIC, NR_MONITOR_RX), 0) << m.reason();
    const Frames frames = {std::string(12, '\xff') + " to all", std::string(12, '\xff') + " again"};
    for (const std::string& frame : frames) {
      put(sender, sender.tx(), frame);
      ASSERT_EQ(sender.txsync(), 0);
      EXPECT_THAT(seen(m), ElementsAre(frame)) << to;
    }
    ASSERT_EQ(receiver.rxsync(), 0);
    EXPECT_EQ(take(receiver, receiver.rx()).size(), frames.size());
  }
}

// A slot that the client has spoilt is its own to hear of, whoever looks at its ring meanwhile.
TEST_F(Monitor, OnlyTheClientHearsOfItsBadSlots) {
  ASSERT_EQ(client.bind("p{x"), 0);
  Client slave(world);
  ASSERT_EQ(slave.bind("p}x"), 0);
  ASSERT_EQ(monitor.bind("p}x", NR_REG_ALL_NIC, NR_MONITOR_RX), 0);
  for (const char* frame : {"a", "b"})
    put(client, client.tx(), frame);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(seen(monitor), ElementsAre("a", "b"));
  ASSERT_EQ(slave.rxsync(), 0);
  slave.rx()->slot[0].buf_idx = 0xfffffff0;
  slave.rx()->slot[0].flags = NS_BUF_CHANGED;
  advance(slave.rx(), 1);
  ASSERT_EQ(slave.rxsync(), 0);
  EXPECT_EQ(nm_client_ring(slave.get(), NM_RX, 0)->stats.reinits, 1u);
  put(client, client.tx(), "c");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(seen(monitor), ElementsAre("c"));
  EXPECT_EQ(nm_client_ring(slave.get(), NM_RX, 0)->stats.reinits, 1u);
}

TEST_F(Monitor, BothDirectionsAndAllRings) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, kBoth), 0);
  put(client, client.tx(0), "a");
  put(client, client.tx(1), "b");
  ASSERT_EQ(client.txsync(), 0);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(seen(monitor, 0), ElementsAre("a", "a"));
  EXPECT_THAT(seen(monitor, 1), ElementsAre("b", "b"));
}

TEST_F(Monitor, OneRing) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_MONITOR_TX, 1), 0);
  EXPECT_EQ(monitor.rx(0), nullptr);
  put(client, client.tx(0), "a");
  put(client, client.tx(1), "b");
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(seen(monitor, 1), ElementsAre("b"));
}

TEST_F(Monitor, NothingCanBeSentOnIt) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  EXPECT_EQ(monitor.txsync(), -EIO);
  EXPECT_EQ(monitor.poll(POLLIN), 0u) << "poll for frames does not ask the transmit ring";
  EXPECT_EQ(monitor.poll(POLLOUT), u32{POLLERR});
}

TEST_F(Monitor, TheTargetHasToBeInNetmapMode) {
  EXPECT_EQ(monitor.bind("p", NR_REG_ALL_NIC, kBoth), -EINVAL);
  EXPECT_NE(monitor.reason().find("open the port first"), std::string::npos) << monitor.reason();
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 1), 0);
  EXPECT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), -EINVAL);
  EXPECT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_MONITOR_RX, 0), -EINVAL);
  EXPECT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_MONITOR_RX, 7), -EINVAL);
  EXPECT_EQ(monitor.bind("nowhere", NR_REG_ALL_NIC, NR_MONITOR_RX), -ENXIO);
  EXPECT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_MONITOR_RX), 0) << monitor.reason();
  EXPECT_EQ(port.port()->refs, 3u);
}

TEST_F(Monitor, LongFramesAreCutToTheBuffer) {
  Sizes sizes;
  nm_core_config config = sizes.config(world.os());
  config.priv_buf_size = 128;
  ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  send(std::string(1000, 'x') + "y");
  EXPECT_THAT(seen(monitor), ElementsAre(std::string(128, 'x')));
  EXPECT_THAT(receive(), ElementsAre(std::string(1000, 'x') + "y")) << "the target's is whole";
}

TEST_F(Monitor, AFullMonitorDropsAndCounts) {
  ASSERT_EQ(client.bind("p"), 0);
  monitor.reg.nr_mode = NR_REG_ALL_NIC;
  monitor.reg.nr_flags = NR_MONITOR_TX;
  monitor.reg.nr_rx_slots = 4;
  ASSERT_EQ(monitor.bind_request("p"), 0);
  for (int i = 0; i < 10; ++i) {
    send(std::to_string(i));
    receive();
  }
  EXPECT_THAT(seen(monitor), ElementsAre("0", "1", "2"));
  EXPECT_EQ(nm_client_ring(monitor.get(), NM_RX, 0)->stats.drops, 7u);
  send("late");
  EXPECT_THAT(seen(monitor), IsEmpty()) << "its slots were released by that very sync";
  send("later");
  EXPECT_THAT(seen(monitor), ElementsAre("later"));
}

TEST_F(Monitor, ManyMonitorsOfOneRing) {
  ASSERT_EQ(client.bind("p"), 0);
  std::vector<std::unique_ptr<Client>> monitors;
  for (int i = 0; i < 5; ++i) {
    monitors.push_back(std::make_unique<Client>(world));
    ASSERT_EQ(monitors.back()->bind("p", NR_REG_ALL_NIC, kBoth), 0);
  }
  send("x");
  receive();
  for (const std::unique_ptr<Client>& m : monitors)
    EXPECT_THAT(seen(*m), ElementsAre("x", "x"));
  monitors.erase(monitors.begin() + 1);
  monitors.erase(monitors.begin());
  send("y");
  receive();
  for (const std::unique_ptr<Client>& m : monitors)
    EXPECT_THAT(seen(*m), ElementsAre("y", "y"));
  const nm_kring* kr = port.kring(NM_TX, 0);
  EXPECT_NE(kr->sync, port.port()->ops->txsync);
  monitors.clear();
  EXPECT_EQ(kr->sync, port.port()->ops->txsync) << "a ring that is not watched pays nothing";
  EXPECT_EQ(kr->watch, nullptr);
  EXPECT_EQ(nm_region_find(world.core(), nullptr, 2), nullptr);
}

// Buffers change hands: the frame is seen when the client has released it.
TEST_F(Monitor, ZeroCopySeesReleasedFrames) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ONE_NIC, NR_ZCOPY_MON, 0), 0) << monitor.reason();
  EXPECT_EQ(monitor.reg.nr_mem_id, 1) << "the target's memory";
  ASSERT_TRUE(port.receive(0, "a", 1));
  ASSERT_TRUE(port.receive(0, "b", 1));
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_THAT(seen(monitor), IsEmpty()) << "the client has them still";
  const uint32_t buffer = client.rx()->slot[0].buf_idx;
  EXPECT_THAT(take(client, client.rx()), ElementsAre("a", "b"));
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(monitor.rxsync(), 0);
  EXPECT_EQ(monitor.rx()->slot[0].buf_idx, buffer);
  EXPECT_NE(client.rx()->slot[0].buf_idx, buffer);
  EXPECT_EQ(client.rx()->slot[0].flags & NS_BUF_CHANGED, NS_BUF_CHANGED);
  EXPECT_THAT(seen(monitor), ElementsAre("a", "b"));
  // The device got the other buffers: the ring goes round with no loss.
  for (int i = 0; i < 100; ++i) {
    const std::string frame = std::to_string(i);
    ASSERT_TRUE(port.receive(0, frame.data(), static_cast<uint16_t>(frame.size())));
    ASSERT_EQ(client.rxsync(), 0);
    EXPECT_THAT(take(client, client.rx()), ElementsAre(frame));
    ASSERT_EQ(client.rxsync(), 0);
    EXPECT_THAT(seen(monitor), ElementsAre(frame));
  }
}

TEST_F(Monitor, ZeroCopySeesSentFramesWhenTheyAreDone) {
  TestPort hole(world, "hole", port_config(1, kSlots), Wire::kStuck);
  ASSERT_EQ(client.bind("hole"), 0);
  ASSERT_EQ(monitor.bind("hole", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0);
  const uint32_t buffer = client.tx()->slot[0].buf_idx;
  send("a");
  EXPECT_THAT(seen(monitor), IsEmpty()) << "not done yet";
  hole.wire = Wire::kBlackHole;
  ASSERT_EQ(client.txsync(), 0);
  ASSERT_EQ(monitor.rxsync(), 0);
  EXPECT_EQ(monitor.rx()->slot[0].buf_idx, buffer);
  EXPECT_EQ(monitor.rx()->slot[0].flags, NS_TXMON | NS_BUF_CHANGED);
  EXPECT_THAT(seen(monitor), ElementsAre("a"));
  for (int i = 0; i < 100; ++i) {
    send(std::to_string(i));
    EXPECT_THAT(seen(monitor), ElementsAre(std::to_string(i)));
  }
}

// The second gets what the first has released, and takes its place when it goes.
TEST_F(Monitor, ZeroCopyMonitorsAreChained) {
  TestPort hole(world, "hole", port_config(1, kSlots), Wire::kBlackHole);
  ASSERT_EQ(client.bind("hole"), 0);
  std::unique_ptr<Client> chain[3];
  for (std::unique_ptr<Client>& m : chain) {
    m = std::make_unique<Client>(world);
    ASSERT_EQ(m->bind("hole", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0) << m->reason();
  }
  send("a");
  EXPECT_THAT(seen(*chain[1]), IsEmpty());
  EXPECT_THAT(seen(*chain[0]), ElementsAre("a"));
  EXPECT_THAT(seen(*chain[1]), IsEmpty()) << "not released yet";
  ASSERT_EQ(chain[0]->rxsync(), 0);
  EXPECT_THAT(seen(*chain[1]), ElementsAre("a"));
  ASSERT_EQ(chain[1]->rxsync(), 0);
  EXPECT_THAT(seen(*chain[2]), ElementsAre("a"));
  EXPECT_EQ(chain[2]->rx()->slot[0].flags, NS_TXMON | NS_BUF_CHANGED);

  chain[1]->close();
  send("b");
  EXPECT_THAT(seen(*chain[0]), ElementsAre("b"));
  ASSERT_EQ(chain[0]->rxsync(), 0);
  EXPECT_THAT(seen(*chain[2]), ElementsAre("b"));
  chain[0]->close();
  ASSERT_TRUE(hole.receive(0, "in", 2));
  send("c");
  receive();
  receive();
  EXPECT_THAT(seen(*chain[2]), ElementsAre("c", "in"));
  chain[2]->close();
  EXPECT_EQ(hole.kring(NM_TX, 0)->watch, nullptr);
  EXPECT_EQ(hole.kring(NM_RX, 0)->watch, nullptr);
}

TEST_F(Monitor, TheyStopWhenTheTargetLeaves) {
  ASSERT_EQ(client.bind("p"), 0);
  Client first(world), second(world);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, kBoth), 0);
  ASSERT_EQ(first.bind("p", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0);
  ASSERT_EQ(second.bind("p", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0);
  client.close();
  for (Client* m : {&monitor, &first, &second}) {
    EXPECT_EQ(m->rxsync(), -EIO);
    EXPECT_EQ(m->poll(POLLIN), u32{POLLERR});
  }
  // They do not come back by themselves, and may be closed in any order.
  Client again(world);
  ASSERT_EQ(again.bind("p"), 0);
  EXPECT_EQ(monitor.rxsync(), -EIO);
  first.close();
  monitor.close();
  second.close();
  EXPECT_EQ(port.port()->refs, 2u);
}

TEST_F(Monitor, OneOfTheTargetsRingsLeaves) {
  Client other(world);
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  ASSERT_EQ(other.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ONE_NIC, kBoth, 0), 0);
  Client wide(world);
  ASSERT_EQ(wide.bind("p", NR_REG_ALL_NIC, kBoth), 0);
  other.close();
  EXPECT_EQ(wide.rxsync(), -EIO) << "one of its rings has stopped";
  send("x");
  EXPECT_THAT(seen(monitor), ElementsAre("x", "x"));
  ASSERT_EQ(wide.rxsync(), -EIO);
  EXPECT_THAT(take(wide, wide.rx(0)), ElementsAre("x", "x")) << "the other goes on";
}

TEST_F(Monitor, TheDeviceGoesAway) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, kBoth), 0);
  port.detach();
  EXPECT_EQ(monitor.rxsync(), -EIO);
  client.close();
  monitor.close();
  EXPECT_EQ(world.region()->users, 0u);
}

TEST_F(Monitor, HostRings) {
  ASSERT_EQ(client.bind("p", NR_REG_NIC_SW), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_SW, kBoth), 0) << monitor.reason();
  Client all(world);
  ASSERT_EQ(all.bind("p", NR_REG_NIC_SW, NR_MONITOR_RX), 0);
  ASSERT_EQ(port.stack_sends(0, "down"), 0);
  ASSERT_EQ(client.rxsync(), 0);
  put(client, client.ring_at(2), "up");
  ASSERT_EQ(client.txsync(), 0);
  // A monitor has one transmit ring, one host transmit ring, two receive rings, and then this.
  EXPECT_EQ(monitor.rxsync(), 0);
  EXPECT_THAT(take(monitor, monitor.ring_at(4)), ElementsAre("down", "up"));
  EXPECT_EQ(all.rxsync(), 0);
  EXPECT_THAT(take(all, all.ring_at(4)), ElementsAre("down"));
}

TEST_F(Monitor, PipesBothWays) {
  Client slave(world), copy(world), swap(world);
  ASSERT_EQ(client.bind("p{x"), 0);
  EXPECT_EQ(copy.bind("p{y", NR_REG_ALL_NIC, kBoth), 0) << "a pipe has its rings from the start";
  copy.close();
  Client copies(world);
  ASSERT_EQ(slave.bind("p}x"), 0);
  ASSERT_EQ(copies.bind("p{x", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  ASSERT_EQ(swap.bind("p{x", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0) << swap.reason();
  for (int i = 0; i < 40; ++i) {
    put(client, client.tx(), "part", NS_MOREFRAG);
    ASSERT_EQ(client.txsync(), 0);
    put(client, client.tx(), std::to_string(i));
    ASSERT_EQ(client.txsync(), 0);
    EXPECT_THAT(seen(copies), ElementsAre("part", std::to_string(i))) << "each slot once";
    EXPECT_THAT(seen(swap), IsEmpty());
    ASSERT_EQ(slave.rxsync(), 0);
    EXPECT_THAT(take(slave, slave.rx()), ElementsAre("part", std::to_string(i)));
    ASSERT_EQ(slave.rxsync(), 0);
    EXPECT_THAT(seen(swap), ElementsAre("part", std::to_string(i)))
        << "where the other end has released them";
    ASSERT_EQ(client.txsync(), 0);
  }
}

// What the client has to write anew, after it broke the rules, is seen anew.
TEST_F(Monitor, ARewoundRingIsSeenFromThere) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  for (const char* frame : {"a", "bad", "c", "d"})
    put(client, client.tx(), frame);
  client.tx()->slot[1].buf_idx = 0xffffff;
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(client.tx()->head, 1u);
  EXPECT_THAT(seen(monitor), ElementsAre("a", "c", "d"));
  for (const char* frame : {"B", "C", "D", "E"})
    put(client, client.tx(), frame);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_THAT(seen(monitor), ElementsAre("B", "C", "D", "E"));
}

TEST_F(Monitor, AHostileMonitorHarmsItselfOnly) {
  ASSERT_EQ(client.bind("p"), 0);
  ASSERT_EQ(monitor.bind("p", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0);
  Client copies(world);
  ASSERT_EQ(copies.bind("p", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  for (Client* m : {&monitor, &copies}) {
    for (uint32_t i = 0; i < kSlots; ++i)
      m->rx()->slot[i].buf_idx = 0xfffffff0;
  }
  for (int i = 0; i < 40; ++i) {
    send(std::to_string(i));
    EXPECT_THAT(receive(), ElementsAre(std::to_string(i)));
  }
  EXPECT_EQ(nm_client_ring(client.get(), NM_TX, 0)->stats.reinits, 0u);
  ASSERT_EQ(monitor.rxsync(), 0);
  ASSERT_EQ(copies.rxsync(), 0);
  EXPECT_EQ(nm_client_ring(monitor.get(), NM_RX, 0)->stats.reinits, 1u);
}

// A client sends and receives in one thread, monitors of both kinds come and go in others.
TEST_F(Monitor, ThreadsComeAndGo) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (uint64_t flags : {kBoth, uint64_t{NR_ZCOPY_MON}, uint64_t{NR_ZCOPY_MON}}) {
    threads.emplace_back([this, flags, &stop] {
      while (!stop.load()) {
        Client m(world);
        require(m.bind("p", NR_REG_ONE_NIC, flags) == 0, "bound");
        for (int i = 0; i < 20; ++i) {
          require(m.rxsync() == 0, "synced");
          for (const std::string& frame : take(m, m.rx()))
            require(frame == "frame" || flags == NR_ZCOPY_MON, "a whole frame");
        }
      }
    });
  }
  for (int i = 0; i < 3000; ++i) {
    send("frame");
    const Frames frames = receive();
    ASSERT_EQ(frames.size(), 1u);
  }
  stop = true;
  for (std::thread& t : threads)
    t.join();
}

// Frames come in from one thread, the client receives in another, and monitors come and go.
TEST_F(Monitor, ArrivalsWhileMonitorsComeAndGo) {
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> arrived{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!stop.load()) {
      if (port.receive(1, "frame", 5))
        ++arrived;
      else
        std::this_thread::yield();
    }
  });
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop.load()) {
        Client m(world);
        require(m.bind("p", NR_REG_ONE_NIC, NR_MONITOR_RX, 1) == 0, "bound");
        for (int k = 0; k < 20; ++k) {
          require(m.rxsync() == 0, "synced");
          for (const std::string& frame : take(m, m.rx(1)))
            require(frame == "frame", "a whole frame");
        }
      }
    });
  }
  uint64_t received = 0;
  while (received < 20000) {
    ASSERT_EQ(client.rxsync(), 0);
    received += take(client, client.rx(1)).size();
  }
  stop = true;
  for (std::thread& t : threads)
    t.join();
  ASSERT_EQ(client.rxsync(), 0);
  received += take(client, client.rx(1)).size();
  EXPECT_EQ(received, arrived);
}

}  // namespace
}  // namespace nmgen::test
