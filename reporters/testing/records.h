// SPDX-License-Identifier: BSD-2-Clause
// Hand-made records for tests: every figure is different, so that no two can be mixed up unseen.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen::test {

// Fields that records of this format of before lack.
inline const std::set<std::string> kLaterFields = {"mode",
                                                   "tx_dropped",
                                                   "wire_time",
                                                   "real_seconds",
                                                   "left_out_times",
                                                   "left_out_ms",
                                                   "held_ms",
                                                   "gap_from_us",
                                                   "streams",
                                                   "departures",
                                                   "departures_64ns",
                                                   "departures_128ns",
                                                   "departures_256ns",
                                                   "departures_512ns",
                                                   "departures_1us"};

// Two streams that add up to a run of passed_record(), for its `streams`.
std::vector<StreamRecord> two_streams();

// 64b-10g on the simulated device, two seconds, one sender and one receiver, passed.
Record passed_record();

// Two runs of a second without a receiver, on a NIC behind the kernel's netmap, invalid.
Record invalid_record();

}  // namespace nmgen::test
