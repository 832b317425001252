// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

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

bool missed_rate(double asked_pps, double reached_pps) {
  return asked_pps > 0 && std::fabs(reached_pps - asked_pps) > kRateTolerance * asked_pps;
}

// A sender as fast as possible is asked for its line, unless its cores have no more to give; 0
// where it is asked for no figure.
double expected_pps(const JudgeInput& input, const JudgedPort& port) {
  if (port.asked_pps > 0)
    return port.asked_pps;
  const bool all_idle =
      std::all_of(input.workers.begin(), input.workers.end(), [](const JudgedWorker& worker) {
        return !worker.sender || worker.idle_percent > kHeldUpIdlePercent;
      });
  return all_idle ? port.line_rate_pps : 0;
}

bool is_saturated(const JudgedWorker& worker) {
  return worker.sender && worker.asked_pps > 0 && worker.idle_percent < kSaturatedIdlePercent &&
         worker.reached_pps < worker.asked_pps * (1 - kRateTolerance);
}

// Why a port did not reach its rate, as far as the figures tell.
std::string rate_remedy(const JudgeInput& input, const JudgedPort& port, double expected) {
  if (port.median_pps > expected)
    return "this is a bug of the pacer; report it with the record";
  if (port.line_rate_pps > 0 && port.asked_pps > port.line_rate_pps * (1 + kLineRateTolerance))
    return fmt::format("the line carries {} of these frames; ask for less",
                       rate(port.line_rate_pps));
  if (port.pause_s > 0)
    return fmt::format(
        "flow control stopped its wire for {:.3f} s; ask for less, or give the receiver more "
        "workers "
        "or slots",
        port.pause_s);
  if (std::any_of(input.workers.begin(), input.workers.end(), is_saturated))
    return "its workers have no time left; give it more workers, or ask for less";
  return "its workers had time to spare, so the device or the core's other users held them up; "
         "look "
         "for those, or ask for less";
}

void judge_trust(const JudgeInput& input, std::vector<std::string>& reasons) {
  if (!(input.seconds > 0))
    reasons.push_back("The run measured no time; let it last longer than its warm-up.");
  if (!input.clock_fault.empty())
    reasons.push_back(fmt::format("The clock cannot be trusted: {}.", input.clock_fault));
  for (const std::string& counter : input.unreadable)
    reasons.push_back(fmt::format("A counter could not be read: {}.", counter));
  reasons.insert(reasons.end(), input.faults.begin(), input.faults.end());
  if (input.sent == 0)
    reasons.push_back(
        "Nothing was sent, so there is nothing to judge; see that the link is up, and let the run "
        "last long enough for its rate.");
}

void judge_port(const JudgeInput& input, const JudgedPort& port,
                std::vector<std::string>& reasons) {
  const char* verb = port.sends ? "sent" : "received";
  if (port.line_rate_pps > 0 && port.pps > port.line_rate_pps * (1 + kLineRateTolerance))
    reasons.push_back(fmt::format(
        "{} {} {}, and its line carries no more than {}: the count or the clock is wrong, which is "
        "a bug; report it with the record.",
        port.name, verb, rate(port.pps), rate(port.line_rate_pps)));
  const double expected = port.sends ? expected_pps(input, port) : 0;
  if (missed_rate(expected, port.median_pps))
    reasons.push_back(fmt::format(
        "{} sent {} in the median second, {:.3f} % {} the {} {}: {}.", port.name,
        rate(port.median_pps), 100 * std::fabs(port.median_pps / expected - 1),
        port.median_pps < expected ? "below" : "above", rate(expected),
        port.asked_pps > 0 ? "asked for" : "of its line", rate_remedy(input, port, expected)));
  if (!port.sends && port.missed > 0)
    reasons.push_back(fmt::format(
        "The receiver overran: {} missed by {} for want of a free slot, so the wire was not what "
        "was "
        "measured; {}.",
        frames(port.missed), port.name,
        port.missed_remedy.empty() ? "give it more slots or flow control" : port.missed_remedy));
}

