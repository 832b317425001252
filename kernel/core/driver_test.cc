// SPDX-License-Identifier: BSD-2-Clause
// What the core gives drivers: pauses, interrupts, limits, frames, receive rings that are filled at
// any time, and queues that begin again while a client has the ring.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

constexpr uint32_t kSlots = 8;

// A port whose operations a test replaces.
class Device {
 public:
  explicit Device(World& world, const nm_port_config& config = port_config(1, kSlots),
                  const nm_driver_ops& change = {}) {
    ops_.name = "device";
    ops_.reg = change.reg ? change.reg : [](nm_port*) { return 0; };
    ops_.txsync = change.txsync ? change.txsync : &send;
    ops_.rxsync = change.rxsync ? change.rxsync : &nm_rx_sync;
    ops_.host_up = change.host_up;
    require(nm_port_attach(world.core(), "d", &ops_, &config, this, &port_) == 0, "it is attached");
  }
  ~Device() { nm_port_detach(port_); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  static Device* of(nm_kring* kr) { return static_cast<Device*>(nm_port_data(kr->port)); }
  nm_port* port() { return port_; }
  nm_kring* tx() { return nm_port_ring(port_, NM_TX, 0); }
  nm_kring* rx() { return nm_port_ring(port_, NM_RX, 0); }

  // What txsync has sent: length and slots of each frame, and flags.
  struct Sent {
    uint32_t len, slots;
    uint16_t flags;
    bool operator==(const Sent&) const = default;
  };
  std::vector<Sent> sent;
  std::string bytes;  // of the last one
  int registers = 0;  // of the device, which no lock guards

  // A frame comes in.
  int receive(const std::string& frame) {
    nm_rx_lock(rx());
    const int error = nm_rx_put(
        rx(), static_cast<u32>(frame.size()),
        [](void* arg, u32 offset, void* to, u32 len) {
          const std::string& from = *static_cast<const std::string*>(arg);
          std::memcpy(to, from.data() + offset, len);
        },
        const_cast<std::string*>(&frame));
    nm_rx_unlock(rx());
    nm_ring_irq(rx());
    return error;
  }

 private:
  static int send(nm_kring* kr, int) {
    Device* self = of(kr);
    nm_tx_frame frame;
    ++self->registers;
    while (kr->hwcur != kr->rhead && nm_tx_frame_get(kr, &kr->bufs, kr->hwcur, &frame)) {
      self->sent.push_back({frame.len, frame.slots, frame.flags});
      self->bytes.clear();
      for (u32 i = 0; i < frame.slots; ++i)
        self->bytes.append(
            reinterpret_cast<const char*>(nm_buf_at(&kr->bufs, frame.view[i].buf_idx)),
            frame.view[i].len);
      kr->hwcur = nm_add(kr->hwcur, frame.slots, kr->num_slots);
    }
    kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
    return 0;
  }

  nm_driver_ops ops_ = {};
  nm_port* port_ = nullptr;
};

// Slots of these lengths, the last one without NS_MOREFRAG, and `flags` on the first.
void put(Client& client, const std::vector<uint16_t>& lengths, uint16_t flags = 0) {
  netmap_ring* ring = client.tx();
  for (size_t i = 0; i < lengths.size(); ++i) {
    netmap_slot& slot = ring->slot[ring->head];
    slot.len = lengths[i];
    slot.flags =
        static_cast<uint16_t>((i == 0 ? flags : 0) | (i + 1 < lengths.size() ? NS_MOREFRAG : 0));
    advance(ring, 1);
  }
}

// Frames of one slot each that the client has, taken and given back.
std::vector<std::string> take(Client& client) {
  std::vector<std::string> frames;
  netmap_ring* ring = client.rx();
  while (space(ring)) {
    const netmap_slot& slot = ring->slot[ring->head];
    const char* data = reinterpret_cast<const char*>(client.buffer(ring, slot.buf_idx));
    frames.emplace_back(data, slot.len);
    advance(ring, 1);
  }
  return frames;
}

struct Driver : testing::Test {
  World world;
  Device device{world};
  Client client{world};
};

TEST_F(Driver, AResetHoldsSyncsWithoutAWordToTheClient) {
  ASSERT_EQ(client.bind("d"), 0);
  put(client, {60});
  nm_kring_pause(device.tx(), NM_RESET);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(client.poll(POLLOUT) & POLLERR, 0u);
  EXPECT_TRUE(device.sent.empty());
  EXPECT_EQ(client.rxsync(), 0) << "the other ring goes on";
  nm_kring_resume(device.tx(), NM_RESET);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent, (std::vector<Device::Sent>{{60, 1, 0}}));
  EXPECT_EQ(device.tx()->stats.reinits, 0u);
}

