// SPDX-License-Identifier: BSD-2-Clause
#include "nmh_netif.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>

#include <cerrno>

#include "testing/network.h"

namespace {

using nmgen::test::ip;

class Netif : public nmgen::test::NetworkTest {};

TEST_F(Netif, SaysWhatTheKernelSays) {
  ASSERT_TRUE(ip("link add na mtu 1400 numrxqueues 3 numtxqueues 2 type veth peer name nb"));
  nmh_netif a, b;
  ASSERT_EQ(nmh_netif_find("na", &a), 0);
  ASSERT_EQ(nmh_netif_find("nb", &b), 0);
  EXPECT_EQ(a.index, static_cast<int>(if_nametoindex("na")));
  EXPECT_STREQ(a.name, "na");
  EXPECT_STREQ(a.kind, "veth");
  EXPECT_STREQ(a.parent, "");
  EXPECT_EQ(a.mtu, 1400u);
  EXPECT_EQ(a.rx_queues, 3u);
  EXPECT_EQ(a.tx_queues, 2u);
  EXPECT_EQ(a.promiscuity, 0u);
  EXPECT_EQ(a.peer_index, b.index);
  EXPECT_EQ(b.peer_index, a.index);
  EXPECT_EQ(a.peer_namespace, -1);
  EXPECT_EQ(a.flags & IFF_UP, 0u);
  EXPECT_EQ(a.tun_flags, 0u);
  EXPECT_EQ(nmh_netif_speed_mbps(&a), 0u) << "veth says 10 Gbit/s, and nothing holds it to that";
}

TEST_F(Netif, SaysHowATapWasMade) {
  ASSERT_TRUE(ip("tuntap add ta mode tap multi_queue vnet_hdr"));
  ASSERT_TRUE(ip("tuntap add tb mode tun"));
  nmh_netif netif;
  ASSERT_EQ(nmh_netif_find("ta", &netif), 0);
  EXPECT_STREQ(netif.kind, "tun");
  EXPECT_EQ(netif.tun_flags, static_cast<uint32_t>(IFF_TAP | IFF_MULTI_QUEUE | IFF_VNET_HDR));
  ASSERT_EQ(nmh_netif_find("tb", &netif), 0);
  EXPECT_EQ(netif.tun_flags, static_cast<uint32_t>(IFF_TUN));
}

TEST_F(Netif, SetUpAndRenamed) {
  ASSERT_TRUE(ip("link add na type veth peer name nb"));
  nmh_netif netif;
  ASSERT_EQ(nmh_netif_find("na", &netif), 0);
  ASSERT_EQ(nmh_netif_set_up(netif.index), 0);
  ASSERT_TRUE(ip("link set nb up promisc on"));
  ASSERT_EQ(nmh_netif_read(netif.index, &netif), 0);
  EXPECT_NE(netif.flags & IFF_UP, 0u);
  ASSERT_TRUE(ip("link set na down") && ip("link set na name nc"));
  ASSERT_EQ(nmh_netif_read(netif.index, &netif), 0);
  EXPECT_STREQ(netif.name, "nc");
  EXPECT_EQ(nmh_netif_find("na", &netif), -ENODEV);
  ASSERT_EQ(nmh_netif_find("nb", &netif), 0);
  EXPECT_EQ(netif.promiscuity, 1u);
}

TEST_F(Netif, WhetherItIsUpIsLookedAtNowAndThen) {
  ASSERT_TRUE(ip("link add na type veth peer name nb") && ip("link set na up"));
  const int index = static_cast<int>(if_nametoindex("na"));
  unsigned long long look_ns = 0;
  EXPECT_EQ(nmh_netif_still_up(index, 1000, &look_ns), 0);
  ASSERT_TRUE(ip("link set na down"));
  EXPECT_EQ(nmh_netif_still_up(index, 1000, &look_ns), 0) << "not yet";
  EXPECT_EQ(nmh_netif_still_up(index, 100'001'000, &look_ns), -ENETDOWN);
  ASSERT_TRUE(ip("link del na"));
  EXPECT_EQ(nmh_netif_still_up(index, 200'001'000, &look_ns), -ENODEV);
}

TEST_F(Netif, AVethOfAnotherNamespaceIsNoPeerOfOurs) {
  ASSERT_TRUE(ip("link add na type veth peer name nb"));
  ASSERT_TRUE(ip("link set nb netns 1"));
  nmh_netif netif;
  ASSERT_EQ(nmh_netif_find("na", &netif), 0);
  EXPECT_GE(netif.peer_namespace, 0);
}

TEST_F(Netif, WhatAnInterfaceIsOnTopOfIsNoPeer) {
  ASSERT_TRUE(ip("link add na type veth peer name nb"));
  ASSERT_TRUE(ip("link add link na name nc type macvlan"));
  nmh_netif netif;
  ASSERT_EQ(nmh_netif_find("nc", &netif), 0);
  EXPECT_STREQ(netif.kind, "macvlan");
  EXPECT_EQ(netif.peer_index, 0);
}

TEST_F(Netif, NamesThatNobodyHas) {
  nmh_netif netif;
  for (const char* name : {"", "nowhere", "a-name-of-16-bytes", "lo:1"})
    EXPECT_EQ(nmh_netif_find(name, &netif), -ENODEV) << name;
  EXPECT_EQ(nmh_netif_read(4711, &netif), -ENODEV);
  EXPECT_EQ(nmh_netif_set_up(4711), -ENODEV);
}

TEST(NetifRefuse, NamesTheRemedy) {
  const struct {
    int error;
    const char* words;
  } kCases[] = {
      {-EPERM, "va: this needs CAP_NET_RAW; run nmgen as root, or setcap CAP_NET_RAW+ep its file"},
      {-ENODEV, "there is no interface va; see ip link"},
      {-ENETDOWN, "va is down; ip link set va up"},
      {-EIO, "va: it cannot be set up (error 5); check the interface"},
  };
  for (const auto& item : kCases) {
    char text[200] = "";
    nmh_refusal reason{text, sizeof(text)};
    EXPECT_EQ(nmh_netif_refuse(&reason, "va", "CAP_NET_RAW", item.error), item.error);
    EXPECT_STREQ(text, item.words);
  }
}

}  // namespace
