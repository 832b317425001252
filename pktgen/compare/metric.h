// SPDX-License-Identifier: BSD-2-Clause
// What two sets of runs are compared by.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "pktgen/measure/record.h"

namespace nmgen {

// The first that a scenario has is its main one: what the software itself costs, in cycles of the
// core and not of the TSC, in the quiet part of the run.
enum class Metric { kTxCycles, kRxCycles, kTxPps, kRxPps, kLossPpm, kP50, kP99, kP999 };
inline constexpr size_t kMetrics = 8;

struct MetricTraits {
  const char* key;    // in a baseline's JSON
  const char* title;  // in a table
  bool higher_is_better;
  // False for what a frame costs in the undisturbed part of a run: that holds though the run missed
  // its rate. Everything else is taken from runs only whose verdict is pass or fail.
  bool needs_valid_run;
  // A shift below this, in the metric's unit, is of no interest whatever its share.
  double least_shift;
};

const MetricTraits& traits(Metric metric);

// A fresh process's run, as the figures that count. A figure below 0: the run had none.
struct Sample {
  std::string started_at;
  std::string commit;
  Verdict verdict = Verdict::kInvalid;
  std::array<double, kMetrics> values{};

  double value(Metric metric) const { return values[static_cast<size_t>(metric)]; }
};

// Of all runs in the record the median.
Sample sample_of(const Record& record);

// The same of a run that shared its cores with others, of which little else is worth knowing: what
// frames cost, in TSC ticks, which are the same for all of them.
Sample cost_of(const Record& record);

}  // namespace nmgen
