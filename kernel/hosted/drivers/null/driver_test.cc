// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "net/netmap_user.h"
#include "nmh_driver.h"
#include "testing/client.h"

namespace {

constexpr uint32_t kSlots = 16;

class Null : public testing::Test {
 protected:
  void SetUp() override {
    nmh_config config{};
    config.buf_num = 4000;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
  }
  void TearDown() override {
    client_close(&client_);
    nmh_port_destroy(port_);
    nmh_destroy(world_);
  }

  void make(double queues, double delay_us) {
    const nmh_option options[] = {
        {"queues", nullptr, queues}, {"slots", nullptr, kSlots}, {"delay_us", nullptr, delay_us}};
    const nmh_port_request request{"n", options, 3};
    ASSERT_EQ(nmh_port_create(world_, nmh_driver_find("null", 4), &request, &port_, &refusal_), 0)
        << reason_;
  }
  void bind(uint64_t flags = 0) {
    ASSERT_EQ(client_open(&client_, world_, "n", NR_REG_ALL_NIC, 0, flags), 0);
  }

  // Return: how many of `count` frames found a slot.
  uint32_t send(uint32_t ring, uint64_t first, uint32_t count) {
    uint32_t sent = 0;
    while (sent < count && client_put(client_tx(&client_, ring), first + sent))
      sent++;
    EXPECT_EQ(nmh_txsync(client_.fd), 0);
    return sent;
  }
  std::vector<uint64_t> receive(uint32_t ring) {
    EXPECT_EQ(nmh_rxsync(client_.fd), 0);
    std::vector<uint64_t> words;
    uint64_t word = 0;
    while (client_get(client_rx(&client_, ring), &word))
      words.push_back(word);
    EXPECT_EQ(nmh_rxsync(client_.fd), 0);
    return words;
  }
  nmh_port_stats stats() {
    nmh_port_stats now{};
    EXPECT_TRUE(nmh_port_read_stats(port_, &now));
    return now;
  }

