// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

// "simulated 82599, 10 Gbit/s: a result of the model, not of a NIC", or "ixgbe, 10 Gbit/s".
// Where ports differ, each kind with its ports.
std::string device_line(const std::vector<DeviceRecord>& devices);

// Whether the speed of any port is known.
bool has_line(const Record& record);

}  // namespace nmgen
