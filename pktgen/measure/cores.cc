// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/cores.h"

#include <sched.h>

#include <cerrno>

namespace nmgen {

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  // The kernel refuses a mask smaller than its own with EINVAL, so grow until it fits.
  for (size_t count = 1024; count <= (1U << 20); count *= 2) {
    cpu_set_t* mask = CPU_ALLOC(count);
    if (mask == nullptr)
      return cores;
    size_t size = CPU_ALLOC_SIZE(count);
    CPU_ZERO_S(size, mask);
    bool known = sched_getaffinity(0, size, mask) == 0;
    bool too_small = !known && errno == EINVAL;
    for (size_t core = 0; known && core < count; ++core)
      if (CPU_ISSET_S(core, size, mask))
        cores.push_back(static_cast<int>(core));
    CPU_FREE(mask);
    if (!too_small)
      return cores;
  }
  return cores;
}

int pin_to_core(int core) {
  if (core < 0)
    return EINVAL;
  const size_t count = static_cast<size_t>(core) + 1, size = CPU_ALLOC_SIZE(count);
  cpu_set_t* mask = CPU_ALLOC(count);
  if (mask == nullptr)
    return ENOMEM;
  CPU_ZERO_S(size, mask);
  CPU_SET_S(static_cast<size_t>(core), size, mask);
  const int error = sched_setaffinity(0, size, mask) == 0 ? 0 : errno;
  CPU_FREE(mask);
  return error;
}

}  // namespace nmgen
