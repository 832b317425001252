// SPDX-License-Identifier: BSD-2-Clause
// Rates on Ethernet, and the one arithmetic between the ways to say one. A frame of L bytes (with
// CRC) takes (L + 20) * 8 bit times on the wire: preamble 7, start of frame 1, inter-frame gap 12
// (IEEE 802.3 clauses 3.1.1 and 4.4.2). L1 counts those 20 bytes, L2 does not.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "pktgen/packet/frame.h"

namespace nmgen {

// Bits that `frames` frames of `bytes_with_crc` bytes together take on the wire, with (L1) and
// without (L2) preamble and gap.
constexpr double wire_bits_l1(double bytes_with_crc, double frames = 1) {
  return 8 * (bytes_with_crc + frames * kWireOverheadBytes);
}
constexpr double wire_bits_l2(double bytes_with_crc) {
  return 8 * bytes_with_crc;
}

// Frames a second that fill a link. `size_with_crc` may be a mean over sizes.
constexpr double line_rate_pps(double speed_bps, double size_with_crc) {
  return speed_bps / wire_bits_l1(size_with_crc);
}

// Bits a second as per cent of a line's speed; 0 where that is not known (0).
constexpr double line_rate_percent(double bps_l1, double speed_bps) {
  return speed_bps > 0 ? 100 * bps_l1 / speed_bps : 0;
}

// A rate as a user gives it.
struct Rate {
  enum class Unit { kMax, kPps, kBpsL1, kBpsL2, kPercent };
  Unit unit = Unit::kMax;
  double value = 0;  // frames/s, bits/s with (L1) or without (L2: frame and CRC) preamble and gap,
                     // or % of line rate
};

// A unit of a rate, and its words.
struct RateUnit {
  Rate::Unit unit;
  const char* key;       // in a scenario: "bps_l1"
  const char* quantity;  // of a string without a key (scenario/units.h); null: takes a key
  const char* symbol;    // after a number of this key: "bit/s"
  const char* meaning;   // after a number alone: "bit/s on the wire"
};

// All but kMax. The first is that of a number without a unit.
std::span<const RateUnit> rate_units();

// Not of kMax.
const RateUnit& rate_unit(Rate::Unit unit);

// Frames a second of a sender entry whose frames have this mean size, on a line of this speed (0:
// not known). 0 for kMax, as fast as possible; nothing for a share of a line whose speed is not
// known.
std::optional<double> rate_pps(const Rate& rate, double size_with_crc, double speed_bps);

// What a line carries of these frames, in a unit other than kMax.
double line_rate_in(Rate::Unit unit, double size_with_crc, double speed_bps);

}  // namespace nmgen
