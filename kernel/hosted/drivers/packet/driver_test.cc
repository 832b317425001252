// SPDX-License-Identifier: BSD-2-Clause
// Over a veth pair in a network namespace of this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/netmap.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "nmh_driver.h"
#include "testing/client.h"
#include "testing/network.h"

namespace {

using Bytes = std::vector<uint8_t>;
using nmgen::test::ip;

// A world with one port, and a client of all its rings.
class End {
 public:
  End(const char* interface, uint32_t buf_size, std::vector<nmh_option> options = {}) {
    nmh_config config{};
    config.buf_num = 4000;
    config.buf_size = buf_size;
    EXPECT_EQ(nmh_create(&config, &world_), 0);
    const nmh_port_request request{interface, options.data(), options.size()};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    EXPECT_EQ(nmh_port_create(world_, nmh_driver_find("packet", 6), &request, &port_, &refusal), 0)
        << reason;
    EXPECT_EQ(client_open(&client_, world_, interface, NR_REG_ALL_NIC, 0, 0), 0);
  }
  ~End() {
    client_close(&client_);
    nmh_port_destroy(port_);
    nmh_destroy(world_);
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  // Into slots of `piece` bytes at most. Return: 0 or a negative errno of the sync.
  int send(const Bytes& frame, size_t piece = 2048) {
    netmap_ring* ring = client_tx(&client_, 0);
    for (size_t at = 0; at < frame.size() || at == 0; at += piece) {
      netmap_slot& slot = ring->slot[ring->head];
      const size_t len = std::min(piece, frame.size() - at);
      std::memcpy(buffer(ring, slot.buf_idx), frame.data() + at, len);
      slot.len = static_cast<uint16_t>(len);
      slot.flags = at + len < frame.size() ? NS_MOREFRAG : 0;
      ring->head = ring->cur = ring->head + 1 == ring->num_slots ? 0 : ring->head + 1;
    }
    return nmh_txsync(client_.fd);
  }

  // The next frame of ours; waits for it.
  Bytes receive() {
    for (;;) {
      for (uint32_t i = 0; i < client_.reg.nr_rx_rings; i++) {
        netmap_ring* ring = client_rx(&client_, i);
        while (ring->head != ring->tail) {
          const netmap_slot& slot = ring->slot[ring->head];
          const uint8_t* data = buffer(ring, slot.buf_idx);
          Bytes frame(data, data + slot.len);
          ring->head = ring->cur = ring->head + 1 == ring->num_slots ? 0 : ring->head + 1;
          if (frame.size() > 6 && frame[6] == 0x06)
            return frame;
        }
      }
      EXPECT_EQ(nmh_poll(client_.fd, POLLIN, -1), POLLIN);
    }
  }

  nmh_port_stats stats() const {
    nmh_port_stats now{};
    EXPECT_TRUE(nmh_port_read_stats(port_, &now));
    return now;
  }
  int rxsync() const { return nmh_rxsync(client_.fd); }
  const client& get() const { return client_; }

 private:
  static uint8_t* buffer(netmap_ring* ring, uint32_t index) {
    return reinterpret_cast<uint8_t*>(ring) + ring->buf_ofs +
           static_cast<size_t>(index) * ring->nr_buf_size;
  }

  nmh* world_ = nullptr;
  nmh_port* port_ = nullptr;
  client client_{};
};

// A frame of ours: its source address begins with 06.
Bytes frame(uint32_t number, size_t size = 60) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; i++)
    bytes[i] = static_cast<uint8_t>(number + i);
  const uint8_t header[] = {0x02, 0, 0, 0, 0, 1, 0x06, 0, 0, 0, 0, 2, 0x88, 0xb5};
  std::memcpy(bytes.data(), header, sizeof(header));
  std::memcpy(bytes.data() + 14, &number, sizeof(number));
  return bytes;
}

class Packet : public nmgen::test::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped())
      return;
    ASSERT_TRUE(ip("link add pa type veth peer name pb"));
    ASSERT_TRUE(ip("link set pa up") && ip("link set pb up"));
  }
};

TEST_F(Packet, FramesArriveWholeAndInOrder) {
  End a("pa", 2048), b("pb", 2048);
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < 2000; i++) {
    const Bytes sent = frame(i, 60 + i % 1455);
    bytes += sent.size() + 4;
    ASSERT_EQ(a.send(sent, i % 3 == 0 ? 500 : 2048), 0);
    ASSERT_EQ(b.receive(), sent) << i;
  }
  EXPECT_EQ(a.stats().tx_frames, 2000u);
  EXPECT_EQ(a.stats().tx_bytes, bytes);
  EXPECT_EQ(a.stats().rx_frames, 0u) << "what was sent is not received";
  EXPECT_EQ(b.stats().rx_frames, 2000u);
  EXPECT_EQ(b.stats().rx_bytes, bytes);
  EXPECT_EQ(b.stats().missed, 0u);
}

