// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pktgen/packet/probe.h"
#include "pktgen/packet/testing/frames.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

std::string error_of(const FrameSpec& spec, ProbeSpace probe = ProbeSpace::kNone) {
  Result<BuiltFrame> frame = build_frame(spec, probe);
  return frame ? "no error" : frame.error().sentence();
}

FrameSpec udp4() {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  return spec;
}

TEST(Builder, OffsetsOfUdpOverIpv4) {
  Result<BuiltFrame> frame = build_frame(udp4());
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->bytes.size(), 60u);
  EXPECT_EQ(frame->vlan, 0);
  EXPECT_EQ(frame->l3, 14);
  EXPECT_EQ(frame->l4, 34);
  EXPECT_EQ(frame->payload, 42);
  EXPECT_EQ(frame->room, 18);
  EXPECT_EQ(frame->probe, 0);
  EXPECT_EQ(frame->ip_checksum, 24);
  EXPECT_EQ(frame->l4_checksum, 40);
  EXPECT_TRUE(frame->is_ip4 && frame->is_udp);
  EXPECT_FALSE(frame->is_ip6 || frame->is_tcp || frame->is_icmp || frame->is_arp);
}

TEST(Builder, OffsetsOfQinqIpv6Tcp) {
  FrameSpec spec;
  spec.size_no_crc = 100;
  spec.vlans = {{0x88a8, 10, 0, false}, {0x8100, 20, 0, false}};
  spec.network = Ipv6Spec{};
  spec.transport = TcpSpec{};
  Result<BuiltFrame> frame = build_frame(spec, ProbeSpace::kReserved);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->vlan, 18);
  EXPECT_EQ(frame->l3, 22);
  EXPECT_EQ(frame->l4, 62);
  EXPECT_EQ(frame->payload, 82);
  EXPECT_EQ(frame->probe, 82);
  EXPECT_EQ(frame->room, 18);
  EXPECT_EQ(frame->ip_checksum, 0);
  EXPECT_EQ(frame->l4_checksum, 78);
  EXPECT_TRUE(frame->is_ip6 && frame->is_tcp);
}

TEST(Builder, NoPayloadHasNoOffset) {
  FrameSpec spec;
  spec.size_no_crc = 74;
  spec.network = Ipv6Spec{};
  spec.transport = TcpSpec{};
  Result<BuiltFrame> frame = build_frame(spec);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->room, 0);
  EXPECT_EQ(frame->payload, 0);
}

TEST(Builder, EveryKindAndSizeHasRightLengthsAndChecksums) {
  std::mt19937_64 random(802);
  for (test::NamedSpec kind : test::every_kind()) {
    kind.spec.payload = test::random_bytes(&random, 7);
    unsigned smallest = smallest_size(kind.spec);
    for (unsigned size : {smallest, smallest + 1, 127u, 128u, 1514u, 1515u, 9215u, 9216u}) {
      kind.spec.size_no_crc = size;
      Result<BuiltFrame> frame = build_frame(kind.spec);
      ASSERT_TRUE(frame) << kind.name << ": " << frame.error().sentence();
      const std::vector<uint8_t>& bytes = frame->bytes;
      ASSERT_EQ(bytes.size(), size);
      ASSERT_TRUE(test::checksums_are_right(*frame, bytes)) << kind.name << " " << size;
      if (frame->is_ip4) {
        ASSERT_EQ(get16(&bytes[frame->l3 + 2u]), size - frame->l3);
      }
      if (frame->is_ip6) {
        ASSERT_EQ(get16(&bytes[frame->l3 + 4u]), size - frame->l3 - 40);
      }
      if (frame->is_udp) {
        ASSERT_EQ(get16(&bytes[frame->l4 + 4u]), size - frame->l4);
      }
      for (size_t i = 0; i < frame->room; i++)
        ASSERT_EQ(bytes[frame->payload + i], kind.spec.payload[i % 7]);
    }
  }
}

TEST(Builder, ProbeSpaceIsZeroAndThePayloadGoesOnAfterIt) {
  FrameSpec spec = udp4();
  spec.size_no_crc = 64;
  spec.payload = {0xaa};
  Result<BuiltFrame> frame = build_frame(spec, ProbeSpace::kReserved);
  ASSERT_TRUE(frame);
  for (size_t i = 42; i < 60; i++)
    EXPECT_EQ(frame->bytes[i], 0);
  for (size_t i = 60; i < 64; i++)
    EXPECT_EQ(frame->bytes[i], 0xaa);
  EXPECT_TRUE(test::checksums_are_right(*frame, frame->bytes));
}

TEST(Builder, IcmpTypesOverIpv6) {
  FrameSpec spec;
  spec.size_no_crc = 100;
  spec.network = Ipv6Spec{};
  spec.transport = IcmpSpec{8, 0, 1, 2};
  EXPECT_EQ(build_frame(spec)->bytes[54], 128);
  spec.transport = IcmpSpec{129, 0, 1, 2};
  EXPECT_EQ(build_frame(spec)->bytes[54], 129);
}

