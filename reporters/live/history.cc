// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/history.h"

#include <algorithm>
#include <utility>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/rate.h"
#include "pktgen/measure/ratio.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

constexpr double kWindowSeconds = 1;
constexpr double kGoodReadSeconds = 20e-6;
// Of fewer seconds there is no median worth a verdict.
constexpr size_t kJudgedSeconds = 3;

// What one or more workers did between two samples.
struct Work {
  CounterValues done;
  double bytes = 0;
  uint64_t total_frames = 0;

  void add(const LiveAbout::Worker& worker, const CounterValues& from, const CounterValues& to) {
    CounterValues own = to;
    own -= from;
    done += own;
    bytes += worker.sender ? static_cast<double>(own.frames) * worker.mean_size_with_crc
                           : static_cast<double>(own.bytes);
    total_frames += to.frames;
  }

  LiveRates over(double seconds, double speed_bps) const {
    LiveRates rates;
    rates.total_frames = total_frames;
    rates.pps = ratio(done.frames, seconds);
    rates.bps_l1 = ratio(wire_bits_l1(bytes, static_cast<double>(done.frames)), seconds);
    rates.line_rate_percent = line_rate_percent(rates.bps_l1, speed_bps);
    rates.frames_per_sync = ratio(done.frames, done.syncs_with_frames);
    rates.busy_tsc_ticks_per_frame = ratio(done.busy_tsc_ticks, done.frames);
    rates.model_tsc_ticks_per_frame = ratio(done.model_tsc_ticks, done.frames);
    rates.idle_tsc_ticks_per_frame = ratio(done.idle_tsc_ticks, done.frames);
    rates.busy_percent = 100 * ratio(done.busy_tsc_ticks, all_tsc_ticks(done));
    rates.model_percent = 100 * ratio(done.model_tsc_ticks, all_tsc_ticks(done));
    rates.idle_percent = 100 * ratio(done.idle_tsc_ticks, all_tsc_ticks(done));
    return rates;
  }
};

}  // namespace

LiveAbout about(const LiveSegment& segment) {
  const LiveHeader& header = segment.header();
  LiveAbout about;
  about.pid = header.pid;
  about.scenario = header.scenario.view();
  about.tsc_hz = header.tsc_hz > 0 ? header.tsc_hz : 1;
  about.duration_s = header.duration_s;
  about.repeat = header.repeat;
  about.probe_every = header.probe_every;
  about.limits = header.limits;
  about.wire_time = header.wire_time != 0;
  about.slow_clock = header.slow_clock != 0;
  about.receivers = header.receivers;
  for (uint32_t i = 0; i < header.ports; i++) {
    const LivePort& port = segment.port(i);
    about.ports.push_back({std::string(port.name.view()), port.speed_bps});
    about.devices.push_back({std::string(port.name.view()), std::string(port.residence.view()),
                             std::string(port.driver.view()), port.simulated != 0,
                             port.speed_bps / 1e9});
  }
  for (uint32_t i = 0; i < header.workers; i++) {
    const LiveWorker& worker = segment.worker(i);
    about.workers.push_back({std::string(worker.name.view()), worker.sender != 0, worker.port,
                             worker.ring, worker.slots, worker.core, worker.first_stream,
                             worker.streams, worker.asked_pps, worker.most_ahead, worker.full_pps,
                             worker.mean_size_with_crc, worker.floor_ns});
  }
  for (uint32_t i = 0; i < header.streams; i++) {
    const LiveStream& stream = segment.stream(i);
    about.streams.push_back(
        {std::string(stream.name.view()), stream.size_with_crc, stream.share, stream.flows});
  }
  return about;
}

// By the run's clock. Wire time is what its workers last read: it stands still while they do.
uint64_t time_of(const LiveSegment& segment) {
  const LiveHeader& header = segment.header();
  if (header.wire_time == 0)
    return tsc_now();
  uint64_t latest = 0;
  for (uint32_t i = 0; i < header.workers; i++)
    latest = std::max(latest, segment.worker(i).turned_at.load(std::memory_order_relaxed));
  return latest;
}

