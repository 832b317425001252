// SPDX-License-Identifier: BSD-2-Clause
// Over a veth pair in a network namespace of this process.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/netmap.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "nmh_driver.h"
#include "testing/end.h"
#include "testing/network.h"

namespace {

using Bytes = std::vector<uint8_t>;
using nmgen::test::frame;
using nmgen::test::ip;

// A port of an interface, and its client.
class End : public nmgen::test::End {
 public:
  explicit End(const char* interface, uint32_t buf_size = 2048,
               std::vector<nmh_option> options = {})
      : nmgen::test::End("packet", interface, buf_size, std::move(options)) {}
};

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

// The ring's frames have room for the MTU that was when the port was made.
TEST_F(Packet, AFrameThatTheRingCutIsMissed) {
  End a("pa"), b("pb", 16384);
  ASSERT_TRUE(ip("link set pa mtu 9000") && ip("link set pb mtu 9000"));
  for (const size_t size : {60, 1514, 9000, 61})
    ASSERT_EQ(a.send(frame(1, size)), 0);
  for (const size_t size : {60, 1514, 61})
    EXPECT_EQ(b.receive(), frame(1, size));
  EXPECT_EQ(b.stats().missed, 1u);
}

TEST_F(Packet, WhatTheRingHasNoRoomForIsMissedAndTheRestGoesOn) {
  End a("pa"), b("pb");
  uint32_t sent = 0, received = 0;
  while (b.stats().missed == 0)
    ASSERT_EQ(a.send(frame(sent++)), 0);
  const uint64_t missed = b.stats().missed;
  for (; received < sent - missed; received++)
    ASSERT_EQ(b.receive(), frame(received));
  for (uint32_t i = 0; i < 100; i++) {
    ASSERT_EQ(a.send(frame(i)), 0);
    ASSERT_EQ(b.receive(), frame(i));
  }
  EXPECT_EQ(b.stats().missed, missed);
  EXPECT_EQ(b.stats().rx_frames, received + 100);
}

// RFC 1071's sum of a frame's TCP or UDP and its pseudo header: 0xffff where the checksum is right.
uint32_t transport_sum(const Bytes& frame, size_t header) {
  const bool is_v6 = frame[header] >> 4 == 6;
  const size_t start = header + (is_v6 ? 40 : 20);
  const size_t addresses = header + (is_v6 ? 8 : 12);
  uint64_t sum = frame[header + (is_v6 ? 6 : 9)] + (frame.size() - start);
  const auto add = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
      sum += (i - from) % 2 == 0 ? uint64_t{frame[i]} << 8 : frame[i];
  };
  add(addresses, start);
  add(start, frame.size());
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint32_t>(sum);
}

// The host computes none for a veth, which has the other end of a pair as its hardware.
TEST_F(Packet, AChecksumThatTheHostLeftToADeviceIsFinished) {
  End b("pb");
  ASSERT_TRUE(ip("link set pa address 06:00:00:00:00:02"));
  ASSERT_TRUE(ip("addr add 10.9.0.1/24 dev pa"));
  ASSERT_EQ(std::system("echo 0 >/proc/sys/net/ipv6/conf/pa/disable_ipv6"), 0);
  ASSERT_TRUE(ip("addr add fd00::1/64 dev pa nodad"));
  ASSERT_TRUE(ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:01 dev pa"));
  ASSERT_TRUE(ip("neigh add fd00::2 lladdr 02:00:00:00:00:01 dev pa"));
  for (const char* address : {"10.9.0.2", "fd00::2"})
    for (const size_t size : {1, 100, 1001}) {
      const bool is_v6 = std::strchr(address, ':') != nullptr;
      const int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      sockaddr_in v4{};
      sockaddr_in6 v6{};
      v4.sin_family = AF_INET;
      v6.sin6_family = AF_INET6;
      v4.sin_port = v6.sin6_port = htons(4711);
      void* to = is_v6 ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr;
      ASSERT_EQ(inet_pton(is_v6 ? AF_INET6 : AF_INET, address, to), 1);
      const Bytes payload(size, 0xa5);
      ASSERT_EQ(sendto(fd, payload.data(), size, 0,
                       is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4),
                       is_v6 ? sizeof(v6) : sizeof(v4)),
                static_cast<ssize_t>(size));
      close(fd);
      Bytes got;
      const size_t udp = 14 + (is_v6 ? 40 : 20);
      // The kernel speaks for itself, too (ICMPv6).
      do
        got = b.receive();
      while (got.size() != udp + 8 + size || got[udp + 2] != 4711 >> 8);
      EXPECT_EQ(transport_sum(got, 14), 0xffffu) << address << " " << size;
    }
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
  EXPECT_EQ(b.rxsync(), -ENODEV);
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
