// SPDX-License-Identifier: BSD-2-Clause
// What the driver writes to descriptors and registers. While the link is down the model fetches
// nothing, so descriptors can be looked at as the driver left them.
#include <gtest/gtest.h>
#include <net/netmap.h>

#include "drivers/sim82599/testing/adapter.h"

// What the driver reads comes here first: the linker is told so (--wrap).
namespace {
u32 stuck_reg = 0;  // reads as a queue that is on; 0: none does
}

extern "C" {
u32 real_read(ixgbe_hw* hw, u32 reg) __asm__("__real_ixgbe_read");
u32 test_read(ixgbe_hw* hw, u32 reg) __asm__("__wrap_ixgbe_read");
u32 test_read(ixgbe_hw* hw, u32 reg) {
  return real_read(hw, reg) | (reg && reg == stuck_reg ? IXGBE_TXDCTL_ENABLE : 0);
}
}

namespace {

using nmgen::test::Adapter;
using nmgen::test::Client;
using nmgen::test::World;

constexpr u64 kPart = IXGBE_TXD_DTYP_DATA | IXGBE_TXD_DEXT | IXGBE_TXD_IFCS;

class IxgbeTest : public testing::Test {
 protected:
  IxgbeTest()
      : adapter_(world_, "sim0", {.queues = 2, .slots = 512}),
        hw_(nmh_sim_hw(adapter_.sim)),
        client_(world_, adapter_, 0),
        ring_(client_.tx()) {
    nmh_sim_set_link(adapter_.sim, false);
  }
  ~IxgbeTest() override {
    const struct nmh_port_stats stats = adapter_.stats();
    EXPECT_EQ(stats.driver_bugs, 0u) << stats.last_bug;
  }

  // Gives the next slot to the driver at the next sync.
  netmap_slot& put(uint16_t len, uint16_t flags = 0) {
    netmap_slot& slot = ring_->slot[ring_->head];
    slot.len = len;
    slot.flags = flags;
    ring_->head = ring_->cur = nmgen::test::next(ring_, ring_->head);
    return slot;
  }

  const ixgbe_tx_desc& tx_desc(u32 i) const { return hw_->tx.queue[0].desc[i]; }
  u32 tdt() { return ixgbe_read(hw_, IXGBE_TDT(0)); }

  // What memory a device address of a buffer is.
  uint8_t* at(u64 dma, size_t len) const {
    return static_cast<uint8_t*>(nmh_dma_resolve(nmh_os(world_.world), dma, len));
  }

  World world_;
  Adapter adapter_;
  ixgbe_hw* hw_;
  Client client_;
  netmap_ring* ring_;
};

TEST_F(IxgbeTest, ASlotIsOneDescriptor) {
  const netmap_slot& slot = put(60);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 1u);
  EXPECT_EQ(tx_desc(0).meta,
            kPart | IXGBE_TXD_EOP | IXGBE_TXD_RS | 60 | 60ull << IXGBE_TXD_PAYLEN_SHIFT);
  EXPECT_EQ(at(tx_desc(0).addr, 60), nmgen::test::buffer(ring_, slot.buf_idx));
}

TEST_F(IxgbeTest, ReportsAtTheEndOfEachPieceAndOfTheBatch) {
  for (int i = 0; i < 300; i++) {
    put(100);
  }
  ASSERT_EQ(client_.txsync(), 0);
  for (u32 i = 0; i < 300; i++) {
    const bool last = i == IXGBE_NM_TX_PIECE - 1 || i == 2 * IXGBE_NM_TX_PIECE - 1 || i == 299;
    EXPECT_EQ((tx_desc(i).meta & IXGBE_TXD_RS) != 0, last) << i;
  }
}

TEST_F(IxgbeTest, AFrameOfSeveralSlots) {
  put(2048, NS_MOREFRAG);
  put(2048, NS_MOREFRAG | NS_REPORT);
  put(904);
  put(60);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 4u);
  EXPECT_EQ(tx_desc(0).meta, kPart | 2048 | 5000ull << IXGBE_TXD_PAYLEN_SHIFT);
  EXPECT_EQ(tx_desc(1).meta, kPart | 2048);
  EXPECT_EQ(tx_desc(2).meta, kPart | 904 | IXGBE_TXD_EOP | IXGBE_TXD_RS)
      << "the report is on the end of the frame";
}

TEST_F(IxgbeTest, AnUnfinishedFrameWaits) {
  put(60);
  put(2000, NS_MOREFRAG);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 1u);
  put(2000, NS_MOREFRAG);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 1u);
  put(10);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 4u);
  EXPECT_EQ(tx_desc(1).meta >> IXGBE_TXD_PAYLEN_SHIFT, 4010u);
}