std::optional<LiveSample> take_sample(const LiveSegment& segment) {
  const LiveHeader& header = segment.header();
  LiveSample sample;
  sample.phase = header.phase.load(std::memory_order_seq_cst);
  sample.state = static_cast<LiveState>(header.state.load(std::memory_order_relaxed));
  sample.run = header.run.load(std::memory_order_relaxed);
  sample.start_tsc = header.start_tsc.load(std::memory_order_relaxed);
  sample.end_tsc = header.end_tsc.load(std::memory_order_relaxed);
  sample.rate_order = header.rate_order.load(std::memory_order_relaxed);
  sample.rate_changed = header.rate_changed.load(std::memory_order_relaxed) != 0;
  for (uint32_t i = 0; i < header.receivers; i++)
    sample.latency.merge(snapshot_of(segment.latency(i)));
  for (uint32_t i = 0; i < header.ports; i++) {
    const LivePort& port = segment.port(i);
    sample.ports.push_back(
        {port.counters.read(), port.readable.load(std::memory_order_relaxed) != 0});
  }
  // Where this thread is held up between clock and counters, once more: some microseconds of error
  // are some millionths of a second's rate.
  const uint64_t good_ticks = static_cast<uint64_t>(header.tsc_hz * kGoodReadSeconds);
  for (int tries = 0; tries < 10; tries++) {
    sample.workers.clear();
    sample.tsc = time_of(segment);
    for (uint32_t i = 0; i < header.workers; i++) {
      const LiveWorker& worker = segment.worker(i);
      sample.workers.push_back(
          {SampledValues::read(worker.sampled), CounterValues::read(worker.counters)});
    }
    if (time_of(segment) - sample.tsc < good_ticks)
      break;
  }
  // After the counters: reading those acquires.
  if (header.phase.load(std::memory_order_seq_cst) != sample.phase)
    return std::nullopt;
  return sample;
}

void LiveHistory::add(LiveSample sample) {
  const bool new_phase = !samples_.empty() && samples_.back().phase != sample.phase;
  if (new_phase || samples_.empty()) {
    samples_.clear();
    figures_ = {};
    second_tsc_ = 0;
    port_pps_.assign(about_.ports.size(), {});
  }
  figures_.state = sample.state;
  figures_.run = sample.run;
  figures_.rate_share = sample.rate_order / 1000.0;
  figures_.rate_changed = sample.rate_changed;
  // Before the start there is nothing to tell, and after the end nothing more.
  if (sample.start_tsc == 0 || sample.tsc <= sample.start_tsc)
    return;
  const uint64_t until = sample.end_tsc != 0 ? sample.end_tsc : sample.tsc;
  figures_.seconds = static_cast<double>(until - sample.start_tsc) / about_.tsc_hz;
  // The oldest that is still needed: the newest of those that are a second old or more.
  while (samples_.size() > 1 &&
         static_cast<double>(sample.tsc - samples_[1].tsc) / about_.tsc_hz >= kWindowSeconds)
    samples_.pop_front();
  samples_.push_back(std::move(sample));
  compute(samples_.front(), samples_.back());
  if (samples_.back().end_tsc != 0)
    return;
  add_history();
  judge_second(samples_.back());
}