void judge_saturation(const JudgeInput& input, std::vector<std::string>& reasons) {
  for (const JudgedWorker& worker : input.workers)
    if (is_saturated(worker))
      reasons.push_back(
          fmt::format("Sender {} was saturated on {}: {:.2f} % idle at {} of the {} asked of it; "
                      "give the sender "
                      "more workers, or ask for less.",
                      worker.name, core_of(worker), worker.idle_percent, rate(worker.reached_pps),
                      rate(worker.asked_pps)));
}

void judge_counts(const JudgeInput& input, std::vector<std::string>& invalid,
                  std::vector<std::string>& fail) {
  if (!input.receives)
    return;
  const char* unit = input.counts_probes ? "frames with a probe" : "frames";
  if (input.stale > 0)
    invalid.push_back(fmt::format(
        "{} came too late to tell whether first or again (more than 2^20 behind the newest), so "
        "losses and duplicates are not exact; look for a loop or a queue that long in the path.",
        frames(input.stale)));
  if (input.received_once > input.sent)
    invalid.push_back(
        fmt::format("More was received than sent ({} against {} {}): the counts are not of the "
                    "same frames, which "
                    "is a bug or another sender with this run's mark; report it with the record.",
                    input.received_once, input.sent, unit));

  LossRecord loss = loss_of(input.sent, input.received_once);
  if (loss.frames > 0)
    fail.push_back(
        fmt::format("{} of {} {} lost ({:.3f} ppm); look at the counters of every device on the "
                    "path, or ask for "
                    "less.",
                    loss.frames, input.sent, loss.frames == 1 ? "was" : "were", loss.ppm));
  if (input.duplicates > 0)
    fail.push_back(
        fmt::format("{} came more than once; look for a loop, a mirror port or a second path.",
                    frames(input.duplicates)));
  if (input.reordered > 0)
    fail.push_back(fmt::format(
        "{} came after a later one of their stream; look for parallel paths or queues that do not "
        "keep a flow together.",
        frames(input.reordered)));
  if (input.damaged_probes > 0)
    fail.push_back(
        fmt::format("{} came with a damaged probe; look for a device that rewrites payloads, or "
                    "for bad memory or "
                    "a bad cable.",
                    frames(input.damaged_probes)));
}

// What a reader should know though it decides nothing.
void add_notes(const JudgeInput& input, bool all_is_well, std::vector<std::string>& notes) {
  for (const JudgedWorker& worker : input.workers) {
    if (worker.off_core_times == 0 && !(worker.off_core_ms > 0))
      continue;
    bool long_gap = worker.longest_gap_us >= kNamedGapUs;
    bool large_share = worker.off_core_ms >= kNamedShare * 1e3 * input.seconds;
    if (all_is_well && !long_gap && !large_share)
      continue;
    notes.push_back(fmt::format(
        "{} {} was off {} for {:.3f} ms, {} time{} (longest gap {:.1f} us); keep other work off "
        "that "
        "core, and if this is a virtual machine see that its host is not overcommitted.",
        worker.sender ? "Sender" : "Receiver", worker.name, core_of(worker), worker.off_core_ms,
        worker.off_core_times, worker.off_core_times == 1 ? "" : "s", worker.longest_gap_us));
  }
  if (input.interrupted)
    notes.push_back(fmt::format(
        "The run was interrupted: {:.3f} s of {:.3f} s were measured; let it run to its "
        "end for the full figures.",
        input.seconds, input.planned_seconds));
  if (input.foreign > 0)
    notes.push_back(fmt::format(
        "{} received that this run had not sent; they are in no count, but they use the link: keep "
        "other senders off it.",
        input.foreign == 1 ? "1 frame was" : frames(input.foreign) + " were"));
}

}  // namespace

LossRecord loss_of(uint64_t sent, uint64_t received_once) {
  LossRecord loss;
  if (sent > received_once) {
    loss.frames = sent - received_once;
    loss.ppm = static_cast<double>(loss.frames) / static_cast<double>(sent) * 1e6;
  }
  return loss;
}

Judgement judge(const JudgeInput& input) {
  std::vector<std::string> invalid, fail, notes;
  judge_trust(input, invalid);
  for (const JudgedPort& port : input.ports)
    judge_port(input, port, invalid);
  judge_saturation(input, invalid);
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
    result.reasons.push_back("No run was made; let at least one come to its end.");
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