TEST_F(Driver, ADeviceThatIsDownIsAnErrorUntilItIsUp) {
  ASSERT_EQ(client.bind("d"), 0);
  nm_kring_pause(device.tx(), NM_DOWN);
  nm_kring_pause(device.tx(), NM_RESET);
  EXPECT_EQ(client.txsync(), -EIO);
  EXPECT_EQ(client.poll(POLLOUT) & POLLERR, u32{POLLERR});
  EXPECT_EQ(client.poll(0) & POLLERR, u32{POLLERR});
  nm_kring_resume(device.tx(), NM_DOWN);
  put(client, {60});
  EXPECT_EQ(client.txsync(), 0) << "it is still being reset";
  EXPECT_TRUE(device.sent.empty());
  nm_kring_resume(device.tx(), NM_RESET);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent.size(), 1u);
}

TEST_F(Driver, APauseEndsWithItsRing) {
  ASSERT_EQ(client.bind("d"), 0);
  nm_kring_pause(device.tx(), NM_DOWN);
  client.close();
  Client next(world);
  ASSERT_EQ(next.bind("d"), 0);
  EXPECT_EQ(next.txsync(), 0);
}

// A ring that reg pauses is paused when its client comes.
TEST(DriverReg, MayOpenARingPaused) {
  World world;
  nm_driver_ops change = {};
  change.reg = [](nm_port* port) {
    nm_kring* kr = nm_port_ring(port, NM_TX, 0);
    if (kr->pending_on)
      nm_kring_pause(kr, NM_DOWN);
    return 0;
  };
  Device device(world, port_config(1, kSlots), change);
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  EXPECT_EQ(client.txsync(), -EIO);
  nm_kring_resume(device.tx(), NM_DOWN);
  EXPECT_EQ(client.txsync(), 0);
}

// The thread that pauses has the device to itself, though no lock says so: ThreadSanitizer sees it.
TEST_F(Driver, NobodyIsInASyncDuringAPause) {
  ASSERT_EQ(client.bind("d"), 0);
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    while (!stop) {
      put(client, {60});
      ASSERT_EQ(client.txsync(), 0);
    }
  });
  for (int i = 0; i < 300; ++i) {
    nm_kring_pause(device.tx(), NM_RESET);
    const int before = ++device.registers;
    std::this_thread::yield();
    EXPECT_EQ(device.registers, before);
    nm_kring_restart(device.tx());
    nm_kring_resume(device.tx(), NM_RESET);
  }
  stop = true;
  sender.join();
  EXPECT_EQ(device.tx()->stats.reinits, 0u);
}

TEST_F(Driver, AnInterruptIsPassedOnUnlessNetmapHasTheQueue) {
  EXPECT_FALSE(nm_ring_irq(nullptr));
  EXPECT_FALSE(nm_ring_irq(device.rx()));
  EXPECT_FALSE(nm_port_queue_ring(device.port(), NM_TX, 0));
  ASSERT_EQ(client.bind("d", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY), 0);
  EXPECT_TRUE(nm_ring_irq(device.rx()));
  EXPECT_FALSE(nm_ring_irq(device.tx()));
  EXPECT_FALSE(nm_port_queue_ring(device.port(), NM_TX, 0));
  client.close();
  EXPECT_FALSE(nm_ring_irq(device.rx()));
}

