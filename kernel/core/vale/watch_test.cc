// SPDX-License-Identifier: BSD-2-Clause
// Monitors in a switch: on interfaces that it drives, and on ports whose data lies elsewhere. And
// what an interface says while somebody holds its rings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernel/core/vale/testing/switch.h"

namespace {

using namespace nmgen::test;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint32_t kSlots = 64;
constexpr uint64_t kBoth = NR_MONITOR_TX | NR_MONITOR_RX;

// All that a monitor has seen in ring `at` of its ring_ofs; released at its next sync.
std::vector<Bytes> seen(Client& monitor, uint32_t at = 2) {
  EXPECT_EQ(monitor.rxsync(), 0) << monitor.reason();
  netmap_ring* ring = monitor.ring_at(at);
  std::vector<Bytes> frames;
  while (space(ring)) {
    const netmap_slot& slot = ring->slot[ring->head];
    const uint8_t* data = monitor.buffer(ring, slot.buf_idx);
    frames.emplace_back(data, data + slot.len);
    advance(ring, 1);
  }
  return frames;
}

// An interface in a switch, with fewer buffers than a zero-copy monitor needs: its region grows.
class Watch : public testing::Test {
 protected:
  void attach(const char* name = "vale0:eth0", uint32_t mode = NR_REG_ALL_NIC) {
    nmreq_vale_attach body = {};
    body.reg.nr_mode = mode;
    nmreq_header h = Client::header(NETMAP_REQ_VALE_ATTACH, name, &body);
    ASSERT_EQ(a.control(&h), 0) << a.reason();
  }
  uint64_t delivered(const std::string& port) { return counters(world, port).rx[0].frames; }

