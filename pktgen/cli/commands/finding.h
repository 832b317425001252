// SPDX-License-Identifier: BSD-2-Clause
// What an examination finds: of the machine, or of an interface.
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

// For a terminal, wrapped; the remedy of a lack is on a line of its own.
std::string findings_text(const std::vector<Finding>& findings);

// JSON, {"schema": `schema`, "findings": [...]}.
std::string findings_json(const std::vector<Finding>& findings, const std::string& schema);

}  // namespace nmgen
