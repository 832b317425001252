// SPDX-License-Identifier: BSD-2-Clause
// Frames due by an absolute clock: frame k is due at start + k / rate. What is late stays due, so
// that an error never adds up, and a sender that was held up catches up as fast as the line lets
// it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace nmgen {

class Pacer {
 public:
  // No rate: everything is due at once.
  Pacer() = default;

  // `pps`: frames a second, above 0 and below `tsc_hz`.
  Pacer(double pps, double tsc_hz, uint64_t start_tsc)
      : paced_(true),
        start_(start_tsc),
        frames_per_tick_(static_cast<uint64_t>(std::ldexp(pps / tsc_hz, 64))),
        whole_ticks_(static_cast<uint64_t>(std::min(tsc_hz / pps, kMostTicks))),
        part_of_tick_(static_cast<uint64_t>(std::ldexp(std::fmod(tsc_hz / pps, 1), 64))) {}

  bool paced() const { return paced_; }

  // Frames due since the start, the first at the start itself. One multiplication: the error is
  // below 2^-64 frames a tick.
  uint64_t due(uint64_t now_tsc) const {
    if (now_tsc < start_)
      return 0;
    return static_cast<uint64_t>((Wide{now_tsc - start_} * frames_per_tick_) >> 64) + 1;
  }

  // When frame `index` should leave: within a tick for 2^45 ticks at the error of a double, hours,
  // and within 10^-13 of the time since the start for ever.
  uint64_t intended_tsc(uint64_t index) const {
    return start_ + index * whole_ticks_ +
           static_cast<uint64_t>((Wide{index} * part_of_tick_) >> 64);
  }

 private:
  __extension__ typedef unsigned __int128 Wide;
  static constexpr double kMostTicks = 0x1p62;  // of a rate of one frame in 50 years

  bool paced_ = false;
  uint64_t start_ = 0;
  uint64_t frames_per_tick_ = 0;  // 0.64 fixed point
  // Ticks a frame.
  uint64_t whole_ticks_ = 0;
  uint64_t part_of_tick_ = 0;  // 0.64 fixed point
};

}  // namespace nmgen
