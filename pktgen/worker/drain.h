// SPDX-License-Identifier: BSD-2-Clause
// Waits for what is under way when senders have stopped.
#pragma once

#include <functional>

#include "pktgen/worker/run_set.h"

namespace nmgen {

// Until every frame that is owed has come, or none has left or come for `quiet_ticks`, or
// `give_up()` says so. The senders' loops have ended; what their devices still do counts.
// Ports that know what is under way are believed; the others owe what was sent to a receiver and
// has not come.
void drain_wire(const RunSet& set, uint64_t quiet_ticks, const std::function<bool()>& give_up);

}  // namespace nmgen
