// SPDX-License-Identifier: BSD-2-Clause
// For tests: a port in memory, of the driver null. Its clients may outlive it.
#pragma once

#include <cstdint>

#include "nmh_driver.h"

// `delay_us`: a frame comes in that much later, and nobody is told. Return: 0 or a negative errno.
inline int null_port_create(nmh* world, const char* name, uint32_t rings, uint32_t slots,
                            uint32_t delay_us, nmh_port** out) {
  const nmh_option options[] = {{"queues", nullptr, static_cast<double>(rings)},
                                {"slots", nullptr, static_cast<double>(slots)},
                                {"delay_us", nullptr, static_cast<double>(delay_us)}};
  const nmh_port_request request{name, options, 3};
  return nmh_port_create(world, nmh_driver_find("null", 4), &request, out, nullptr);
}
