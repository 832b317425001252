// SPDX-License-Identifier: BSD-2-Clause
// The model against a driver that breaks the datasheet's rules: registers and descriptors are
// written by hand, and each fault has to be counted and named.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "testing/adapter.h"

namespace {

using nmgen::test::ManualClock;
using nmgen::test::World;

constexpr u64 kFrame =
    IXGBE_TXD_DTYP_DATA | IXGBE_TXD_DEXT | IXGBE_TXD_IFCS | IXGBE_TXD_EOP | IXGBE_TXD_RS;
constexpr u32 kSlots = 64;

u64 frame_meta(u64 len) {
  return kFrame | len | len << IXGBE_TXD_PAYLEN_SHIFT;
}

// An adapter with one queue pair, whose driver is the test.
class StrictTest : public testing::Test {
 protected:
  StrictTest() : hw_(make_adapter()), far_(make_adapter()) {
    hw_->strict = true;
    nmgen::test::check(
        nm_os_dma_alloc(&nmh_os(world_.world)->device, &tx_, kSlots * IXGBE_DESC_SIZE), "tx ring");
    nmgen::test::check(
        nm_os_dma_alloc(&nmh_os(world_.world)->device, &rx_, kSlots * IXGBE_DESC_SIZE), "rx ring");
    nmgen::test::check(
        nm_os_dma_alloc(&nmh_os(world_.world)->device, &far_tx_, kSlots * IXGBE_DESC_SIZE),
        "peer's ring");
    nmgen::test::check(nm_os_dma_alloc(&nmh_os(world_.world)->device, &data_, kSlots * 2048),
                       "buffers");
  }
  ~StrictTest() override {
    write(IXGBE_TXDCTL(0), 0);
    write(IXGBE_RXDCTL(0), 0);
    ixgbe_write(far_.get(), IXGBE_TXDCTL(0), 0);
    sim_disconnect(hw_.get());
    sim_adapter_destroy(hw_.get());
    sim_adapter_destroy(far_.get());
    for (nm_os_dma* ring : {&tx_, &rx_, &far_tx_, &data_}) {
      nm_os_dma_free(ring);
    }
  }

  std::unique_ptr<ixgbe_hw> make_adapter() {
    std::unique_ptr<ixgbe_hw> hw = std::make_unique<ixgbe_hw>();
    nmgen::test::check(sim_adapter_init(hw.get(), nmh_os(world_.world), 10, 1), "adapter");
    const sim_clock manual{ManualClock::read, &clock_, 0, ManualClock::kHz, nullptr};
    sim_set_clock(hw.get(), &manual);
    ixgbe_write(hw.get(), IXGBE_DMATXCTL, IXGBE_DMATXCTL_TE);
    ixgbe_write(hw.get(), IXGBE_RXCTRL, IXGBE_RXCTRL_RXEN);
    return hw;
  }

  void write(u32 reg, u32 value) { ixgbe_write(hw_.get(), reg, value); }

  void start_tx() { start_tx(hw_.get(), tx_); }
  static void start_tx(ixgbe_hw* hw, const nm_os_dma& ring) {
    ixgbe_write(hw, IXGBE_TDBAL(0), static_cast<u32>(ring.dma));
    ixgbe_write(hw, IXGBE_TDBAH(0), static_cast<u32>(ring.dma >> 32));
    ixgbe_write(hw, IXGBE_TDLEN(0), kSlots * IXGBE_DESC_SIZE);
    ixgbe_write(hw, IXGBE_TXDCTL(0), IXGBE_TXDCTL_ENABLE);
  }

  void start_rx() {
    for (u32 i = 0; i < kSlots; i++) {
      rx_desc()[i] = {data_.dma + i * 2048, 0};
    }
    write(IXGBE_RDBAL(0), static_cast<u32>(rx_.dma));
    write(IXGBE_RDBAH(0), static_cast<u32>(rx_.dma >> 32));
    write(IXGBE_RDLEN(0), kSlots * IXGBE_DESC_SIZE);
    write(IXGBE_SRRCTL(0), 2 | IXGBE_SRRCTL_ADV_ONEBUF);
    write(IXGBE_RXDCTL(0), IXGBE_RXDCTL_ENABLE);
  }

