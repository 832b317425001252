// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/drain.h"

#include <time.h>

#include "pktgen/measure/clock.h"

namespace nmgen {
namespace {

struct UnderWay {
  uint64_t waiting = 0, in_flight = 0, received = 0, sent = 0;  // waiting: in the senders' rings
  bool all_known = true;                                        // the ports know what is under way

  // Lets the senders' rings go on first.
  explicit UnderWay(const RunSet& set) {
    for (const std::unique_ptr<SenderWorker>& worker : set.senders)
      waiting += worker->settle();
    for (Port* port : set.ports) {
      in_flight += port->in_flight();
      all_known &= port->knows_in_flight();
    }
    for (const std::unique_ptr<SenderWorker>& worker : set.senders)
      if (worker->is_received)
        sent += worker->counters.frames.get();
    for (const std::unique_ptr<ReceiverWorker>& worker : set.receivers)
      received += worker->counters.frames.get() - worker->counters.duplicates.get();
  }
  bool nothing() const { return waiting == 0 && in_flight == 0 && (all_known || received >= sent); }
};

}  // namespace

void drain_wire(const RunSet& set, uint64_t quiet_ticks, const std::function<bool()>& give_up) {
  if (set.receivers.empty() || set.senders.empty())
    return;
  UnderWay last(set);
  uint64_t until = set.time.now() + quiet_ticks;
  while (!last.nothing() && set.time.now() < until && !give_up()) {
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
    const UnderWay now(set);
    if (now.received != last.received || now.in_flight != last.in_flight ||
        now.waiting != last.waiting)
      until = set.time.now() + quiet_ticks;
    last = now;
  }
}

}  // namespace nmgen
