// SPDX-License-Identifier: BSD-2-Clause
// In a network namespace of this process; the host's side is a packet socket on the interface.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nmh_driver.h"
#include "nmh_netif.h"
#include "testing/end.h"
#include "testing/network.h"

namespace {

using nmgen::test::Bytes;
using nmgen::test::End;
using nmgen::test::frame;
using nmgen::test::ip;

class Tap : public nmgen::test::NetworkTest {
 protected:
  static nmh_netif netif(const char* name) {
    nmh_netif found{};
    EXPECT_EQ(nmh_netif_find(name, &found), 0) << name;
    return found;
  }
};

End tap(const char* interface, std::vector<nmh_option> options = {}) {
  return {"tap", interface, 2048, std::move(options)};
}
End host(const char* interface) {
  return {"packet", interface, 16384, {}};
}

TEST_F(Tap, FramesArriveWholeAndInOrderBothWays) {
  for (const double header : {0, 1}) {
    End port = tap("ta", {{"vnet_header", nullptr, header}});
    End on_host = host("ta");
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < 1000; i++) {
      const Bytes sent = frame(i, 60 + i % 1455);
      bytes += sent.size();
      ASSERT_EQ(port.send(sent, i % 3 == 0 ? 500 : 2048), 0);
      ASSERT_EQ(on_host.receive(), sent) << i;
      ASSERT_EQ(on_host.send(sent), 0);
      ASSERT_EQ(port.receive(), sent) << i;
    }
    const nmh_netif counted = netif("ta");
    EXPECT_EQ(counted.tun_flags & IFF_VNET_HDR, header > 0 ? IFF_VNET_HDR : 0u);
    const nmh_port_stats stats = port.stats();
    EXPECT_EQ(stats.tx_frames, 1000u);
    EXPECT_EQ(stats.tx_bytes, bytes + 4 * stats.tx_frames);
    EXPECT_EQ(stats.rx_frames, counted.tx_packets);
    EXPECT_EQ(stats.tx_frames, counted.rx_packets);
    EXPECT_EQ(stats.missed, 0u);
  }
}

TEST_F(Tap, TheInterfaceIsThereAsLongAsThePort) {
  {
    End port = tap("ta", {{"queues", nullptr, 3}});
    EXPECT_NE(netif("ta").flags & IFF_UP, 0u);
    EXPECT_NE(netif("ta").flags & IFF_RUNNING, 0u);
    EXPECT_EQ(netif("ta").tun_flags, static_cast<uint32_t>(IFF_TAP | IFF_MULTI_QUEUE));
  }
  nmh_netif gone;
  EXPECT_EQ(nmh_netif_find("ta", &gone), -ENODEV);
}

TEST_F(Tap, AnInterfaceThatWasThereStaysAsItWas) {
  ASSERT_TRUE(ip("tuntap add ta mode tap vnet_hdr") && ip("link set ta up"));
  const uint32_t flags = netif("ta").tun_flags;
  for (int i = 0; i < 2; i++) {
    End port = tap("ta"), on_host = host("ta");
    ASSERT_EQ(port.send(frame(7)), 0);
    EXPECT_EQ(on_host.receive(), frame(7));
    ASSERT_EQ(on_host.send(frame(8)), 0);
    EXPECT_EQ(port.receive(), frame(8));
    EXPECT_EQ(netif("ta").tun_flags, flags);
  }
  EXPECT_EQ(netif("ta").tun_flags, flags);
}

// The host's frames for a queue are those of the flows that it has sent.
TEST_F(Tap, EachFrameComesInOnOneQueue) {
  End port = tap("ta", {{"queues", nullptr, 4}});
  End on_host = host("ta");
  std::vector<bool> seen(200);
  for (uint32_t i = 0; i < 200; i++)
    ASSERT_EQ(on_host.send(frame(i)), 0);
  for (uint32_t i = 0; i < 200; i++) {
    const Bytes got = port.receive();
    uint32_t number = 0;
    std::memcpy(&number, got.data() + 14, sizeof(number));
    ASSERT_LT(number, 200u);
    EXPECT_FALSE(seen[number]) << "two queues have received " << number;
    seen[number] = true;
  }
}

TEST_F(Tap, AFrameLongerThanABufferIsMissedAndTakesNoSlot) {
  ASSERT_TRUE(ip("tuntap add ta mode tap") && ip("link set ta mtu 9000 up"));
  End port = tap("ta"), on_host = host("ta");
  for (const size_t size : {60, 2048, 2049, 9000, 61})
    ASSERT_EQ(on_host.send(frame(1, size), 16384), 0);
  for (const size_t size : {60, 2048, 61})
    EXPECT_EQ(port.receive(), frame(1, size));
  EXPECT_EQ(port.stats().missed, 2u);
}

