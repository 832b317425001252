// SPDX-License-Identifier: BSD-2-Clause
// Runs a scenario: opens its ports, starts a pinned thread for each sender and receiver, watches
// them, stops them in order, and takes the counters once.
#pragma once

#include <atomic>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// Told about a run while it is under way, by the thread that called run_scenario(), between the
// workers' wake-ups.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  // Everything is open and calibrated, run `index` (0 first) starts. `record` has scenario, device,
  // fingerprint; `index` of `scenario.repeat`.
  virtual void on_start(const Record& record, unsigned index) = 0;

  // About once a second of the measured part. `run` has intervals so far, the newest last.
  virtual void on_interval(const Record& record, const RunRecord& run) = 0;
};

// Runs `scenario` (all repeats) in this process. `stop` set by a signal handler ends it early, in
// order, with its record. An Error means that nothing was run: a port that does not exist or is
// taken, no memory, a core that cannot be had, no clock.
Result<Record> run_scenario(const Scenario& scenario, RunObserver* observer,
                            const std::atomic<bool>& stop);

}  // namespace nmgen