// What reg says of a queue holds from then on, and not from its return.
TEST(DriverReg, SaysWhoseAQueueIs) {
  static bool during[2];
  static nm_driver_ops change;
  World world;
  change.reg = [](nm_port* port) {
    nm_kring* kr = nm_port_ring(port, NM_RX, 0);
    during[0] = nm_ring_irq(kr);
    nm_kring_set_mode(kr, kr->pending_on);
    during[1] = nm_ring_irq(kr);
    return 0;
  };
  Device device(world, port_config(1, kSlots), change);
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  EXPECT_FALSE(during[0]);
  EXPECT_TRUE(during[1]);
  client.close();
  EXPECT_TRUE(during[0]);
  EXPECT_FALSE(during[1]);
}

TEST_F(Driver, FramesComeInAtAnyTime) {
  EXPECT_EQ(device.receive("early"), -ENXIO);
  ASSERT_EQ(client.bind("d"), 0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(device.receive("frame " + std::to_string(i)), 0);
    EXPECT_EQ(device.receive("and"), 0);
    ASSERT_EQ(client.rxsync(), 0);
    EXPECT_EQ(take(client), (std::vector<std::string>{"frame " + std::to_string(i), "and"}));
  }
  ASSERT_EQ(client.rxsync(), 0);
  for (uint32_t i = 0; i + 1 < kSlots; ++i)
    EXPECT_EQ(device.receive("x"), 0);
  EXPECT_EQ(device.receive("full"), -ENOBUFS);
  EXPECT_EQ(device.receive(""), -EMSGSIZE);
  EXPECT_EQ(device.receive(std::string(65 * 2048, 'x')), -EMSGSIZE);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(device.rx()->stats.drops, 3u);
  EXPECT_EQ(take(client).size(), kSlots - 1);
  ASSERT_EQ(client.rxsync(), 0);
  EXPECT_EQ(device.receive(std::string(5000, 'y')), 0);
  ASSERT_EQ(client.rxsync(), 0);
  ASSERT_EQ(space(client.rx()), 3u);
  const netmap_ring* ring = client.rx();
  EXPECT_EQ(ring->slot[ring->head].len, 2048);
  EXPECT_EQ(ring->slot[ring->head].flags, NS_MOREFRAG);
  EXPECT_EQ(ring->slot[(ring->head + 2) % kSlots].len, 5000 - 4096);
  EXPECT_EQ(ring->slot[(ring->head + 2) % kSlots].flags, 0);
  client.close();
  EXPECT_EQ(device.receive("late"), -ENXIO);
}

TEST_F(Driver, ASpoiltFreeSlotIsTheClientsViolation) {
  ASSERT_EQ(client.bind("d"), 0);
  netmap_ring* ring = client.rx();
  ring->slot[0].buf_idx = 0xffffffff;
  EXPECT_EQ(device.receive("x"), -ENOBUFS);
  EXPECT_EQ(client.rxsync(), 0);
  EXPECT_EQ(device.rx()->stats.reinits, 1u);
  EXPECT_EQ(device.receive("y"), 0) << "into the buffer where bad indexes go";
}

TEST_F(Driver, ManyFillARingThatItsClientEmpties) {
  ASSERT_EQ(client.bind("d"), 0);
  constexpr uint32_t kEach = 3000;
  std::atomic<uint32_t> done{0}, lost{0};
  std::vector<std::thread> threads;
  for (char name : {'a', 'b'})
    threads.emplace_back([&, name] {
      for (uint32_t i = 0; i < kEach; ++i)
        if (device.receive(name + std::to_string(i)) != 0)
          ++lost;
      ++done;
    });
  uint32_t got = 0;
  int last[2] = {-1, -1};
  for (bool end = false; !end;) {
    end = done == 2;
    ASSERT_EQ(client.rxsync(), 0);
    for (const std::string& frame : take(client)) {
      const int number = std::stoi(frame.substr(1));
      int& before = last[frame[0] - 'a'];
      EXPECT_GT(number, before) << "in the order in which they were put";
      before = number;
      ++got;
    }
  }
  for (std::thread& thread : threads)
    thread.join();
  ASSERT_EQ(client.rxsync(), 0);
  got += static_cast<uint32_t>(take(client).size());
  EXPECT_EQ(got + lost, 2 * kEach);
  EXPECT_EQ(device.rx()->stats.drops, lost);
}

