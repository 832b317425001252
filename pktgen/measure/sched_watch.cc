// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/sched_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "pktgen/measure/proc.h"

namespace nmgen {

SchedWatch::SchedWatch(pid_t tid, int core, std::string proc_dir)
    : schedstat_path_(fmt::format("{}/self/task/{}/schedstat", proc_dir, tid)),
      status_path_(fmt::format("{}/self/task/{}/status", proc_dir, tid)),
      stat_path_(proc_dir + "/stat"),
      tid_(tid),
      core_(core) {
  long ticks_per_s = sysconf(_SC_CLK_TCK);
  ms_per_tick_ = 1000.0 / static_cast<double>(ticks_per_s > 0 ? ticks_per_s : 100);
  restart();
}

void SchedWatch::restart() {
  last_ = read();
  start_ = last_;
}

OffCore SchedWatch::interval() {
  Counters before = last_;
  last_ = read();
  return difference(before, last_);
}

OffCore SchedWatch::total() const {
  return difference(start_, last_);
}

// What cannot be read keeps its last value, so that it counts as nothing since.
SchedWatch::Counters SchedWatch::read() {
  Counters now = last_;
  std::optional<std::string> text = read_text(schedstat_path_);
  std::optional<SchedStat> sched = text ? parse_schedstat(*text) : std::nullopt;
  if (sched) {
    now.run_ns = sched->run_ns;
    now.wait_ns = sched->wait_ns;
  } else {
    lack(
        fmt::format("the time that thread {} waited for its core is not known: {} cannot be read; "
                    "use a kernel with CONFIG_SCHED_INFO",
                    tid_, schedstat_path_));
  }

  text = read_text(status_path_);
  std::optional<uint64_t> nonvoluntary =
      text ? parse_status_number(*text, "nonvoluntary_ctxt_switches") : std::nullopt;
  if (nonvoluntary)
    now.nonvoluntary = *nonvoluntary;
  else
    lack(
        fmt::format("how often thread {} lost its core is not known: {} has no "
                    "nonvoluntary_ctxt_switches; mount proc",
                    tid_, status_path_));

  if (core_ < 0)
    return now;
  text = read_text(stat_path_);
  std::optional<uint64_t> steal = text ? parse_steal_ticks(*text, core_) : std::nullopt;
  if (steal)
    now.steal_ticks = *steal;
  else
    lack(
        fmt::format("the steal time of core {} is not known: {} does not have it; "
                    "mount proc",
                    core_, stat_path_));
  return now;
}

void SchedWatch::lack(const std::string& sentence) {
  if (std::find(lacks_.begin(), lacks_.end(), sentence) == lacks_.end())
    lacks_.push_back(sentence);
}

OffCore SchedWatch::difference(const Counters& from, const Counters& to) const {
  // The kernel's counters only rise, but steal has been seen to step back after a move of the
  // guest.
  auto risen = [](uint64_t before, uint64_t after) {
    return after > before ? static_cast<double>(after - before) : 0.0;
  };
  OffCore result;
  result.run_ms = risen(from.run_ns, to.run_ns) / 1e6;
  result.wait_ms = risen(from.wait_ns, to.wait_ns) / 1e6;
  result.steal_ms = risen(from.steal_ticks, to.steal_ticks) * ms_per_tick_;
  result.steal_tick_ms = ms_per_tick_;
  result.times = static_cast<uint64_t>(risen(from.nonvoluntary, to.nonvoluntary));
  return result;
}

void GapWatch::restart(uint64_t tsc) {
  last_ = tsc;
  limit_ = 0;
  longest_.store(0, std::memory_order_relaxed);
  sum_.store(0, std::memory_order_relaxed);
  times_.store(0, std::memory_order_relaxed);
}

GapCounts GapWatch::counts() const {
  GapCounts result;
  result.longest = longest_.load(std::memory_order_relaxed);
  result.sum = sum_.load(std::memory_order_relaxed);
  result.times = times_.load(std::memory_order_relaxed);
  return result;
}

void GapWatch::on_gap(uint64_t gap) {
  uint64_t longest = std::max(longest_.load(std::memory_order_relaxed), gap);
  longest_.store(longest, std::memory_order_relaxed);
  limit_ = std::min(longest, threshold_);
  if (gap <= threshold_)
    return;
  sum_.store(sum_.load(std::memory_order_relaxed) + gap, std::memory_order_relaxed);
  times_.store(times_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

double off_core_ms(const OffCore& sched, const GapCounts& gaps, const TscClock& clock) {
  return std::max(sched.wait_ms, static_cast<double>(clock.to_ns(gaps.sum)) / 1e6);
}

uint64_t off_core_times(const OffCore& sched, const GapCounts& gaps) {
  return std::max(sched.times, gaps.times);
}

}  // namespace nmgen