void LiveHistory::compute(const LiveSample& from, const LiveSample& to) {
  const double elapsed = static_cast<double>(to.tsc - from.tsc) / about_.tsc_hz;
  // Of the first sample alone there are counts and no rates.
  const double seconds = elapsed > 0 ? elapsed : 1;
  figures_.workers.assign(about_.workers.size(), {});
  figures_.ports.assign(about_.ports.size(), {});
  figures_.lost = figures_.duplicates = figures_.reordered = figures_.damaged = figures_.foreign =
      figures_.missed = 0;
  std::vector<Work> tx(about_.ports.size()), rx(about_.ports.size());
  for (size_t i = 0; i < about_.workers.size(); i++) {
    const LiveAbout::Worker& worker = about_.workers[i];
    const CounterValues& before = from.workers[i].counters;
    const CounterValues& now = to.workers[i].counters;
    LiveWorkerFigures& figures = figures_.workers[i];
    Work own;
    own.add(worker, before, now);
    (worker.sender ? tx : rx)[worker.port].add(worker, before, now);
    LivePortFigures& port = figures_.ports[worker.port];
    (worker.sender ? port.sends : port.receives) = true;
    figures.rates = own.over(seconds, about_.ports[worker.port].speed_bps);
    figures.ring_percent = 100 * ratio(now.ring_frames, worker.slots);
    figures.off_core_ms = static_cast<double>(to.workers[i].off_core_us) / 1e3;
    figures.longest_gap_us = static_cast<double>(to.workers[i].longest_gap_ns) / 1e3;
    figures.lost = now.expected > now.unique ? now.expected - now.unique : 0;
    figures.duplicates = now.duplicates;
    figures.reordered = now.reordered;
    figures.damaged = now.damaged_probes;
    figures.foreign = now.foreign_frames;
    figures_.lost += figures.lost;
    figures_.duplicates += now.duplicates;
    figures_.reordered += now.reordered;
    figures_.damaged += now.damaged_probes;
    figures_.foreign += now.foreign_frames;
  }
  for (size_t i = 0; i < about_.ports.size(); i++) {
    LivePortFigures& port = figures_.ports[i];
    port.tx = tx[i].over(seconds, about_.ports[i].speed_bps);
    port.rx = rx[i].over(seconds, about_.ports[i].speed_bps);
    port.missed = to.ports[i].missed;
    port.missed_pps = static_cast<double>(to.ports[i].missed - from.ports[i].missed) / seconds;
    port.paused_s = static_cast<double>(to.ports[i].paused_ns) / 1e9;
    port.driver_bugs = to.ports[i].driver_bugs;
    figures_.missed += port.missed;
  }
  HistogramSnapshot recent = to.latency;
  recent.subtract(from.latency);
  double floor_ns = 0;
  for (const LiveAbout::Worker& worker : about_.workers)
    floor_ns = std::max(floor_ns, worker.floor_ns);
  figures_.latency = recent.to_record(floor_ns);
  figures_.latency_total = to.latency.to_record(floor_ns);
}

void LiveHistory::add_history() {
  // Of one sample there is no rate.
  if (samples_.size() < 2)
    return;
  LiveHistoryPoint point;
  point.at_s = figures_.seconds;
  double tx_bps = 0, rx_bps = 0;
  for (size_t i = 0; i < about_.ports.size(); i++) {
    const LivePortFigures& port = figures_.ports[i];
    point.tx.pps += port.tx.pps;
    point.rx.pps += port.rx.pps;
    point.tx.bps_l1 += port.tx.bps_l1;
    point.rx.bps_l1 += port.rx.bps_l1;
    tx_bps += port.sends ? about_.ports[i].speed_bps : 0;
    rx_bps += port.receives ? about_.ports[i].speed_bps : 0;
  }
  point.tx.line_rate_percent = tx_bps > 0 ? 100 * point.tx.bps_l1 / tx_bps : 0;
  point.rx.line_rate_percent = rx_bps > 0 ? 100 * point.rx.bps_l1 / rx_bps : 0;
  point.latency_p99_ns = figures_.latency.p99;
  figures_.highest_pps = std::max({figures_.highest_pps, point.tx.pps, point.rx.pps});
  figures_.highest_bps_l1 = std::max({figures_.highest_bps_l1, point.tx.bps_l1, point.rx.bps_l1});
  figures_.history.push_back(point);
  if (figures_.history.size() > kMaxHistory)
    figures_.history.pop_front();
}

