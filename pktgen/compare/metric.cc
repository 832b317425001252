// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/metric.h"

#include <vector>

#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

constexpr double kNone = -1;

// Cycles of the core for each tick of the TSC, over the workers of one kind; 1 where not known.
double core_cycles_per_tick(const RunRecord& run, const char* role, double tsc_hz) {
  double sum = 0, count = 0;
  for (const WorkerRecord& worker : run.workers) {
    if (worker.role != role || !(worker.core_hz > 0))
      continue;
    sum += worker.core_hz;
    count++;
  }
  return count > 0 && tsc_hz > 0 ? sum / count / tsc_hz : 1;
}

double value_in(const RunRecord& run, Metric metric, double tsc_hz) {
  const bool received = run.rx.frames > 0;
  const bool timed = run.latency_ns.count > 0;
  switch (metric) {
    case Metric::kTxCycles:
      return run.tx.quiet_tsc_ticks_per_frame > 0
                 ? run.tx.quiet_tsc_ticks_per_frame * core_cycles_per_tick(run, "sender", tsc_hz)
                 : kNone;
    case Metric::kRxCycles:
      return run.rx.quiet_tsc_ticks_per_frame > 0
                 ? run.rx.quiet_tsc_ticks_per_frame * core_cycles_per_tick(run, "receiver", tsc_hz)
                 : kNone;
    case Metric::kTxPps:
      return run.tx.frames > 0 ? run.tx.pps : kNone;
    case Metric::kRxPps:
      return received ? run.rx.pps : kNone;
    case Metric::kLossPpm:
      return received ? run.loss.ppm : kNone;
    case Metric::kP50:
      return timed ? run.latency_ns.p50 : kNone;
    case Metric::kP99:
      return timed ? run.latency_ns.p99 : kNone;
    case Metric::kP999:
      return timed ? run.latency_ns.p999 : kNone;
  }
  return kNone;
}

// Of each metric the median of `value(run, metric)` over the runs that have it.
template <typename Value>
Sample sample_with(const Record& record, const Value& value) {
  Sample sample;
  sample.started_at = record.started_at;
  sample.commit = record.fingerprint.commit + (record.fingerprint.dirty ? "+" : "");
  sample.verdict = record.verdict;
  for (size_t i = 0; i < kMetrics; ++i) {
    std::vector<double> values;
    for (const RunRecord& run : record.runs)
      if (const double each = value(run, static_cast<Metric>(i)); each >= 0)
        values.push_back(each);
    sample.values[i] = values.empty() ? kNone : median(std::move(values));
  }
  return sample;
}

}  // namespace

const MetricTraits& traits(Metric metric) {
  static constexpr std::array<MetricTraits, kMetrics> kTraits = {{
      {"tx_cycles", "tx cycles/frame", false, false, 0},
      {"rx_cycles", "rx cycles/frame", false, false, 0},
      {"tx_pps", "tx pps", true, true, 0},
      {"rx_pps", "rx pps", true, true, 0},
      {"loss_ppm", "loss ppm", false, true, 1},
      {"p50_ns", "latency p50 ns", false, true, 0},
      {"p99_ns", "latency p99 ns", false, true, 0},
      {"p999_ns", "latency p99.9 ns", false, true, 0},
  }};
  return kTraits[static_cast<size_t>(metric)];
}

Sample sample_of(const Record& record) {
  return sample_with(record, [&record](const RunRecord& run, Metric metric) {
    return value_in(run, metric, record.fingerprint.tsc_hz);
  });
}

Sample cost_of(const Record& record) {
  return sample_with(record, [](const RunRecord& run, Metric metric) {
    const double cost = metric == Metric::kTxCycles   ? run.tx.quiet_tsc_ticks_per_frame
                        : metric == Metric::kRxCycles ? run.rx.quiet_tsc_ticks_per_frame
                                                      : 0;
    return cost > 0 ? cost : kNone;
  });
}

}  // namespace nmgen
