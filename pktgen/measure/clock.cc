// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <optional>

#include "pktgen/measure/proc.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nmgen {
namespace {

constexpr unsigned kSamples = 21;
constexpr unsigned kAttempts = 3;
constexpr double kFitLimit = 50e-6;     // of the span
constexpr double kDriftLimit = 100e-6;  // of the time since calibration

constexpr char kRemedy[] =
    "use a machine with a stable TSC (see dmesg | grep -i tsc), and keep other work off it "
    "while nmgen starts";

void sleep_ns(uint64_t ns) {
  timespec left{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

}  // namespace

FixedRatio FixedRatio::from(double ratio) {
  int exponent = 0;
  double fraction = std::frexp(ratio, &exponent);  // 0.5 .. 1, times 2^exponent
  FixedRatio result;
  result.multiplier = static_cast<uint64_t>(std::llround(std::ldexp(fraction, 32)));
  result.shift = static_cast<unsigned>(32 - exponent);
  return result;
}

bool has_invariant_tsc() {
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) == 0)
    return false;
  return (edx & (1U << 8)) != 0;  // Intel SDM volume 2, CPUID leaf 80000007H
#else
  return true;  // Arm ARM, D11.1: the system counter has a fixed frequency
#endif
}

Result<ClockSample> sample_clock(unsigned tries) {
  ClockSample best;
  best.width_ticks = UINT64_MAX;
  for (unsigned i = 0; i < std::max(tries, 1U); ++i) {
    timespec now{};
    uint64_t before = tsc_now();
    if (clock_gettime(CLOCK_MONOTONIC_RAW, &now) != 0)
      return fail_errno("cannot read CLOCK_MONOTONIC_RAW", errno, "run on Linux 2.6.28 or later");
    uint64_t after = tsc_now();
    // A thread moved between cores whose counters differ sees time run backwards: never the best.
    if (after < before || after - before >= best.width_ticks)
      continue;
    best.width_ticks = after - before;
    best.tsc = before + best.width_ticks / 2;
    best.raw_ns =
        static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }
  if (best.width_ticks == UINT64_MAX)
    return fail("cannot read the TSC", "it runs backwards between two readings", kRemedy);
  return best;
}

Result<TscClock> TscClock::fit(const std::vector<ClockSample>& samples) {
  const char* what = "cannot calibrate the TSC";
  if (samples.size() < 3)
    return fail(what, fmt::format("{} samples are too few", samples.size()), "take three or more");
  for (size_t i = 1; i < samples.size(); ++i)
    if (samples[i].tsc <= samples[i - 1].tsc || samples[i].raw_ns <= samples[i - 1].raw_ns)
      return fail(what, "the TSC or CLOCK_MONOTONIC_RAW did not increase between two samples",
                  kRemedy);

  // Least squares of ns over ticks, both from the first sample so that doubles lose nothing.
  double count = static_cast<double>(samples.size());
  double mean_ticks = 0, mean_ns = 0;
  for (const ClockSample& sample : samples) {
    mean_ticks += static_cast<double>(sample.tsc - samples[0].tsc) / count;
    mean_ns += static_cast<double>(sample.raw_ns - samples[0].raw_ns) / count;
  }
  double covariance = 0, variance = 0;
  for (const ClockSample& sample : samples) {
    double ticks = static_cast<double>(sample.tsc - samples[0].tsc) - mean_ticks;
    double ns = static_cast<double>(sample.raw_ns - samples[0].raw_ns) - mean_ns;
    covariance += ticks * ns;
    variance += ticks * ticks;
  }
  double slope = covariance / variance;  // ns per tick; > 0, since both rise
  double hz = 1e9 / slope;
  if (!(hz > 1e6 && hz < 1e11))
    return fail(what, fmt::format("{:.3g} Hz is no plausible rate of a TSC", hz), kRemedy);

  double worst_ns = 0;
  for (const ClockSample& sample : samples) {
    double ticks = static_cast<double>(sample.tsc - samples[0].tsc) - mean_ticks;
    double ns = static_cast<double>(sample.raw_ns - samples[0].raw_ns) - mean_ns;
    worst_ns = std::max(worst_ns, std::fabs(ns - slope * ticks));
  }
  double span_ns = static_cast<double>(samples.back().raw_ns - samples[0].raw_ns);
  if (worst_ns > kFitLimit * span_ns)
    return fail(what,
                fmt::format("the samples disagree: one is {:.1f} us off the line through {:.1f} ms",
                            worst_ns / 1e3, span_ns / 1e6),
                kRemedy);

  TscClock clock;
  clock.hz = hz;
  clock.start = samples.back();
  clock.ns_per_tick = FixedRatio::from(slope);
  clock.ticks_per_ns = FixedRatio::from(1 / slope);
  return clock;
}

