// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/worker.h"

#include <sys/resource.h>
#include <unistd.h>

#include "pktgen/measure/core_clock.h"
#include "pktgen/measure/cores.h"

namespace nmgen {

int WorkerBase::enter() {
  const int result = pin_to_core(core);
  core_cycles_per_tick[0] = nmgen::core_cycles_per_tick();
  const pid_t self = gettid();
  // The engine's own: threads begin with that of the one which starts them.
  nice = getpriority(PRIO_PROCESS, static_cast<id_t>(self));
  tid.store(self, std::memory_order_relaxed);
  error.store(result, std::memory_order_relaxed);
  if (result != 0)
    ready.store(true, std::memory_order_release);
  return result;
}

}  // namespace nmgen
