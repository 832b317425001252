// SPDX-License-Identifier: BSD-2-Clause
// From a FrameSpec to bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/packet/frame.h"

namespace nmgen {

// A frame and where its parts are. Offsets are in bytes from the first byte of the frame; 0 where
// there is no such part.
struct BuiltFrame {
  std::vector<uint8_t> bytes;  // size_no_crc of them
  uint16_t vlan = 0;           // tag control information of the innermost tag
  uint16_t l3 = 0;             // ARP, IPv4 or IPv6 header
  uint16_t l4 = 0;             // UDP, TCP, ICMP or ICMPv6 header
  uint16_t payload = 0;        // first byte after all headers; over ARP, the padding
  uint16_t room = 0;           // payload bytes
  uint16_t probe = 0;          // the probe's offset if it was reserved, same as payload
  uint16_t ip_checksum = 0;    // IPv4's header checksum
  uint16_t l4_checksum = 0;    // UDP's (0 if it is turned off), TCP's, ICMP's or ICMPv6's
  bool is_arp = false, is_ip4 = false, is_ip6 = false;
  bool is_udp = false, is_tcp = false, is_icmp = false;
};

// kReserved: the first 18 payload bytes are left zero for a probe (packet/probe.h), which then
// leaves every checksum right; a frame without room for them is an error.
enum class ProbeSpace { kNone, kReserved };

// The frame's bytes, with every length and checksum right. Errors: a size out of 60..9216 or too
// small for the headers (and the probe), a transport without IP, UDP's checksum off over IPv6,
// values out of their fields' range, more than two VLAN tags. Any thread.
Result<BuiltFrame> build_frame(const FrameSpec& spec, ProbeSpace probe = ProbeSpace::kNone);

// The smallest size without CRC, at least 60, that has room for the headers; and for them and a
// probe.
unsigned smallest_size(const FrameSpec& spec);
unsigned smallest_size_with_probe(const FrameSpec& spec);

}  // namespace nmgen