bool tsc_is_steady() {
  return has_invariant_tsc() || clock_source_name() == "tsc";
}

Result<TscClock> TscClock::calibrate(uint64_t span_ns, bool steady) {
  if (!steady)
    return fail(
        "cannot use the TSC as a clock",
        "the processor does not report an invariant TSC, and the kernel does not use it as a clock",
        "use a processor with an invariant TSC, or give it to the virtual machine "
        "(QEMU with KVM: -cpu host,+invtsc)");
  Result<TscClock> clock;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<ClockSample> samples;
    for (unsigned i = 0; i < kSamples; ++i) {
      if (i > 0)
        sleep_ns(span_ns / (kSamples - 1));
      Result<ClockSample> sample = sample_clock();
      if (!sample)
        return tl::unexpected<Error>(sample.error());
      samples.push_back(*sample);
    }
    clock = fit(samples);
    if (clock)
      return clock;
  }
  return clock;
}

ClockCheck TscClock::compare(const ClockSample& now) const {
  constexpr char kAdvice[] =
      "no rate or latency of this run can be trusted; see what dmesg says about the TSC, and do "
      "not "
      "suspend or move the machine during a run";
  ClockCheck check;
  if (now.tsc < start.tsc || now.raw_ns < start.raw_ns) {
    check.drift_ppm = -1e6;
    check.reason = fmt::format("the {} ran backwards during the run: {}",
                               now.tsc < start.tsc ? "TSC" : "kernel's clock", kAdvice);
    return check;
  }
  double tsc_ns = static_cast<double>(to_ns(now.tsc - start.tsc));
  double raw_ns = static_cast<double>(now.raw_ns - start.raw_ns);
  double apart_ns = tsc_ns - raw_ns;
  // What the two readings themselves may be off by: matters only in the first milliseconds.
  double reading_ns = static_cast<double>(to_ns(now.width_ticks + start.width_ticks)) + 2;
  check.drift_ppm = raw_ns > 0 ? apart_ns / raw_ns * 1e6 : 0;
  if (std::fabs(apart_ns) > kDriftLimit * raw_ns + reading_ns)
    check.reason = fmt::format(
        "the clock jumped or drifted: after {:.3f} s the TSC is {:.3f} ms {} CLOCK_MONOTONIC_RAW "
        "({:.0f} ppm, at most {:.0f} is allowed): {}",
        raw_ns / 1e9, std::fabs(apart_ns) / 1e6, apart_ns > 0 ? "ahead of" : "behind",
        std::fabs(check.drift_ppm), kDriftLimit * 1e6, kAdvice);
  return check;
}

ClockCheck TscClock::recheck() const {
  Result<ClockSample> now = sample_clock();
  if (!now) {
    ClockCheck check;
    check.reason = now.error().sentence();
    return check;
  }
  return compare(*now);
}

std::string clock_source_name() {
  std::optional<std::string> text =
      read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (!text || trimmed(*text).empty())
    return "unknown";
  return std::string(trimmed(*text));
}

}  // namespace nmgen
