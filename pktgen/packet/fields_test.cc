// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pktgen/packet/testing/frames.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

constexpr FrameField kAllFields[] = {
    FrameField::kMacSource,       FrameField::kMacDestination,  FrameField::kVlanId,
    FrameField::kIpv4Source,      FrameField::kIpv4Destination, FrameField::kIpv6Source,
    FrameField::kIpv6Destination, FrameField::kUdpSource,       FrameField::kUdpDestination,
    FrameField::kTcpSource,       FrameField::kTcpDestination};

uint32_t add_low_bytes(uint8_t* end, unsigned bytes, uint32_t k) {
  uint32_t value = get32(end - 4);
  uint32_t mask = bytes == 4 ? 0xffffffff : (1u << (8 * bytes)) - 1;
  value = (value & ~mask) | ((value + k) & mask);
  put32(end - 4, value);
  return value;
}

// The same variation on the side of the specification, for a frame built from nothing. False: no
// such field.
bool vary_spec(FrameSpec* spec, FrameField field, uint32_t k) {
  Ipv4Spec* ip4 = std::get_if<Ipv4Spec>(&spec->network);
  Ipv6Spec* ip6 = std::get_if<Ipv6Spec>(&spec->network);
  UdpSpec* udp = std::get_if<UdpSpec>(&spec->transport);
  TcpSpec* tcp = std::get_if<TcpSpec>(&spec->transport);
  switch (field) {
    case FrameField::kMacSource:
      return add_low_bytes(spec->source.data() + 6, 3, k), true;
    case FrameField::kMacDestination:
      return add_low_bytes(spec->destination.data() + 6, 3, k), true;
    case FrameField::kVlanId:
      if (!spec->vlans.empty())
        spec->vlans.back().id = static_cast<uint16_t>((spec->vlans.back().id + k) % 4096);
      return !spec->vlans.empty();
    case FrameField::kIpv4Source:
      return ip4 && (add_low_bytes(ip4->source.data() + 4, 4, k), true);
    case FrameField::kIpv4Destination:
      return ip4 && (add_low_bytes(ip4->destination.data() + 4, 4, k), true);
    case FrameField::kIpv6Source:
      return ip6 && (add_low_bytes(ip6->source.data() + 16, 4, k), true);
    case FrameField::kIpv6Destination:
      return ip6 && (add_low_bytes(ip6->destination.data() + 16, 4, k), true);
    case FrameField::kUdpSource:
      return udp && (udp->source_port = static_cast<uint16_t>(udp->source_port + k), true);
    case FrameField::kUdpDestination:
      return udp &&
             (udp->destination_port = static_cast<uint16_t>(udp->destination_port + k), true);
    case FrameField::kTcpSource:
      return tcp && (tcp->source_port = static_cast<uint16_t>(tcp->source_port + k), true);
    case FrameField::kTcpDestination:
      return tcp &&
             (tcp->destination_port = static_cast<uint16_t>(tcp->destination_port + k), true);
  }
  return false;
}

// The property that carries the folder: for every kind of frame and every field, the patched frame
// is, byte for byte, the one that the builder makes from a specification with that value.
TEST(Fields, PatchedFrameEqualsTheFrameBuiltAnew) {
  std::mt19937_64 random(11);
  for (const test::NamedSpec& kind : test::every_kind()) {
    for (FrameField field : kAllFields) {
      FrameSpec base = kind.spec;
      base.payload = test::random_bytes(&random, 31);
      Result<BuiltFrame> frame = build_frame(base);
      ASSERT_TRUE(frame);
      Result<FieldPatcher> patcher = FieldPatcher::prepare(*frame, field);
      FrameSpec probe = base;
      ASSERT_EQ(patcher.has_value(), vary_spec(&probe, field, 0))
          << kind.name << " " << field_name(field);
      if (!patcher)
        continue;
      std::vector<uint8_t> bytes = frame->bytes;
      for (int i = 0; i < 200; i++) {
        // From any value to any other, small and large steps, and back to the base.
        uint32_t k = i % 3 == 0 ? static_cast<uint32_t>(i) : static_cast<uint32_t>(random());
        if (i % 50 == 49)
          k = 0;
        patcher->set(bytes.data(), k);
        FrameSpec varied = base;
        vary_spec(&varied, field, k);
        ASSERT_EQ(bytes, build_frame(varied)->bytes)
            << kind.name << " " << field_name(field) << " + " << k;
      }
    }
  }
}

// All 65,536 source ports: some of them make a UDP checksum that comes out 0.
TEST(Fields, EveryUdpPortHasARightChecksum) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  Result<BuiltFrame> frame = build_frame(spec);
  ASSERT_TRUE(frame);
  Result<FieldPatcher> patcher = FieldPatcher::prepare(*frame, FrameField::kUdpSource);
  ASSERT_TRUE(patcher);
  std::vector<uint8_t> bytes = frame->bytes;
  unsigned all_ones = 0;
  for (uint32_t k = 0; k < 65536; k++) {
    patcher->set(bytes.data(), k);
    ASSERT_EQ(get16(&bytes[34]), static_cast<uint16_t>(1024 + k));
    ASSERT_TRUE(test::checksums_are_right(*frame, bytes)) << k;
    all_ones += get16(&bytes[40]) == 0xffff;
  }
  EXPECT_GE(all_ones, 1u);
}

