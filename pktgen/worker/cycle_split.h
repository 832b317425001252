// SPDX-License-Identifier: BSD-2-Clause
// Where a turn's time went: a turn that moved frames was busy, any other idle; what a simulated
// device took is counted apart.
#pragma once

#include "pktgen/port/port.h"
#include "pktgen/worker/counters.h"

namespace nmgen {

class CycleSplit {
 public:
  CycleSplit(WorkerCounters& counters, const PortRing& ring, uint64_t now)
      : counters_(counters), ring_(ring), turn_(now), model_(ring.model_cycles()) {}

  // The turn that began at the last call, or at the start, ends at `now`.
  void on_turn(uint64_t now, bool moved) {
    const uint64_t model = ring_.model_cycles();
    const uint64_t in_model = model - model_;
    const uint64_t own = now - turn_ - in_model;
    counters_.model_cycles.add(in_model);
    (moved ? counters_.busy_cycles : counters_.idle_cycles).add(own);
    turn_ = now;
    model_ = model;
  }

 private:
  WorkerCounters& counters_;
  const PortRing& ring_;
  uint64_t turn_, model_;
};

}  // namespace nmgen