  nmh* world_ = nullptr;
  nmh_port* port_ = nullptr;
  client client_{};
  char reason_[200] = "";
  nmh_refusal refusal_{reason_, sizeof(reason_)};
};

TEST_F(Null, WhatIsSentComesBackOnTheSameRingInOrder) {
  make(3, 0);
  bind();
  uint64_t next[3] = {0, 1000, 2000}, wanted[3] = {0, 1000, 2000};
  for (int round = 0; round < 50; round++) {
    for (uint32_t ring = 0; ring < 3; ring++)
      next[ring] += send(ring, next[ring], 1 + static_cast<uint32_t>(round) % 11);
    for (uint32_t ring = 0; ring < 3; ring++)
      for (const uint64_t word : receive(ring))
        ASSERT_EQ(word, wanted[ring]++);
  }
  uint64_t frames = 0;
  for (uint32_t ring = 0; ring < 3; ring++) {
    EXPECT_EQ(wanted[ring], next[ring]);
    frames += next[ring] - ring * 1000;
  }
  EXPECT_EQ(stats().tx_frames, frames);
  EXPECT_EQ(stats().rx_frames, frames);
  EXPECT_EQ(stats().tx_bytes, stats().rx_bytes);
  EXPECT_EQ(stats().missed, 0u);
}

TEST_F(Null, AFullReceiveRingStopsTheSenderAndLosesNothing) {
  make(1, 0);
  bind();
  uint64_t sent = 0;
  for (int i = 0; i < 10; i++)
    sent += send(0, sent, kSlots);
  // The receiver has all of the sender's buffers but that of the slot that stays empty.
  EXPECT_EQ(sent, kSlots - 1);
  uint64_t received = 0;
  for (int i = 0; i < 10; i++) {
    for (const uint64_t word : receive(0))
      ASSERT_EQ(word, received++);
    send(0, 0, 0);
  }
  EXPECT_EQ(received, sent);
}

// Slots have the buffers that they had before, whoever comes and goes.
TEST_F(Null, TheSenderKeepsItsBuffers) {
  make(1, 0);
  bind(NR_TX_RINGS_ONLY);
  netmap_ring* tx = client_tx(&client_, 0);
  std::vector<uint32_t> own;
  for (uint32_t i = 0; i < kSlots; i++)
    own.push_back(tx->slot[i].buf_idx);
  const auto check = [&](uint32_t room) {
    EXPECT_EQ(nmh_txsync(client_.fd), 0);
    EXPECT_EQ(nm_ring_space(tx), room);
    for (uint32_t i = 0; i < kSlots; i++)
      ASSERT_EQ(tx->slot[i].buf_idx, own[i]) << "slot " << i;
  };
  send(0, 0, 3);
  check(kSlots - 1);
  client receiver{};
  ASSERT_EQ(client_open(&receiver, world_, "n", NR_REG_ALL_NIC, 0, NR_RX_RINGS_ONLY), 0);
  netmap_ring* rx = client_rx(&receiver, 0);
  uint64_t sent = 0, got = 0, word = 0;
  for (int round = 0; round < 100; round++) {
    sent += send(0, sent, 1 + static_cast<uint32_t>(round) % kSlots);
    EXPECT_EQ(nmh_rxsync(receiver.fd), 0);
    for (int n = round % 5; n && client_get(rx, &word); n--)
      ASSERT_EQ(word, got++);
    EXPECT_EQ(nmh_rxsync(receiver.fd), 0);
    check(static_cast<uint32_t>(kSlots - 1 - (sent - got)));
  }
  ASSERT_GT(sent, got);
  client_close(&receiver);
  check(kSlots - 1);
}

// A receiver keeps a buffer: the sender is told of the other one. After the sender has gone its
// frames are still received, and give nothing to the next sender.
TEST_F(Null, AnotherBufferGoesBackToItsSender) {
  make(1, 0);
  client receiver{};
  ASSERT_EQ(client_open(&receiver, world_, "n", NR_REG_ALL_NIC, 0, NR_RX_RINGS_ONLY), 0);
  netmap_ring* rx = client_rx(&receiver, 0);
  bind(NR_TX_RINGS_ONLY);
  send(0, 0, 5);
  netmap_ring* tx = client_tx(&client_, 0);
  const uint32_t first = tx->slot[0].buf_idx, second = tx->slot[1].buf_idx;
  EXPECT_EQ(nmh_rxsync(receiver.fd), 0);
  std::swap(rx->slot[0].buf_idx, rx->slot[1].buf_idx);
  rx->slot[0].flags = rx->slot[1].flags = NS_BUF_CHANGED;
  rx->head = rx->cur = 2;
  EXPECT_EQ(nmh_rxsync(receiver.fd), 0);
  EXPECT_EQ(nmh_txsync(client_.fd), 0);
  EXPECT_EQ(tx->slot[0].buf_idx, second);
  EXPECT_EQ(tx->slot[0].flags, NS_BUF_CHANGED);
  EXPECT_EQ(tx->slot[1].buf_idx, first);
  EXPECT_EQ(tx->slot[1].flags, NS_BUF_CHANGED);

  client_close(&client_);
  client_ = {};
  bind(NR_TX_RINGS_ONLY);
  tx = client_tx(&client_, 0);
  const uint32_t other = tx->slot[0].buf_idx;
  EXPECT_EQ(send(0, 100, 1), 1u);
  rx->slot[2].flags = NS_BUF_CHANGED;
  uint64_t word = 0;
  for (uint64_t wanted : {2, 3, 4}) {
    ASSERT_TRUE(client_get(rx, &word));
    EXPECT_EQ(word, wanted);
  }
  EXPECT_EQ(nmh_rxsync(receiver.fd), 0);
  ASSERT_TRUE(client_get(rx, &word));
  EXPECT_EQ(word, 100u);
  EXPECT_EQ(tx->slot[0].buf_idx, other);
  EXPECT_EQ(nmh_txsync(client_.fd), 0);
  EXPECT_EQ(nm_ring_space(tx), kSlots - 2u) << "the receiver has one still";
  client_close(&receiver);
}

TEST_F(Null, WithoutAReceiverFramesAreGoneAndCounted) {
  make(1, 0);
  bind(NR_TX_RINGS_ONLY);
  for (uint64_t i = 0; i < 100; i++)
    ASSERT_EQ(send(0, i, 1), 1u);
  EXPECT_EQ(stats().tx_frames, 100u);
  EXPECT_EQ(stats().missed, 100u);
  EXPECT_EQ(nmh_port_in_flight(port_), 0u);
}

TEST_F(Null, ADelayedFrameIsUnderWayAndWakesAPoller) {
  make(1, 100000);
  bind();
  ASSERT_EQ(send(0, 7, 1), 1u);
  EXPECT_EQ(nmh_port_in_flight(port_), 1u);
  EXPECT_EQ(nmh_poll(client_.fd, POLLIN, -1), POLLIN);
  EXPECT_EQ(receive(0), (std::vector<uint64_t>{7}));
  EXPECT_EQ(nmh_port_in_flight(port_), 0u);
}

TEST_F(Null, WhatIsUnderWayWhenTheReceiverLeavesIsCounted) {
  make(1, 3600000000);
  bind();
  ASSERT_EQ(send(0, 0, 5), 5u);
  client_close(&client_);
  client_ = {};
  EXPECT_EQ(nmh_port_in_flight(port_), 0u);
  EXPECT_EQ(stats().missed, 5u);
  bind();
}

TEST_F(Null, RefusesWhatCannotBe) {
  const struct {
    const char* key;
    double value;
    const char* words;
  } kCases[] = {{"queues", 0, "0 queues are not possible; use 1 to 64"},
                {"queues", 65, "65 queues are not possible"},
                {"slots", 1, "rings of 1 slots are not possible; use 2 to 65536"},
                {"delay_us", 3600000001, "a delay of 3600000001 us is not possible"}};
  for (const auto& item : kCases) {
    const nmh_option option{item.key, nullptr, item.value};
    const nmh_port_request request{"n", &option, 1};
    EXPECT_EQ(nmh_port_create(world_, nmh_driver_find("null", 4), &request, &port_, &refusal_),
              -EINVAL);
    EXPECT_THAT(reason_, testing::HasSubstr(item.words));
  }
  make(1, 0);
  nmh_port* twin = nullptr;
  const nmh_port_request request{"n", nullptr, 0};
  EXPECT_EQ(nmh_port_create(world_, nmh_driver_find("null", 4), &request, &twin, &refusal_),
            -EEXIST);
  EXPECT_STREQ(reason_, "there is already a port n; choose another name");
  bind();
}

}  // namespace