nm_port_config limited() {
  nm_port_config config = port_config(1, kSlots);
  config.limits.min_frame = 14;
  config.limits.max_frame = 5000;
  config.limits.max_frags = 3;
  return config;
}

TEST(DriverFrames, AreWholeAndWithinTheLimits) {
  World world;
  Device device(world, limited());
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  put(client, {14});
  put(client, {60}, NS_BUF_CHANGED);
  put(client, {2000, 0, 1000}, NS_REPORT);
  netmap_ring* ring = client.tx();
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent, (std::vector<Device::Sent>{{14, 1, 0}, {60, 1, 0}, {3000, 3, NS_REPORT}}));
  EXPECT_EQ(device.bytes.size(), 3000u);
  EXPECT_EQ(ring->slot[1].flags, 0) << "what the kernel has acted on is cleared";
  EXPECT_EQ(ring->slot[2].flags, NS_MOREFRAG);
  // The end of a frame comes with a later sync.
  ring->slot[5].len = 100;
  ring->slot[5].flags = NS_MOREFRAG | NS_REPORT;
  advance(ring, 1);
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent.size(), 3u);
  EXPECT_EQ(ring->slot[5].flags, NS_MOREFRAG | NS_REPORT);
  put(client, {100});
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent.back(), (Device::Sent{200, 2, NS_REPORT}));
  EXPECT_EQ(device.tx()->stats.reinits, 0u);
}

TEST(DriverFrames, ThatDoNotFitAreRefused) {
  World world;
  Device device(world, limited());
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  const std::vector<std::vector<uint16_t>> misfits = {
      {13}, {0}, {7, 6}, {2048, 2048, 905}, {20, 20, 20, 20}, {65535}};
  u64 reinits = 0;
  for (const std::vector<uint16_t>& lengths : misfits) {
    put(client, {60});
    put(client, lengths);
    EXPECT_EQ(client.txsync(), 0);
    EXPECT_EQ(device.tx()->stats.reinits, ++reinits);
    EXPECT_EQ(device.sent.size(), reinits) << "what is before it leaves";
  }
  // A port that says nothing takes what there are slots for.
  EXPECT_TRUE(nm_kring_has_limits(device.tx()));
}

TEST(DriverFrames, NoLimitsButThoseOfTheAbi) {
  World world;
  Device device(world, port_config(1, 128));
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  EXPECT_FALSE(nm_kring_has_limits(device.tx()));
  put(client, {0});
  put(client, std::vector<uint16_t>(64, 2048));
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.sent, (std::vector<Device::Sent>{{0, 1, 0}, {64 * 2048, 64, 0}}));
  put(client, std::vector<uint16_t>(62, 2048));
  ASSERT_EQ(client.txsync(), 0);
  put(client, std::vector<uint16_t>(65, 1));
  ASSERT_EQ(client.txsync(), 0);
  EXPECT_EQ(device.tx()->stats.reinits, 1u);
}

TEST(DriverLimits, AreCheckedAtAttachAndAtBind) {
  World world;
  nm_port* port = nullptr;
  nm_driver_ops ops = {};
  ops.name = "limits";
  nm_port_config config = port_config(1, 12);
  config.limits.slots_unit = 8;
  EXPECT_EQ(nm_port_attach(world.core(), "p", &ops, &config, nullptr, &port), -EINVAL);
  config = limited();
  config.limits.min_frame = 5001;
  EXPECT_EQ(nm_port_attach(world.core(), "p", &ops, &config, nullptr, &port), -EINVAL);

  config = port_config(1, 16);
  config.limits.slots_unit = 8;
  config.limits.rx_buf_unit = 4096;
  Device device(world, config);
  Client client(world);
  EXPECT_EQ(client.bind("d"), -EINVAL);
  EXPECT_NE(client.reason().find("buffers of 2048 bytes; set the parameter buf_size to 4096"),
            std::string::npos)
      << client.reason();
  EXPECT_EQ(world.region()->users, 0u);
  EXPECT_EQ(client.bind("d", NR_REG_ALL_NIC, NR_TX_RINGS_ONLY), 0) << "it may send from them";
  client.close();
  Client host(world);
  EXPECT_EQ(host.bind("d", NR_REG_SW), 0) << "and the stack may fill them";
}