TEST_F(IxgbeTest, FlagsThatTheDriverActsOnAreCleared) {
  const netmap_slot& swapped = put(60, NS_BUF_CHANGED);
  const netmap_slot& report = put(60, NS_REPORT);
  const netmap_slot& other = put(60, NS_NO_LEARN | NS_BUF_CHANGED);
  put(60);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 4u);
  EXPECT_EQ(swapped.flags, 0);
  EXPECT_EQ(report.flags, 0);
  EXPECT_EQ(other.flags, NS_NO_LEARN);
  EXPECT_TRUE(tx_desc(1).meta & IXGBE_TXD_RS);
  EXPECT_FALSE(tx_desc(2).meta & IXGBE_TXD_RS);
}

TEST_F(IxgbeTest, ShortFramesGetTheLengthThatTheDeviceNeeds) {
  for (const uint16_t len : {0, 1, 16, 17}) {
    put(len);
  }
  put(10, NS_MOREFRAG);
  put(3);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 6u);
  for (u32 i = 0; i < 4; i++) {
    EXPECT_EQ(tx_desc(i).meta & IXGBE_TXD_LEN_MASK, 17u) << i;
    EXPECT_EQ(tx_desc(i).meta >> IXGBE_TXD_PAYLEN_SHIFT, 17u) << i;
  }
  EXPECT_EQ(tx_desc(4).meta & IXGBE_TXD_LEN_MASK, 10u);
  EXPECT_EQ(tx_desc(5).meta & IXGBE_TXD_LEN_MASK, 7u);
  nmh_sim_set_link(adapter_.sim, true);
}

TEST_F(IxgbeTest, BadSlotsAreNotSent) {
  struct {
    uint32_t buf_idx;
    uint16_t len, flags;
  } const faults[] = {
      {~0u, 60, 0},        {1u << 30, 60, NS_MOREFRAG}, {5, 2049, 0}, {5, 65535, NS_BUF_CHANGED},
      {5, 0, NS_MOREFRAG},
  };
  u32 sent = 0;
  for (const auto& fault : faults) {
    put(60);
    sent++;
    netmap_slot& bad = put(fault.len, fault.flags);
    const uint32_t before = bad.buf_idx;
    bad.buf_idx = fault.buf_idx;
    put(60);
    ASSERT_EQ(client_.txsync(), 0);
    EXPECT_EQ(tdt(), sent) << "what stands before the bad slot is sent";
    EXPECT_EQ(ring_->head, sent) << "the ring is re-initialised behind it";
    bad.buf_idx = before;
    bad.flags = 0;
  }
}

TEST_F(IxgbeTest, ChainsThatAreTooLongAreNotSent) {
  for (u32 i = 0; i < IXGBE_TX_MAX_CHAIN + 1; i++) {
    put(100, i < IXGBE_TX_MAX_CHAIN ? NS_MOREFRAG : 0);
  }
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 0u);
  EXPECT_EQ(ring_->head, 0u);
  // More bytes than a frame may have.
  for (u32 i = 0; i < 5; i++) {
    put(2048, i < 4 ? NS_MOREFRAG : 0);
  }
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), 0u);
  for (u32 i = 0; i < IXGBE_TX_MAX_CHAIN; i++) {
    put(100, i < IXGBE_TX_MAX_CHAIN - 1 ? NS_MOREFRAG : 0);
  }
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(tdt(), IXGBE_TX_MAX_CHAIN);
}

// More syncs than the driver remembers reports of: none is lost.
TEST_F(IxgbeTest, ReclaimsEverythingAfterManySmallBatches) {
  for (u32 i = 0; i < ring_->num_slots - 1; i++) {
    put(60, i % 3 == 0 ? NS_REPORT : 0);
    ASSERT_EQ(client_.txsync(), 0);
  }
  EXPECT_EQ(nmgen::test::space(ring_), 0u);
  nmh_sim_set_link(adapter_.sim, true);
  ASSERT_EQ(client_.txsync(), 0);
  EXPECT_EQ(nmgen::test::space(ring_), ring_->num_slots - 1);
}

TEST_F(IxgbeTest, ReceiveQueuesStartWithAllButOneSlot) {
  const netmap_ring* rx = client_.rx();
  EXPECT_EQ(ixgbe_read(hw_, IXGBE_RDT(0)), rx->num_slots - 1);
  for (u32 i = 0; i < rx->num_slots; i++) {
    const ixgbe_rx_desc& d = hw_->rx.queue[0].desc[i];
    EXPECT_EQ(d.meta, 0u);
    EXPECT_EQ(at(d.addr, 2048), nmgen::test::buffer(client_.rx(), rx->slot[i].buf_idx));
  }
  // Two queues, no flow control: a frame without a descriptor must not hold up the other queue.
  EXPECT_EQ(ixgbe_read(hw_, IXGBE_SRRCTL(0)), 2 | IXGBE_SRRCTL_ADV_ONEBUF | IXGBE_SRRCTL_DROP_EN);
  EXPECT_EQ(ixgbe_read(hw_, IXGBE_RXDCTL(1)) & IXGBE_RXDCTL_ENABLE, 0u) << "ring 1 is not opened";
}

