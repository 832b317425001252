// SPDX-License-Identifier: BSD-2-Clause
// Everything a run works with.
#pragma once

#include <memory>
#include <vector>

#include "pktgen/measure/limits.h"
#include "pktgen/measure/live_segment.h"
#include "pktgen/port/run_clock.h"
#include "pktgen/worker/worker.h"

namespace nmgen {

// Workers' rings stay open over all phases.
struct RunSet {
  const TscClock* clock = nullptr;
  RunClock time;
  std::shared_ptr<LiveSegment> live;  // the workers' counters are in it
  std::vector<std::unique_ptr<SenderWorker>> senders;
  std::vector<std::unique_ptr<ReceiverWorker>> receivers;
  std::vector<Port*> ports;  // each once
  double turn_scale = 1;     // how much longer a turn takes than on a core of 1 GHz, at least 1
  RunLimits limits;
  double drain_s = 2;  // without progress for so long, nothing more is waited for
  // Of the phases so far, so that frames of theirs are known when they come after all.
  std::vector<uint32_t> magics;
};

}  // namespace nmgen