TEST(DriverLimits, LargerBuffersFit) {
  World world(Sizes{.buf_size = 4096});
  nm_port_config config = port_config(1, 16);
  config.limits.rx_buf_unit = 4096;
  Device device(world, config);
  Client client(world);
  EXPECT_EQ(client.bind("d"), 0);
}

// The device reaches a region's buffers while a ring of its own is there, and no longer than it is.
TEST(DriverDma, ItsDeviceReachesTheBuffersOfItsRings) {
  World world;
  nm_port_config config = port_config(1, kSlots);
  config.device = &world.os()->device;
  TestPort other(world, "other", port_config(1, kSlots), Wire::kBlackHole);
  TestPort port(world, "p", config, Wire::kBlackHole, true);
  Client first(world), second(world), host(world), without(world);
  ASSERT_EQ(without.bind("other"), 0);
  ASSERT_EQ(host.bind("p", NR_REG_SW), 0);
  EXPECT_EQ(port.port()->map_users, 0u) << "host rings are no device's";
  ASSERT_EQ(first.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY), 0);
  ASSERT_EQ(second.bind("p", NR_REG_ONE_NIC, NR_TX_RINGS_ONLY), 0);
  EXPECT_EQ(port.port()->map_users, 2u);
  const nm_kring* kr = port.kring(NM_TX, 0);
  for (uint32_t i = 0; i < kSlots; ++i) {
    const uint32_t index = kr->ring->slot[i].buf_idx;
    nm_buf_to_device(&kr->bufs, index, 60);
    EXPECT_EQ(nmh_dma_resolve(world.os(), nm_buf_dma(&kr->bufs, index), kr->bufs.size),
              nm_buf_at(&kr->bufs, index));
  }
  first.close();
  EXPECT_NE(port.port()->map.dma_base, 0u);
  second.close();
  EXPECT_EQ(port.port()->map_users, 0u);
  EXPECT_EQ(port.port()->map.dma_base, 0u);
  host.close();

  Client last(world);
  ASSERT_EQ(last.bind("p"), 0);
  nm_port* gone = port.port();
  port.detach();
  EXPECT_EQ(gone->map_users, 0u) << "with its device, though a client has it yet";
  EXPECT_EQ(gone->map.dma_base, 0u);
}

TEST(DriverRings, MayBeHundreds) {
  World world;
  Device device(world, port_config(200, kSlots));
  Client all(world), one(world), watcher(world);
  ASSERT_EQ(all.bind("d"), 0);
  EXPECT_EQ(all.reg.nr_tx_rings, 200);
  EXPECT_EQ(all.tx(199)->ringid, 199);
  netmap_ring* ring = all.tx(199);
  ring->slot[0].len = 60;
  advance(ring, 1);
  ASSERT_EQ(all.txsync(), 0);
  EXPECT_EQ(device.sent.size(), 1u);
  ASSERT_EQ(one.bind("d", NR_REG_ONE_NIC, 0, 199), 0);
  EXPECT_EQ(watcher.bind("d", NR_REG_ALL_NIC, NR_MONITOR_TX), 0);
  EXPECT_EQ(Client(world).bind("d", NR_REG_ONE_NIC, 0, 200), -EINVAL);
}

