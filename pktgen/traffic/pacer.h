// SPDX-License-Identifier: BSD-2-Clause
// Frames due by an absolute clock: frame k is due at start + k / rate. What is late stays due, so
// that an error never adds up, and a sender that was held up catches up as fast as the line lets
// it.
#pragma once

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
        ticks_per_frame_(static_cast<uint64_t>(std::ldexp(tsc_hz / pps, kFraction))) {}

  bool paced() const { return paced_; }

  // Frames due since the start, the first at the start itself. One multiplication: the error is
  // below 2^-64 frames a tick.
  uint64_t due(uint64_t now_tsc) const {
    if (now_tsc < start_)
      return 0;
    return static_cast<uint64_t>((Wide{now_tsc - start_} * frames_per_tick_) >> 64) + 1;
  }

  // When frame `index` should leave. Within a tick for 2^26 frames at 2^-24 ticks of error each,
  // that is 4 s at 14.88 Mpps; within 0.1 ppm of the time since the start for ever.
  uint64_t intended_tsc(uint64_t index) const {
    return start_ + static_cast<uint64_t>((Wide{index} * ticks_per_frame_) >> kFraction);
  }

 private:
  __extension__ typedef unsigned __int128 Wide;
  static constexpr int kFraction = 32;

  bool paced_ = false;
  uint64_t start_ = 0;
  uint64_t frames_per_tick_ = 0;  // 0.64 fixed point
  uint64_t ticks_per_frame_ = 0;  // 32 fraction bits
};

}  // namespace nmgen
