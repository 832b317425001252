// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/departure_line.h"

#include <fmt/format.h>

#include "pktgen/measure/ratio.h"
#include "reporters/units.h"

namespace nmgen {

std::string departure_line(const Record& record) {
  WorkerRecord sum;
  for (const RunRecord& run : record.runs)
    for (const WorkerRecord& worker : run.workers)
      add_worker(sum, worker);
  if (sum.departures == 0)
    return "";
  std::string shares;
  for (const uint64_t frames : {sum.departures_64ns, sum.departures_128ns, sum.departures_256ns,
                                sum.departures_512ns, sum.departures_1us})
    shares += (shares.empty() ? "" : ", ") + percent(100 * ratio(frames, sum.departures));
  return fmt::format("departures within 64, 128, 256, 512 ns, 1 us after they were due: {} % of {}",
                     shares, grouped(sum.departures));
}

}  // namespace nmgen