TEST_F(Driver, PushesItsLink) {
  const auto link = [&] {
    std::pair<bool, u32> seen;
    nm_core_ports(
        world.core(),
        [](const nm_port_view* view, void* arg) {
          *static_cast<std::pair<bool, u32>*>(arg) = {view->config.link_up,
                                                      view->config.speed_mbps};
        },
        &seen);
    return seen;
  };
  EXPECT_EQ(link(), (std::pair<bool, u32>{true, 10000}));
  nm_port_set_link(device.port(), false, 0);
  EXPECT_EQ(link(), (std::pair<bool, u32>{false, 0}));
  nm_port_set_link(device.port(), true, 40000);
  EXPECT_EQ(link(), (std::pair<bool, u32>{true, 40000}));
}

/*
 * A device with descriptors: what the driver has given it is in `owned` of them, from `next` on. It
 * knows nothing of slots, and its queue begins at descriptor 0 whenever it is reset.
 */
struct Queue {
  nm_kring* kr = nullptr;
  u32 next = 0, owned = 0;
  std::vector<u32> buffer = std::vector<u32>(kSlots);  // of each descriptor
  std::vector<u16> len = std::vector<u16>(kSlots);

  void give(u32 slot) {
    const netmap_slot& s = kr->ring->slot[slot];
    const u32 desc = nm_desc_of(kr, slot);
    require(desc == (next + owned) % kSlots, "descriptors are given in their order");
    require(nm_slot_of(kr, desc) == slot, "the two are each other's inverse");
    buffer[desc] = s.buf_idx;
    len[desc] = s.len;
    require(++owned < kSlots, "one descriptor stays empty");
  }
  void reset() {
    next = owned = 0;
    const u32 give_now = nm_kring_restart(kr);
    for (u32 desc = 0; desc < give_now; ++desc)
      give(nm_slot_of(kr, desc));
  }
};

struct Descriptors {
  Queue tx, rx;
  u32 rx_done = 0;  // filled and not yet in the ring
};

Descriptors* descriptors_of(nm_kring* kr) {
  return static_cast<Descriptors*>(kr->driver_data);
}

const nm_driver_ops kDescriptorOps = [] {
  nm_driver_ops ops = {};
  ops.reg = [](nm_port* port) {
    static Descriptors d;
    d = {};
    for (int dir = 0; dir < NM_DIRS; ++dir) {
      nm_kring* kr = nm_port_ring(port, static_cast<nm_dir>(dir), 0);
      if (!kr->pending_on)
        continue;
      kr->driver_data = &d;
      Queue& q = dir == NM_TX ? d.tx : d.rx;
      q.kr = kr;
      q.reset();
    }
    return 0;
  };
  ops.txsync = [](nm_kring* kr, int) {
    for (; kr->hwcur != kr->rhead; kr->hwcur = nm_next(kr->hwcur, kSlots - 1))
      descriptors_of(kr)->tx.give(kr->hwcur);
    kr->hwtail = nm_prev(nm_slot_of(kr, descriptors_of(kr)->tx.next), kSlots - 1);
    return 0;
  };
  ops.rxsync = [](nm_kring* kr, int) {
    Descriptors* d = descriptors_of(kr);
    for (; d->rx_done; --d->rx_done, kr->hwtail = nm_next(kr->hwtail, kSlots - 1)) {
      const u32 desc = nm_desc_of(kr, kr->hwtail);
      require(kr->ring->slot[kr->hwtail].buf_idx == d->rx.buffer[desc], "the slot's own buffer");
      nm_slot_put(&kr->ring->slot[kr->hwtail], d->rx.len[desc], 0);
    }
    // The slot before the one given back becomes the device's: one stays empty.
    for (; kr->hwcur != kr->rhead; kr->hwcur = nm_next(kr->hwcur, kSlots - 1))
      d->rx.give(nm_prev(kr->hwcur, kSlots - 1));
    return 0;
  };
  return ops;
}();

