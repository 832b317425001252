// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/bridge.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/netmap_user.h"
#include "nmh_driver.h"

namespace nmgen {
namespace {

// out_a --cable-- in_a ==bridge== in_b --cable-- out_b, in one netmap.
class BridgeTest : public testing::Test {
 protected:
  void SetUp() override {
    nmh_config config{};
    config.buf_num = 20000;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
    const char* names[] = {"out_a", "in_a", "in_b", "out_b"};
    for (size_t i = 0; i < 4; i++) {
      ASSERT_NO_FATAL_FAILURE(make(names[i], &ports_[i]));
    }
    ASSERT_EQ(nmh_port_connect(ports_[0], ports_[1], nullptr), 0);
    ASSERT_EQ(nmh_port_connect(ports_[2], ports_[3], nullptr), 0);
    out_a_ = open("out_a");
    in_a_ = open("in_a");
    in_b_ = open("in_b");
    out_b_ = open("out_b");
  }

  void TearDown() override {
    for (std::unique_ptr<WholePort>* port : {&out_a_, &in_a_, &in_b_, &out_b_})
      port->reset();
    for (nmh_port* port : ports_)
      nmh_port_destroy(port);
    nmh_destroy(world_);
  }

  void make(const char* name, nmh_port** port) const {
    const nmh_option options[] = {
        {"tx_slots", nullptr, 256}, {"rx_slots", nullptr, 256}, {"flow_control", nullptr, 1}};
    const nmh_port_request request{name, options, 3};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    ASSERT_EQ(nmh_port_create(world_, nmh_driver_find("sim", 3), &request, port, &refusal), 0)
        << reason;
  }

  std::unique_ptr<WholePort> open(const std::string& name) {
    Result<PortName> parsed = parse_port_name("sim:" + name);
    EXPECT_TRUE(parsed);
    Result<std::unique_ptr<WholePort>> port = open_whole_hosted_port(world_, *parsed);
    EXPECT_TRUE(port) << port.error().sentence();
    return std::move(*port);
  }

  // Sends frame `number` of `slots` slots from `port`.
  static void send(WholePort& port, uint32_t number, uint32_t slots = 1) {
    netmap_ring* ring = port.tx().front();
    ASSERT_GE(nm_ring_space(ring), slots);
    for (uint32_t part = 0; part < slots; part++) {
      netmap_slot& slot = ring->slot[ring->head];
      char* data = NETMAP_BUF(ring, slot.buf_idx);
      slot.len = part + 1 < slots ? static_cast<uint16_t>(ring->nr_buf_size) : 60;
      slot.flags = part + 1 < slots ? NS_MOREFRAG : 0;
      std::memset(data, static_cast<int>(number & 0xff), slot.len);
      std::memcpy(data + 20, &number, sizeof(number));
      ring->head = ring->cur = nm_ring_next(ring, ring->head);
    }
    ASSERT_EQ(port.sync(true), 0);
  }

  // The numbers of frames that have come in at `port`, and how many slots each had.
  static std::vector<std::pair<uint32_t, uint32_t>> received(WholePort& port) {
    std::vector<std::pair<uint32_t, uint32_t>> frames;
    netmap_ring* ring = port.rx().front();
    EXPECT_EQ(port.sync(false), 0);
    uint32_t slots = 0;
    while (!nm_ring_empty(ring)) {
      const netmap_slot& slot = ring->slot[ring->head];
      uint32_t number = 0;
      std::memcpy(&number, NETMAP_BUF(ring, slot.buf_idx) + 20, sizeof(number));
      slots++;
      if ((slot.flags & NS_MOREFRAG) == 0) {
        frames.emplace_back(number, slots);
        slots = 0;
      }
      ring->head = ring->cur = nm_ring_next(ring, ring->head);
    }
    return frames;
  }

