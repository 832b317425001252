// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

// Where a field's value lies: `bits` wide, its last byte `end` bytes into the frame.
struct FieldPosition {
  uint16_t end = 0;  // 0: the frame has no such field
  bool in_ip_header = false;
  bool in_l4_sum = false;  // in the transport's header or its pseudo-header
};

// Both addresses of an IP header are in the pseudo-header of every transport but ICMP over IPv4.
FieldPosition find_field(const BuiltFrame& frame, FrameField field) {
  bool pseudo = frame.l4 != 0 && !(frame.is_ip4 && frame.is_icmp);
  auto at = [](bool present, unsigned end) { return static_cast<uint16_t>(present ? end : 0); };
  switch (field) {
    case FrameField::kMacSource:
      return {12, false, false};
    case FrameField::kMacDestination:
      return {6, false, false};
    case FrameField::kVlanId:
      return {at(frame.vlan != 0, frame.vlan + 2u), false, false};
    case FrameField::kIpv4Source:
      return {at(frame.is_ip4, frame.l3 + 16u), true, pseudo};
    case FrameField::kIpv4Destination:
      return {at(frame.is_ip4, frame.l3 + 20u), true, pseudo};
    case FrameField::kIpv6Source:
      return {at(frame.is_ip6, frame.l3 + 24u), false, pseudo};
    case FrameField::kIpv6Destination:
      return {at(frame.is_ip6, frame.l3 + 40u), false, pseudo};
    case FrameField::kUdpSource:
      return {at(frame.is_udp, frame.l4 + 2u), false, true};
    case FrameField::kUdpDestination:
      return {at(frame.is_udp, frame.l4 + 4u), false, true};
    case FrameField::kTcpSource:
      return {at(frame.is_tcp, frame.l4 + 2u), false, true};
    case FrameField::kTcpDestination:
      return {at(frame.is_tcp, frame.l4 + 4u), false, true};
  }
  return {};
}

// A source port is patched with the destination port behind it in the same four bytes, so that the
// four bytes never begin in another header's part of a sum.
bool is_source_port(FrameField field) {
  return field == FrameField::kUdpSource || field == FrameField::kTcpSource;
}

}  // namespace

const char* field_name(FrameField field) {
  switch (field) {
    case FrameField::kMacSource:
      return "MAC source";
    case FrameField::kMacDestination:
      return "MAC destination";
    case FrameField::kVlanId:
      return "VLAN id";
    case FrameField::kIpv4Source:
      return "IPv4 source";
    case FrameField::kIpv4Destination:
      return "IPv4 destination";
    case FrameField::kIpv6Source:
      return "IPv6 source";
    case FrameField::kIpv6Destination:
      return "IPv6 destination";
    case FrameField::kUdpSource:
      return "UDP source port";
    case FrameField::kUdpDestination:
      return "UDP destination port";
    case FrameField::kTcpSource:
      return "TCP source port";
    case FrameField::kTcpDestination:
      return "TCP destination port";
  }
  return "unknown field";
}

uint64_t field_values(FrameField field) {
  switch (field) {
    case FrameField::kMacSource:
    case FrameField::kMacDestination:
      return uint64_t{1} << 24;
    case FrameField::kVlanId:
      return 4096;
    case FrameField::kIpv4Source:
    case FrameField::kIpv4Destination:
    case FrameField::kIpv6Source:
    case FrameField::kIpv6Destination:
      return uint64_t{1} << 32;
    case FrameField::kUdpSource:
    case FrameField::kUdpDestination:
    case FrameField::kTcpSource:
    case FrameField::kTcpDestination:
      return 65536;
  }
  return 0;
}

Result<FieldPatcher> FieldPatcher::prepare(const BuiltFrame& frame, FrameField field) {
  FieldPosition position = find_field(frame, field);
  if (position.end == 0)
    return fail(fmt::format("cannot vary the {}", field_name(field)), "the frame has no such field",
                "add its header to the frame, or vary another field");
  FieldPatcher patcher;
  patcher.shift_ = is_source_port(field) ? 16 : 0;
  patcher.offset_ = static_cast<uint16_t>(position.end - (is_source_port(field) ? 2 : 4));
  patcher.mask_ = static_cast<uint32_t>((field_values(field) - 1) << patcher.shift_);
  patcher.base_ = get32(frame.bytes.data() + patcher.offset_);
  patcher.ip_checksum_ = position.in_ip_header ? frame.ip_checksum : 0;
  patcher.l4_checksum_ = position.in_l4_sum ? frame.l4_checksum : 0;
  patcher.is_udp_ = frame.is_udp;
  return patcher;
}

Result<FrameVariations> FrameVariations::prepare(const BuiltFrame& frame,
                                                 std::span<const FieldVariation> variations) {
  FrameVariations result;
  result.bytes_ = frame.bytes;
  for (size_t i = 0; i < variations.size(); i++) {
    const FieldVariation& variation = variations[i];
    std::string what = fmt::format("cannot vary the {}", field_name(variation.field));
    bool twice =
        std::any_of(variations.begin(), variations.begin() + static_cast<ptrdiff_t>(i),
                    [&](const FieldVariation& before) { return before.field == variation.field; });
    if (twice)
      return fail(what, "it is listed twice", "list it once, with the product of the counts");
    if (variation.count == 0 || variation.count > field_values(variation.field))
      return fail(what,
                  fmt::format("it cannot take {} values, only {}", variation.count,
                              field_values(variation.field)),
                  fmt::format("use a count of 1 to {}", field_values(variation.field)));
    Result<FieldPatcher> patcher = FieldPatcher::prepare(frame, variation.field);
    if (!patcher)
      return tl::unexpected(patcher.error());
    result.digits_.push_back({*patcher, variation.count});
    if (__builtin_mul_overflow(result.flows_, uint64_t{variation.count}, &result.flows_))
      return fail(what, "there are more than 2^64 flows", "use smaller counts");
  }
  return result;
}

void FrameVariations::set_flow(uint8_t* bytes, uint64_t flow) const {
  for (const Digit& digit : digits_) {
    digit.patcher.set(bytes, static_cast<uint32_t>(flow % digit.count));
    flow /= digit.count;
  }
}

std::vector<uint8_t> FrameVariations::flow_bytes(uint64_t flow) const {
  std::vector<uint8_t> bytes = bytes_;
  set_flow(bytes.data(), flow);
  return bytes;
}

}  // namespace nmgen
