// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/intervals.h"

#include <algorithm>
#include <utility>

#include "pktgen/measure/rate.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

double per_frame(uint64_t ticks, uint64_t frames) {
  return frames > 0 ? static_cast<double>(ticks) / static_cast<double>(frames) : 0;
}

// Sums over the workers of one kind, between two samples.
struct KindTotals {
  uint64_t frames = 0, busy = 0, model = 0, idle = 0;

  KindTotals(const std::vector<CounterValues>& from, const std::vector<CounterValues>& to) {
    for (size_t i = 0; i < to.size(); i++) {
      frames += to[i].frames - from[i].frames;
      busy += to[i].busy_tsc_ticks - from[i].busy_tsc_ticks;
      model += to[i].model_tsc_ticks - from[i].model_tsc_ticks;
      idle += to[i].idle_tsc_ticks - from[i].idle_tsc_ticks;
    }
  }
  double idle_percent() const { return 100 * per_frame(idle, busy + model + idle); }
};

}  // namespace

void IntervalLog::start(uint64_t tsc, std::vector<PortCounters> ports) {
  start_tsc_ = tsc;
  first_.tsc = tsc;
  first_.ports = std::move(ports);
  first_.senders.resize(set_.senders.size());
  first_.receivers.resize(set_.receivers.size());
  before_ = last_ = first_;
  frames_.assign(set_.ports.size(), 0);
  frames_before_ = frames_;
}

// Frames that have left each port since the phase began. A device that counts its wire says which
// are on the wire at that moment; what a worker says is as old as its last turn, and it may have
// lost its core since.
std::vector<uint64_t> IntervalLog::port_frames(const CounterSample& sample) const {
  std::vector<uint64_t> frames(set_.ports.size(), 0);
  for (size_t p = 0; p < frames.size(); p++) {
    bool sends = false;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      if (set_.senders[i]->port != set_.ports[p])
        continue;
      sends = true;
      frames[p] += sample.senders[i].frames;
    }
    if (sends && set_.ports[p]->counts_wire() && !sample.final)
      frames[p] = sample.ports[p].tx_frames - first_.ports[p].tx_frames;
    frames[p] = std::max(frames[p], frames_[p]);
  }
  return frames;
}

void IntervalLog::add(CounterSample sample) {
  const TscClock& clock = *set_.clock;
  if (!records_.empty() && clock.to_seconds(sample.tsc - last_.tsc) < kShortestSeconds) {
    records_.pop_back();
    rates_.pop_back();
    last_ = std::move(before_);
    frames_ = frames_before_;
  }
  const std::vector<uint64_t> frames = port_frames(sample);
  const CounterSample& from = last_;
  const CounterSample& to = sample;

  IntervalRecord interval;
  Rates rates;
  interval.start_s = clock.to_seconds(from.tsc - start_tsc_);
  interval.seconds = clock.to_seconds(to.tsc - from.tsc);
  const double per_second = interval.seconds > 0 ? 1 / interval.seconds : 0;
  std::vector<uint64_t> sent(frames.size());
  for (size_t p = 0; p < frames.size(); p++) {
    sent[p] = frames[p] - frames_[p];
    interval.tx_frames += sent[p];
    rates.ports.push_back(static_cast<double>(sent[p]) * per_second);
  }
  for (size_t i = 0; i < to.senders.size(); i++)
    rates.senders.push_back(static_cast<double>(to.senders[i].frames - from.senders[i].frames) *
                            per_second);
  const KindTotals tx(from.senders, to.senders), rx(from.receivers, to.receivers);
  interval.rx_frames = rx.frames;
  interval.tx_pps = static_cast<double>(interval.tx_frames) * per_second;
  interval.rx_pps = static_cast<double>(rx.frames) * per_second;
  interval.tx_line_rate_percent = line_rate_percent(from, to, sent, interval.seconds);
  for (size_t i = 0; i < to.ports.size(); i++) {
    interval.missed += to.ports[i].missed - from.ports[i].missed;
    interval.pause_s += static_cast<double>(to.ports[i].paused_ns - from.ports[i].paused_ns) / 1e9;
  }
  interval.tx_busy_tsc_ticks_per_frame = per_frame(tx.busy, tx.frames);
  interval.tx_model_tsc_ticks_per_frame = per_frame(tx.model, tx.frames);
  interval.tx_idle_percent = tx.idle_percent();
  interval.rx_busy_tsc_ticks_per_frame = per_frame(rx.busy, rx.frames);
  interval.rx_model_tsc_ticks_per_frame = per_frame(rx.model, rx.frames);
  interval.rx_idle_percent = rx.idle_percent();
  HistogramSnapshot latency = to.latency;
  latency.subtract(from.latency);
  interval.latency_p50_ns = latency.percentile(50);
  interval.latency_p99_ns = latency.percentile(99);
  interval.latency_max_ns = latency.max();
  interval.off_core_ms = std::max(0.0, to.off_core_ms - from.off_core_ms);
  records_.push_back(interval);
  rates_.push_back(std::move(rates));

  before_ = std::move(last_);
  frames_before_ = std::move(frames_);
  last_ = std::move(sample);
  frames_ = frames;
}

// Of all sending ports whose speed is known, over the time it takes their frames on the wire.
double IntervalLog::line_rate_percent(const CounterSample& from, const CounterSample& to,
                                      const std::vector<uint64_t>& frames, double seconds) const {
  double wire_bits = 0, speed = 0;
  for (size_t p = 0; p < set_.ports.size(); p++) {
    const Port* port = set_.ports[p];
    double bits = 0, by_workers = 0;
    for (size_t i = 0; i < set_.senders.size(); i++) {
      if (set_.senders[i]->port != port)
        continue;
      const double sent = static_cast<double>(to.senders[i].frames - from.senders[i].frames);
      by_workers += sent;
      bits += sent * wire_bits_l1(set_.senders[i]->plan->mean_size_with_crc());
    }
    if (by_workers <= 0 || port->speed_bps() <= 0)
      continue;
    wire_bits += bits / by_workers * static_cast<double>(frames[p]);
    speed += port->speed_bps();
  }
  return seconds > 0 ? nmgen::line_rate_percent(wire_bits / seconds, speed) : 0;
}

template <typename Pick>
std::optional<double> IntervalLog::median_of(double until_s, Pick&& pick) const {
  std::vector<double> whole;
  for (size_t i = 0; i < records_.size(); i++)
    if (is_whole(records_[i]) && records_[i].start_s + records_[i].seconds < until_s + 1e-3)
      whole.push_back(pick(rates_[i]));
  if (whole.empty())
    return std::nullopt;
  return median(std::move(whole));
}

std::optional<double> IntervalLog::port_median_pps(size_t port, double until_s) const {
  return median_of(until_s, [port](const Rates& rates) { return rates.ports[port]; });
}

std::optional<double> IntervalLog::sender_median_pps(size_t sender, double until_s) const {
  return median_of(until_s, [sender](const Rates& rates) { return rates.senders[sender]; });
}

}  // namespace nmgen