  // Forwards until `count` frames are out at `port`.
  static std::vector<std::pair<uint32_t, uint32_t>> forward(Bridge& bridge, WholePort& port,
                                                            size_t count) {
    std::vector<std::pair<uint32_t, uint32_t>> frames;
    for (int turns = 0; turns < 100000 && frames.size() < count; turns++) {
      EXPECT_EQ(bridge.turn(1), 0);
      for (const std::pair<uint32_t, uint32_t>& frame : received(port))
        frames.push_back(frame);
    }
    return frames;
  }

  nmh* world_ = nullptr;
  nmh_port* ports_[4] = {};
  std::unique_ptr<WholePort> out_a_, in_a_, in_b_, out_b_;
};

class BothWaysToMove : public BridgeTest, public testing::WithParamInterface<bool> {};

TEST_P(BothWaysToMove, FramesArriveWholeAndInOrder) {
  Bridge bridge(*in_a_, *in_b_, GetParam());
  EXPECT_EQ(bridge.zero_copy(), !GetParam());
  constexpr uint32_t kFrames = 200;
  for (uint32_t i = 0; i < kFrames; i++)
    send(*out_a_, i);
  const std::vector<std::pair<uint32_t, uint32_t>> frames = forward(bridge, *out_b_, kFrames);
  ASSERT_EQ(frames.size(), kFrames);
  for (uint32_t i = 0; i < kFrames; i++)
    EXPECT_EQ(frames[i], std::make_pair(i, 1u));
  EXPECT_EQ(bridge.counts(Bridge::kAToB).frames, kFrames);
  EXPECT_EQ(bridge.counts(Bridge::kAToB).bytes, kFrames * 60u);
  EXPECT_EQ(bridge.counts(Bridge::kBToA).frames, 0u);
}

TEST_P(BothWaysToMove, TheOtherWay) {
  Bridge bridge(*in_a_, *in_b_, GetParam());
  send(*out_b_, 7);
  const std::vector<std::pair<uint32_t, uint32_t>> frames = forward(bridge, *out_a_, 1);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].first, 7u);
  EXPECT_EQ(bridge.counts(Bridge::kBToA).frames, 1u);
}

TEST_P(BothWaysToMove, FramesOfSeveralSlotsStayTogether) {
  Bridge bridge(*in_a_, *in_b_, GetParam());
  send(*out_a_, 1);
  send(*out_a_, 2, 3);
  send(*out_a_, 3);
  const std::vector<std::pair<uint32_t, uint32_t>> frames = forward(bridge, *out_b_, 3);
  const std::vector<std::pair<uint32_t, uint32_t>> expected = {{1, 1}, {2, 3}, {3, 1}};
  EXPECT_EQ(frames, expected);
}

INSTANTIATE_TEST_SUITE_P(Copy, BothWaysToMove, testing::Bool());

// Nobody takes frames out of the far end: they wait, and none is lost.
TEST_F(BridgeTest, WhatFindsNoRoomWaits) {
  Bridge bridge(*in_a_, *in_b_);
  uint32_t sent = 0;
  for (int round = 0; round < 40; round++) {
    while (nm_ring_space(out_a_->tx().front()) > 0)
      send(*out_a_, sent++);
    for (int turns = 0; turns < 50; turns++)
      ASSERT_EQ(bridge.turn(0), 0);
    ASSERT_EQ(out_a_->sync(true), 0);
  }
  const std::vector<std::pair<uint32_t, uint32_t>> frames = forward(bridge, *out_b_, sent);
  ASSERT_EQ(frames.size(), sent);
  for (uint32_t i = 0; i < sent; i++)
    ASSERT_EQ(frames[i].first, i);
}

TEST_F(BridgeTest, APortThatGoesAwayEndsIt) {
  Bridge bridge(*in_a_, *in_b_);
  ASSERT_EQ(bridge.turn(0), 0);
  nmh_port_destroy(ports_[1]);
  ports_[1] = nullptr;
  int error = 0;
  for (int turns = 0; turns < 100 && error == 0; turns++)
    error = bridge.turn(1);
  EXPECT_EQ(error, EIO);
  make("in_a", &ports_[1]);
}

}  // namespace
}  // namespace nmgen
