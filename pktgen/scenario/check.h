// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <vector>

#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// What a schema cannot see: names that must exist, cables that must meet, rates that must fit the
// line, workers that must have a ring and a core, probes that must have room. `cores` are those
// this process may use, in rising order. The first error found is returned. Any thread.
Result<void> check_scenario(const Scenario& scenario, const std::vector<int>& cores);

// "0", "0 to 3, 8": runs of cores, for messages.
std::string core_list(const std::vector<int>& cores);

}  // namespace nmgen
