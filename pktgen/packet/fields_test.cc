// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pktgen/packet/testing/frames.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

uint32_t add_low_bytes(uint8_t* end, unsigned bytes, uint32_t k) {
  uint32_t value = get32(end - 4);
  uint32_t mask = bytes == 4 ? 0xffffffff : (1u << (8 * bytes)) - 1;
  value = (value & ~mask) | ((value + k) & mask);
  put32(end - 4, value);
  return value;
}

// The same variation on the side of the specification, for a frame built from nothing: the field's
// value and `k`. False: no such field.
bool vary_spec(FrameSpec* spec, std::string_view field, uint32_t k) {
  Ipv4Spec* ip4 = std::get_if<Ipv4Spec>(&spec->network);
  Ipv6Spec* ip6 = std::get_if<Ipv6Spec>(&spec->network);
  UdpSpec* udp = std::get_if<UdpSpec>(&spec->transport);
  TcpSpec* tcp = std::get_if<TcpSpec>(&spec->transport);
  const auto add = [k](bool present, auto* bytes, unsigned varied) {
    if (present)
      add_low_bytes(bytes->data() + bytes->size(), varied, k);
    return present;
  };
  const auto add_port = [k](bool present, uint16_t* port) {
    if (present)
      *port = static_cast<uint16_t>(*port + k);
    return present;
  };
  if (field == "ethernet.source")
    return add(true, &spec->source, 3);
  if (field == "ethernet.destination")
    return add(true, &spec->destination, 3);
  if (field == "vlan.id" && !spec->vlans.empty())
    spec->vlans.back().id = static_cast<uint16_t>((spec->vlans.back().id + k) % 4096);
  if (field == "vlan.id")
    return !spec->vlans.empty();
  if (field == "ipv4.source")
    return add(ip4 != nullptr, ip4 ? &ip4->source : nullptr, 4);
  if (field == "ipv4.destination")
    return add(ip4 != nullptr, ip4 ? &ip4->destination : nullptr, 4);
  if (field == "ipv6.source")
    return add(ip6 != nullptr, ip6 ? &ip6->source : nullptr, 4);
  if (field == "ipv6.destination")
    return add(ip6 != nullptr, ip6 ? &ip6->destination : nullptr, 4);
  if (field == "udp.source_port")
    return add_port(udp != nullptr, udp ? &udp->source_port : nullptr);
  if (field == "udp.destination_port")
    return add_port(udp != nullptr, udp ? &udp->destination_port : nullptr);
  if (field == "tcp.source_port")
    return add_port(tcp != nullptr, tcp ? &tcp->source_port : nullptr);
  if (field == "tcp.destination_port")
    return add_port(tcp != nullptr, tcp ? &tcp->destination_port : nullptr);
  ADD_FAILURE() << "say here what " << field << " is in a specification";
  return false;
}

// The property that carries the folder: for every kind of frame and every field, the patched frame
// is, byte for byte, the one that the builder makes from a specification with that value.
TEST(Fields, PatchedFrameEqualsTheFrameBuiltAnew) {
  std::mt19937_64 random(11);
  for (const test::NamedSpec& kind : test::every_kind()) {
    for (const FrameField& field : field_table()) {
      FrameSpec base = kind.spec;
      base.payload = test::random_bytes(&random, 31);
      Result<BuiltFrame> frame = build_frame(base);
      ASSERT_TRUE(frame);
      Result<FieldPatcher> patcher = FieldPatcher::prepare(*frame, field);
      FrameSpec probe = base;
      ASSERT_EQ(patcher.has_value(), vary_spec(&probe, field.name, 0))
          << kind.name << " " << field.name;
      if (!patcher)
        continue;
      std::vector<uint8_t> bytes = frame->bytes;
      for (int i = 0; i < 200; i++) {
        // From any value to any other, small and large steps, and back to the base.
        uint32_t k = i % 3 == 0 ? static_cast<uint32_t>(i) : static_cast<uint32_t>(random());
        if (i % 50 == 49)
          k = 0;
        patcher->set(bytes.data(), patcher->own() + k);
        FrameSpec varied = base;
        vary_spec(&varied, field.name, k);
        ASSERT_EQ(bytes, build_frame(varied)->bytes)
            << kind.name << " " << field.name << " + " << k;
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
  Result<FieldPatcher> patcher = FieldPatcher::prepare(*frame, *find_field("udp.source_port"));
  ASSERT_TRUE(patcher);
  std::vector<uint8_t> bytes = frame->bytes;
  unsigned all_ones = 0;
  for (uint32_t k = 0; k < 65536; k++) {
    patcher->set(bytes.data(), patcher->own() + k);
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
  const FieldModifier all[] = {step("ethernet.source", 2), step("vlan.id", 2),
                               step("ipv4.source", 2), step("udp.source_port", 2)};
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
  const FieldModifier odometer[] = {step("udp.source_port", 3), step("ipv4.destination", 5),
                                    step("udp.destination_port", 7)};
  Result<FrameVariations> variations = FrameVariations::prepare(*frame, odometer);
  ASSERT_TRUE(variations);
  EXPECT_EQ(variations->flows(), 105u);
  for (uint64_t flow = 0; flow < 3 * 105; flow++) {
    FrameSpec varied = spec;
    vary_spec(&varied, "udp.source_port", static_cast<uint32_t>(flow % 3));
    vary_spec(&varied, "ipv4.destination", static_cast<uint32_t>(flow / 3 % 5));
    vary_spec(&varied, "udp.destination_port", static_cast<uint32_t>(flow / 15 % 7));
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

std::string error_of(const BuiltFrame& frame, std::vector<FieldModifier> variations) {
  Result<FrameVariations> result = FrameVariations::prepare(frame, variations);
  return result ? "no error" : result.error().sentence();
}

TEST(Fields, ErrorsNameTheField) {
  FrameSpec spec;
  spec.network = Ipv4Spec{};
  spec.transport = UdpSpec{};
  Result<BuiltFrame> frame = build_frame(spec);
  EXPECT_THAT(error_of(*frame, {step("tcp.source_port", 2)}),
              HasSubstr("cannot vary tcp.source_port: the frame has no such field; add \"tcp\""));
  EXPECT_THAT(error_of(*frame, {step("vlan.id", 2)}), HasSubstr("cannot vary vlan.id"));
  EXPECT_THAT(error_of(*frame, {step("udp.source_port", 0)}),
              HasSubstr("use a count of 1 or more"));
  EXPECT_EQ(error_of(*frame, {step("udp.source_port", 65536)}), "no error");
  EXPECT_THAT(error_of(*frame, {step("udp.source_port", 2), step("udp.source_port", 2)}),
              HasSubstr("listed twice"));
  EXPECT_THAT(error_of(*frame, {step("ipv4.source", 0xffffffff),
                                step("ipv4.destination", 0xffffffff), step("udp.source_port", 2)}),
              HasSubstr("more than 2^64"));
}

}  // namespace
}  // namespace nmgen
