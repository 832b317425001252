// SPDX-License-Identifier: BSD-2-Clause
// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
//
// Sums and checksums here are 16-bit words as they lie in memory: the bytes of the frame loaded
// without a swap. The ones'-complement sum does not care (RFC 1071 section 2 (B)), so a checksum is
// stored into the frame as it is, and no function swaps bytes. A sum under way is 64 bits wide,
// with the carry added back at the low end; it is zero only if every word in it is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pktgen/packet/frame.h"

namespace nmgen {

inline uint16_t load16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline uint32_t load32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline uint64_t load64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline void store16(uint8_t* at, uint16_t value) {
  std::memcpy(at, &value, sizeof(value));
}
inline void store32(uint8_t* at, uint32_t value) {
  std::memcpy(at, &value, sizeof(value));
}
inline void store64(uint8_t* at, uint64_t value) {
  std::memcpy(at, &value, sizeof(value));
}

// a + b with the carry out of bit 63 added back at bit 0: an add and an add-with-carry.
inline uint64_t ones_add(uint64_t a, uint64_t b) {
  uint64_t sum = a + b;
  return sum + (sum < b);
}

// The 64-bit sum folded to 16 bits. Adding a value to itself with its halves swapped leaves, in the
// upper half, the sum of the halves with the end-around carry in it. 0 only for 0.
inline uint16_t ones_fold(uint64_t sum) {
  uint32_t sum32 = static_cast<uint32_t>((sum + ((sum << 32) | (sum >> 32))) >> 32);
  return static_cast<uint16_t>((sum32 + ((sum32 << 16) | (sum32 >> 16))) >> 16);
}

// `sum` and the words of `size` bytes at `data`, any alignment. An odd last byte counts as if a
// zero followed it, so only the last piece of a longer text may have an odd size.
uint64_t checksum_partial(const uint8_t* data, size_t size, uint64_t sum = 0);

// The value for a checksum field: the complement of the folded sum.
inline uint16_t checksum_finish(uint64_t sum) {
  return static_cast<uint16_t>(~ones_fold(sum));
}

// The checksum of `size` bytes at `data`. 0 says that they contain their own, right checksum.
inline uint16_t checksum(const uint8_t* data, size_t size) {
  return checksum_finish(checksum_partial(data, size));
}

// The checksum of an IPv4 header of 20 bytes, whose own field must hold 0; unrolled.
inline uint16_t ipv4_header_checksum(const uint8_t* header) {
  return checksum_finish(
      ones_add(ones_add(load64(header), load64(header + 8)), load32(header + 16)));
}

// Pseudo-header sums: `source` and `destination` point to 4 (IPv4, RFC 768) or 16 (IPv6, RFC 8200
// section 8.1) bytes; `size` is that of the transport header and what follows it.
uint64_t pseudo_header_sum4(const uint8_t* source, const uint8_t* destination, uint8_t protocol,
                            uint16_t size);
uint64_t pseudo_header_sum6(const uint8_t* source, const uint8_t* destination, uint8_t next_header,
                            uint32_t size);

// RFC 1624 equation 3: HC' = ~(~HC + ~m + m'), for a field of 16 or 32 bits at an even offset that
// goes from `old_value` to `new_value` (both as they lie in memory). Where `checksum` was computed
// over words that are not all zero (it is then never 0xffff), the result is what computing anew
// would give, 0x0000 included: equation 2 gives 0xffff there.
inline uint16_t checksum_update16(uint16_t checksum, uint16_t old_value, uint16_t new_value) {
  uint32_t sum =
      static_cast<uint16_t>(~checksum) + uint32_t{static_cast<uint16_t>(~old_value)} + new_value;
  return checksum_finish(sum);
}

inline uint16_t checksum_update32(uint16_t checksum, uint32_t old_value, uint32_t new_value) {
  uint64_t sum = uint64_t{static_cast<uint16_t>(~checksum)} + static_cast<uint32_t>(~old_value) +
                 uint64_t{new_value};
  return checksum_finish(sum);
}

// What UDP writes for a computed 0, because 0 in its field means "no checksum" (RFC 768).
inline uint16_t udp_checksum_field(uint16_t checksum) {
  return checksum == 0 ? uint16_t{0xffff} : checksum;
}

}  // namespace nmgen