TEST_F(IxgbeTest, SpreadsOverItsQueues) {
  for (u32 i = 0; i < IXGBE_RETA_ENTRIES; i++) {
    EXPECT_EQ(ixgbe_read(hw_, IXGBE_RETA(i / 4)) >> 8 * (i % 4) & 0xff, i % 2) << i;
  }
  EXPECT_EQ(ixgbe_read(hw_, IXGBE_RSSRK(0)), 0xda565a6du) << "the key's first byte is the lowest";
  EXPECT_EQ(ixgbe_read(hw_, IXGBE_MRQC) & 0xf, IXGBE_MRQC_RSS);
}

TEST(IxgbeSetup, SingleQueueWaitsForDescriptors) {
  World world(2112);
  Adapter adapter(world, "sim0");
  Client client(world, adapter);
  EXPECT_EQ(ixgbe_read(nmh_sim_hw(adapter.sim), IXGBE_SRRCTL(0)), 2 | IXGBE_SRRCTL_ADV_ONEBUF);
  EXPECT_EQ(ixgbe_read(nmh_sim_hw(adapter.sim), IXGBE_MRQC), 0u);
}

TEST(IxgbeSetup, FlowControlWaitsToo) {
  World world;
  Adapter adapter(world, "sim0", {.queues = 4, .flow_control = true});
  Client client(world, adapter);
  EXPECT_EQ(ixgbe_read(nmh_sim_hw(adapter.sim), IXGBE_SRRCTL(3)), 2 | IXGBE_SRRCTL_ADV_ONEBUF);
}

TEST(IxgbeSetup, RefusesBuffersThatTheDeviceCannotUse) {
  World world(512);
  Adapter adapter(world, "sim0");
  client client{};
  EXPECT_EQ(client_open(&client, world.world, "sim0", NR_REG_ALL_NIC, 0, 0), -EINVAL);
  EXPECT_EQ(adapter.stats().driver_bugs, 0u);
}

// Where one queue does not stop, none does: the core keeps all of them, and their memory, until
// they do.
TEST(IxgbeSetup, AQueueThatDoesNotStopStopsNoOther) {
  World world;
  Adapter adapter(world, "sim0", {.queues = 2});
  ixgbe_hw* hw = nmh_sim_hw(adapter.sim);
  {
    const Client client(world, adapter);
    stuck_reg = IXGBE_TXDCTL(1);
  }
  stuck_reg = 0;
  for (u32 i = 0; i < 2; i++)
    EXPECT_EQ(ixgbe_read(hw, IXGBE_RXDCTL(i)) & IXGBE_RXDCTL_ENABLE, IXGBE_RXDCTL_ENABLE) << i;
  EXPECT_EQ(ixgbe_read(hw, IXGBE_TXDCTL(0)) & IXGBE_TXDCTL_ENABLE, IXGBE_TXDCTL_ENABLE);
  { const Client client(world, adapter); }
  for (u32 i = 0; i < 2; i++) {
    EXPECT_EQ(ixgbe_read(hw, IXGBE_TXDCTL(i)) & IXGBE_TXDCTL_ENABLE, 0u) << i;
    EXPECT_EQ(ixgbe_read(hw, IXGBE_RXDCTL(i)) & IXGBE_RXDCTL_ENABLE, 0u) << i;
  }
  EXPECT_EQ(adapter.stats().driver_bugs, 0u) << adapter.stats().last_bug;
}

// The device may be stopped and started again; the descriptors' memory goes and comes with it.
TEST(IxgbeSetup, OpensAndClosesManyTimes) {
  World world;
  Adapter adapter(world, "sim0", {.queues = 3});
  for (int i = 0; i < 50; i++) {
    Client all(world, adapter);
    Client one(world, adapter, i % 3);
    EXPECT_EQ(one.tx(static_cast<uint32_t>(i % 3))->num_slots, 512u);
  }
  ixgbe_hw* hw = nmh_sim_hw(adapter.sim);
  for (u32 i = 0; i < 3; i++) {
    EXPECT_EQ(ixgbe_read(hw, IXGBE_TXDCTL(i)) & IXGBE_TXDCTL_ENABLE, 0u);
    EXPECT_EQ(ixgbe_read(hw, IXGBE_RXDCTL(i)) & IXGBE_RXDCTL_ENABLE, 0u);
  }
  EXPECT_EQ(adapter.stats().driver_bugs, 0u);
}

}  // namespace
