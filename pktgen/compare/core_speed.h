// SPDX-License-Identifier: BSD-2-Clause
// Whether a core is ours alone right now. On a virtual machine, or one with hyper-threads, a
// neighbour on the same physical core can double what a frame costs, for seconds, and no counter
// tells. A loop of independent additions, which a neighbour slows as much as anything, does.
#pragma once

#include <map>
#include <vector>

namespace nmgen {

class CoreSpeed {
 public:
  // Cycles of the core for a fixed piece of work on `core`, median of many pieces; takes about a
  // millisecond, on the calling thread, which is moved there and back. 0 where it may not go there.
  double measure(int core);

  // Whether the core does that work as fast, within kTolerance, as it ever did under measure().
  bool is_quiet(int core);

  // Until all these cores have been quiet for a fifth of a second, or for `most_seconds`. Return:
  // whether they were.
  bool await_quiet(const std::vector<int>& cores, double most_seconds);

  static constexpr double kTolerance = 0.05;

 private:
  std::map<int, double> best_;
};

}  // namespace nmgen
