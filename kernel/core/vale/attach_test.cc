// SPDX-License-Identifier: BSD-2-Clause
// An interface in a switch, and what its driver can do: frames that it does not take, buffers that
// it cannot receive into, interrupts that are off while frames are brought anyway.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/core/vale/testing/switch.h"

namespace nmgen::test {
namespace {

// A NIC that keeps what is sent, and whose receive ring the test fills.
class Nic {
 public:
  Nic(World& world, const nm_port_limits& limits, bool with_intr = false) {
    nm_port_config config = port_config(1, 64);
    config.limits = limits;
    ops_.name = "nic";
    ops_.reg = [](nm_port*) { return 0; };
    ops_.txsync = &send;
    ops_.rxsync = &nm_rx_sync;
    if (with_intr)
      ops_.intr = &intr;
    require(nm_port_attach(world.core(), "nic", &ops_, &config, this, &port_) == 0, "attached");
  }
  ~Nic() {
    if (port_)
      nm_port_detach(port_);
  }
  Nic(const Nic&) = delete;
  Nic& operator=(const Nic&) = delete;

  void detach() { nm_port_detach(std::exchange(port_, nullptr)); }

  void receive(const Bytes& frame, bool interrupt = true) {
    nm_kring* rx = nm_port_ring(port_, NM_RX, 0);
    nm_rx_lock(rx);
    const int error = nm_rx_put(
        rx, static_cast<u32>(frame.size()),
        [](void* arg, u32 offset, void* to, u32 len) {
          std::memcpy(to, static_cast<const Bytes*>(arg)->data() + offset, len);
        },
        const_cast<Bytes*>(&frame));
    nm_rx_unlock(rx);
    require(error == 0, "there is room");
    if (interrupt)
      nm_ring_irq(rx);
  }

  std::vector<uint32_t> sent;     // bytes of each frame
  std::vector<bool> interrupts;   // what intr was told
  std::vector<Bytes> in_the_gap;  // come in just before the next "on", without an interrupt
  uint32_t most_frags = 0;
  bool is_busy = false;  // takes nothing

  nm_kring* tx() { return nm_port_ring(port_, NM_TX, 0); }
  netmap_slot& slot(uint32_t i) { return tx()->ring->slot[i]; }

 private:
  static Nic* of(nm_kring* kr) { return static_cast<Nic*>(nm_port_data(kr->port)); }

  static int send(nm_kring* kr, int) {
    nm_tx_frame frame;
    if (of(kr)->is_busy)
      return 0;
    while (kr->hwcur != kr->rhead && nm_tx_frame_get(kr, &kr->bufs, kr->hwcur, &frame)) {
      of(kr)->sent.push_back(frame.len);
      of(kr)->most_frags = std::max(of(kr)->most_frags, frame.slots);
      kr->hwcur = nm_add(kr->hwcur, frame.slots, kr->num_slots);
    }
    kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
    return 0;
  }

  static void intr(nm_kring* kr, bool on) {
    Nic* self = of(kr);
    require(kr->dir == NM_RX, "only those of receive rings are asked for");
    self->interrupts.push_back(on);
    if (on)
      for (const Bytes& frame : std::exchange(self->in_the_gap, {}))
        self->receive(frame, false);
  }

  nm_driver_ops ops_ = {};
  nm_port* port_ = nullptr;
};

int attach(World& world, bool on, std::string* reason = nullptr) {
  Client client(world);
  nmreq_vale_attach in = {};
  nmreq_vale_detach out = {};
  in.reg.nr_mode = NR_REG_ALL_NIC;
  nmreq_header h = Client::header(on ? NETMAP_REQ_VALE_ATTACH : NETMAP_REQ_VALE_DETACH, "vale0:nic",
                                  on ? static_cast<void*>(&in) : &out);
  const int error = client.control(&h);
  if (reason)
    *reason = client.reason();
  return error;
}

constexpr nm_port_limits kLimits = {
    .min_frame = 40, .max_frame = 5000, .max_frags = 3, .rx_buf_unit = 0, .slots_unit = 0};

// One frame that its interface refuses does not stop those after it.
TEST(ValeAttach, FramesThatDoNotFitAreDroppedAndCounted) {
  World world;
  Nic nic(world, kLimits);
  ASSERT_EQ(attach(world, true), 0);
  Peer a(world, "vale0:a");
  ASSERT_EQ(a.error, 0);
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 60)));
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 39)));
  ASSERT_TRUE(a.put_pieces(frame(kEverybody, station(1), 5001), 2048));
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 61)));
  ASSERT_EQ(a.txsync(), 0);
  EXPECT_EQ(nic.sent, (std::vector<uint32_t>{60, 61}));
  EXPECT_EQ(counters(world, "vale0:nic").rx[0].misfit, 2u);
  // In smaller pieces than it needs, or with an empty one: they are put together anew.
  ASSERT_TRUE(a.put_pieces(frame(kEverybody, station(1), 1000), 200));
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 500), NS_MOREFRAG));
  ASSERT_TRUE(a.put({}, NS_MOREFRAG));
  ASSERT_TRUE(a.put(Bytes(100)));
  ASSERT_TRUE(a.put_pieces(frame(kEverybody, station(1), 5000), 2048));
  ASSERT_EQ(a.txsync(), 0);
  EXPECT_EQ(nic.sent, (std::vector<uint32_t>{60, 61, 1000, 600, 5000}));
  EXPECT_EQ(nic.most_frags, 3u);
  EXPECT_EQ(counters(world, "vale0:nic").rx[0].misfit, 2u);
  EXPECT_EQ(counters(world, "vale0:nic").rx[0].full, 0u);
  a.close();
  EXPECT_EQ(attach(world, false), 0);
}