  // A peer with a good driver, which sends us frames.
  void connect() {
    sim_connect(hw_.get(), far_.get());
    start_tx(far_.get(), far_tx_);
  }
  void receive(u32 frame) {
    static_cast<ixgbe_tx_desc*>(far_tx_.virt)[frame] = {data_.dma, frame_meta(60)};
    ixgbe_write(far_.get(), IXGBE_TDT(0), frame + 1);
    clock_.forward_ns(1000);
    sim_rx_kick(hw_.get(), 0);
  }

  ixgbe_tx_desc* tx_desc() { return static_cast<ixgbe_tx_desc*>(tx_.virt); }
  ixgbe_rx_desc* rx_desc() { return static_cast<ixgbe_rx_desc*>(rx_.virt); }
  void expect_clean() { EXPECT_EQ(hw_->bugs, 0u) << hw_->last_bug; }

  // One fault since the last look, and its sentence.
  void expect_bug(const std::string& words) {
    EXPECT_EQ(hw_->bugs, seen_ + 1) << words;
    EXPECT_NE(std::string(hw_->last_bug).find(words), std::string::npos) << hw_->last_bug;
    seen_ = hw_->bugs;
  }

  World world_;
  ManualClock clock_;
  std::unique_ptr<ixgbe_hw> hw_, far_;
  nm_os_dma tx_{}, rx_{}, far_tx_{}, data_{};
  u64 seen_ = 0;
};

TEST_F(StrictTest, AGoodFrameIsNoBug) {
  start_tx();
  tx_desc()[0] = {data_.dma, frame_meta(60)};
  write(IXGBE_TDT(0), 1);
  expect_clean();
  EXPECT_TRUE(tx_desc()[0].meta & IXGBE_TXD_DD);
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_TDH(0)), 1u);
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_GPTC), 1u);
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_GPTC), 0u) << "reading clears it";
}

// The cable takes whole cells, of which the last bytes may be behind the frame: none that the
// device may not reach.
TEST_F(StrictTest, AFrameMayEndWhereTheMemoryEnds) {
  connect();
  start_rx();
  hw_->strict = false;
  write(IXGBE_RDT(0), kSlots - 1);
  auto* memory = static_cast<u8*>(data_.virt);
  u32 n = 0;
  for (const u32 len : {60u, 61u, 64u, 65u, 1000u}) {
    for (u32 i = 0; i < len; i++) {
      memory[data_.size - len + i] = static_cast<u8>(len + i);
    }
    static_cast<ixgbe_tx_desc*>(far_tx_.virt)[n] = {data_.dma + data_.size - len, frame_meta(len)};
    ixgbe_write(far_.get(), IXGBE_TDT(0), n + 1);
    clock_.forward_ns(2000);
    sim_rx_kick(hw_.get(), 0);
    ASSERT_EQ(rx_desc()[n].meta & (IXGBE_RXD_DD | IXGBE_RXD_EOP), IXGBE_RXD_DD | IXGBE_RXD_EOP);
    EXPECT_EQ(std::memcmp(memory + n * 2048, memory + data_.size - len, len), 0) << len;
    n++;
  }
  EXPECT_EQ(far_->bugs, 0u) << far_->last_bug;
  expect_clean();
}

