// SPDX-License-Identifier: BSD-2-Clause
// The reports for --help of the commands that make them.
#pragma once

#include "pktgen/cli/command.h"

namespace nmgen {

HelpList report_help();

}  // namespace nmgen
