// SPDX-License-Identifier: BSD-2-Clause
// Ports of the kernel's netmap, behind /dev/netmap.
#pragma once

#include <memory>
#include <string>

#include "pktgen/port/port.h"

namespace nmgen {

// "netmap:IF" or a VALE port's name. Error: the device is missing or may not be used, no such port.
Result<std::unique_ptr<Port>> open_kernel_port(const std::string& name);

}  // namespace nmgen