// Who has the memory can write to slots of the interface's ring, which no client has: frames are
// lost by it, those that come later are not.
struct Spoilt : testing::TestWithParam<void (*)(netmap_slot&)> {
  World world;
};

TEST_P(Spoilt, SlotsOfASwitchLoseOnlyWhatIsInThem) {
  Nic nic(world, kLimits);
  ASSERT_EQ(attach(world, true), 0);
  Peer a(world, "vale0:a");
  ASSERT_EQ(a.error, 0);
  uint64_t sent = 0;
  for (const uint32_t count : {1, 2, 3, 20, 63}) {
    for (int round = 0; round < 5; ++round) {
      nic.sent.clear();
      nic.is_busy = true;
      for (uint32_t i = 0; i < count; ++i)
        ASSERT_TRUE(a.put(frame(kEverybody, station(1), 60)));
      sent += count;
      ASSERT_EQ(a.txsync(), 0);
      for (uint32_t i = nic.tx()->hwcur, left = count; left; --left, i = (i + 1) % 64)
        GetParam()(nic.slot(i));
      nic.is_busy = false;
      nm_ring_irq(nic.tx());
      EXPECT_LE(nic.sent.size(), count);
      EXPECT_EQ(nic.tx()->hwtail, (nic.tx()->hwcur + 63) % 64) << "the ring is empty again";
      // What comes now is sent, as it is.
      nic.sent.clear();
      ASSERT_TRUE(a.put(frame(kEverybody, station(1), 70)));
      ASSERT_TRUE(a.put_pieces(frame(kEverybody, station(1), 5000), 2048));
      sent += 2;
      ASSERT_EQ(a.txsync(), 0);
      ASSERT_EQ(nic.sent, (std::vector<uint32_t>{70, 5000})) << count << " in round " << round;
    }
  }
  const nm_vale_rx_stats counted = counters(world, "vale0:nic").rx[0];
  EXPECT_EQ(counted.full, 0u);
  EXPECT_LE(counted.frames + counted.misfit, sent);
  a.close();
  EXPECT_EQ(attach(world, false), 0);
}

INSTANTIATE_TEST_SUITE_P(By, Spoilt,
                         testing::Values([](netmap_slot& slot) { slot.flags |= NS_MOREFRAG; },
                                         [](netmap_slot& slot) { slot.len = 0; },
                                         [](netmap_slot& slot) { slot.len = 65535; },
                                         [](netmap_slot& slot) { slot.buf_idx = 0xfffffff0; },
                                         [](netmap_slot& slot) {
                                           slot.flags |= NS_MOREFRAG;
                                           slot.len = 0;
                                         }));

// The ring is full of one frame that has no end.
TEST_F(Spoilt, AFullRingWithoutAnEnd) {
  Nic nic(world, {});
  ASSERT_EQ(attach(world, true), 0);
  Peer a(world, "vale0:a");
  nic.is_busy = true;
  for (uint32_t i = 0; i < 63; ++i)
    ASSERT_TRUE(a.put(frame(kEverybody, station(1), 60)));
  ASSERT_EQ(a.txsync(), 0);
  for (uint32_t i = 0; i < 64; ++i)
    nic.slot(i).flags |= NS_MOREFRAG;
  nic.is_busy = false;
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 60)));
  ASSERT_EQ(a.txsync(), 0);
  EXPECT_EQ(nic.tx()->hwtail, (nic.tx()->hwcur + 63) % 64);
  nic.sent.clear();
  ASSERT_TRUE(a.put(frame(kEverybody, station(1), 80)));
  ASSERT_EQ(a.txsync(), 0);
  EXPECT_EQ(nic.sent, (std::vector<uint32_t>{80}));
  a.close();
  EXPECT_EQ(attach(world, false), 0);
}

TEST(ValeAttach, BuffersThatItCannotReceiveIntoAreRefused) {
  World world;
  Nic nic(world,
          {.min_frame = 0, .max_frame = 0, .max_frags = 0, .rx_buf_unit = 4096, .slots_unit = 0});
  std::string reason;
  EXPECT_EQ(attach(world, true, &reason), -EINVAL);
  EXPECT_NE(reason.find("buf_size"), std::string::npos) << reason;
}

