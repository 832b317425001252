// SPDX-License-Identifier: BSD-2-Clause
// How fast the core that we are on runs right now. The TSC ticks at one rate whatever the core
// does; turbo and power limits change the core's own clock by some per cent from second to second,
// and with it how many ticks a frame takes.
#pragma once

#include <cstdint>

#include "pktgen/measure/clock.h"

namespace nmgen {

// Cycles of the core for each tick of the TSC, about 1. The median of some pieces of a chain of
// additions of two registers, each of which waits for the one before and takes one cycle on every
// processor; a neighbour on the same physical core does not slow it. Takes 0.1 ms. The calling
// thread should be pinned.
double core_cycles_per_tick();

}  // namespace nmgen
