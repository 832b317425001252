// SPDX-License-Identifier: BSD-2-Clause
// One phase of a run, warm-up or measurement: its threads from start to stop, and what was counted
// meanwhile.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "pktgen/measure/record.h"
#include "pktgen/worker/run_set.h"

namespace nmgen {

// One worker after a phase.
struct WorkerResult {
  CounterValues counters;
  OffCore off_core;                 // up to the end of the measured time
  GapCounts gaps;                   // likewise
  nmh_worker_counts wire_counts{};  // likewise, in wire time; `lost` to its end
  double seconds = 0;     // its own time: up to its last frame where it has sent its quota
  double median_pps = 0;  // over the whole intervals, or its own time where there is none
  std::vector<std::string> lacks;
};

// One stream of the scenario after a phase.
struct StreamResult {
  size_t number = 0;  // of the scenario's
  uint64_t sent = 0;  // probes, by senders whose frames come to a receiver
  SequenceCounts counts;
  HistogramSnapshot latency, latency_intended;
};

struct PhaseResult {
  double seconds =
      0;  // from the start to the end of the phase, or of the last frame if it is later
  bool wire_time = false;   // what the seconds are of
  double real_seconds = 0;  // that it took
  bool interrupted = false;
  std::vector<IntervalRecord> intervals;
  std::vector<WorkerResult> senders, receivers;  // as in the RunSet
  std::vector<StreamResult> streams;  // those sent; empty where receivers do not tell them apart
  std::vector<PortCounters> ports;    // what each port counted in this phase, as in the RunSet
  std::vector<double> port_seconds;   // of a port whose senders have sent their quotas: until then
  std::vector<double> port_median_pps;  // frames sent, over the whole intervals, as in the RunSet
  HistogramSnapshot latency, latency_intended;
  CostSnapshot tx_costs, rx_costs;
  double rate_share = 1;      // of what was asked for, at the end
  bool rate_changed = false;  // watchers changed it
  Error error;                // `what` is empty where all went well
};

using IntervalSink = std::function<void(const std::vector<IntervalRecord>&)>;

// What a phase is to be.
struct PhasePlan {
  LiveState state = LiveState::kMeasuring;
  double duration_s = 0;
  uint64_t frames = 0;  // 0: no bound; else the phase ends when they are sent, if not before
};

// Runs all workers for the plan's time or frames, or until `stop`; watchers see it as its state.
// Interval by interval, `sink` is called on the caller's thread. The order at the end: senders stop
// and see their last frames out, the wire drains, receivers empty their rings and stop; then
// counters are read.
PhaseResult run_phase(RunSet& set, const PhasePlan& plan, const std::atomic<bool>& stop,
                      const IntervalSink& sink);

}  // namespace nmgen
