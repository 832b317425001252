// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/field_table.h"

#include <algorithm>

namespace nmgen {
namespace {

constexpr unsigned kVlanControlBytes = 2;  // BuiltFrame's offset is of the tag control information

constexpr FrameLayer kEthernet = {"ethernet", [](const BuiltFrame&) { return true; },
                                  [](const BuiltFrame&) { return 0u; }};
constexpr FrameLayer kVlan = {"vlan", [](const BuiltFrame& frame) { return frame.vlan != 0; },
                              [](const BuiltFrame& frame) { return unsigned{frame.vlan}; }};
constexpr FrameLayer kIpv4 = {"ipv4", [](const BuiltFrame& frame) { return frame.is_ip4; },
                              [](const BuiltFrame& frame) { return unsigned{frame.l3}; }};
constexpr FrameLayer kIpv6 = {"ipv6", [](const BuiltFrame& frame) { return frame.is_ip6; },
                              [](const BuiltFrame& frame) { return unsigned{frame.l3}; }};
constexpr FrameLayer kUdp = {"udp", [](const BuiltFrame& frame) { return frame.is_udp; },
                             [](const BuiltFrame& frame) { return unsigned{frame.l4}; }};
constexpr FrameLayer kTcp = {"tcp", [](const BuiltFrame& frame) { return frame.is_tcp; },
                             [](const BuiltFrame& frame) { return unsigned{frame.l4}; }};

// Of a MAC address the low 24 bits vary: the vendor's part stays. Of an IPv6 address the low 32 do.
constexpr FrameField kFields[] = {
    {"ethernet.source", &kEthernet, 12, 24, kNoSum},
    {"ethernet.destination", &kEthernet, 6, 24, kNoSum},
    {"vlan.id", &kVlan, kVlanControlBytes, 12, kNoSum},  // of the innermost tag
    {"ipv4.source", &kIpv4, 16, 32, kIpHeaderSum | kPseudoHeaderSum},
    {"ipv4.destination", &kIpv4, 20, 32, kIpHeaderSum | kPseudoHeaderSum},
    {"ipv6.source", &kIpv6, 24, 32, kPseudoHeaderSum},
    {"ipv6.destination", &kIpv6, 40, 32, kPseudoHeaderSum},
    {"udp.source_port", &kUdp, 2, 16, kTransportSum},
    {"udp.destination_port", &kUdp, 4, 16, kTransportSum},
    {"tcp.source_port", &kTcp, 2, 16, kTransportSum},
    {"tcp.destination_port", &kTcp, 4, 16, kTransportSum},
};

}  // namespace

std::span<const FrameField> field_table() {
  return kFields;
}

const FrameField* find_field(std::string_view name) {
  const auto found = std::find_if(std::begin(kFields), std::end(kFields),
                                  [name](const FrameField& field) { return field.name == name; });
  return found == std::end(kFields) ? nullptr : found;
}

}  // namespace nmgen