// The verdict is of seconds that do not overlap, as the run's own is.
void LiveHistory::judge_second(const LiveSample& to) {
  const double seconds = static_cast<double>(to.tsc - second_tsc_) / about_.tsc_hz;
  if (second_tsc_ != 0 && seconds < kWindowSeconds)
    return;
  if (second_tsc_ != 0) {
    std::vector<double> pps(about_.ports.size(), 0);
    for (size_t i = 0; i < about_.workers.size(); i++)
      if (about_.workers[i].sender)
        pps[about_.workers[i].port] +=
            static_cast<double>(to.workers[i].counters.frames - second_frames_[i]) / seconds;
    for (size_t i = 0; i < about_.ports.size(); i++) {
      port_pps_[i].push_back(pps[i]);
      if (port_pps_[i].size() > kMaxSeconds)
        port_pps_[i].pop_front();
    }
  }
  second_tsc_ = to.tsc;
  second_frames_.clear();
  for (const LiveSample::Worker& worker : to.workers)
    second_frames_.push_back(worker.counters.frames);
  if (port_pps_.empty() || port_pps_[0].size() < kJudgedSeconds)
    return;
  if (to.state == LiveState::kMeasuring || to.state == LiveState::kDraining)
    figures_.standing = judge_so_far(to);
}

// The run's own rules, over what has been seen so far. Loss is told over the frames up to the
// highest that has come, as the others may be under way.
Judgement LiveHistory::judge_so_far(const LiveSample& now) const {
  JudgeInput input;
  input.seconds = figures_.seconds;
  input.limits = about_.limits;
  for (size_t i = 0; i < about_.ports.size(); i++) {
    JudgedPort port;
    port.name = about_.ports[i].name;
    port.sends = figures_.ports[i].sends;
    port.missed = now.ports[i].missed;
    port.pause_s = figures_.ports[i].paused_s;
    if (now.ports[i].driver_bugs > 0)
      input.faults.push_back(port.name + ": the driver broke the device's rules.");
    double size = 0, frames = 0;
    for (size_t k = 0; k < about_.workers.size(); k++) {
      const LiveAbout::Worker& worker = about_.workers[k];
      if (!worker.sender || worker.port != i)
        continue;
      port.asked_pps += worker.asked_pps;
      port.most_ahead = std::max(port.most_ahead, worker.most_ahead);
      const double sent = static_cast<double>(now.workers[k].counters.frames);
      frames += sent;
      size += sent * worker.mean_size_with_crc;
    }
    if (port.sends && frames > 0) {
      port.median_pps = median({port_pps_[i].begin(), port_pps_[i].end()});
      port.pps = port.median_pps;
      if (about_.ports[i].speed_bps > 0)
        port.line_rate_pps = line_rate_pps(about_.ports[i].speed_bps, size / frames);
    }
    input.ports.push_back(std::move(port));
  }
  for (size_t k = 0; k < about_.workers.size(); k++) {
    const CounterValues& counters = now.workers[k].counters;
    JudgedWorker worker;
    worker.name = about_.workers[k].name;
    worker.sender = about_.workers[k].sender;
    worker.core = about_.workers[k].core;
    worker.asked_pps = about_.workers[k].asked_pps;
    worker.most_ahead = about_.workers[k].most_ahead;
    worker.reached_pps = static_cast<double>(counters.frames) / figures_.seconds;
    worker.frames = counters.frames;
    worker.late_departures = counters.late_departures;
    worker.kernel_shares = about_.devices[about_.workers[k].port].residence == "kernel";
    judge_shares(counters, about_.slow_clock, &worker);
    // Wire time leaves it out.
    if (!about_.wire_time) {
      worker.off_core_ms = figures_.workers[k].off_core_ms;
      worker.off_core_times = now.workers[k].off_core_times;
      worker.longest_gap_us = figures_.workers[k].longest_gap_us;
    }
    input.workers.push_back(std::move(worker));
    if (about_.workers[k].sender)
      continue;
    input.sent += about_.probe_every > 0 ? counters.expected : counters.frames;
    input.received_once += about_.probe_every > 0 ? counters.unique : counters.frames;
    input.stale += counters.stale;
  }
  input.receives = about_.receivers > 0;
  input.counts_probes = about_.probe_every > 1;
  if (!input.receives)
    input.sent = 1;  // something was sent, and nobody looks for it
  input.duplicates = figures_.duplicates;
  input.reordered = figures_.reordered;
  input.damaged_probes = figures_.damaged;
  input.foreign = figures_.foreign;
  if (figures_.rate_changed)
    input.faults.emplace_back("The rate was changed while the run was under way.");
  return judge(input);
}

}  // namespace nmgen
