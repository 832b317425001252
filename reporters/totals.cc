// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/totals.h"

#include <algorithm>
#include <string_view>

#include "pktgen/measure/counters.h"
#include "pktgen/measure/ratio.h"

namespace nmgen {

double measured_seconds(const Record& record) {
  double seconds = 0;
  for (const RunRecord& run : record.runs)
    seconds += run.seconds;
  return seconds;
}

DirectionTotals direction_totals(const Record& record, bool sends) {
  DirectionTotals totals;
  const std::string_view role = sends ? "sender" : "receiver";
  double busy = 0, model = 0, syncs = 0, percent_seconds = 0;
  WorkerRecord workers;
  for (const RunRecord& run : record.runs) {
    const DirectionRecord& direction = sends ? run.tx : run.rx;
    const double frames = static_cast<double>(direction.frames);
    totals.frames += direction.frames;
    busy += direction.busy_tsc_ticks_per_frame * frames;
    model += direction.model_tsc_ticks_per_frame * frames;
    syncs += ratio(frames, direction.frames_per_sync);
    percent_seconds += direction.line_rate_percent * run.seconds;
    for (const WorkerRecord& worker : run.workers) {
      if (worker.role != role)
        continue;
      totals.used = true;
      add_worker(workers, worker);
    }
  }
  totals.busy_tsc_ticks_per_frame = ratio(busy, totals.frames);
  totals.model_tsc_ticks_per_frame = ratio(model, totals.frames);
  totals.frames_per_sync = ratio(totals.frames, syncs);
  totals.line_rate_percent = ratio(percent_seconds, measured_seconds(record));
  totals.idle_percent = 100 * ratio(workers.idle_tsc_ticks, all_tsc_ticks(workers));
  return totals;
}

FaultTotals fault_totals(const Record& record) {
  FaultTotals totals;
  uint64_t sent = 0;
  double ppm_frames = 0;
  for (const RunRecord& run : record.runs) {
    sent += run.tx.frames;
    ppm_frames += run.loss.ppm * static_cast<double>(run.tx.frames);
    totals.lost += run.loss.frames;
    totals.reordered += run.reordered;
    totals.duplicates += run.duplicates;
    totals.late += run.late;
    totals.missed += run.missed;
    totals.tx_dropped += run.tx_dropped;
    totals.pause_s += run.pause_s;
    for (const WorkerRecord& worker : run.workers) {
      totals.receives = totals.receives || worker.role == "receiver";
      totals.damaged += worker.damaged_probes;
      totals.foreign += worker.foreign_frames;
    }
  }
  totals.ppm = ratio(ppm_frames, sent);
  return totals;
}

std::vector<WorkerRecord> summed_workers(const Record& record) {
  std::vector<WorkerRecord> workers;
  for (const RunRecord& run : record.runs) {
    for (const WorkerRecord& worker : run.workers) {
      std::vector<WorkerRecord>::iterator same =
          std::find_if(workers.begin(), workers.end(),
                       [&](const WorkerRecord& known) { return known.name == worker.name; });
      if (same == workers.end())
        workers.push_back(worker);
      else
        add_worker(*same, worker);
    }
  }
  return workers;
}

bool has_latency(const Record& record) {
  return std::any_of(record.runs.begin(), record.runs.end(),
                     [](const RunRecord& run) { return run.latency_ns.count > 0; });
}

}  // namespace nmgen
