// SPDX-License-Identifier: BSD-2-Clause
// What a record says of all its runs together, for reports that show it in one figure.
#pragma once

#include <cstdint>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

// Of all runs, in s.
double measured_seconds(const Record& record);

// One direction: counts are sums, costs are means weighted by frames.
struct DirectionTotals {
  bool used = false;  // some worker has this role
  uint64_t frames = 0;
  double busy_tsc_ticks_per_frame = 0, model_tsc_ticks_per_frame = 0, frames_per_sync = 0,
         line_rate_percent = 0, idle_percent = 0;
};
DirectionTotals direction_totals(const Record& record, bool sends);

// What went wrong with frames.
struct FaultTotals {
  bool receives = false;  // some worker; else nothing could be lost
  uint64_t lost = 0, reordered = 0, duplicates = 0, late = 0, missed = 0, tx_dropped = 0;
  uint64_t damaged = 0, foreign = 0;
  double ppm = 0;  // lost, of the frames sent
  double pause_s = 0;
};
FaultTotals fault_totals(const Record& record);

// Workers by name, each over all runs: add_worker().
std::vector<WorkerRecord> summed_workers(const Record& record);

// Whether any probe of any run came back.
bool has_latency(const Record& record);

}  // namespace nmgen
