// SPDX-License-Identifier: BSD-2-Clause
// Decides what a run is worth. Pure: the same figures give the same verdict and the same sentences.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pktgen/measure/counters.h"
#include "pktgen/measure/limits.h"
#include "pktgen/measure/record.h"

namespace nmgen {

// One worker, over the measured time.
struct JudgedWorker {
  std::string name;  // "tx0"
  bool sender = false;
  int core = -1;           // -1: not pinned
  double asked_pps = 0;    // a sender's share of what was asked for; 0 = as fast as possible
  double reached_pps = 0;  // a sender's median over the whole intervals
  double most_ahead = 1;   // see JudgedPort
  double seconds = 0;      // its own time, shorter than the run's where it has sent its quota
  uint64_t frames = 0, late_departures = 0;  // a sender's
  bool core_is_shared = false;               // with another worker of the run
  bool kernel_shares = false;  // its core also runs the kernel's threads that move its frames
  double idle_percent = 0;     // of its time, spent waiting for the next deadline or for frames
  double model_percent = 0;    // of its time, spent by a simulated device
  double off_core_ms = 0;      // in real time only: wire time leaves it out
  uint64_t off_core_times = 0;
  double longest_gap_us = 0;
  // In wire time: what was left out of its time, and how much of this the kernel says that it ran.
  double left_out_ms = 0, ran_ms = 0;
  double lost_after_s =
      0;  // it did not turn for so long, and the wire went on without it; 0: it did
};

// Sets idle_percent and model_percent. `slow_clock`: its core is made slower, or said to be.
void judge_shares(const CounterValues& counters, bool slow_clock, JudgedWorker* worker);

// One sending or receiving port, all its workers together.
struct JudgedPort {
  std::string name;          // "sim:a"
  bool sends = false;        // else it receives
  double seconds = 0;        // its own time, shorter than the run's where it has sent its quota
  double pps = 0;            // frames over that time, as the device completed them
  double line_rate_pps = 0;  // for the frames sent (their mean size); 0 where it is not known
  double asked_pps = 0;      // a sending port's; 0 = as fast as possible
  double most_ahead = 1;     // frames by which a count may be off what its mean rate gives
  // What its schedule has due in that time: at least what need not leave late, at most all. Both 0:
  // as asked_pps says.
  double least_due_pps = 0, most_due_pps = 0;
  double median_pps = 0;      // over the whole intervals; `pps` where the run was shorter than one
  double pause_s = 0;         // time that flow control stopped its wire
  uint64_t missed = 0;        // a receiving port's: dropped by the device before the ring
  std::string missed_remedy;  // replaces "give it more slots or flow control" where not empty
};

struct JudgeInput {
  RunLimits limits;
  double seconds = 0;       // measured
  double real_seconds = 0;  // that it took; more than that in wire time
  bool interrupted = false;
  double planned_seconds = 0;   // of an interrupted run
  uint64_t planned_frames = 0;  // likewise; 0: no bound
  double drain_s = 2;           // how long nothing had to come until frames counted as lost
  std::vector<JudgedPort> ports;
  std::vector<JudgedWorker> workers;

  bool receives = false;       // frames are received and compared with those sent; false for a sink
  bool counts_probes = false;  // sent and received_once are probes, not all frames
  uint64_t sent = 0;           // frames over which loss is told
  uint64_t received_once = 0;  // of the same frames
  uint64_t duplicates = 0, reordered = 0, damaged_probes = 0, stale = 0, foreign = 0;
  uint64_t late_frames = 0;  // received, of earlier phases

  std::string clock_fault;              // ClockCheck::reason; empty = the clock was good
  std::vector<std::string> unreadable;  // a sentence for each counter that could not be read
  std::vector<std::string> faults;      // whole sentences: what else makes the figures worthless
};

struct Judgement {
  Verdict verdict = Verdict::kInvalid;
  std::vector<std::string> reasons;  // sentences with a full stop, the worst first
};

// Invalid: what was measured is not what was asked for (an interrupted run is not), or cannot be
// trusted, as its workers did not have their cores. Fail: it can, and frames were lost, doubled,
// reordered or damaged. Else pass. A worker that was off its core is named in the reasons whatever
// the verdict.
Judgement judge(const JudgeInput& input);

// The worst verdict of several runs, and all their reasons, each with "Run 2: " before it where
// there are several. Invalid where there is none.
Judgement merge(const std::vector<Judgement>& runs);

// sent minus received_once; 0 where more was received than sent, which judge() calls invalid.
LossRecord loss_of(uint64_t sent, uint64_t received_once);

// The limits of design.md, "What a run must never do: lie".
inline constexpr double kRateTolerance = 0.001;       // of the rate asked for, or most_ahead
inline constexpr double kLineRateTolerance = 0.0001;  // of the line rate, over the whole run
// A worker with less idle time than this has no core to spare.
inline constexpr double kSaturatedIdlePercent = 1.0;
// Time off its core from which a worker is named though nothing went wrong: 100 us is 1488 frames
// of 64 bytes at 10 Gbit/s, more than a ring holds.
inline constexpr double kNamedGapUs = 100;
inline constexpr double kNamedShare = 0.001;  // of the measured time
// Of real time, that a worker may have run in what was left out: what the kernel's clock and a turn
// that a gap interrupted account for.
inline constexpr double kRanShare = 0.01;

}  // namespace nmgen
