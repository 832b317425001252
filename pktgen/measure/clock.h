// SPDX-License-Identifier: BSD-2-Clause
// The time stamp counter as a clock: read in a few ns on any core, converted to nanoseconds with
// one multiplication. Good only where the counter runs at one rate on all cores (Intel SDM volume
// 3, "Invariant TSC"; the generic timer of Arm), so calibration refuses any other machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pktgen/error.h"

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "nmgen's clock knows the counters of x86_64 and aarch64 only"
#endif

namespace nmgen {

// Not ordered with the instructions around it: an error of some tens of ticks, which the
// measurement floor contains.
inline uint64_t tsc_now() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

// x -> x * multiplier / 2^shift, rounded down, without a division. The multiplier has 32
// significant bits, so the ratio is within 2^-32 (0.23 ppb) of the one asked for, at any length.
struct FixedRatio {
  uint64_t multiplier = 0;
  unsigned shift = 0;

  // `ratio` must lie in 2^-30 .. 2^30.
  static FixedRatio from(double ratio);

  uint64_t apply(uint64_t value) const {
    __extension__ typedef unsigned __int128 Wide;
    return static_cast<uint64_t>((static_cast<Wide>(value) * multiplier) >> shift);
  }
};

// One reading of both clocks at (nearly) the same moment.
struct ClockSample {
  uint64_t tsc = 0;          // middle of the bracket
  uint64_t raw_ns = 0;       // CLOCK_MONOTONIC_RAW
  uint64_t width_ticks = 0;  // of the bracket around the reading of raw_ns
};

// Reads both clocks `tries` times and gives the tightest. Any thread.
Result<ClockSample> sample_clock(unsigned tries = 16);

// How well the counter kept time. `reason` is empty where it did, else a sentence for the verdict.
struct ClockCheck {
  double drift_ppm = 0;
  std::string reason;
};

// Whether the processor says that its counter is invariant.
bool has_invariant_tsc();

// Whether the counter can be a clock: it is invariant, or the kernel, which checks it against other
// clocks, uses it as its own (emulated processors do not say that theirs is invariant).
bool tsc_is_steady();

// Copied freely; every member function may be called from any thread.
struct TscClock {
  double hz = 0;
  ClockSample start;  // the reference that recheck() compares with
  FixedRatio ns_per_tick, ticks_per_ns;

  // Measures the counter's rate for `span_ns`, asleep most of the time. Error where the counter is
  // not steady, or where three attempts did not agree with themselves.
  static Result<TscClock> calibrate(uint64_t span_ns = 100'000'000, bool steady = tsc_is_steady());

  // The least-squares line through samples of rising time. Error where one lies off the line by
  // more than 50 ppm of the span.
  static Result<TscClock> fit(const std::vector<ClockSample>& samples);

  // Durations. Off by less than 1 ns (rounding) and 0.001 ppm (the ratio) from hz.
  uint64_t to_ns(uint64_t ticks) const { return ns_per_tick.apply(ticks); }
  uint64_t to_ticks(uint64_t ns) const { return ticks_per_ns.apply(ns); }
  double to_seconds(uint64_t ticks) const { return static_cast<double>(ticks) / hz; }

  // Call at the end of a run: did the counter and CLOCK_MONOTONIC_RAW go apart by more than 100 ppm
  // of the time since calibration?
  ClockCheck recheck() const;
  ClockCheck compare(const ClockSample& now) const;
};

// The kernel's current clock source, from sysfs; "unknown" where that is missing.
std::string clock_source_name();

}  // namespace nmgen