// A payload that makes the computed UDP checksum 0 must be sent as 0xffff (RFC 768). Two payload
// bytes run through all values, so exactly the ones that lead there are met.
TEST(Builder, UdpChecksumZeroIsSentAsAllOnes) {
  FrameSpec spec = udp4();
  spec.size_no_crc = 60;
  spec.payload.assign(18, 0);
  unsigned all_ones = 0;
  for (unsigned value = 0; value < 65536; value++) {
    spec.payload[0] = static_cast<uint8_t>(value >> 8);
    spec.payload[1] = static_cast<uint8_t>(value);
    Result<BuiltFrame> frame = build_frame(spec);
    ASSERT_TRUE(test::checksums_are_right(*frame, frame->bytes));
    all_ones += get16(&frame->bytes[40]) == 0xffff;
  }
  EXPECT_EQ(all_ones, 1u);
}

TEST(Builder, SmallestSizes) {
  FrameSpec spec;
  EXPECT_EQ(smallest_size(spec), 60u);
  EXPECT_EQ(smallest_size_with_probe(spec), 60u);
  spec = udp4();
  EXPECT_EQ(smallest_size_with_probe(spec), 60u);
  spec.vlans = {VlanTag{}};
  EXPECT_EQ(smallest_size(spec), 60u);
  EXPECT_EQ(smallest_size_with_probe(spec), 64u);
  spec.network = Ipv6Spec{};
  spec.transport = TcpSpec{};
  EXPECT_EQ(smallest_size(spec), 78u);
  EXPECT_EQ(smallest_size_with_probe(spec), 96u);
}

// The size that an error names is the smallest that works.
TEST(Builder, ErrorNamesTheSmallestSizeThatWorks) {
  for (test::NamedSpec kind : test::every_kind()) {
    unsigned smallest = smallest_size_with_probe(kind.spec);
    kind.spec.size_no_crc = smallest;
    EXPECT_EQ(error_of(kind.spec, ProbeSpace::kReserved), "no error") << kind.name;
    if (smallest == kMinSizeNoCrc)
      continue;
    kind.spec.size_no_crc = smallest - 1;
    EXPECT_THAT(error_of(kind.spec, ProbeSpace::kReserved),
                HasSubstr("use " + std::to_string(smallest) + " bytes or more"));
  }
}

TEST(Builder, ErrorsAreSentencesWithARemedy) {
  FrameSpec spec = udp4();
  spec.vlans = {VlanTag{}};
  EXPECT_EQ(error_of(spec, ProbeSpace::kReserved),
            "cannot build the frame: 60 bytes without CRC are too few for its headers (Ethernet, a "
            "VLAN tag, IPv4, UDP: 46 bytes) and a probe (18 bytes); use 64 bytes or more (68 with "
            "CRC)");

  spec = udp4();
  for (unsigned size : {0u, 59u, 9217u, 4'000'000'000u}) {
    spec.size_no_crc = size;
    EXPECT_THAT(error_of(spec), HasSubstr("is not an Ethernet frame's size; use 60 to 9216"));
  }

  spec = udp4();
  spec.network = {};
  EXPECT_THAT(error_of(spec), HasSubstr("UDP needs IPv4 or IPv6 below it"));
  spec.network = ArpSpec{};
  EXPECT_THAT(error_of(spec), HasSubstr("UDP needs IPv4 or IPv6 below it"));

  spec = udp4();
  spec.size_no_crc = 100;
  spec.network = Ipv6Spec{};
  UdpSpec off;
  off.checksum = false;
  spec.transport = off;
  EXPECT_THAT(error_of(spec), HasSubstr("UDP over IPv6 must have a checksum"));

  Ipv6Spec wide;
  wide.flow_label = 0x100000;
  spec.transport = UdpSpec{};
  spec.network = wide;
  EXPECT_THAT(error_of(spec), HasSubstr("more than 20 bits"));

  spec = udp4();
  spec.vlans.assign(3, VlanTag{});
  EXPECT_THAT(error_of(spec), HasSubstr("3 VLAN tags; give it at most two"));
  spec.vlans = {{0x8100, 4096, 0, false}};
  EXPECT_THAT(error_of(spec), HasSubstr("VLAN id 4096 is above 4095"));
  spec.vlans = {{0x8100, 1, 8, false}};
  EXPECT_THAT(error_of(spec), HasSubstr("VLAN priority 8 is above 7"));
  spec.vlans = {{0x0800, 1, 0, false}};
  EXPECT_THAT(error_of(spec), HasSubstr("0x0800 is not the type of a VLAN tag"));

  spec = FrameSpec{};
  spec.ethertype = 46;
  EXPECT_THAT(error_of(spec), HasSubstr("0x002e is a length, not an Ethernet type"));
}

}  // namespace
}  // namespace nmgen
