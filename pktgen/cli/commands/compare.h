// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "pktgen/compare/compare.h"

namespace nmgen {

int exit_code(Outcome outcome);

}  // namespace nmgen
