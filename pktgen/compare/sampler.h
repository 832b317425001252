// SPDX-License-Identifier: BSD-2-Clause
// Takes samples: each is a run in a fresh process, as two runs in one process share the luck of
// where their memory lies.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "pktgen/compare/core_speed.h"
#include "pktgen/compare/sample_set.h"
#include "pktgen/error.h"

namespace nmgen {

// One program that takes part.
struct Contestant {
  std::string name;     // for messages: "base", "new"
  std::string program;  // path of an nmgen
};

struct SampleOrders {
  std::string scenario_text;           // JSON, as a record keeps it
  std::vector<std::string> overrides;  // PATH=VALUE
  size_t samples = 10;                 // of each contestant
  double patience_s = 2;               // longest wait for quiet cores before a run
  bool side_by_side = false;           // a run of each contestant at once, on the same cores
};

struct Sampled {
  std::vector<SampleSet> sets;  // one for each contestant
  size_t disturbed = 0;         // samples kept though something else used their cores
};

class Sampler {
 public:
  // `progress` is told (samples taken, samples wanted). `stop`: end early, with an error.
  Sampler(std::function<void(size_t, size_t)> progress, const std::atomic<bool>& stop)
      : progress_(std::move(progress)), stop_(stop) {}

  // Takes turns in the order A B B A of blocks, so that a machine that grows slower or faster does
  // the same to both. Before each run it waits for quiet cores; a sample whose cores were not quiet
  // before and after, or were taken away for 2 % of its time, is taken again, as often as there are
  // samples at most. Without patience each sample is taken once, and at once. Side by side nobody
  // waits: whatever else uses the cores slows all contestants alike, and what frames cost is all
  // that is kept; a round in which one's frames cost much more than its least is taken again, as
  // often as there are rounds at most. Errors: a program that cannot be started or refuses the
  // scenario, no room for files, `stop`.
  Result<Sampled> take(const std::vector<Contestant>& contestants, const SampleOrders& orders);

 private:
  Result<Sampled> take_in_turns(const std::vector<Contestant>& contestants,
                                const SampleOrders& orders, const std::string& directory);
  Result<Sampled> take_side_by_side(const std::vector<Contestant>& contestants,
                                    const SampleOrders& orders, const std::string& directory);

  std::function<void(size_t, size_t)> progress_;
  const std::atomic<bool>& stop_;
  CoreSpeed speed_;
};

// Runs a program to its end, without standard input; what it says goes to the files (or nowhere,
// for an empty name). Return: its exit code.
Result<int> run_program(const std::vector<std::string>& arguments, const std::string& output,
                        const std::string& errors);

}  // namespace nmgen
