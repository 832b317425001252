// SPDX-License-Identifier: BSD-2-Clause
// The intervals of a phase, made from samples of all counters. They follow each other from the
// first frame to the last without a gap, and their sums are the totals.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pktgen/measure/record.h"
#include "pktgen/worker/run_set.h"

namespace nmgen {

// All counters at one moment, as nearly as a reader can have them.
struct CounterSample {
  uint64_t tsc = 0;
  // The workers have stopped: what they say is not older than this moment.
  bool final = false;
  std::vector<CounterValues> senders, receivers;
  std::vector<PortCounters> ports;
  HistogramSnapshot latency;
  double off_core_ms = 0;  // since the phase began, sum over workers
};

class IntervalLog {
 public:
  explicit IntervalLog(const RunSet& set) : set_(set) {}

  // The phase begins; nothing is counted yet.
  void start(uint64_t tsc, std::vector<PortCounters> ports);
  // The interval from the last sample to this one. What is shorter than kShortestSeconds becomes a
  // part of the interval before.
  void add(CounterSample sample);

  uint64_t last_tsc() const { return last_.tsc; }
  const std::vector<IntervalRecord>& records() const { return records_; }

  // Over the whole intervals that ended up to `until_s`; nothing where none did.
  std::optional<double> port_median_pps(size_t port, double until_s) const;
  std::optional<double> sender_median_pps(size_t sender, double until_s) const;

  static constexpr double kShortestSeconds = 0.05;

 private:
  struct Rates {
    std::vector<double> ports, senders;
  };

  std::vector<uint64_t> port_frames(const CounterSample& sample) const;
  double line_rate_percent(const CounterSample& from, const CounterSample& to,
                           const std::vector<uint64_t>& frames, double seconds) const;
  template <typename Pick>
  std::optional<double> median_of(double until_s, Pick&& pick) const;

  const RunSet& set_;
  uint64_t start_tsc_ = 0;
  CounterSample first_, before_, last_;           // before_: where the newest interval began
  std::vector<uint64_t> frames_before_, frames_;  // by port, up to before_ and last_
  std::vector<IntervalRecord> records_;
  std::vector<Rates> rates_;  // an interval each
};

}  // namespace nmgen