TEST_F(StrictTest, WrongTransmitDescriptors) {
  start_tx();
  struct {
    u64 addr, meta;
    const char* words;
  } const faults[] = {
      {data_.dma, frame_meta(60) & ~IXGBE_TXD_DEXT, "not an advanced data descriptor"},
      {data_.dma, frame_meta(60) & ~IXGBE_TXD_DTYP_MASK, "not an advanced data descriptor"},
      {data_.dma, frame_meta(60) & ~IXGBE_TXD_IFCS, "not an advanced data descriptor"},
      {data_.dma, frame_meta(60) | IXGBE_TXD_DD, "done (DD)"},
      {data_.dma, frame_meta(0), "length 0"},
      {data_.dma, frame_meta(16), "16 bytes long"},
      {data_.dma, frame_meta(9725), "9725 bytes long"},
      {data_.dma, kFrame | 60 | 61ull << IXGBE_TXD_PAYLEN_SHIFT, "PAYLEN"},
      {data_.dma - 1, frame_meta(60), "not in the device's memory"},
      {data_.dma + data_.size - 59, frame_meta(60), "not in the device's memory"},
      {0, frame_meta(60), "not in the device's memory"},
      {~0ull - 30, frame_meta(60), "not in the device's memory"},
  };
  u32 i = 0;
  for (const auto& fault : faults) {
    tx_desc()[i] = {fault.addr, fault.meta};
    write(IXGBE_TDT(0), ++i);
    expect_bug(fault.words);
    EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_TDH(0)), i) << "a wrong descriptor is stepped over";
  }
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_GPTC), 0u);
  // The same with the fast path, which must find the same faults.
  hw_->strict = false;
  for (const auto& fault : faults) {
    tx_desc()[i] = {fault.addr, fault.meta};
    write(IXGBE_TDT(0), ++i);
    expect_bug(fault.words);
  }
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_GPTC), 0u);
}

TEST_F(StrictTest, WrongChains) {
  start_tx();
  const u64 part = kFrame & ~(IXGBE_TXD_EOP | IXGBE_TXD_RS);
  tx_desc()[0] = {data_.dma, part | 100 | 200ull << IXGBE_TXD_PAYLEN_SHIFT};
  write(IXGBE_TDT(0), 1);
  expect_bug("middle of a frame");

  tx_desc()[1] = {data_.dma, part | IXGBE_TXD_RS | 100 | 200ull << IXGBE_TXD_PAYLEN_SHIFT};
  tx_desc()[2] = {data_.dma, kFrame | 100};
  write(IXGBE_TDT(0), 3);
  expect_bug("RS without EOP");

  for (u32 i = 0; i < 39; i++) {
    tx_desc()[3 + i] = {data_.dma, part | 100 | (i == 0 ? 3900ull << IXGBE_TXD_PAYLEN_SHIFT : 0)};
  }
  tx_desc()[41].meta |= IXGBE_TXD_EOP;
  write(IXGBE_TDT(0), 42);
  expect_bug("takes 39 descriptors");

  tx_desc()[42] = {data_.dma, part | 100 | 200ull << IXGBE_TXD_PAYLEN_SHIFT};
  tx_desc()[43] = {data_.dma, kFrame | 100};
  write(IXGBE_TDT(0), 44);
  EXPECT_EQ(hw_->bugs, seen_) << hw_->last_bug;
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_GPTC), 1u);
}

TEST_F(StrictTest, WrongTails) {
  write(IXGBE_TDT(0), 1);
  expect_bug("while the queue is off");
  write(IXGBE_RDT(0), 1);
  expect_bug("while the queue is off");
  start_tx();
  start_rx();
  write(IXGBE_TDT(0), kSlots);
  expect_bug("its ring has 64 descriptors");
  write(IXGBE_RDT(0), kSlots);
  expect_bug("its ring has 64 descriptors");
  // Nothing is fetched while the link is down, so the descriptors stay the device's.
  sim_set_link(hw_.get(), false);
  tx_desc()[0] = tx_desc()[1] = {data_.dma, frame_meta(60)};
  write(IXGBE_TDT(0), 2);
  write(IXGBE_TDT(0), 1);
  expect_bug("over descriptors that the device owns");
  write(IXGBE_RDT(0), 63);
  write(IXGBE_RDT(0), 62);
  expect_bug("over descriptors that the device owns");
  EXPECT_EQ(ixgbe_read(hw_.get(), IXGBE_RDT(0)), 63u) << "a wrong tail is not taken";
}

