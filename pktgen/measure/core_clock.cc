// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/core_clock.h"

#include <vector>

#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

constexpr int kPieces = 15;
// Many additions a round: where a core does one instruction a cycle, a guest under QEMU's icount,
// the two instructions of the loop itself are not hidden beside them.
constexpr int kRounds = 250;
constexpr int kAdditionsARound = 64;

}  // namespace

double core_cycles_per_tick() {
  uint64_t sum = 1;
  // In a register: some processors do additions of small constants while they rename registers,
  // six a cycle on family 6 model 167.
  uint64_t step = 3;
  asm volatile("" : "+r"(step));
  std::vector<double> pieces;
  for (int piece = 0; piece < kPieces; piece++) {
    const uint64_t start = tsc_now();
    for (int round = 0; round < kRounds; round++) {
      // The empty statements keep the compiler from adding up beforehand.
#pragma GCC unroll 64
      for (int i = 0; i < kAdditionsARound; i++) {
        sum += step;
        asm volatile("" : "+r"(sum));
      }
    }
    pieces.push_back(static_cast<double>(tsc_now() - start));
  }
  return kRounds * kAdditionsARound / median(pieces);
}

}  // namespace nmgen
