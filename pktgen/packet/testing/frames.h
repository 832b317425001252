// SPDX-License-Identifier: BSD-2-Clause
// For this folder's tests: frames of every kind, and checksums computed the plain way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "pktgen/packet/builder.h"
#include "pktgen/packet/frame.h"

namespace nmgen::test {

// RFC 1071 section 4.1 as it stands there: big-endian words, carries added at the end.
inline uint16_t plain_sum(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++)
    sum += i % 2 == 0 ? uint64_t{bytes[i]} << 8 : bytes[i];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// The pseudo-header as bytes, and the transport header and payload after it.
inline std::vector<uint8_t> transport_text(const BuiltFrame& frame,
                                           std::span<const uint8_t> bytes) {
  std::vector<uint8_t> text;
  uint32_t size = static_cast<uint32_t>(bytes.size() - frame.l4);
  const uint8_t* ip = bytes.data() + frame.l3;
  if (frame.is_ip4 && !frame.is_icmp) {
    text.assign(ip + 12, ip + 20);
    text.insert(text.end(),
                {0, ip[9], static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size)});
  } else if (frame.is_ip6) {
    text.assign(ip + 8, ip + 40);
    text.insert(text.end(), {0, 0, static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(size), 0,
                             0, 0, ip[6]});
  }
  text.insert(text.end(), bytes.begin() + frame.l4, bytes.end());
  return text;
}

// Whether the frame's bytes carry right checksums, by RFC 1071's rule that the sum over all is
// 0xffff. A UDP checksum that is turned off must be 0 in the bytes.
inline bool checksums_are_right(const BuiltFrame& frame, std::span<const uint8_t> bytes) {
  if (frame.is_ip4 && plain_sum(bytes.subspan(frame.l3, 20)) != 0xffff)
    return false;
  if (frame.l4_checksum != 0) {
    bool zero = bytes[frame.l4_checksum] == 0 && bytes[frame.l4_checksum + 1u] == 0;
    return plain_sum(transport_text(frame, bytes)) == 0xffff && !(frame.is_udp && zero);
  }
  return !frame.is_udp || (bytes[frame.l4 + 6u] == 0 && bytes[frame.l4 + 7u] == 0);
}

struct NamedSpec {
  std::string name;
  FrameSpec spec;
};

// Every kind of frame the builder makes: each network and transport, without a tag, with one and
// with two.
inline std::vector<NamedSpec> every_kind() {
  ArpSpec arp;
  arp.sender_mac = {0x02, 0, 0, 0, 0, 0x01};
  arp.sender_ip = {198, 18, 0, 1};
  arp.target_ip = {198, 19, 0, 1};
  Ipv6Spec ip6;
  ip6.source = {0x20, 0x01, 0x00, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};  // RFC 5180
  ip6.destination = {0x20, 0x01, 0x00, 0x02, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x02};
  ip6.flow_label = 0x12345;
  UdpSpec udp_off;
  udp_off.checksum = false;
  TcpSpec tcp;
  tcp.sequence = 0x01020304;
  tcp.acknowledgement = 0x05060708;

  std::vector<NamedSpec> kinds(1, {"ethernet", {}});
  auto add = [&](const char* name, decltype(FrameSpec::network) network,
                 decltype(FrameSpec::transport) transport) {
    FrameSpec spec;
    spec.network = network;
    spec.transport = transport;
    kinds.push_back({name, spec});
  };
  add("arp", arp, {});
  add("ipv4", Ipv4Spec{}, {});
  add("ipv4/udp", Ipv4Spec{}, UdpSpec{});
  add("ipv4/udp without checksum", Ipv4Spec{}, udp_off);
  add("ipv4/tcp", Ipv4Spec{}, tcp);
  add("ipv4/icmp", Ipv4Spec{}, IcmpSpec{8, 0, 7, 9});
  add("ipv6", ip6, {});
  add("ipv6/udp", ip6, UdpSpec{});
  add("ipv6/tcp", ip6, tcp);
  add("ipv6/icmp", ip6, IcmpSpec{8, 0, 7, 9});

  std::vector<NamedSpec> all;
  for (unsigned tags = 0; tags <= 2; tags++) {
    for (NamedSpec kind : kinds) {
      if (tags == 1)
        kind.spec.vlans = {{0x8100, 100, 3, false}};
      if (tags == 2)
        kind.spec.vlans = {{0x88a8, 10, 0, true}, {0x8100, 100, 5, false}};
      kind.name += tags == 0 ? "" : tags == 1 ? " vlan" : " qinq";
      kind.spec.size_no_crc = smallest_size_with_probe(kind.spec);
      all.push_back(kind);
    }
  }
  return all;
}

inline std::vector<uint8_t> random_bytes(std::mt19937_64* random, size_t size) {
  std::vector<uint8_t> bytes(size);
  for (uint8_t& byte : bytes)
    byte = static_cast<uint8_t>((*random)());
  return bytes;
}

}  // namespace nmgen::test
