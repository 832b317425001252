// SPDX-License-Identifier: BSD-2-Clause
// What makes results on a network interface wrong, or a driver impossible.
#pragma once

#include <string>
#include <vector>

#include "nmh_netif.h"
#include "pktgen/cli/commands/finding.h"
#include "pktgen/error.h"

namespace nmgen {

// Everything, in the order to read it; each lack has its remedy, most of them as a command. `root`
// goes before the paths that are read (/proc, /sys), for tests. Nothing is changed, and no
// privilege is needed. Error: there is no such interface.
Result<std::vector<Finding>> examine_interface(const std::string& name,
                                               const std::string& root = "");

// The same of one that was looked up.
std::vector<Finding> examine_interface(const nmh_netif& netif, const std::string& root = "");

}  // namespace nmgen
