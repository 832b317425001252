// SPDX-License-Identifier: BSD-2-Clause
// Ports of the kernel's netmap, behind /dev/netmap.
#pragma once

#include <memory>
#include <string>

#include "pktgen/port/port.h"
#include "pktgen/scenario/port_name.h"

namespace nmgen {

// A descriptor of /dev/netmap, the caller's to close. Error: the device is missing or may not be
// used; `what` is its beginning, as "cannot open netmap:eth0".
Result<int> open_device(const std::string& what);

// An interface, a VALE port or an end of a pipe. Error: the device is missing or may not be used,
// no such port.
Result<std::unique_ptr<Port>> open_kernel_port(const PortName& name);

}  // namespace nmgen
