// SPDX-License-Identifier: BSD-2-Clause
// The probe: 18 bytes at the first byte of a frame's payload that mark it as ours and say when it
// was sent.
//
//   byte  0  magic      32 bits, of the run (probe_magic); never 0
//         4  sequence   low 32 bits of the frame's number in its stream
//         8  stream     16 bits: which sender and stream
//        10  timestamp  low 48 bits of the sender's TSC
//        16  check      16 bits
//
// All little endian. The check makes the ones'-complement sum of the probe's nine words 0xffff,
// which is the zero of that arithmetic and stays 0xffff when its bytes are swapped. So a probe adds
// nothing to the checksum of the UDP, TCP or ICMP around it, at an even or an odd offset, whatever
// it says: a frame built with 18 zero bytes in its place has the right checksum with any probe, and
// the hot path never touches a checksum. A receiver checks the same sum.
//
// Stores are unaligned, 8 + 8 + 2 bytes. In a buffer that starts a cache line a UDP/IPv4 frame's
// probe (byte 42) lies within one line.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "pktgen/packet/checksum.h"
#include "pktgen/packet/mix.h"

namespace nmgen {

static_assert(std::endian::native == std::endian::little,
              "the probe's words are stored as they are");

inline constexpr unsigned kProbeBytes = 18;
inline constexpr uint64_t kProbeTimestampMask = (uint64_t{1} << 48) - 1;

// The magic of a run, from its random id: mixed, so that
// ids that differ in a bit have magics that differ in many. Never 0: an erased probe, or a payload
// of zeros, belongs to no run.
constexpr uint32_t probe_magic(uint64_t run_id) {
  const uint64_t mixed = mix64_of(run_id, 0);
  uint32_t magic = static_cast<uint32_t>(mixed);
  return magic != 0 ? magic : 1;
}

// What does not change from frame to frame of a stream.
struct ProbeTemplate {
  uint64_t magic = 1;   // in the low 32 bits; the sequence goes above it
  uint64_t stream = 0;  // in the low 16 bits; the timestamp goes above it
};

constexpr ProbeTemplate make_probe_template(uint32_t magic, uint16_t stream) {
  return ProbeTemplate{magic, stream};
}

// Writes the probe to 18 bytes at `at`. No branch; about a dozen instructions and three stores.
inline void write_probe(uint8_t* at, const ProbeTemplate& probe, uint32_t sequence, uint64_t tsc) {
  uint64_t first = probe.magic | (uint64_t{sequence} << 32);
  uint64_t second = probe.stream | (tsc << 16);
  store64(at, first);
  store64(at + 8, second);
  store16(at + 16, checksum_finish(ones_add(first, second)));
}

// Takes a probe away: zeros, as build_frame() left them. For a frame of a sampled stream (a probe
// in one of N) whose buffer carried one before.
inline void erase_probe(uint8_t* at) {
  store64(at, 0);
  store64(at + 8, 0);
  store16(at + 16, 0);
}

// Probes of one stream, with consecutive sequences and one timestamp: a clock read and a fold for a
// batch, then an add, a subtract and three stores each.
//
// Adding 1 to the sequence adds 1 to the sum modulo 65535, as 2^16 is 1 there; so the check falls
// by 1 from frame to frame, from 0 to 0xfffe. Only where the sequence passes from 2^32 - 1 to 0,
// both of which are 0 modulo 65535, does it stay: the carry of the addition says so.
class ProbeBatch {
 public:
  static constexpr unsigned kMaxProbes = 65535;  // then the check would pass 0 a second time

  ProbeBatch(const ProbeTemplate& probe, uint32_t first_sequence, uint64_t tsc)
      : first_(probe.magic | (uint64_t{first_sequence} << 32)),
        second_(probe.stream | (tsc << 16)),
        check_(checksum_finish(ones_add(first_, second_))) {}

  // Writes the next probe to 18 bytes at `at`; at most kMaxProbes times.
  void write(uint8_t* at) {
    store64(at, first_);
    store64(at + 8, second_);
    store16(at + 16, static_cast<uint16_t>(check_ + (check_ >> 31)));
    uint64_t next = first_ + (uint64_t{1} << 32);
    check_ -= 1 - (next < first_);
    first_ = next;
  }

  // The sequence that the next write() uses.
  uint32_t next_sequence() const { return static_cast<uint32_t>(first_ >> 32); }

 private:
  uint64_t first_, second_;
  int32_t check_;  // below 0: one less, for the end-around borrow
};

struct ProbeView {
  uint32_t sequence = 0;  // low 32 bits
  uint16_t stream = 0;
  uint64_t timestamp = 0;  // low 48 bits of the sender's TSC
};

// Whether 18 bytes sum to 0xffff (or are all zero). The 64-bit sum is a multiple of 65535 exactly
// if its product with the inverse of 65535 modulo 2^64 is at most (2^64 - 1) / 65535 (Granlund and
// Montgomery 1994, section 9): one multiplication in place of two folds.
inline bool probe_sum_is_right(const uint8_t* at) {
  constexpr uint64_t kInverse = 0xfffefffefffeffff;
  static_assert(kInverse * 65535 == 1);
  constexpr uint64_t kLargestQuotient = ~uint64_t{0} / 65535;
  uint64_t sum = ones_add(ones_add(load64(at), load64(at + 8)), load16(at + 16));
  return sum * kInverse <= kLargestQuotient;
}

// Reads the 18 bytes at `at`. True, and *out is set, if they are a probe with that magic and their
// check is right. *out is written either way, so that the success path has no store behind a
// branch.
inline bool read_probe(const uint8_t* at, uint32_t magic, ProbeView* out) {
  uint64_t first = load64(at);
  uint64_t second = load64(at + 8);
  out->sequence = static_cast<uint32_t>(first >> 32);
  out->stream = static_cast<uint16_t>(second);
  out->timestamp = second >> 16;
  return (static_cast<uint32_t>(first) == magic) & probe_sum_is_right(at);
}

// Why read_probe() said no. Foreign: another run's, or no probe at all (a probe damaged in its
// magic looks so too). Damaged: our magic, a wrong check.
enum class ProbeFault { kNone, kForeign, kDamaged };

inline ProbeFault probe_fault(const uint8_t* at, uint32_t magic) {
  if (load32(at) != magic)
    return ProbeFault::kForeign;
  return probe_sum_is_right(at) ? ProbeFault::kNone : ProbeFault::kDamaged;
}

// The 64-bit sequence with these low 32 bits that is nearest to `expected`, and not below 0: right
// as long as the frame is less than 2^31 frames early or late.
inline uint64_t restore_sequence(uint32_t low, uint64_t expected) {
  int32_t distance = static_cast<int32_t>(low - static_cast<uint32_t>(expected));
  uint64_t sequence = expected + static_cast<uint64_t>(int64_t{distance});
  bool below_zero = distance < 0 && sequence > expected;
  return below_zero ? low : sequence;
}

// The 64-bit TSC with these low 48 bits that is nearest to `now`, in the past or (where the clocks
// of two cores differ) in the future: right within 2^47 ticks, 13 hours at 3 GHz.
inline uint64_t restore_timestamp(uint64_t low48, uint64_t now) {
  int64_t distance = static_cast<int64_t>((low48 - now) << 16) >> 16;
  return now + static_cast<uint64_t>(distance);
}

}  // namespace nmgen