TEST_F(StrictTest, DescriptorsThatTheDeviceOwns) {
  start_tx();
  start_rx();
  connect();
  sim_set_link(hw_.get(), false);
  tx_desc()[0] = {data_.dma, frame_meta(60)};
  write(IXGBE_TDT(0), 1);
  tx_desc()[0].addr += 64;
  sim_set_link(hw_.get(), true);
  expect_bug("transmit queue 0: descriptor 0 was changed while the device owned it");

  write(IXGBE_RDT(0), 63);
  rx_desc()[0].addr += 64;
  receive(0);
  expect_bug("receive queue 0: descriptor 0 was changed while the device owned it");
  receive(1);
  EXPECT_EQ(hw_->bugs, seen_) << hw_->last_bug;
  EXPECT_EQ(rx_desc()[1].meta, IXGBE_RXD_DD | IXGBE_RXD_EOP | 60ull << IXGBE_RXD_LEN_SHIFT);
}

TEST_F(StrictTest, WrongReceiveDescriptors) {
  connect();
  u32 frames = 0;
  for (const bool strict : {true, false}) {
    hw_->strict = strict;
    start_rx();
    rx_desc()[0].meta = IXGBE_RXD_DD;
    rx_desc()[1].addr = data_.dma + data_.size - 2047;
    write(IXGBE_RDT(0), 2);
    receive(frames++);
    expect_bug("done (DD)");
    receive(frames++);
    expect_bug("not completely in the device's memory");
    write(IXGBE_RXDCTL(0), 0);
  }
}

TEST_F(StrictTest, WrongQueueSetup) {
  write(IXGBE_TDBAL(0), static_cast<u32>(tx_.dma));
  write(IXGBE_TDBAH(0), static_cast<u32>(tx_.dma >> 32));
  write(IXGBE_TDLEN(0), 100);
  write(IXGBE_TXDCTL(0), IXGBE_TXDCTL_ENABLE);
  expect_bug("ring of 100 bytes");
  EXPECT_FALSE(ixgbe_read(hw_.get(), IXGBE_TXDCTL(0)) & IXGBE_TXDCTL_ENABLE);
  write(IXGBE_TDLEN(0), static_cast<u32>(tx_.size) * 64);
  write(IXGBE_TXDCTL(0), IXGBE_TXDCTL_ENABLE);
  expect_bug("not in the device's memory");
  write(IXGBE_TDBAL(0), static_cast<u32>(tx_.dma) + 64);
  write(IXGBE_TDLEN(0), 512);
  write(IXGBE_TXDCTL(0), IXGBE_TXDCTL_ENABLE);
  expect_bug("multiple of 128");
  write(IXGBE_TDH(0), 3);
  expect_bug("head of transmit queue 0");
  start_tx();
  write(IXGBE_TDLEN(0), 512);
  expect_bug("written while the queue is on");

  write(IXGBE_RDBAL(0), static_cast<u32>(rx_.dma));
  write(IXGBE_RDBAH(0), static_cast<u32>(rx_.dma >> 32));
  write(IXGBE_RDLEN(0), 512);
  write(IXGBE_SRRCTL(0), 2);
  write(IXGBE_RXDCTL(0), IXGBE_RXDCTL_ENABLE);
  expect_bug("SRRCTL 0x2");
  write(IXGBE_SRRCTL(0), IXGBE_SRRCTL_ADV_ONEBUF);
  write(IXGBE_RXDCTL(0), IXGBE_RXDCTL_ENABLE);
  expect_bug("buffer of 1 to 16 KB");
  start_rx();
  write(IXGBE_SRRCTL(0), 1 | IXGBE_SRRCTL_ADV_ONEBUF);
  expect_bug("written while the queue is on");
}

TEST_F(StrictTest, WrongRegisters) {
  write(0x0bad0, 1);
  expect_bug("no register 0x0bad0");
  write(IXGBE_LINKS, 0);
  expect_bug("read-only");
  write(IXGBE_TDBAL(1), 0);
  expect_bug("the model has no register");
  ixgbe_read(hw_.get(), 0x100000);
  expect_bug("the model has no register");
  write(IXGBE_MRQC, IXGBE_MRQC_RSS);
  expect_bug("while receiving is on");
}

}  // namespace