TEST_F(Packet, AVlanTagStaysInItsFrame) {
  End a("pa", 2048), b("pb", 2048);
  for (const uint16_t tpid : {0x8100, 0x88a8}) {
    Bytes sent = frame(7, 100);
    const uint8_t tag[] = {static_cast<uint8_t>(tpid >> 8), static_cast<uint8_t>(tpid), 0x60, 0x64};
    sent.insert(sent.begin() + 12, tag, tag + 4);
    ASSERT_EQ(a.send(sent), 0);
    EXPECT_EQ(b.receive(), sent);
  }
}

TEST_F(Packet, AFrameLongerThanABufferIsMissedAndTakesNoSlot) {
  End a("pa", 2048), b("pb", 512);
  for (uint32_t i = 0; i < 100; i++) {
    ASSERT_EQ(a.send(frame(i, 600)), 0);
    ASSERT_EQ(a.send(frame(i, 100)), 0);
    ASSERT_EQ(a.send(frame(i + 1000, 90)), 0);
    EXPECT_EQ(b.receive(), frame(i, 100));
    EXPECT_EQ(b.receive(), frame(i + 1000, 90));
  }
  EXPECT_EQ(b.stats().missed, 100u);
  EXPECT_EQ(b.stats().rx_frames, 200u);
}

TEST_F(Packet, ASleepingClientIsWoken) {
  End a("pa", 2048), b("pb", 2048);
  for (uint32_t i = 0; i < 50; i++) {
    std::thread sender([&a, i] { EXPECT_EQ(a.send(frame(i)), 0); });
    EXPECT_EQ(b.receive(), frame(i));
    sender.join();
  }
  const int fd = nmh_eventfd(const_cast<nmh_fd*>(b.get().fd));
  for (uint32_t i = 0; i < 50; i++) {
    std::thread sender([&a, i] { EXPECT_EQ(a.send(frame(i)), 0); });
    while (nmh_poll(b.get().fd, POLLIN, 0) == 0) {
      pollfd readable{fd, POLLIN, 0};
      ASSERT_EQ(poll(&readable, 1, -1), 1);
    }
    EXPECT_EQ(b.receive(), frame(i));
    sender.join();
  }
}

TEST_F(Packet, QueuesShareTheFlows) {
  End a("pa", 2048), b("pb", 2048, {{"queues", nullptr, 4}});
  for (uint32_t i = 0; i < 200; i++)
    ASSERT_EQ(a.send(frame(i)), 0);
  std::vector<bool> seen(200);
  for (uint32_t i = 0; i < 200; i++) {
    const Bytes got = b.receive();
    uint32_t number = 0;
    std::memcpy(&number, got.data() + 14, sizeof(number));
    ASSERT_LT(number, 200u);
    EXPECT_FALSE(seen[number]) << "two queues have received " << number;
    seen[number] = true;
  }
}

TEST_F(Packet, WhatCannotBeSentIsAnErrorOrSkipped) {
  End a("pa", 2048), b("pb", 2048);
  EXPECT_EQ(a.send(frame(0, 1600)), -EMSGSIZE);
  End c("pa", 2048);
  EXPECT_EQ(c.send(Bytes(6)), 0);
  EXPECT_EQ(c.send(frame(1)), 0);
  EXPECT_EQ(b.receive(), frame(1));
}

TEST_F(Packet, AnInterfaceThatGoesAwayIsAnError) {
  End a("pa", 2048), b("pb", 2048);
  ASSERT_TRUE(ip("link del pa"));
  int error = 0;
  for (int i = 0; i < 1000 && error == 0; i++)
    error = a.send(frame(0));
  EXPECT_TRUE(error == -ENXIO || error == -ENODEV || error == -ENETDOWN) << error;
  EXPECT_EQ(b.rxsync(), -ENETDOWN);
}

TEST_F(Packet, RefusesWhatCannotBe) {
  ASSERT_TRUE(ip("link add pc type veth peer name pd"));
  nmh_config config{};
  config.buf_num = 4000;
  nmh* world = nullptr;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  const struct {
    const char* interface;
    nmh_option option;
    int error;
    const char* words;
  } kCases[] = {
      {"nowhere", {"queues", nullptr, 1}, -ENODEV, "there is no interface nowhere; see ip link"},
      {"pa", {"queues", nullptr, 17}, -EINVAL, "17 queues are not possible; use 1 to 16"},
      {"pa", {"slots", nullptr, 1}, -EINVAL, "rings of 1 slots are not possible"},
      {"pc", {"slots", nullptr, 64}, -ENETDOWN, "pc is down; ip link set pc up"},
  };
  for (const auto& item : kCases) {
    const nmh_port_request request{item.interface, &item.option, 1};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    nmh_port* port = nullptr;
    EXPECT_EQ(nmh_port_create(world, nmh_driver_find("packet", 6), &request, &port, &refusal),
              item.error);
    EXPECT_THAT(reason, testing::HasSubstr(item.words));
  }
  nmh_destroy(world);
}

}  // namespace
