// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/core_speed.h"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/core_clock.h"
#include "pktgen/measure/cores.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

constexpr int kPieces = 25;
constexpr uint64_t kRounds = 10'000;  // 20 to 40 us

// Six chains of additions: as many a cycle as a core can issue, no memory.
void work() {
  uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
  for (uint64_t i = 0; i < kRounds; ++i) {
    a += i, b += i, c += i, d += i, e += i, f += i;
    // Keeps the compiler from folding the loop; no instruction.
    asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
  }
}

}  // namespace

double CoreSpeed::measure(int core) {
  cpu_set_t before;
  if (sched_getaffinity(0, sizeof(before), &before) != 0 || pin_to_core(core) != 0)
    return 0;
  std::vector<double> pieces;
  for (int i = 0; i < kPieces; ++i) {
    const uint64_t start = tsc_now();
    work();
    pieces.push_back(static_cast<double>(tsc_now() - start));
  }
  const double cycles = median(pieces) * core_cycles_per_tick();
  (void)sched_setaffinity(0, sizeof(before), &before);
  const std::map<int, double>::iterator known = best_.try_emplace(core, cycles).first;
  known->second = std::min(known->second, cycles);
  return cycles;
}

bool CoreSpeed::is_quiet(int core) {
  const double cycles = measure(core);
  return cycles <= best_[core] * (1 + kTolerance);
}

bool CoreSpeed::await_quiet(const std::vector<int>& cores, double most_seconds) {
  constexpr double kNap = 0.02;
  // A fifth of a second: neighbours who work in bursts rest for less.
  constexpr int kCalm = 10;
  int calm = 0;
  for (double waited = 0;; waited += kNap) {
    const bool now =
        std::all_of(cores.begin(), cores.end(), [this](int core) { return is_quiet(core); });
    calm = now ? calm + 1 : 0;
    if (calm == kCalm)
      return true;
    if (waited >= most_seconds)
      return false;
    const timespec nap{0, static_cast<long>(kNap * 1e9)};
    nanosleep(&nap, nullptr);
  }
}

}  // namespace nmgen
