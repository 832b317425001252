// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/time_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "reporters/totals.h"
#include "reporters/units.h"

namespace nmgen {

std::string time_line(const Record& record) {
  double real_seconds = 0;
  for (const RunRecord& run : record.runs) {
    if (!run.wire_time)
      return "";
    real_seconds += run.real_seconds;
  }
  if (record.runs.empty())
    return "";
  std::string text = fmt::format("wire time: took {:.1f} s", real_seconds);
  const char* separator = "; left out: ";
  for (const WorkerRecord& worker : summed_workers(record)) {
    if (worker.left_out_times == 0)
      continue;
    text += fmt::format(
        "{}{} {} ms in {}, at most {} ms", separator, worker.name, milliseconds(worker.left_out_ms),
        worker.left_out_times == 1 ? "1 gap" : grouped(worker.left_out_times) + " gaps",
        milliseconds(worker.longest_gap_us / 1e3));
    separator = ", ";
  }
  return text;
}

}  // namespace nmgen
