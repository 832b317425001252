// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "pktgen/measure/rate.h"
#include "pktgen/measure/ratio.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

// The cheapest fiftieth is what a frame costs when nothing disturbs: beside a busy neighbour on the
// same physical core a tenth is often more than the rest that it leaves. The very cheapest
// stretches are chance.
constexpr double kQuietShare = 0.02;

WorkerRecord worker_record(const WorkerBase& worker, const char* role, const WorkerResult& result,
                           const TscClock& clock) {
  // Wire time may be much shorter than the real time in which it was off its core.
  const double most_off_core_ms = std::max(
      result.seconds * 1e3, static_cast<double>(clock.to_ns(result.wire_counts.gap_ticks)) / 1e6);
  WorkerRecord record;
#define WORKER_FIELD(type, name, from, ...) record.name = from;
#include "pktgen/measure/figure_list.h"
  return record;
}

// The workers of one role, or all of them, as if they were one.
WorkerRecord sum_of(const std::vector<WorkerRecord>& workers, std::string_view role = "") {
  WorkerRecord sum;
  for (const WorkerRecord& worker : workers)
    if (role.empty() || worker.role == role)
      add_worker(sum, worker);
  return sum;
}

DirectionRecord direction_record(const WorkerRecord& sum, const CostSnapshot& costs, double seconds,
                                 double speed_bps) {
  DirectionRecord direction;
#define DIRECTION_FIELD(type, name, from, ...) direction.name = from;
#include "pktgen/measure/figure_list.h"
  return direction;
}

StreamRecord stream_record(const std::string& stream_name, const StreamResult& result,
                           double floor_ns) {
  const LossRecord loss = loss_of(result.sent, result.counts.unique);
  const LatencyRecord latency = result.latency.to_record(floor_ns);
  const LatencyRecord latency_intended =
      result.latency_intended.count() > 0 ? result.latency_intended.to_record(floor_ns) : latency;
  StreamRecord stream;
#define STREAM_FIELD(type, name, from, ...) stream.name = from;
#include "pktgen/measure/figure_list.h"
  return stream;
}

// The speeds of the ports that one kind of worker uses, each once; 0 where one is not known.
template <typename Worker>
double speed_of(const std::vector<std::unique_ptr<Worker>>& workers) {
  double speed = 0;
  std::vector<const Port*> seen;
  for (const std::unique_ptr<Worker>& worker : workers) {
    if (std::find(seen.begin(), seen.end(), worker->port) != seen.end())
      continue;
    seen.push_back(worker->port);
    if (worker->port->speed_bps() <= 0)
      return 0;
    speed += worker->port->speed_bps();
  }
  return speed;
}

// Of the gaps that wire time left out of a worker's time, how much the kernel says that it ran: it
// cannot have been on its core and off it. What the host took (steal) the kernel may count as run,
// and tells it a tick late. A turn that a gap interrupted is a part of the gap, and may be as long
// as a full batch takes.
double ran_in_gaps_ms(const WorkerRecord& worker, const OffCore& off_core, double real_seconds) {
  constexpr double kTurnMs = 0.03;
  const double twice = off_core.run_ms + worker.left_out_ms - real_seconds * 1e3;
  const double turns = static_cast<double>(worker.left_out_times) *
                       std::max(kTurnMs, worker.gap_from_us / 1e3 / NMH_WIRE_TURNS);
  const double steal_ms = off_core.steal_ms + off_core.steal_tick_ms;
  return std::clamp(twice - steal_ms - turns, 0.0, worker.left_out_ms);
}

// What loss is told over: probes where there are any, else all frames.
struct Compared {
  uint64_t sent = 0, received_once = 0;
  bool receives = false;
};

Compared compare(const Scenario& scenario, const RunSet& set, const PhaseResult& phase) {
  Compared compared;
  uint64_t unseen = 0;
  for (size_t i = 0; i < set.senders.size(); i++) {
    const CounterValues& counters = phase.senders[i].counters;
    if (!set.senders[i]->is_received) {
      unseen += counters.frames;
      continue;
    }
    compared.receives = true;
    compared.sent += scenario.probe_every > 0 ? counters.probes : counters.frames;
  }
  // Nobody receives: there is no loss to tell, but there are frames that were sent.
  if (!compared.receives)
    compared.sent = unseen;
  for (const WorkerResult& result : phase.receivers)
    compared.received_once +=
        scenario.probe_every > 0 ? result.counters.unique : result.counters.frames;
  return compared;
}

// Whether the cores ran as the scenario says they do; empty where they did.
std::string core_clock_fault(const ClockSpec& clock, const RunRecord& run) {
  constexpr double kTolerance = 0.1;
  for (const WorkerRecord& worker : run.workers) {
    if (clock.method == ClockSpec::Method::kNone || worker.role != "sender" ||
        !(worker.core_hz > 0))
      continue;
    const double share = clock.hz / worker.core_hz;
    const bool fits = clock.method == ClockSpec::Method::kDuty ? share <= 1 + kTolerance
                                                               : std::fabs(share - 1) <= kTolerance;
    if (!fits)
      return fmt::format(
          "{} should run at {:.1f} MHz (method {}), but its core runs at {:.1f} MHz; ask for a "
          "clock "
          "that "
          "the core has.",
          worker.name, clock.hz / 1e6, to_string(clock.method), worker.core_hz / 1e6);
  }
  return "";
}