  World world{Sizes{.buf_num = 8}};
  TestPort nic{world, "eth0", port_config(1, kSlots), Wire::kBlackHole, true};
  Peer a{world, "vale0:a"};
  Client monitor{world};
};

// Frame `i` of a test: no two of a few hundred are alike.
Bytes numbered(uint64_t to, uint64_t from, uint32_t i) {
  Bytes bytes = frame(to, from, 60 + i % 300, static_cast<uint8_t>(i));
  std::memcpy(&bytes[14], &i, sizeof(i));
  return bytes;
}

// What comes in and what goes out, more than a ring of each.
void watch_traffic(TestPort& nic, Peer& peer, Client& monitor) {
  for (uint32_t i = 0; i < 3 * kSlots; ++i) {
    const Bytes in = numbered(kEverybody, station(5), i);
    ASSERT_TRUE(nic.receive(0, in.data(), static_cast<uint16_t>(in.size()))) << i;
    ASSERT_THAT(seen(monitor), ElementsAre(in)) << i;
    ASSERT_THAT(peer.receive(), ElementsAre(in)) << i;
    const Bytes out = numbered(station(5), station(1), 1000 + i);
    ASSERT_TRUE(peer.send(out));
    ASSERT_THAT(seen(monitor), ElementsAre(out)) << i;
    ASSERT_EQ(nic.sent.size(), 1u);
    EXPECT_EQ(Bytes(nic.sent[0].frame.begin(), nic.sent[0].frame.end()), out) << i;
    nic.sent.clear();
  }
}

TEST_F(Watch, ACopyingMonitorSeesAnAttachedInterface) {
  attach();
  nic.keep_sent = true;
  ASSERT_EQ(monitor.bind("eth0", NR_REG_ALL_NIC, kBoth), 0) << monitor.reason();
  watch_traffic(nic, a, monitor);
  EXPECT_EQ(nm_client_ring(monitor.get(), NM_RX, 0)->stats.drops, 0u);
}

TEST_F(Watch, AZeroCopyMonitorSeesAnAttachedInterface) {
  attach("vale0:eth0", NR_REG_NIC_SW);
  nic.keep_sent = true;
  const uint32_t before = world.region()->bufs.num;
  ASSERT_EQ(monitor.bind("eth0", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0) << monitor.reason();
  EXPECT_GT(world.region()->bufs.num, before) << "the monitor's buffers are new ones";
  watch_traffic(nic, a, monitor);
  EXPECT_EQ(nm_client_ring(monitor.get(), NM_RX, 0)->stats.drops, 0u);
  EXPECT_EQ(nic.kring(NM_TX, 0)->stats.reinits, 0u);
  EXPECT_EQ(nic.kring(NM_RX, 0)->stats.reinits, 0u);
}

TEST_F(Watch, ByTheNameThatAnInterfaceHasInTheSwitch) {
  attach("vale0:eth0", NR_REG_NIC_SW);
  nic.keep_sent = true;
  nmreq_port_info_get info = {};
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "vale0:eth0", &info);
  ASSERT_EQ(a.control(&h), 0) << a.reason();
  EXPECT_EQ(info.nr_rx_slots, kSlots);
  Client other{world};
  EXPECT_EQ(other.bind("vale0:eth0"), -EBUSY);
  EXPECT_EQ(other.bind("vale0:eth0^", NR_REG_ALL_NIC, kBoth), -EBUSY);
  ASSERT_EQ(monitor.bind("vale0:eth0", NR_REG_ALL_NIC, kBoth), 0) << monitor.reason();
  watch_traffic(nic, a, monitor);
}

// A device may keep the address of a slot's buffer until it is told that there is another.
TEST_F(Watch, TheDeviceIsToldOfSwappedBuffers) {
  attach();
  nic.keep_sent = true;
  ASSERT_EQ(monitor.bind("eth0", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0) << monitor.reason();
  for (uint32_t i = 0; i < 2 * kSlots; ++i)
    ASSERT_TRUE(a.send(numbered(kEverybody, station(1), i)));
  ASSERT_EQ(nic.sent.size(), 2 * kSlots);
  EXPECT_EQ(nic.sent[0].flags, 0);
  for (uint32_t i = kSlots; i < 2 * kSlots - 1; ++i)
    EXPECT_EQ(nic.sent[i].flags, NS_BUF_CHANGED) << i;
}

TEST_F(Watch, HostRingsOfAnAttachedInterface) {
  attach("vale0:eth0", NR_REG_NIC_SW);
  ASSERT_EQ(monitor.bind("eth0", NR_REG_SW, kBoth), 0) << monitor.reason();
  const Bytes down = frame(kEverybody, station(7)), up = frame(station(7), station(1));
  ASSERT_EQ(nic.stack_sends(0, std::string(down.begin(), down.end())), 0);
  EXPECT_THAT(a.receive(), ElementsAre(down));
  EXPECT_THAT(seen(monitor, 3), ElementsAre(down));
  ASSERT_TRUE(a.send(up));
  EXPECT_EQ(nic.stack_got().size(), 1u);
  EXPECT_THAT(seen(monitor, 3), ElementsAre(up));
}

TEST_F(Watch, MonitorsStopWhenTheInterfaceIsDetached) {
  attach();
  ASSERT_EQ(monitor.bind("eth0", NR_REG_ALL_NIC, kBoth), 0) << monitor.reason();
  nmreq_vale_detach body = {};
  nmreq_header h = Client::header(NETMAP_REQ_VALE_DETACH, "vale0:eth0", &body);
  ASSERT_EQ(a.control(&h), 0) << a.reason();
  EXPECT_EQ(monitor.rxsync(), -EIO);
}

TEST_F(Watch, IndirectDataIsSeenAsItIsSent) {
  Peer b(world, "vale0:b");
  ASSERT_EQ(monitor.bind("vale0:a", NR_REG_ALL_NIC, NR_MONITOR_TX), 0) << monitor.reason();
  const Bytes bytes = frame(station(2), station(1), 700), plain = frame(station(2), station(3));
  netmap_ring* tx = a.tx();
  // Whole; in two slots; one whose second slot cannot be read; and plain ones between.
  const struct {
    uint64_t ptr;
    size_t len;
    uint16_t flags;
  } slots[] = {
      {reinterpret_cast<uintptr_t>(bytes.data()), 700, NS_INDIRECT},
      {reinterpret_cast<uintptr_t>(bytes.data()), 300, NS_INDIRECT | NS_MOREFRAG},
      {reinterpret_cast<uintptr_t>(bytes.data() + 300), 400, NS_INDIRECT},
      {reinterpret_cast<uintptr_t>(bytes.data()), 300, NS_INDIRECT | NS_MOREFRAG},
      {8, 400, NS_INDIRECT},
  };
  ASSERT_TRUE(a.put(plain));
  for (const auto& slot : slots) {
    tx->slot[tx->head].ptr = slot.ptr;
    tx->slot[tx->head].len = static_cast<uint16_t>(slot.len);
    tx->slot[tx->head].flags = slot.flags;
    advance(tx, 1);
  }
  ASSERT_TRUE(a.send(plain));
  EXPECT_THAT(seen(monitor), ElementsAre(plain, bytes, Bytes(bytes.begin(), bytes.begin() + 300),
                                         Bytes(bytes.begin() + 300, bytes.end()), plain));
  EXPECT_THAT(b.receive(), ElementsAre(plain, bytes, bytes, plain));
  EXPECT_EQ(counters(world, "vale0:a").tx[0].fault, 1u);
}

// A frame comes in while the control path has the ring: it is forwarded when the ring is let go,
// not with the next frame.
TEST_F(Watch, WhatComesInWhileTheRingIsHeldIsForwardedThen) {
  attach();
  const Bytes in = frame(kEverybody, station(5));
  nm_kring* rx = nic.kring(NM_RX, 0);
  nm_kring_lock(rx);
  ASSERT_TRUE(nic.receive(0, in.data(), 60));
  EXPECT_EQ(delivered("vale0:a"), 0u);
  nm_kring_unlock(rx);
  EXPECT_EQ(delivered("vale0:a"), 1u);
}

TEST_F(Watch, WhatIsToBeSentWhileTheRingIsHeldIsSentThen) {
  attach();
  nic.keep_sent = true;
  nm_kring* tx = nic.kring(NM_TX, 0);
  nm_kring_lock(tx);
  ASSERT_TRUE(a.send(frame(kEverybody, station(1))));
  EXPECT_EQ(nic.sent.size(), 0u);
  nm_kring_unlock(tx);
  EXPECT_EQ(nic.sent.size(), 1u);
}

// The same by a way that programs go: the ring is held while a device is asked for its deadline.
TEST_F(Watch, AFrameInTheMiddleOfAQuestion) {
  attach();
  const Bytes in = frame(kEverybody, station(5));
  int asked = 0;
  nic.in_deadline = [&] {
    if (asked++)
      return;
    ASSERT_TRUE(nic.receive(0, in.data(), 60));
    EXPECT_EQ(delivered("vale0:a"), 0u) << "we have the ring";
  };
  nm_client_deadline(a.get(), POLLIN);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(delivered("vale0:a"), 1u);
}

// Two interfaces are a bridge while monitors come and go, which holds the rings again and again.
// When it is quiet every frame has been forwarded and sent, with nobody asking.
TEST_F(Watch, NothingWaitsForTheNextFrame) {
  constexpr uint64_t kFrames = 3000;
  TestPort other{world, "eth1", port_config(1, kSlots), Wire::kBlackHole};
  attach("vale0:eth0");
  attach("vale0:eth1");
  std::atomic<bool> stop = false;
  std::thread control([this, &stop] {
    for (int i = 0; !stop; ++i) {
      Client m(world);
      ASSERT_EQ(m.bind("eth0", NR_REG_ALL_NIC, i % 2 ? kBoth : uint64_t{NR_ZCOPY_MON}), 0);
      seen(m);
    }
  });
  std::vector<std::thread> wires;
  for (TestPort* port : {&nic, &other}) {
    wires.emplace_back([port] {
      const Bytes in = frame(kEverybody, station(5));
      for (uint64_t i = 0; i < kFrames; ++i)
        while (!port->receive(0, in.data(), 60))
          std::this_thread::yield();
    });
  }
  for (std::thread& wire : wires)
    wire.join();
  stop = true;
  control.join();
  const nm_vale_rx_stats client = counters(world, "vale0:a").rx[0];
  EXPECT_EQ(client.frames + client.full, 2 * kFrames);
  for (const auto& [port, name] : {std::pair{&nic, "vale0:eth0"}, {&other, "vale0:eth1"}}) {
    const nm_vale_rx_stats device = counters(world, name).rx[0];
    EXPECT_EQ(device.frames + device.full, kFrames);
    EXPECT_EQ(port->kring(NM_TX, 0)->stats.frames, device.frames) << name;
  }
}

}  // namespace
