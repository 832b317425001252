// SPDX-License-Identifier: BSD-2-Clause
// SplitMix64 (Steele, Lea and Flood 2014): random numbers by their index, the same on every thread
// and machine.
#pragma once

#include <cstdint>

namespace nmgen {

// Its output function: a bijection that spreads each bit over all.
constexpr uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Number `k` of the sequence that `seed` begins.
constexpr uint64_t mix64_of(uint64_t seed, uint64_t k) {
  return mix64(seed + (k + 1) * 0x9e3779b97f4a7c15);
}

}  // namespace nmgen
