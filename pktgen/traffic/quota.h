// SPDX-License-Identifier: BSD-2-Clause
// How many frames a run owes, to the frame.
#pragma once

#include <cstdint>
#include <vector>

namespace nmgen {

inline constexpr uint64_t kNoQuota = UINT64_MAX;

// Of the frames 0 to `total` - 1 of a rate that `lanes` workers share in turn, those of `lane`.
uint64_t frames_of_lane(uint64_t total, unsigned lane, unsigned lanes);

// `total` frames over workers in proportion to their rates, so that all end together; evenly where
// one has none (0: as fast as possible). The sum is `total`; what is left over goes to the largest
// remainders, the first of equals.
std::vector<uint64_t> share_frames(uint64_t total, const std::vector<double>& pps);

}  // namespace nmgen
