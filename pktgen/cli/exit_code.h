// SPDX-License-Identifier: BSD-2-Clause
// The exit codes of what commands find out; README.md has the table.
#pragma once

#include "pktgen/compare/compare.h"
#include "pktgen/measure/record.h"

namespace nmgen {

int exit_code(Verdict verdict);
int exit_code(Outcome outcome);

}  // namespace nmgen
