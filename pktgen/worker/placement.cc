// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/placement.h"

#include <algorithm>
#include <map>

namespace nmgen {
namespace {

// The allowed core with the fewest workers, the first of equals.
int least_used(const std::vector<int>& allowed, const std::map<int, int>& workers) {
  int best = allowed.front();
  int fewest = -1;
  for (int core : allowed) {
    std::map<int, int>::const_iterator found = workers.find(core);
    int count = found == workers.end() ? 0 : found->second;
    if (fewest < 0 || count < fewest) {
      best = core;
      fewest = count;
    }
  }
  return best;
}

}  // namespace

Placement place_workers(const Scenario& scenario, const std::vector<int>& allowed) {
  Placement placement;
  std::map<int, int> workers;
  for (const SenderSpec& sender : scenario.senders)
    for (int core : sender.cores)
      workers[core]++;
  for (const ReceiverSpec& receiver : scenario.receivers)
    for (int core : receiver.cores)
      workers[core]++;

  const auto place = [&](const std::vector<int>& named, unsigned count, std::vector<int>& to) {
    for (unsigned i = 0; i < count; i++) {
      if (i < named.size()) {
        to.push_back(named[i]);
        continue;
      }
      int core = least_used(allowed, workers);
      workers[core]++;
      to.push_back(core);
    }
  };
  for (const ReceiverSpec& receiver : scenario.receivers)
    place(receiver.cores, receiver.workers, placement.receivers);
  for (const SenderSpec& sender : scenario.senders)
    place(sender.cores, sender.workers, placement.senders);

  for (const std::pair<const int, int>& core : workers)
    placement.shared |= core.second > 1;
  placement.observer = least_used(allowed, workers);
  if (workers[placement.observer] > 0 && !placement.senders.empty())
    placement.observer = placement.senders.front();
  return placement;
}

}  // namespace nmgen
