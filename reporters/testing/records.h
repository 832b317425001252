// SPDX-License-Identifier: BSD-2-Clause
// Hand-made records for tests: every figure is different, so that no two can be mixed up unseen.
#pragma once

#include "pktgen/measure/record.h"

namespace nmgen::test {

// 64b-10g on the simulated device, two seconds, one sender and one receiver, passed.
Record passed_record();

// Two runs of a second without a receiver, on a NIC behind the kernel's netmap, invalid.
Record invalid_record();

}  // namespace nmgen::test
