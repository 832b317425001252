// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pktgen/measure/ratio.h"

namespace nmgen {
namespace {

std::string rate(double pps) {
  if (pps >= 1e6)
    return fmt::format("{:.3f} Mpps", pps / 1e6);
  if (pps >= 1e3)
    return fmt::format("{:.3f} kpps", pps / 1e3);
  return fmt::format("{:.3f} pps", pps);
}

std::string frames(uint64_t count) {
  return fmt::format("{} frame{}", count, count == 1 ? "" : "s");
}

std::string core_of(const JudgedWorker& worker) {
  return worker.core >= 0 ? fmt::format("core {}", worker.core) : "its core (it is not pinned)";
}

// Above the rate (1), below it (-1) or within the tolerance (0), over some time: the larger of
// 0.1 % and the frames that the schedule may be ahead, one where they are evenly spaced.
int missed_rate(double asked_pps, double reached_pps, double seconds, double most_ahead) {
  if (!(asked_pps > 0))
    return 0;
  const double least = seconds > 0 ? most_ahead / seconds : 0;
  // A frame may be counted just before the end of its interval, or just after.
  const double tolerance = std::max(kRateTolerance * asked_pps, least * (1 + 1e-9));
  const double off = reached_pps - asked_pps;
  return std::fabs(off) <= tolerance ? 0 : off > 0 ? 1 : -1;
}

// The mean that is asked for over the whole time, and how it was missed; see missed_rate().
struct WholeTime {
  double expected_pps;
  int missed;
};
WholeTime whole_time(const JudgedPort& port, double expected, double seconds) {
  if (!(port.most_due_pps > 0))
    return {expected, missed_rate(expected, port.pps, seconds, port.most_ahead)};
  const double due = std::clamp(port.pps, port.least_due_pps, port.most_due_pps);
  return {due, missed_rate(due, port.pps, seconds, 1)};
}

// A rate's intervals are as long as that.
double interval_seconds(double seconds) {
  return std::min(seconds, kIntervalSeconds);
}

double off_core_percent(const JudgeInput& input, const JudgedWorker& worker) {
  return input.seconds > 0 ? worker.off_core_ms / 10 / input.seconds : 0;
}

// Where the kernel's own threads move a worker's frames on its core, its time off the core is a
// part of the work.
bool lost_its_core(const JudgeInput& input, const JudgedWorker& worker) {
  return !worker.kernel_shares && off_core_percent(input, worker) > input.limits.off_core_percent;
}

// A sender as fast as possible is asked for its line, unless its cores have no more to give; 0
// where it is asked for no figure. What a model takes of a core is no work of the sender.
double expected_pps(const JudgeInput& input, const JudgedPort& port) {
  if (port.asked_pps > 0)
    return port.asked_pps;
  const bool all_idle =
      std::all_of(input.workers.begin(), input.workers.end(), [&input](const JudgedWorker& worker) {
        return !worker.sender ||
               worker.idle_percent + worker.model_percent > input.limits.max_idle_percent;
      });
  return all_idle ? port.line_rate_pps : 0;
}

// A sender that lost its core had no time either, but that is told by itself.
bool is_saturated(const JudgeInput& input, const JudgedWorker& worker) {
  const double seconds = worker.seconds > 0 ? worker.seconds : input.seconds;
  return worker.sender && worker.idle_percent < kSaturatedIdlePercent &&
         !lost_its_core(input, worker) &&
         missed_rate(worker.asked_pps, worker.reached_pps, interval_seconds(seconds),
                     worker.most_ahead) < 0;
}

std::string ms_and_share(const JudgeInput& input, const JudgedWorker& worker) {
  const double share = off_core_percent(input, worker);
  return fmt::format("{} {:.{}f} ms ({:.{}f} %)", worker.name, worker.off_core_ms,
                     worker.off_core_ms < 10 ? 1 : 0, share, share < 10 ? 1 : 0);
}

// "tx0 43 ms (4.3 %), rx0 9.0 ms (0.9 %)"
template <typename Pick>
std::string list_off_core(const JudgeInput& input, Pick&& pick) {
  std::string list;
  for (const JudgedWorker& worker : input.workers)
    if (pick(worker))
      list += (list.empty() ? "" : ", ") + ms_and_share(input, worker);
  return list;
}

// The senders, or all workers, that were off their cores for a share that explains one of
// `percent`; empty where there is none.
std::string absent(const JudgeInput& input, double percent, bool receivers_too = false) {
  return list_off_core(input, [&](const JudgedWorker& worker) {
    const double share = off_core_percent(input, worker);
    return (worker.sender || receivers_too) && share > 100 * kNamedShare && share >= percent / 2;
  });
}

// Of those, as the cause of another reason. How long each was away is told once: by judge_cores(),
// unless all are within the limit.
std::string lost_cores(const JudgeInput& input, const char* who, const std::string& workers) {
  const bool told =
      std::any_of(input.workers.begin(), input.workers.end(),
                  [&](const JudgedWorker& worker) { return lost_its_core(input, worker); });
  return told ? fmt::format("{} lost their cores", who)
              : fmt::format("{} lost their cores: {}; keep other work off those cores", who,
                            workers);
}

// Why a port did not reach its rate, as far as the figures tell.
std::string rate_remedy(const JudgeInput& input, const JudgedPort& port, double reached,
                        double expected) {
  const double off_percent = 100 * std::fabs(reached / expected - 1);
  if (reached > expected) {
    if (whole_time(port, expected, port.seconds).missed > 0)
      return "this is a bug of the sender; report it with the record";
    const std::string senders = absent(input, 0);
    return fmt::format(
        "the mean rate is right, but it caught up after a stall{}; keep other "
        "work off the senders' cores, or ask for less",
        senders.empty() ? "" : " (off their cores: " + senders + ")");
  }
  if (port.line_rate_pps > 0 && port.asked_pps > port.line_rate_pps * (1 + kLineRateTolerance))
    return fmt::format("the line carries {} of these frames; ask for less",
                       rate(port.line_rate_pps));
  // A receiver without its core lets its ring fill, and flow control then stops the wire.
  if (const std::string workers = absent(input, off_percent, port.pause_s > 0); !workers.empty())
    return lost_cores(input, "workers", workers);
  if (port.pause_s > 0)
    return fmt::format(
        "flow control stopped its wire for {:.3f} s; ask for less, or give the receiver more "
        "workers or slots",
        port.pause_s);
  for (const JudgedWorker& worker : input.workers)
    if (worker.sender && worker.idle_percent <= input.limits.max_idle_percent &&
        worker.model_percent > 50)
      return fmt::format(
          "simulating its device took {:.0f} % of {}'s time, so this machine cannot fill that "
          "line; ask for less, for longer frames or a slower line, or give it more workers",
          worker.model_percent, worker.name);
  if (std::any_of(input.workers.begin(), input.workers.end(),
                  [&](const JudgedWorker& worker) { return is_saturated(input, worker); }))
    return "its workers have no idle time; give it more workers, or ask for less";
  return "its workers had idle time, so the device or other programs on their cores delayed them; "
         "stop those, or ask for less";
}

void judge_trust(const JudgeInput& input, std::vector<std::string>& reasons) {
  if (input.interrupted)
    reasons.push_back(fmt::format(
        "The run was interrupted: {:.3f} s of {:.3f} s{} were measured, which is not what was "
        "asked for; let it run to its end.",
        input.seconds, input.planned_seconds,
        input.planned_frames > 0 ? fmt::format(" or {}", frames(input.planned_frames)) : ""));
  if (!(input.seconds > 0))
    reasons.push_back("The measured time is 0; make the run longer than its warm-up.");
  if (!input.clock_fault.empty())
    reasons.push_back(fmt::format("The clock cannot be trusted: {}.", input.clock_fault));
  for (const std::string& counter : input.unreadable)
    reasons.push_back(fmt::format("A counter could not be read: {}.", counter));
  reasons.insert(reasons.end(), input.faults.begin(), input.faults.end());
  if (input.sent == 0)
    reasons.push_back(
        "No frame was sent; check that the link is up, and make the run "
        "long enough for its rate.");
}

// Whether what wire time left out was time off the core.
void judge_wire_time(const JudgeInput& input, std::vector<std::string>& reasons) {
  for (const JudgedWorker& worker : input.workers) {
    if (worker.lost_after_s > 0)
      reasons.push_back(fmt::format(
          "{} did not turn for {:g} s, and the wire went on without it: no loss or rate "
          "of this run can be trusted; look for what stopped its thread.",
          worker.name, worker.lost_after_s));
    if (worker.ran_ms > kRanShare * 1e3 * input.real_seconds)
      reasons.push_back(fmt::format(
          "{} ran for {:.0f} ms of the {:.0f} ms that wire time left out of its time as gaps, so "
          "what it did then is missing; run the scenario with \"time\": \"real\".",
          worker.name, worker.ran_ms, worker.left_out_ms));
  }
}

void judge_port(const JudgeInput& input, const JudgedPort& port,
                std::vector<std::string>& reasons) {
  const char* verb = port.sends ? "sent" : "received";
  if (port.line_rate_pps > 0 && port.pps > port.line_rate_pps * (1 + kLineRateTolerance))
    reasons.push_back(fmt::format(
        "{} {} {}, and its line carries at most {}: the count or the clock is wrong, which is "
        "a bug; report it with the record.",
        port.name, verb, rate(port.pps), rate(port.line_rate_pps)));
  double expected = port.sends ? expected_pps(input, port) : 0;
  const double seconds = port.seconds > 0 ? port.seconds : input.seconds;
  const bool median_missed =
      missed_rate(expected, port.median_pps, interval_seconds(seconds), port.most_ahead) != 0;
  const WholeTime whole = whole_time(port, expected, seconds);
  if (median_missed || whole.missed != 0) {
    const double reached = median_missed ? port.median_pps : port.pps;
    if (!median_missed)
      expected = whole.expected_pps;
    reasons.push_back(
        fmt::format("{} sent {} {}, {:.3f} % {} the {} {}: {}.", port.name, rate(reached),
                    median_missed ? "in the median second" : "over the whole time",
                    100 * std::fabs(reached / expected - 1), reached < expected ? "below" : "above",
                    rate(expected), port.asked_pps > 0 ? "asked for" : "of its line",
                    rate_remedy(input, port, reached, expected)));
  }
  if (!port.sends && port.missed > 0)
    reasons.push_back(fmt::format(
        "The receiver overran: {} missed by {} because no slot was free, so the test did not "
        "measure the wire; {}.",
        frames(port.missed), port.name,
        port.missed_remedy.empty() ? "give it more slots or flow control" : port.missed_remedy));
}

void judge_saturation(const JudgeInput& input, std::vector<std::string>& reasons) {
  for (const JudgedWorker& worker : input.workers)
    if (is_saturated(input, worker))
      reasons.push_back(
          fmt::format("Sender {} was saturated on {}: {:.2f} % idle at {} of the {} asked of it; "
                      "give the sender "
                      "more workers, or ask for less.",
                      worker.name, core_of(worker), worker.idle_percent, rate(worker.reached_pps),
                      rate(worker.asked_pps)));
}

// Whether the workers had their cores.
void judge_cores(const JudgeInput& input, std::vector<std::string>& reasons) {
  const std::string lost = list_off_core(
      input, [&](const JudgedWorker& worker) { return lost_its_core(input, worker); });
  if (lost.empty())
    return;
  const bool shared =
      std::any_of(input.workers.begin(), input.workers.end(), [&](const JudgedWorker& worker) {
        return worker.core_is_shared && lost_its_core(input, worker);
      });
  reasons.push_back(fmt::format(
      "Workers lost their cores: {}, more than limits.off_core_percent, {:g} %; {}.", lost,
      input.limits.off_core_percent,
      shared ? "give each worker a core of its own"
             : "keep other work off those cores; on a virtual machine, check that its host is not "
               "overcommitted"));
}

// Whether frames left when they were due.
void judge_departures(const JudgeInput& input, std::vector<std::string>& reasons) {
  uint64_t sent = 0, late = 0;
  for (const JudgedWorker& worker : input.workers) {
    if (!worker.sender || !(worker.asked_pps > 0))
      continue;
    sent += worker.frames;
    late += worker.late_departures;
  }
  const double percent = sent > 0 ? 100 * static_cast<double>(late) / static_cast<double>(sent) : 0;
  // One frame is never too much.
  if (late <= 1 || percent <= input.limits.late_percent)
    return;
  const std::string senders = absent(input, 0);
  const bool paused = std::any_of(input.ports.begin(), input.ports.end(),
                                  [](const JudgedPort& port) { return port.pause_s > 0; });
  std::string why = "the ring was full or the sender too slow; ask for less";
  if (!senders.empty())
    why = lost_cores(input, "senders", senders);
  else if (paused)
    why = "flow control delayed them; ask for less, or give the receiver more workers or slots";
  reasons.push_back(fmt::format(
      "{} of {} sent ({:.3g} %) left more than {:g} ms after they were due, more than "
      "limits.late_percent, {:g} %: {}.",
      late, frames(sent), percent, input.limits.late_ms, input.limits.late_percent, why));
}

void judge_counts(const JudgeInput& input, std::vector<std::string>& invalid,
                  std::vector<std::string>& fail) {
  if (!input.receives)
    return;
  const char* unit = input.counts_probes ? "frames with a probe" : "frames";
  if (input.stale > 0)
    invalid.push_back(fmt::format(
        "{} arrived more than 2^20 behind the newest, too late to know whether they are "
        "duplicates, so "
        "losses and duplicates are not exact; look for a loop or a queue that long in the path.",
        frames(input.stale)));
  if (input.received_once > input.sent)
    invalid.push_back(
        fmt::format("More was received than sent ({} against {} {}): the counts are not of the "
                    "same frames. That "
                    "is a bug, or another sender uses this run's mark; report it with the record.",
                    input.received_once, input.sent, unit));

  LossRecord loss = loss_of(input.sent, input.received_once);
  if (loss.frames > 0)
    fail.push_back(
        fmt::format("{} of {} {} lost ({:.3f} ppm); look at the counters of every device on the "
                    "path, or ask for less.",
                    loss.frames, input.sent, loss.frames == 1 ? "was" : "were", loss.ppm));
  if (input.duplicates > 0)
    fail.push_back(
        fmt::format("{} arrived more than once; look for a loop, a mirror port or a second path.",
                    frames(input.duplicates)));
  if (input.reordered > 0)
    fail.push_back(
        fmt::format("{} arrived after a later one of their stream; look for parallel paths or "
                    "queues that do not "
                    "keep a flow together.",
                    frames(input.reordered)));
  if (input.damaged_probes > 0)
    fail.push_back(
        fmt::format("{} arrived with a damaged probe; look for a device that rewrites payloads, or "
                    "for bad memory or "
                    "a bad cable.",
                    frames(input.damaged_probes)));
}

// What a reader should know though it decides nothing.
void add_notes(const JudgeInput& input, bool all_is_well, std::vector<std::string>& notes) {
  if (input.real_seconds > 2 * input.seconds + 1)
    notes.push_back(fmt::format(
        "The workers had their cores for less than half of the time: {:.3f} s of wire time took "
        "{:.3f} s. The figures hold; keep other work off those cores for a shorter run.",
        input.seconds, input.real_seconds));
  double longest_us = 0;
  const std::string absent = list_off_core(input, [&](const JudgedWorker& worker) {
    if (lost_its_core(input, worker) || (worker.off_core_times == 0 && !(worker.off_core_ms > 0)))
      return false;
    const bool long_gap = worker.longest_gap_us >= kNamedGapUs;
    const bool large_share = worker.off_core_ms >= kNamedShare * 1e3 * input.seconds;
    if (all_is_well && !long_gap && !large_share)
      return false;
    longest_us = std::max(longest_us, worker.longest_gap_us);
    return true;
  });
  if (!absent.empty())
    notes.push_back(
        fmt::format("Workers were off their cores, within the limits: {} (longest gap "
                    "{:.3f} ms).",
                    absent, longest_us / 1e3));
  if (input.late_frames > 0)
    notes.push_back(
        fmt::format("{} of an earlier phase arrived late, after a drain of {:g} s without a frame; "
                    "they are not "
                    "counted in this phase. Raise drain_s if a queue in the path is that long.",
                    frames(input.late_frames), input.drain_s));
  if (input.foreign > 0)
    notes.push_back(fmt::format(
        "{} received that this run did not send; they are not counted, but they use the link: keep "
        "other senders off it.",
        input.foreign == 1 ? "1 frame was" : frames(input.foreign) + " were"));
}

}  // namespace

void judge_shares(const CounterValues& counters, bool slow_clock, JudgedWorker* worker) {
  const uint64_t all = all_tsc_ticks(counters);
  // A core that was slow had no time to spare while it was held.
  worker->idle_percent = 100 * ratio(counters.idle_tsc_ticks - counters.held_tsc_ticks, all);
  // And it is held for what the model takes anyway.
  worker->model_percent = slow_clock ? 0 : 100 * ratio(counters.model_tsc_ticks, all);
}

LossRecord loss_of(uint64_t sent, uint64_t received_once) {
  LossRecord loss;
#define LOSS_FIELD(type, name, from, ...) loss.name = from;
#include "pktgen/measure/figure_list.h"
  return loss;
}

Judgement judge(const JudgeInput& input) {
  std::vector<std::string> invalid, fail, notes;
  judge_trust(input, invalid);
  // First, as they are the cause of others.
  judge_wire_time(input, invalid);
  judge_cores(input, invalid);
  for (const JudgedPort& port : input.ports)
    judge_port(input, port, invalid);
  judge_saturation(input, invalid);
  judge_departures(input, invalid);
  judge_counts(input, invalid, fail);

  bool all_is_well = invalid.empty() && fail.empty();
  add_notes(input, all_is_well, notes);

  Judgement result;
  result.verdict = !invalid.empty() ? Verdict::kInvalid
                   : !fail.empty()  ? Verdict::kFail
                                    : Verdict::kPass;
  result.reasons = std::move(invalid);
  result.reasons.insert(result.reasons.end(), fail.begin(), fail.end());
  result.reasons.insert(result.reasons.end(), notes.begin(), notes.end());
  return result;
}

Judgement merge(const std::vector<Judgement>& runs) {
  Judgement result;
  if (runs.empty()) {
    result.reasons.push_back("No run was made; let at least one run to its end.");
    return result;
  }
  static_assert(Verdict::kPass < Verdict::kFail && Verdict::kFail < Verdict::kInvalid);
  result.verdict = Verdict::kPass;
  for (size_t i = 0; i < runs.size(); ++i) {
    result.verdict = std::max(result.verdict, runs[i].verdict);
    for (const std::string& reason : runs[i].reasons)
      result.reasons.push_back(runs.size() > 1 ? fmt::format("Run {}: {}", i + 1, reason) : reason);
  }
  return result;
}

}  // namespace nmgen
