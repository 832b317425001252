// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/rate.h"

#include <algorithm>

namespace nmgen {
namespace {

constexpr RateUnit kUnits[] = {
    {Rate::Unit::kPps, "pps", "pps", "frames/s", "pps"},
    {Rate::Unit::kBpsL1, "bps_l1", "bit/s", "bit/s", "bit/s on the wire"},
    {Rate::Unit::kBpsL2, "bps_l2", nullptr, "bit/s", "bit/s of frames"},
    {Rate::Unit::kPercent, "percent", "%", "%", "% of line rate"},
};

}  // namespace

std::span<const RateUnit> rate_units() {
  return kUnits;
}

const RateUnit& rate_unit(Rate::Unit unit) {
  return *std::find_if(std::begin(kUnits), std::end(kUnits) - 1,
                       [unit](const RateUnit& known) { return known.unit == unit; });
}

std::optional<double> rate_pps(const Rate& rate, double size_with_crc, double speed_bps) {
  switch (rate.unit) {
    case Rate::Unit::kMax:
      break;
    case Rate::Unit::kPps:
      return rate.value;
    case Rate::Unit::kBpsL1:
      return rate.value / wire_bits_l1(size_with_crc);
    case Rate::Unit::kBpsL2:
      return rate.value / wire_bits_l2(size_with_crc);
    case Rate::Unit::kPercent:
      if (speed_bps <= 0)
        return std::nullopt;
      return rate.value / 100 * line_rate_pps(speed_bps, size_with_crc);
  }
  return 0;
}

double line_rate_in(Rate::Unit unit, double size_with_crc, double speed_bps) {
  switch (unit) {
    case Rate::Unit::kMax:
    case Rate::Unit::kPps:
      break;
    case Rate::Unit::kBpsL1:
      return speed_bps;
    case Rate::Unit::kBpsL2:
      return speed_bps * wire_bits_l2(size_with_crc) / wire_bits_l1(size_with_crc);
    case Rate::Unit::kPercent:
      return 100;
  }
  return line_rate_pps(speed_bps, size_with_crc);
}

}  // namespace nmgen