TEST(ValeAttach, MoreRingsThanASwitchTakesAreRefused) {
  World world;
  TestPort nic(world, "nic", port_config(65, 16), Wire::kBlackHole);
  std::string reason;
  EXPECT_EQ(attach(world, true, &reason), -EINVAL);
  EXPECT_NE(reason.find("more than 64 rings"), std::string::npos) << reason;
}

// The port that a pipe makes for itself goes with the pipe. In a switch it would stay, with its
// memory, and no name would lead to it.
TEST(ValeAttach, APipesAutomaticParentIsRefused) {
  World world;
  Client pipe(world);
  std::string reason;
  ASSERT_EQ(pipe.bind("nic{x"), 0) << pipe.reason();
  EXPECT_EQ(attach(world, true, &reason), -ENXIO);
  EXPECT_NE(reason.find("no interface nic"), std::string::npos) << reason;
  pipe.close();
  Nic nic(world, {});
  EXPECT_EQ(attach(world, true), 0) << "an interface of that name";
  EXPECT_EQ(attach(world, false), 0);
}

TEST(ValeAttach, InterruptsAreOffWhileFramesAreBrought) {
  World world;
  Nic nic(world, {}, true);
  ASSERT_EQ(attach(world, true), 0);
  Peer a(world, "vale0:a");
  ASSERT_EQ(a.error, 0);
  nic.interrupts.clear();
  nic.receive(frame(kEverybody, station(2), 60));
  EXPECT_EQ(nic.interrupts, (std::vector<bool>{false, true}));
  EXPECT_EQ(a.receive().size(), 1u);
  // One comes after the last look and before interrupts are on again: it makes none.
  nic.in_the_gap = {frame(kEverybody, station(2), 61)};
  nic.receive(frame(kEverybody, station(2), 60));
  EXPECT_EQ(a.receive().size(), 2u);
  EXPECT_TRUE(nic.interrupts.back());
  a.close();
  EXPECT_EQ(attach(world, false), 0);
  EXPECT_TRUE(nic.interrupts.back());
}

// An interface may have more queues than rings: a switch takes all of them.
TEST(ValeAttach, TheWholeInterfaceIsTheSwitchs) {
  World world;
  TestPort nic(world, "nic", port_config(1, 16), Wire::kBlackHole);
  ASSERT_EQ(attach(world, true), 0);
  EXPECT_EQ(nm_port_queue_ring(nic.port(), NM_TX, 3), nic.kring(NM_TX, 0));
  EXPECT_EQ(nm_port_queue_ring(nic.port(), NM_RX, 3), nic.kring(NM_RX, 0));
  ASSERT_EQ(attach(world, false), 0);
  EXPECT_FALSE(nm_port_queue_ring(nic.port(), NM_TX, 3));
  Client one(world);
  ASSERT_EQ(one.bind("nic", NR_REG_ONE_NIC), 0);
  EXPECT_FALSE(nm_port_queue_ring(nic.port(), NM_TX, 3));
}

// A header would stand in front of the frames on its wire, and be missing in front of those from
// there.
TEST(ValeAttach, AnInterfaceHasNoVnetHeader) {
  World world;
  Nic nic(world, {});
  ASSERT_EQ(attach(world, true), 0);
  Client client(world);
  nmreq_port_hdr body = {};
  body.nr_hdr_len = 12;
  nmreq_header h = Client::header(NETMAP_REQ_PORT_HDR_SET, "vale0:nic", &body);
  EXPECT_EQ(client.control(&h), -EINVAL);
  EXPECT_NE(client.reason().find("interface"), std::string::npos) << client.reason();
  h = Client::header(NETMAP_REQ_PORT_HDR_GET, "vale0:nic", &body);
  ASSERT_EQ(client.control(&h), 0);
  EXPECT_EQ(body.nr_hdr_len, 0u);
  h = Client::header(NETMAP_REQ_PORT_HDR_SET, "nic", &body);
  EXPECT_EQ(client.control(&h), -ENXIO) << "it is no port of a switch by this name";
  EXPECT_EQ(attach(world, false), 0);
}

TEST(ValeAttach, WhyItsDriverRefusesIsSaid) {
  World world;
  TestPort nic(world, "nic", port_config(1, 16), Wire::kBlackHole);
  std::string reason;
  nic.reg_results = {-ENXIO};
  EXPECT_EQ(attach(world, true, &reason), -ENXIO);
  EXPECT_NE(reason.find("went away"), std::string::npos) << reason;
}

TEST(ValeAttach, ADriverThatHasGoneIsNotAskedAboutInterrupts) {
  World world;
  Nic nic(world, {}, true);
  ASSERT_EQ(attach(world, true), 0);
  nic.interrupts.clear();
  nic.detach();
  EXPECT_TRUE(nic.interrupts.empty());
}

}  // namespace
}  // namespace nmgen::test
