// SPDX-License-Identifier: BSD-2-Clause
// One phase of a run, warm-up or measurement: its threads from start to stop, and what was counted
// meanwhile.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pktgen/measure/record.h"
#include "pktgen/worker/worker.h"

namespace nmgen {

// Everything a run works with. Workers' rings stay open over all phases.
struct RunSet {
  const TscClock* clock = nullptr;
  std::shared_ptr<LiveSegment> live;  // the workers' counters are in it
  std::vector<std::unique_ptr<SenderWorker>> senders;
  std::vector<std::unique_ptr<ReceiverWorker>> receivers;
  std::vector<Port*> ports;  // each once
  double turn_scale = 1;     // how much longer a turn takes than on a core of 1 GHz, at least 1
};

// One worker after a phase.
struct WorkerResult {
  CounterValues counters;
  OffCore off_core;
  GapCounts gaps;
  double median_pps = 0;  // over the whole intervals
  std::vector<std::string> lacks;
};

struct PhaseResult {
  double seconds = 0;  // from the start to the last frame's end at the senders
  bool interrupted = false;
  std::vector<IntervalRecord> intervals;
  std::vector<WorkerResult> senders, receivers;  // as in the RunSet
  std::vector<PortCounters> ports;      // what each port counted in this phase, as in the RunSet
  std::vector<double> port_median_pps;  // frames sent, over the whole intervals, as in the RunSet
  HistogramSnapshot latency, latency_intended;
  CostSnapshot tx_costs, rx_costs;
  double rate_share = 1;      // of what was asked for, at the end
  bool rate_changed = false;  // watchers changed it
  Error error;                // `what` is empty where all went well
};

using IntervalSink = std::function<void(const std::vector<IntervalRecord>&)>;

// Runs all workers for `duration_s`, or until `stop`; watchers see it as `state`. Interval by
// interval, `sink` is called on the caller's thread. The order at the end: senders stop and see
// their last frames out, the wire drains, receivers empty their rings and stop; then counters are
// read.
PhaseResult run_phase(RunSet& set, LiveState state, double duration_s,
                      const std::atomic<bool>& stop, const IntervalSink& sink);

}  // namespace nmgen