TEST(Fields, WrapWithinTheField) {
  FrameSpec spec;
  spec.source = {0xaa, 0xbb, 0xcc, 0xff, 0xff, 0xff};
  spec.vlans = {{0x8100, 4095, 7, true}};
  Ipv4Spec ip4;
  ip4.source = {255, 255, 255, 255};
  spec.network = ip4;
  UdpSpec udp;
  udp.source_port = 65535;
  udp.destination_port = 9;
  spec.transport = udp;
  Result<BuiltFrame> frame = build_frame(spec);
  ASSERT_TRUE(frame);
  const FieldVariation all[] = {{FrameField::kMacSource, 2},
                                {FrameField::kVlanId, 2},
                                {FrameField::kIpv4Source, 2},
                                {FrameField::kUdpSource, 2}};
  Result<FrameVariations> variations = FrameVariations::prepare(*frame, all);
  ASSERT_TRUE(variations);
  EXPECT_EQ(variations->flows(), 16u);
  std::vector<uint8_t> bytes = variations->flow_bytes(15);
  EXPECT_EQ(std::vector<uint8_t>(bytes.begin() + 6, bytes.begin() + 12),
            (std::vector<uint8_t>{0xaa, 0xbb, 0xcc, 0, 0, 0}));
  EXPECT_EQ(get16(&bytes[14]), 0xf000);  // priority and drop bit stay
  EXPECT_EQ(get32(&bytes[30]), 0u);
  EXPECT_EQ(get16(&bytes[38]), 0);
  EXPECT_EQ(get16(&bytes[40]), 9);  // the other port stays
  EXPECT_TRUE(test::checksums_are_right(*frame, bytes));
}

TEST(Fields, OdometerTurnsTheFirstFieldFastest) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  Result<BuiltFrame> frame = build_frame(spec);
  ASSERT_TRUE(frame);
  const FieldVariation odometer[] = {{FrameField::kUdpSource, 3},
                                     {FrameField::kIpv4Destination, 5},
                                     {FrameField::kUdpDestination, 7}};
  Result<FrameVariations> variations = FrameVariations::prepare(*frame, odometer);
  ASSERT_TRUE(variations);
  EXPECT_EQ(variations->flows(), 105u);
  for (uint64_t flow = 0; flow < 3 * 105; flow++) {
    FrameSpec varied = spec;
    vary_spec(&varied, FrameField::kUdpSource, static_cast<uint32_t>(flow % 3));
    vary_spec(&varied, FrameField::kIpv4Destination, static_cast<uint32_t>(flow / 3 % 5));
    vary_spec(&varied, FrameField::kUdpDestination, static_cast<uint32_t>(flow / 15 % 7));
    std::vector<uint8_t> expected = build_frame(varied)->bytes;
    ASSERT_EQ(variations->flow_bytes(flow), expected) << flow;
  }
}

TEST(Fields, NoVariationsIsOneFlow) {
  Result<BuiltFrame> frame = build_frame(FrameSpec{});
  Result<FrameVariations> variations = FrameVariations::prepare(*frame, {});
  ASSERT_TRUE(variations);
  EXPECT_EQ(variations->flows(), 1u);
  EXPECT_EQ(variations->flow_bytes(9), frame->bytes);
}

std::string error_of(const BuiltFrame& frame, std::vector<FieldVariation> variations) {
  Result<FrameVariations> result = FrameVariations::prepare(frame, variations);
  return result ? "no error" : result.error().sentence();
}

TEST(Fields, ErrorsNameTheField) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  Result<BuiltFrame> frame = build_frame(spec);
  EXPECT_THAT(error_of(*frame, {{FrameField::kTcpSource, 2}}),
              HasSubstr("cannot vary the TCP source port: the frame has no such field"));
  EXPECT_THAT(error_of(*frame, {{FrameField::kVlanId, 2}}), HasSubstr("VLAN id"));
  EXPECT_THAT(error_of(*frame, {{FrameField::kUdpSource, 0}}), HasSubstr("use a count of 1 to"));
  EXPECT_THAT(error_of(*frame, {{FrameField::kUdpSource, 65537}}),
              HasSubstr("it cannot take 65537 values, only 65536"));
  EXPECT_EQ(error_of(*frame, {{FrameField::kUdpSource, 65536}}), "no error");
  EXPECT_THAT(error_of(*frame, {{FrameField::kUdpSource, 2}, {FrameField::kUdpSource, 2}}),
              HasSubstr("listed twice"));
  EXPECT_THAT(error_of(*frame, {{FrameField::kIpv4Source, 0xffffffff},
                                {FrameField::kIpv4Destination, 0xffffffff},
                                {FrameField::kUdpSource, 2}}),
              HasSubstr("more than 2^64"));
}

}  // namespace
}  // namespace nmgen
