// SPDX-License-Identifier: BSD-2-Clause
#include "rss.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "ixgbe/ixgbe_netmap.h"

namespace {

constexpr uint32_t kAllFields = IXGBE_MRQC_RSS | IXGBE_MRQC_IPV4 | IXGBE_MRQC_TCP_IPV4 |
                                IXGBE_MRQC_UDP_IPV4 | IXGBE_MRQC_IPV6 | IXGBE_MRQC_TCP_IPV6 |
                                IXGBE_MRQC_UDP_IPV6;
constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

// Microsoft, "Verifying the RSS Hash Calculation".
struct Vector {
  const char* from;
  uint16_t from_port;
  const char* to;
  uint16_t to_port;
  uint32_t addresses;
  uint32_t with_ports;
};

const Vector kIpv4[] = {
    {"66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e8fc2, 0x51ccc178},
    {"199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718262a, 0xc626b0ea},
    {"24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0a5de, 0x5c2b394a},
    {"38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xafc7327f},
    {"153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d1809c5, 0x10e828a2},
};

const Vector kIpv6[] = {
    {"3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2cc18cd5, 0x40207d3d},
    {"3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0f0c461c, 0xdde51bbf},
    {"3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024, 0x4b61e985,
     0x02d1feef},
};

void put_u16(std::vector<uint8_t>& to, size_t at, uint16_t value) {
  to[at] = static_cast<uint8_t>(value >> 8);
  to[at + 1] = static_cast<uint8_t>(value);
}

std::vector<uint8_t> make_frame(const Vector& v, bool ipv6, uint8_t protocol, int tags) {
  std::vector<uint8_t> frame(100);
  size_t at = 12;
  for (int i = 0; i < tags; i++, at += 4) {
    put_u16(frame, at, tags == 2 && i == 0 ? 0x88a8 : 0x8100);
  }
  put_u16(frame, at, ipv6 ? 0x86dd : 0x0800);
  at += 2;
  if (ipv6) {
    frame[at] = 0x60;
    frame[at + 6] = protocol;
    inet_pton(AF_INET6, v.from, &frame[at + 8]);
    inet_pton(AF_INET6, v.to, &frame[at + 24]);
    at += 40;
  } else {
    frame[at] = 0x45;
    frame[at + 9] = protocol;
    inet_pton(AF_INET, v.from, &frame[at + 12]);
    inet_pton(AF_INET, v.to, &frame[at + 16]);
    at += 20;
  }
  put_u16(frame, at, v.from_port);
  put_u16(frame, at + 2, v.to_port);
  return frame;
}

class RssTest : public testing::Test {
 protected:
  RssTest() { sim_rss_table_init(&table_, ixgbe_nm_rss_key); }

  uint32_t type(const std::vector<uint8_t>& frame, uint32_t fields = kAllFields) {
    return sim_rss_frame(&table_, fields, frame.data(), static_cast<u32>(frame.size()), &hash_);
  }

  sim_rss_table table_;
  u32 hash_ = 0;
};

TEST_F(RssTest, AgreesWithThePublishedVectors) {
  for (int tags = 0; tags <= 2; tags++) {
    for (const Vector& v : kIpv4) {
      EXPECT_EQ(type(make_frame(v, false, kTcp, tags)), IXGBE_RXD_RSS_TCP_IPV4);
      EXPECT_EQ(hash_, v.with_ports) << v.from;
      EXPECT_EQ(type(make_frame(v, false, kUdp, tags)), IXGBE_RXD_RSS_UDP_IPV4);
      EXPECT_EQ(hash_, v.with_ports) << v.from;
      EXPECT_EQ(type(make_frame(v, false, 1, tags)), IXGBE_RXD_RSS_IPV4);
      EXPECT_EQ(hash_, v.addresses) << v.from;
    }
    for (const Vector& v : kIpv6) {
      EXPECT_EQ(type(make_frame(v, true, kTcp, tags)), IXGBE_RXD_RSS_TCP_IPV6);
      EXPECT_EQ(hash_, v.with_ports) << v.from;
      EXPECT_EQ(type(make_frame(v, true, kUdp, tags)), IXGBE_RXD_RSS_UDP_IPV6);
      EXPECT_EQ(hash_, v.with_ports) << v.from;
      EXPECT_EQ(type(make_frame(v, true, 58, tags)), IXGBE_RXD_RSS_IPV6);
      EXPECT_EQ(hash_, v.addresses) << v.from;
    }
  }
}

TEST_F(RssTest, PortsOfFragmentsDoNotCount) {
  std::vector<uint8_t> frame = make_frame(kIpv4[0], false, kUdp, 0);
  put_u16(frame, 14 + 6, 0x2000);  // more fragments
  EXPECT_EQ(type(frame), IXGBE_RXD_RSS_IPV4);
  EXPECT_EQ(hash_, kIpv4[0].addresses);
  put_u16(frame, 14 + 6, 0x0001);  // the second one
  EXPECT_EQ(type(frame), IXGBE_RXD_RSS_IPV4);
  put_u16(frame, 14 + 6, 0x4000);  // do not fragment
  EXPECT_EQ(type(frame), IXGBE_RXD_RSS_UDP_IPV4);
}

TEST_F(RssTest, HashesOnlyTheFieldsThatAreOn) {
  const std::vector<uint8_t> tcp = make_frame(kIpv4[0], false, kTcp, 0);
  EXPECT_EQ(type(tcp, IXGBE_MRQC_RSS | IXGBE_MRQC_IPV4), IXGBE_RXD_RSS_IPV4);
  EXPECT_EQ(type(tcp, IXGBE_MRQC_RSS | IXGBE_MRQC_UDP_IPV4), IXGBE_RXD_RSS_NONE);
  EXPECT_EQ(hash_, 0u);
  EXPECT_EQ(type(tcp, kAllFields & ~IXGBE_MRQC_RSS), IXGBE_RXD_RSS_NONE);
  EXPECT_EQ(type(make_frame(kIpv6[0], true, kTcp, 0), kAllFields & ~IXGBE_MRQC_TCP_IPV6),
            IXGBE_RXD_RSS_IPV6);
}

// Every truncation, in a buffer that ends where the frame does: AddressSanitizer sees a read behind
// it.
TEST_F(RssTest, StaysInsideTheFrame) {
  for (const bool ipv6 : {false, true}) {
    const std::vector<uint8_t> whole = make_frame(ipv6 ? kIpv6[0] : kIpv4[0], ipv6, kTcp, 2);
    for (size_t size = 0; size < whole.size(); size++) {
      const std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<long>(size));
      const uint32_t got = type(part);
      if (size < 14 + 8 + 20) {
        EXPECT_EQ(got, IXGBE_RXD_RSS_NONE) << size;
      }
    }
  }
}

// The definition, bit by bit, against the tables.
TEST_F(RssTest, TablesAgreeWithTheDefinition) {
  uint8_t input[SIM_RSS_MAX_INPUT];
  uint32_t random = 1;
  for (int round = 0; round < 100; round++) {
    uint32_t expected = 0;
    for (size_t i = 0; i < sizeof(input); i++) {
      random = random * 1664525 + 1013904223;
      input[i] = static_cast<uint8_t>(random >> 24);
    }
    for (size_t bit = 0; bit < 8 * sizeof(input); bit++) {
      if (input[bit / 8] & 0x80 >> bit % 8) {
        for (size_t k = 0; k < 32; k++) {
          const size_t at = bit + k;
          expected ^= static_cast<uint32_t>(ixgbe_nm_rss_key[at / 8] >> (7 - at % 8) & 1)
                      << (31 - k);
        }
      }
    }
    EXPECT_EQ(sim_rss_hash(&table_, input, sizeof(input)), expected);
  }
}

}  // namespace
