// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/checksum.h"

#include <bit>

namespace nmgen {

// The odd byte and the pseudo-header's numbers are placed for a little-endian load.
static_assert(std::endian::native == std::endian::little);

uint64_t checksum_partial(const uint8_t* data, size_t size, uint64_t sum) {
  // Four chains, because each add waits for the carry of the one before it.
  if (size >= 64) {
    uint64_t b = 0, c = 0, d = 0;
    for (; size >= 32; size -= 32, data += 32) {
      sum = ones_add(sum, load64(data));
      b = ones_add(b, load64(data + 8));
      c = ones_add(c, load64(data + 16));
      d = ones_add(d, load64(data + 24));
    }
    sum = ones_add(ones_add(sum, b), ones_add(c, d));
  }
  for (; size >= 8; size -= 8, data += 8)
    sum = ones_add(sum, load64(data));
  if (size >= 4) {
    sum = ones_add(sum, load32(data));
    size -= 4;
    data += 4;
  }
  if (size >= 2) {
    sum = ones_add(sum, load16(data));
    size -= 2;
    data += 2;
  }
  if (size == 1)
    sum = ones_add(sum, *data);
  return sum;
}

namespace {

// A 16-bit number as the word that its network-order bytes make in memory.
uint64_t network_word(uint32_t value) {
  return ((value & 0xff) << 8) | ((value >> 8) & 0xff);
}

}  // namespace

uint64_t pseudo_header_sum4(const uint8_t* source, const uint8_t* destination, uint8_t protocol,
                            uint16_t size) {
  return uint64_t{load32(source)} + load32(destination) + network_word(protocol) +
         network_word(size);
}

uint64_t pseudo_header_sum6(const uint8_t* source, const uint8_t* destination, uint8_t next_header,
                            uint32_t size) {
  uint64_t sum = checksum_partial(source, 16, checksum_partial(destination, 16));
  return ones_add(sum, network_word(next_header) + network_word(size) + network_word(size >> 16));
}

}  // namespace nmgen
