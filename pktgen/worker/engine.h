// SPDX-License-Identifier: BSD-2-Clause
// Runs a scenario: opens its ports, starts a pinned thread for each sender and receiver, watches
// them, stops them in order, and takes the counters once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "pktgen/error.h"
#include "pktgen/measure/observer.h"
#include "pktgen/measure/record.h"
#include "pktgen/port/port.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// How a run's ports are opened; tests put workers' rings of their own in.
using PortOpener =
    std::function<Result<std::unique_ptr<PortSet>>(const Scenario& scenario, double tsc_hz)>;

// Runs `scenario` (all repeats) in this process. `stop` set by a signal handler ends it early, in
// order, with its record. An Error means that nothing was run: a port that does not exist or is
// taken, no memory, a core that cannot be had, no clock.
Result<Record> run_scenario(const Scenario& scenario, RunObserver* observer,
                            const std::atomic<bool>& stop, const PortOpener& open = open_ports);

}  // namespace nmgen
