// SPDX-License-Identifier: BSD-2-Clause
// Which core each worker gets.
#pragma once

#include <vector>

#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

struct Placement {
  std::vector<int> senders, receivers;  // a core for each worker, in the scenario's order
  int observer = 0;                     // for the thread that samples and prints
  bool shared = false;                  // two workers share a core
};

// Cores that the scenario names are taken as they are. The others get the allowed cores that are
// left, one each, and share when there are too few. The observer gets a core of its own, or else a
// sender's: a sender that is held up for some 10 us fills its ring again, but a receiver would lose
// frames. `allowed` is rising and not empty.
Placement place_workers(const Scenario& scenario, const std::vector<int>& allowed);

}  // namespace nmgen
