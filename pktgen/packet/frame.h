// SPDX-License-Identifier: BSD-2-Clause
// What a frame is made of. A FrameSpec is what a user says; packet/builder.h turns it into bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace nmgen {

// Sizes count the Ethernet header and no CRC, as a netmap slot does, unless a name says otherwise.
inline constexpr unsigned kMinSizeNoCrc = 60;    // 64 bytes on the wire, IEEE 802.3 clause 3.2.8
inline constexpr unsigned kMaxSizeNoCrc = 9216;  // the usual jumbo limit of 10G adapters
inline constexpr unsigned kCrcBytes = 4;
inline constexpr unsigned kWireOverheadBytes = 20;  // preamble 7, start 1, inter-frame gap 12

using MacAddress = std::array<uint8_t, 6>;
using Ipv4Address = std::array<uint8_t, 4>;
using Ipv6Address = std::array<uint8_t, 16>;

struct VlanTag {
  uint16_t tpid = 0x8100;  // 0x88a8 for the outer tag of QinQ (IEEE 802.1ad)
  uint16_t id = 1;         // 0..4095
  uint8_t priority = 0;    // 0..7
  bool drop_eligible = false;
};

struct ArpSpec {
  uint16_t operation = 1;  // 1 request, 2 reply (RFC 826)
  MacAddress sender_mac{}, target_mac{};
  Ipv4Address sender_ip{}, target_ip{};
};

struct Ipv4Spec {
  Ipv4Address source{198, 18, 0, 1}, destination{198, 19, 0, 1};  // RFC 2544's benchmarking net
  uint8_t tos = 0, ttl = 64;
  uint16_t identification = 0;
  bool dont_fragment = true;
  uint8_t protocol =
      253;  // RFC 3692's experiment; replaced by the transport's number where there is one
};

struct Ipv6Spec {
  Ipv6Address source{}, destination{};
  uint8_t traffic_class = 0, hop_limit = 64;
  uint32_t flow_label = 0;    // 20 bits
  uint8_t next_header = 253;  // as Ipv4Spec::protocol
};

struct UdpSpec {
  uint16_t source_port = 1024, destination_port = 1024;
  bool checksum = true;  // false writes 0 (IPv4 only, RFC 768)
};

struct TcpSpec {
  uint16_t source_port = 1024, destination_port = 1024;
  uint32_t sequence = 0, acknowledgement = 0;
  uint8_t flags = 0x10;  // ACK
  uint16_t window = 65535;
};

struct IcmpSpec {              // ICMPv6 over IPv6
  uint8_t type = 8, code = 0;  // echo request; the builder uses 128 over IPv6 where the type is 8
  uint16_t identifier = 0, sequence = 0;
};

struct FrameSpec {
  unsigned size_no_crc = kMinSizeNoCrc;
  MacAddress source{0x02, 0, 0, 0, 0, 0x01}, destination{0x02, 0, 0, 0, 0, 0x02};
  std::vector<VlanTag> vlans;   // outermost first, at most two
  uint16_t ethertype = 0x88b5;  // IEEE 802 local experimental; used where there is no network layer
  std::variant<std::monostate, ArpSpec, Ipv4Spec, Ipv6Spec> network;
  std::variant<std::monostate, UdpSpec, TcpSpec, IcmpSpec> transport;
  std::vector<uint8_t> payload;  // repeated to fill the payload; empty = zeros
};

}  // namespace nmgen
