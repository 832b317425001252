// SPDX-License-Identifier: BSD-2-Clause
// A slowdown that is put in on purpose, to show that nmgen ci catches it
// (scripts/regression_power.py). nmgen itself is built without; only the target nmgen_slowed sets
// NMGEN_SLOWDOWN.
#pragma once

#include <cstdint>

#ifndef NMGEN_SLOWDOWN
#define NMGEN_SLOWDOWN 0
#endif

namespace nmgen {

// Multiplications that wait for each other, three cycles of the core each, for 1024 frames. They
// start when all before them has ended, and all after them waits: a core that waits for memory
// would do them meanwhile, for nothing.
inline constexpr uint32_t kSlowdown = NMGEN_SLOWDOWN;

inline void slow_down(uint32_t frames) {
  if constexpr (kSlowdown > 0) {
    uint64_t product = frames, factor = 3;
    asm volatile("lfence" : "+r"(factor)::"memory");
    for (uint32_t i = frames * kSlowdown / 1024; i > 0; i--) {
      product *= factor;
      asm volatile("" : "+r"(product));
    }
    asm volatile("lfence" : "+r"(product)::"memory");
  }
  (void)frames;
}

}  // namespace nmgen