size_t core_users(const RunSet& set, int core) {
  const auto on_core = [core](const auto& worker) { return worker->core == core; };
  return static_cast<size_t>(std::count_if(set.senders.begin(), set.senders.end(), on_core) +
                             std::count_if(set.receivers.begin(), set.receivers.end(), on_core));
}

// Frames of a sender that were due in `seconds` of its phase, and were in its quota.
uint64_t frames_due(const SenderWorker& worker, double seconds) {
  const double ticks = std::max(seconds, 0.0) * worker.clock->hz;
  return std::min(worker.quota,
                  frames_of_lane(worker.schedule.due_within(ticks), worker.lane, worker.lanes));
}

JudgedPort judged_port(const RunSet& set, const PhaseResult& phase, size_t index,
                       JudgeInput* input) {
  const Port& port = *set.ports[index];
  const PortCounters& counted = phase.ports[index];
  JudgedPort judged;
  judged.name = port.name();
  judged.pause_s = static_cast<double>(counted.paused_ns) / 1e9;
  judged.missed = counted.missed;
  judged.seconds = phase.port_seconds[index];
  uint64_t frames = 0, bytes = 0, least_due = 0, most_due = 0;
  bool paced = true, even = true;
  const double until_s = std::min(judged.seconds, input->planned_seconds);
  for (size_t k = 0; k < set.senders.size(); k++) {
    const SenderWorker& worker = *set.senders[k];
    if (worker.port != &port || worker.quota == 0)
      continue;
    judged.sends = true;
    judged.asked_pps += worker.asked_pps;
    paced &= worker.schedule.paced();
    even &= !worker.schedule.paced() || worker.schedule.is_even();
    if (worker.schedule.paced()) {
      least_due += frames_due(worker, until_s - input->limits.late_ms / 1e3);
      most_due += frames_due(worker, until_s);
    }
    // The workers of an entry share its schedule.
    if (worker.lane == 0)
      judged.most_ahead += worker.schedule.most_ahead() - 1;
    frames += phase.senders[k].counters.frames;
    bytes += phase.senders[k].counters.bytes;
  }
  if (judged.sends && judged.seconds > 0 && frames > 0) {
    judged.pps = static_cast<double>(frames) / judged.seconds;
    if (paced && !even) {
      judged.least_due_pps = static_cast<double>(least_due) / judged.seconds;
      judged.most_due_pps = static_cast<double>(most_due) / judged.seconds;
    }
    judged.median_pps = phase.port_median_pps[index];
    if (port.speed_bps() > 0)
      judged.line_rate_pps =
          line_rate_pps(port.speed_bps(), static_cast<double>(bytes) / static_cast<double>(frames));
  }
  if (port.has_counters() && !counted.readable)
    input->unreadable.push_back("the device counters of " + port.name() +
                                "; check that its interface exists");
  if (counted.driver_bugs > 0)
    input->faults.push_back(port.name() + ": the driver violated the rules of the device " +
                            std::to_string(counted.driver_bugs) + " times, the last: " +
                            counted.last_bug + "; this is a bug, report it with the record.");
  return judged;
}

}  // namespace

RunRecord assemble_run(const Scenario& scenario, const RunSet& set, const PhaseResult& phase) {
  std::vector<WorkerRecord> workers;
  double floor_ns = 0;
  for (size_t i = 0; i < set.senders.size(); i++)
    workers.push_back(worker_record(*set.senders[i], "sender", phase.senders[i], *set.clock));
  for (size_t i = 0; i < set.receivers.size(); i++) {
    workers.push_back(worker_record(*set.receivers[i], "receiver", phase.receivers[i], *set.clock));
    floor_ns = std::max(floor_ns, set.receivers[i]->floor_ns);
  }
  const WorkerRecord all_workers = sum_of(workers);
  const DirectionRecord sent = direction_record(sum_of(workers, "sender"), phase.tx_costs,
                                                phase.seconds, speed_of(set.senders));
  const DirectionRecord received = direction_record(sum_of(workers, "receiver"), phase.rx_costs,
                                                    phase.seconds, speed_of(set.receivers));
  PortValues ports;
  for (const PortCounters& port : phase.ports)
    ports += port;
  const Compared compared = compare(scenario, set, phase);
  LossRecord loss;
  if (compared.receives)
    loss = loss_of(compared.sent, compared.received_once);
  const LatencyRecord latency = phase.latency.to_record(floor_ns);
  const bool paced = std::any_of(set.senders.begin(), set.senders.end(),
                                 [](const auto& sender) { return sender->asked_pps > 0; });
  const LatencyRecord latency_intended =
      paced ? phase.latency_intended.to_record(floor_ns) : latency;
  std::vector<StreamRecord> streams;
  for (const StreamResult& stream : phase.streams)
    streams.push_back(stream_record(scenario.streams[stream.number].name, stream, floor_ns));
  RunRecord run;
#define RUN_FIELD(type, name, from, ...) run.name = from;
#include "pktgen/measure/figure_list.h"
  return run;
}

