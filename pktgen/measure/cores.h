// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <vector>

namespace nmgen {

// The cores this process may run on (sched_getaffinity), rising; empty where the kernel does not
// say. Any thread.
std::vector<int> allowed_cores();

// Lets the calling thread run on this core only. Return: 0 or an errno.
int pin_to_core(int core);

}  // namespace nmgen
