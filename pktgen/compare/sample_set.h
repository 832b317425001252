// SPDX-License-Identifier: BSD-2-Clause
// The samples of one scenario from one program on one machine, and the file that keeps them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/compare/metric.h"
#include "pktgen/error.h"
#include "pktgen/measure/record.h"

namespace nmgen {

struct SampleSet {
  std::string name;  // where it is from, for messages
  Record about;      // scenario, device and fingerprint of the first sample; without runs
  std::vector<Sample> samples;
};

// Adds a run. Errors: another scenario (by its hash) or another device than the set's, a record
// without a run, a scenario's text that does not have its hash (the record was edited).
Result<void> add_sample(SampleSet& set, const Record& record, const std::string& name,
                        Sample (*figures)(const Record&) = sample_of);

// A baseline file, nmgen-baseline/1: JSON, a line a sample, with a digest over the rest so that a
// hand that edited it shows.
std::string baseline_to_json(const SampleSet& set);
Result<SampleSet> baseline_from_json(std::string_view text, const std::string& name);

// A baseline file, a record (one sample), or a directory of records of one scenario.
Result<SampleSet> load_samples(const std::string& path);

// How the machines (and compilers) of two fingerprints differ, as "kernel: A against B"; empty
// where figures of one can be held against the other's. Commit, changes and load may differ.
std::vector<std::string> differences(const Fingerprint& base, const Fingerprint& next);

}  // namespace nmgen