JudgeInput judge_input(const Scenario& scenario, const RunSet& set, const PhaseResult& phase,
                       const RunRecord& run, const ClockCheck& clock) {
  JudgeInput input;
  input.limits = scenario.limits;
  input.seconds = phase.seconds;
  input.real_seconds = phase.real_seconds;
  input.interrupted = phase.interrupted;
  input.planned_seconds = scenario.duration_s;
  input.planned_frames = scenario.frames;
  input.drain_s = scenario.drain_s;
  for (size_t i = 0; i < set.ports.size(); i++)
    input.ports.push_back(judged_port(set, phase, i, &input));
  for (size_t i = 0; i < run.workers.size(); i++) {
    const WorkerRecord& worker = run.workers[i];
    JudgedWorker judged;
    judged.name = worker.name;
    judged.sender = i < set.senders.size();
    judged.core = worker.core;
    const WorkerResult& result =
        judged.sender ? phase.senders[i] : phase.receivers[i - set.senders.size()];
    const WorkerBase& base = judged.sender ? static_cast<const WorkerBase&>(*set.senders[i])
                                           : *set.receivers[i - set.senders.size()];
    judged.seconds = result.seconds;
    judged.core_is_shared = core_users(set, base.core) > 1;
    judged.kernel_shares = base.port->residence() == "kernel";
    if (judged.sender) {
      judged.asked_pps = set.senders[i]->quota > 0 ? set.senders[i]->asked_pps : 0;
      judged.reached_pps = result.median_pps;
      judged.most_ahead = set.senders[i]->full.most_ahead();
      judged.frames = worker.frames;
      judged.late_departures = worker.late_departures;
    }
    judge_shares(result.counters, scenario.clock.method != ClockSpec::Method::kNone, &judged);
    if (phase.wire_time) {
      judged.left_out_ms = worker.left_out_ms;
      judged.ran_ms = ran_in_gaps_ms(worker, result.off_core, phase.real_seconds);
      judged.lost_after_s = result.wire_counts.lost ? NMH_WIRE_LOST_S : 0;
    } else {
      judged.off_core_ms = worker.off_core_ms;
      judged.off_core_times = worker.off_core_times;
      judged.longest_gap_us = worker.longest_gap_us;
    }
    input.workers.push_back(std::move(judged));
    for (const std::string& lack : result.lacks)
      input.unreadable.push_back(lack);
  }
  const Compared compared = compare(scenario, set, phase);
  input.receives = compared.receives;
  input.counts_probes = scenario.probe_every > 1;
  input.sent = compared.sent;
  input.received_once = compared.received_once;
  input.duplicates = run.duplicates;
  input.reordered = run.reordered;
  for (const WorkerResult& result : phase.receivers) {
    input.damaged_probes += result.counters.damaged_probes;
    input.stale += result.counters.stale;
    input.foreign += result.counters.foreign_frames;
    input.late_frames += result.counters.late_frames;
  }
  if (std::string fault = core_clock_fault(scenario.clock, run); !fault.empty())
    input.faults.push_back(std::move(fault));
  if (phase.rate_changed)
    input.faults.push_back(
        fmt::format("The rate was changed by hand during the run, at last to {:g} times "
                    "what the scenario asks for; ask for that rate in the scenario.",
                    phase.rate_share));
  input.clock_fault = clock.reason;
  return input;
}

void add_late(uint64_t frames, RunRecord* run, JudgeInput* input) {
  const uint64_t late = std::min(frames, run->loss.frames);
  run->late += late;
  input->received_once += late;
  run->loss = loss_of(input->sent, input->received_once);
}

void summarise(Record* record) {
  std::vector<double> tx_pps, rx_pps;
  uint64_t sent = 0, received = 0;
  double seconds = 0;
  for (const RunRecord& run : record->runs) {
    const size_t before = tx_pps.size();
    for (const IntervalRecord& interval : run.intervals) {
      if (!is_whole(interval))
        continue;
      tx_pps.push_back(interval.tx_pps);
      rx_pps.push_back(interval.rx_pps);
    }
    // A run shorter than an interval still has its mean.
    if (tx_pps.size() == before) {
      tx_pps.push_back(run.tx.pps);
      rx_pps.push_back(run.rx.pps);
    }
    sent += run.tx.frames;
    received += run.rx.frames;
    seconds += run.seconds;
  }
#define SUMMARY_FIELD(type, name, from, ...) record->name = from;
#include "pktgen/measure/figure_list.h"
}

}  // namespace nmgen
