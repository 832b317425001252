// SPDX-License-Identifier: BSD-2-Clause
// What this machine offers to a run, and what it lacks.
#pragma once

#include <string>
#include <vector>

namespace nmgen {

struct Finding {
  // kGood: as it should be. kLack: something is missing, and `remedy` says what to do. kFact: it
  // matters for the figures, and there is nothing to do about it.
  enum class State { kGood, kLack, kFact };
  std::string name;  // "huge pages"
  State state = State::kFact;
  std::string value;   // "none of 2048 kB are free"
  std::string remedy;  // of a lack only
};

const char* to_string(Finding::State state);  // "ok", "lack", "fact"

// Everything, in the order to read it. `root` goes before the paths that are read (/proc, /sys,
// /dev), for tests; the processor and the clock are always this machine's. Takes about 30 ms, for
// the clock.
std::vector<Finding> examine_machine(const std::string& root = "");

}  // namespace nmgen
