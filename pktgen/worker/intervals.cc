// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/intervals.h"

#include <algorithm>
#include <utility>

#include "pktgen/measure/rate.h"
#include "pktgen/measure/ratio.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

// What came between two samples, as figure_list.h asks for it.
struct Span {
  double start_s = 0, seconds = 0;  // since the phase began
  uint64_t sent = 0;                // frames, by all ports; see port_frames()
  double line_rate_percent = 0;     // of what was sent
  CounterValues tx, rx;             // sums over the workers of a role
  PortValues ports;                 // sum over ports
  HistogramSnapshot latency;
  double off_core_ms = 0;

  IntervalRecord record() const {
    const Span& span = *this;
    IntervalRecord interval;
#define INTERVAL_FIELD(type, name, from, ...) interval.name = from;
#include "pktgen/measure/figure_list.h"
    return interval;
  }
};

// The sum of all differences. Values: those of a worker or of a port.
template <typename Values, typename Sampled>
Values sum_between(const std::vector<Sampled>& from, const std::vector<Sampled>& to) {
  Values sum;
  for (size_t i = 0; i < to.size(); i++) {
    sum += to[i];
    sum -= from[i];
  }
  return sum;
}

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

  Span span;
  Rates rates;
  span.start_s = clock.to_seconds(from.tsc - start_tsc_);
  span.seconds = clock.to_seconds(to.tsc - from.tsc);
  std::vector<uint64_t> sent(frames.size());
  for (size_t p = 0; p < frames.size(); p++) {
    sent[p] = frames[p] - frames_[p];
    span.sent += sent[p];
    rates.ports.push_back(ratio(sent[p], span.seconds));
  }
  for (size_t i = 0; i < to.senders.size(); i++)
    rates.senders.push_back(ratio(to.senders[i].frames - from.senders[i].frames, span.seconds));
  span.tx = sum_between<CounterValues>(from.senders, to.senders);
  span.rx = sum_between<CounterValues>(from.receivers, to.receivers);
  span.ports = sum_between<PortValues>(from.ports, to.ports);
  span.line_rate_percent = line_rate_percent(from, to, sent, span.seconds);
  span.latency = to.latency;
  span.latency.subtract(from.latency);
  span.off_core_ms = std::max(0.0, to.off_core_ms - from.off_core_ms);
  records_.push_back(span.record());
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