// The client's view of a ring goes on over any number of resets, wherever both stand.
TEST(DriverRestart, TheClientsPositionsStay) {
  World world;
  Device device(world, port_config(1, kSlots), kDescriptorOps);
  Client client(world);
  ASSERT_EQ(client.bind("d"), 0);
  Descriptors& d = *descriptors_of(device.tx());
  u32 sent = 0, left = 0, came = 0, got = 0;
  uint32_t random = 1;
  for (int step = 0; step < 20000; ++step) {
    random = random * 1664525 + 1013904223;
    switch (random >> 24 & 7) {
      case 0:  // send some
      case 1:
        for (u32 i = random >> 16 & 3; i && space(client.tx()); --i, ++sent)
          put(client, {static_cast<uint16_t>(sent % 1000 + 60)});
        ASSERT_EQ(client.txsync(), 0);
        break;
      case 2:  // the device sends one
        if (d.tx.owned) {
          d.tx.next = (d.tx.next + 1) % kSlots;
          --d.tx.owned;
          ++left;
        }
        break;
      case 3:  // and receives one
      case 4:
        if (d.rx.owned) {
          d.rx.len[d.rx.next] = static_cast<u16>(came++ % 1000 + 60);
          d.rx.next = (d.rx.next + 1) % kSlots;
          --d.rx.owned;
          ++d.rx_done;
        }
        break;
      case 5:
      case 6: {  // the client takes some
        ASSERT_EQ(client.rxsync(), 0);
        netmap_ring* ring = client.rx();
        for (u32 i = random >> 16 & 3; i && space(ring); --i, ++got) {
          ASSERT_EQ(ring->slot[ring->head].len, got % 1000 + 60) << "in order";
          advance(ring, 1);
        }
        ASSERT_EQ(client.rxsync(), 0);
        break;
      }
      default:  // a reset; what is under way is lost
        if (random >> 16 & 7)
          break;
        nm_kring_pause(device.tx(), NM_RESET);
        nm_kring_pause(device.rx(), NM_RESET);
        {
          const u64 before = device.tx()->stats.drops;
          const u32 under_way =
              device.tx()->hwcur == nm_next(device.tx()->hwtail, kSlots - 1)
                  ? 0
                  : nm_dist(nm_next(device.tx()->hwtail, kSlots - 1), device.tx()->hwcur, kSlots);
          d.tx.reset();
          ASSERT_EQ(device.tx()->stats.drops - before, under_way);
        }
        came -= d.rx_done;
        d.rx_done = 0;
        d.rx.reset();
        nm_kring_resume(device.tx(), NM_RESET);
        nm_kring_resume(device.rx(), NM_RESET);
    }
  }
  EXPECT_EQ(device.tx()->stats.reinits + device.rx()->stats.reinits, 0u);
  EXPECT_GT(left, 1000u);
  EXPECT_GT(got, 1000u);
  EXPECT_GT(device.tx()->stats.drops, 100u);
}

// The residence is asked for a port that nobody uses too, and may have another one for the name.
TEST(DriverDemand, AnIdlePortMayBeReplaced) {
  static nm_driver_ops ops;
  static nm_port* attached;
  static int calls;
  ops = {};
  ops.name = "first";
  ops.reg = [](nm_port*) { return 0; };
  ops.txsync = [](nm_kring*, int) { return 0; };
  ops.rxsync = &nm_rx_sync;
  attached = nullptr;
  calls = 0;
  World world(Sizes{}, [](nm_core_config& config) {
    config.demand = [](nm_core* core, const void* ns, const char* name, nm_port* idle) {
      const nm_port_config rings = port_config(1, kSlots);
      ++calls;
      require(idle == attached, "the idle port is the one that there is");
      if (idle)
        nm_port_detach_locked(idle);
      require(nm_port_attach_locked(core, ns, name, &ops, &rings, nullptr, &attached) == 0,
              "attached");
    };
  });
  Client client(world), other(world), last(world);
  ASSERT_EQ(client.bind("x"), 0);
  nm_port* first = attached;
  ASSERT_EQ(other.bind("x"), 0);
  EXPECT_EQ(calls, 1) << "a port in use stays";
  EXPECT_EQ(attached, first);
  client.close();
  other.close();
  ASSERT_EQ(last.bind("x"), 0);
  EXPECT_EQ(calls, 2);
  last.close();
  nm_port_detach(attached);
}

}  // namespace
}  // namespace nmgen::test
