// SPDX-License-Identifier: BSD-2-Clause
// NAME_command() for each of command_list.h: its table. The values of its options live as long as
// the table, or a copy of it.
#pragma once

#include "pktgen/cli/command.h"

namespace nmgen {

#define NMGEN_COMMAND(name) Command name##_command();
#include "pktgen/cli/commands/command_list.h"
#undef NMGEN_COMMAND

}  // namespace nmgen