// The host's packet socket tries again what the interface did not take, so nothing is lost in the
// end.
TEST_F(Tap, WhatTheInterfaceHasNoRoomForIsMissed) {
  End port = tap("ta"), on_host = host("ta");
  ASSERT_TRUE(ip("link set ta txqueuelen 10"));
  constexpr uint32_t kFrames = 100;
  for (uint32_t i = 0; i < kFrames; i++)
    ASSERT_EQ(on_host.send(frame(i)), 0);
  EXPECT_EQ(on_host.stats().tx_frames, 10u);
  EXPECT_EQ(port.stats().missed, netif("ta").tx_dropped);
  EXPECT_GT(port.stats().missed, 0u);
  for (uint32_t i = 0; i < kFrames; i++) {
    ASSERT_EQ(on_host.txsync(), 0);
    EXPECT_EQ(port.receive(), frame(i));
  }
}

TEST_F(Tap, ASleepingClientIsWoken) {
  End port = tap("ta"), on_host = host("ta");
  for (uint32_t i = 0; i < 50; i++) {
    std::thread sender([&on_host, i] { EXPECT_EQ(on_host.send(frame(i)), 0); });
    EXPECT_EQ(port.receive(), frame(i));
    sender.join();
  }
}

TEST_F(Tap, WhatIsShorterThanAHeaderIsSkipped) {
  End port = tap("ta"), on_host = host("ta");
  EXPECT_EQ(port.send(Bytes(13)), 0);
  EXPECT_EQ(port.send(frame(1)), 0);
  EXPECT_EQ(on_host.receive(), frame(1));
  EXPECT_EQ(port.stats().tx_frames, 1u);
}

TEST_F(Tap, AnInterfaceThatGoesDownOrAwayIsAnError) {
  End port = tap("ta");
  EXPECT_EQ(port.rxsync(), 0);
  ASSERT_TRUE(ip("link set ta down"));
  EXPECT_EQ(port.send(frame(0)), -ENETDOWN);
  int error = 0;
  while (error == 0)
    error = port.rxsync();
  EXPECT_EQ(error, -ENETDOWN);
  ASSERT_TRUE(ip("link del ta"));
  EXPECT_EQ(port.send(frame(0)), -ENODEV);
  EXPECT_EQ(port.rxsync(), -ENODEV);
}

TEST_F(Tap, RefusesWhatCannotBe) {
  ASSERT_TRUE(ip("tuntap add tone mode tap") && ip("link set tone up"));
  ASSERT_TRUE(ip("tuntap add toff mode tap") && ip("tuntap add ttun mode tun"));
  ASSERT_TRUE(ip("tuntap add used mode tap") && ip("link set used up"));
  const int other = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  ifreq request{};
  std::strcpy(request.ifr_name, "used");
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  ASSERT_EQ(ioctl(other, TUNSETIFF, &request), 0);
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
      {"lo", {"queues", nullptr, 1}, -EEXIST, "lo is an interface, and no tap; choose another"},
      {"ttun", {"queues", nullptr, 1}, -EEXIST, "ttun is an interface, and no tap; choose another"},
      {"used", {"queues", nullptr, 1}, -EBUSY, "used is used by another program; stop it"},
      {"tone", {"queues", nullptr, 2}, -EINVAL, "tone was made for one queue; use \"queues\": 1"},
      {"toff", {"queues", nullptr, 1}, -ENETDOWN, "toff is down; ip link set toff up"},
      {"a-name-of-16-bytes", {"queues", nullptr, 1}, -ENAMETOOLONG, "use at most 15 characters"},
      {"tap%d", {"queues", nullptr, 1}, -EINVAL, "tap%d is no name for an interface"},
      {"..", {"queues", nullptr, 1}, -EINVAL, ".. is no name for an interface"},
      {"ta", {"queues", nullptr, 17}, -EINVAL, "17 queues are not possible; use 1 to 16"},
      {"ta", {"slots", nullptr, 1}, -EINVAL, "rings of 1 slots are not possible"},
      {"ta", {"mode", nullptr, 1}, -EINVAL, "there is no option \"mode\""},
  };
  for (const auto& item : kCases) {
    const nmh_port_request asked{item.interface, &item.option, 1};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    nmh_port* port = nullptr;
    EXPECT_EQ(nmh_port_create(world, nmh_driver_find("tap", 3), &asked, &port, &refusal),
              item.error);
    EXPECT_THAT(reason, testing::HasSubstr(item.words));
  }
  nmh_destroy(world);
  close(other);
}

}  // namespace
