// SPDX-License-Identifier: BSD-2-Clause
// What this machine offers to a run, and what it lacks.
#pragma once

#include <string>
#include <vector>

#include "pktgen/cli/commands/finding.h"

namespace nmgen {

// Everything, in the order to read it. `root` goes before the paths that are read (/proc, /sys,
// /dev), for tests; the processor and the clock are always this machine's. Takes about 30 ms, for
// the clock.
std::vector<Finding> examine_machine(const std::string& root = "");

}  // namespace nmgen
