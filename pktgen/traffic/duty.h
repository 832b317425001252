// SPDX-License-Identifier: BSD-2-Clause
// Makes a core look slower than it is: after each turn the worker waits, so that its own code has
// f of the core's F cycles. It needs no privilege and works in a virtual machine, where the clock
// cannot be set.
//
// A turn whose own code (application, netmap core, driver) took t on a core of F Hz would have
// taken t * F / f on one of f Hz. That long the next turn has to wait, counted from the turn's
// start. What a simulated device took meanwhile is not the worker's: a real device works beside the
// core, so that time counts as waited, in the same turn only. Polling counts like sending: a slow
// core polls slowly too. Memory keeps its speed, and seems fast to a core that looks slow: figures
// are an upper bound for a core that is slow.
#pragma once

#include <algorithm>
#include <cstdint>

namespace nmgen {

class DutyClock {
 public:
  // No duty: nothing is ever owed.
  DutyClock() = default;

  // `hz`: the clock to look like, below `core_hz`, the core's own. Above it there is nothing to do.
  DutyClock(double hz, double core_hz) : waits_(std::max(0.0, core_hz / hz - 1)) {}

  bool on() const { return waits_ > 0; }

  // Ticks to wait after a turn of `own` ticks, besides `model` ticks of a simulated device; 0 to go
  // on. Fractions and what was waited too long are settled with later turns, so the mean is exact.
  uint64_t owed(uint64_t own, uint64_t model) {
    const double wait = static_cast<double>(own) * waits_ - static_cast<double>(model);
    debt_ += std::max(wait, 0.0);
    return debt_ > 0 ? static_cast<uint64_t>(debt_) : 0;
  }
  void waited(uint64_t ticks) { debt_ -= static_cast<double>(ticks); }

 private:
  double waits_ = 0;  // for each tick of its own
  double debt_ = 0;   // ticks; below 0 where it waited too long
};

}  // namespace nmgen
