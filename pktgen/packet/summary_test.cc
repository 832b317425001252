// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pktgen/packet/probe.h"
#include "pktgen/packet/testing/frames.h"

namespace nmgen {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string summary_of(const std::string& name) {
  for (const test::NamedSpec& kind : test::every_kind())
    if (kind.name == name)
      return summarise(build_frame(kind.spec)->bytes);
  return "no such kind";
}

TEST(Summary, Lines) {
  const std::string macs = "Ethernet 02:00:00:00:00:01>02:00:00:00:00:02";
  EXPECT_EQ(summary_of("ethernet"), macs + " type 0x88b5 / 60 B (64 with CRC)");
  EXPECT_EQ(summary_of("arp"),
            macs + " / ARP who has 198.19.0.1 tell 198.18.0.1 / 60 B (64 with CRC)");
  EXPECT_EQ(summary_of("ipv4/udp"), macs +
                                        " / IPv4 198.18.0.1>198.19.0.1 ttl 64 / UDP 1024>1024 / "
                                        "60 B (64 with CRC)");
  EXPECT_EQ(summary_of("ipv4/udp without checksum vlan"),
            macs +
                " vlan 100 priority 3 / IPv4 198.18.0.1>198.19.0.1 ttl 64 / UDP 1024>1024 no "
                "checksum / 64 B (68 with CRC)");
  EXPECT_EQ(summary_of("ipv4"),
            macs + " / IPv4 198.18.0.1>198.19.0.1 ttl 64 / protocol 253 / 60 B (64 with CRC)");
  EXPECT_EQ(summary_of("ipv6/tcp qinq"),
            macs +
                " vlan 10 drop-eligible vlan 100 priority 5 / IPv6 2001:2::1>2001:2:0:1::2 hop "
                "limit 64 / TCP 1024>1024 sequence 16909060 flags 0x10 / 100 B (104 with CRC)");
  EXPECT_EQ(summary_of("ipv6/icmp"), macs +
                                         " / IPv6 2001:2::1>2001:2:0:1::2 hop limit 64 / ICMPv6 "
                                         "type 128 code 0 / 80 B (84 with CRC)");
}

TEST(Summary, ArpReply) {
  FrameSpec spec;
  ArpSpec arp;
  arp.operation = 2;
  arp.sender_mac = {0x02, 0, 0, 0, 0, 0x09};
  arp.sender_ip = {10, 0, 0, 1};
  spec.network = arp;
  EXPECT_THAT(summarise(build_frame(spec)->bytes),
              HasSubstr("ARP 10.0.0.1 is at 02:00:00:00:00:09"));
}

TEST(Summary, ProbesOfTheRunAreNamedInEveryKindOfFrame) {
  for (const test::NamedSpec& kind : test::every_kind()) {
    BuiltFrame frame = build_frame(kind.spec, ProbeSpace::kReserved).value();
    EXPECT_THAT(summarise(frame.bytes, 77), Not(HasSubstr("probe")));
    write_probe(frame.bytes.data() + frame.probe, make_probe_template(77, 3), 12345, 1);
    EXPECT_THAT(summarise(frame.bytes, 77), HasSubstr(" / probe stream 3 sequence 12345 / "))
        << kind.name;
    EXPECT_THAT(summarise(frame.bytes, 77), Not(HasSubstr("wrong")));
    EXPECT_THAT(summarise(frame.bytes, 78), Not(HasSubstr("probe")));
    EXPECT_THAT(summarise(frame.bytes), Not(HasSubstr("probe")));
    frame.bytes[frame.probe + 5u] ^= 1;
    EXPECT_THAT(summarise(frame.bytes, 77), HasSubstr(" / damaged probe / "));
  }
}

TEST(Summary, WrongChecksumsAreNamed) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  for (const decltype(spec.transport)& transport :
       {decltype(spec.transport)(UdpSpec{}), decltype(spec.transport)(TcpSpec{}),
        decltype(spec.transport)(IcmpSpec{})}) {
    spec.transport = transport;
    BuiltFrame frame = build_frame(spec).value();
    EXPECT_THAT(summarise(frame.bytes), Not(HasSubstr("wrong")));
    frame.bytes.back() ^= 1;
    EXPECT_THAT(summarise(frame.bytes), HasSubstr(" (wrong checksum) / 60 B"));
    frame.bytes.back() ^= 1;
    frame.bytes[22] ^= 1;  // time to live
    EXPECT_THAT(summarise(frame.bytes), HasSubstr("ttl 65 (wrong checksum) / "));
  }
}

TEST(Summary, WhatIsCutShortIsSaid) {
  std::vector<uint8_t> bytes;
  EXPECT_EQ(summarise(bytes), "Ethernet (cut short) / 0 B (4 with CRC)");
  FrameSpec spec;
  spec.vlans = {VlanTag{}};
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  bytes = build_frame(spec)->bytes;
  for (size_t size = 0; size < bytes.size(); size++)
    EXPECT_THAT(summarise({bytes.data(), size}, 77), HasSubstr("(cut short)")) << size;
}

TEST(Summary, MalformedHeadersAreSaid) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = TcpSpec{};
  BuiltFrame frame = build_frame(spec).value();
  frame.bytes[14] = 0x44;
  EXPECT_THAT(summarise(frame.bytes), HasSubstr("IPv4 (malformed)"));
  frame.bytes[14] = 0x45;
  frame.bytes[frame.l4 + 12u] = 0x40;
  EXPECT_THAT(summarise(frame.bytes), HasSubstr("TCP (malformed)"));
  frame.bytes[20] = 0x20;
  EXPECT_THAT(summarise(frame.bytes), HasSubstr("fragment at 0 / protocol 6"));
}

TEST(Summary, AnyBytesMakeOnePrintableLine) {
  std::mt19937_64 random(99);
  std::vector<test::NamedSpec> kinds = test::every_kind();
  for (int i = 0; i < 20'000; i++) {
    std::vector<uint8_t> bytes = test::random_bytes(&random, random() % 200);
    if (i % 2 == 0) {
      bytes = build_frame(kinds[random() % kinds.size()].spec)->bytes;
      for (uint64_t damage = random() % 4; damage > 0; damage--)
        bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
      bytes.resize(random() % (bytes.size() + 1));
    }
    std::string line = summarise(bytes, static_cast<uint32_t>(random()));
    for (char c : line)
      ASSERT_TRUE(c >= ' ' && c <= '~') << line;
    ASSERT_THAT(line, EndsWith(" with CRC)"));
  }
}

TEST(HexDump, Lines) {
  EXPECT_EQ(hex_dump({}), "");
  std::vector<uint8_t> bytes;
  for (unsigned i = 0; i < 18; i++)
    bytes.push_back(static_cast<uint8_t>('A' - 1 + i));
  bytes.push_back(0x7f);
  EXPECT_EQ(hex_dump(bytes),
            "0000  40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO\n"
            "0010  50 51 7f                                          PQ.\n");
}

}  // namespace
}  // namespace nmgen
