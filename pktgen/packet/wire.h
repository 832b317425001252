// SPDX-License-Identifier: BSD-2-Clause
// Numbers of the headers, and network-order loads and stores; for the files of this folder.
#pragma once

#include <cstdint>

namespace nmgen {

inline constexpr unsigned kEthernetBytes = 14;
inline constexpr unsigned kVlanBytes = 4;
inline constexpr unsigned kArpBytes = 28;   // RFC 826, for Ethernet and IPv4
inline constexpr unsigned kIpv4Bytes = 20;  // without options
inline constexpr unsigned kIpv6Bytes = 40;
inline constexpr unsigned kUdpBytes = 8;
inline constexpr unsigned kTcpBytes = 20;  // without options
inline constexpr unsigned kIcmpBytes = 8;  // an echo's, RFC 792; the same for ICMPv6, RFC 4443

inline constexpr uint16_t kSmallestEthertype = 0x0600;  // IEEE 802.3 clause 3.2.6: below, a length
inline constexpr uint16_t kEthertypeIpv4 = 0x0800;
inline constexpr uint16_t kEthertypeArp = 0x0806;
inline constexpr uint16_t kEthertypeIpv6 = 0x86dd;

inline constexpr uint8_t kProtocolIcmp = 1;
inline constexpr uint8_t kProtocolTcp = 6;
inline constexpr uint8_t kProtocolUdp = 17;
inline constexpr uint8_t kProtocolIcmp6 = 58;

inline constexpr uint8_t kIcmpEchoRequest = 8;
inline constexpr uint8_t kIcmp6EchoRequest = 128;

// 802.1Q, 802.1ad, and the two that QinQ equipment used before it.
inline bool is_vlan_tpid(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

inline void put16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void put32(uint8_t* at, uint32_t value) {
  put16(at, static_cast<uint16_t>(value >> 16));
  put16(at + 2, static_cast<uint16_t>(value));
}

inline uint16_t get16(const uint8_t* at) {
  return static_cast<uint16_t>((at[0] << 8) | at[1]);
}

inline uint32_t get32(const uint8_t* at) {
  return (uint32_t{get16(at)} << 16) | get16(at + 2);
}

}  // namespace nmgen
