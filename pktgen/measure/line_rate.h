// SPDX-License-Identifier: BSD-2-Clause
// Conversions between the ways to say a rate on Ethernet. A frame of L bytes (with CRC) takes
// (L + 20) * 8 bit times on the wire: preamble 7, start of frame 1, inter-frame gap 12 (IEEE 802.3
// clauses 3.1.1 and 4.4.2). L1 counts those 20 bytes, L2 does not.
#pragma once

#include "pktgen/packet/frame.h"

namespace nmgen {

// Bits that one frame takes on the wire, with (L1) and without (L2) preamble and gap.
constexpr double wire_bits_l1(double size_with_crc) {
  return 8 * (size_with_crc + kWireOverheadBytes);
}
constexpr double wire_bits_l2(double size_with_crc) {
  return 8 * size_with_crc;
}

// Frames a second that fill a link. `size_with_crc` may be a mean over sizes.
constexpr double line_rate_pps(double speed_bps, double size_with_crc) {
  return speed_bps / wire_bits_l1(size_with_crc);
}

constexpr double pps_to_bps_l1(double pps, double size_with_crc) {
  return pps * wire_bits_l1(size_with_crc);
}
constexpr double pps_to_bps_l2(double pps, double size_with_crc) {
  return pps * wire_bits_l2(size_with_crc);
}
constexpr double bps_l1_to_pps(double bps_l1, double size_with_crc) {
  return bps_l1 / wire_bits_l1(size_with_crc);
}
constexpr double bps_l2_to_pps(double bps_l2, double size_with_crc) {
  return bps_l2 / wire_bits_l2(size_with_crc);
}

// Per cent of line rate; 0 where the link's speed is not known (0).
constexpr double pps_to_line_rate_percent(double pps, double speed_bps, double size_with_crc) {
  return speed_bps > 0 ? 100 * pps / line_rate_pps(speed_bps, size_with_crc) : 0;
}
constexpr double line_rate_percent_to_pps(double percent, double speed_bps, double size_with_crc) {
  return percent / 100 * line_rate_pps(speed_bps, size_with_crc);
}

}  // namespace nmgen
