// SPDX-License-Identifier: BSD-2-Clause
// Whether one set of samples is better or worse than another. Pure: the same samples give the same
// answer.
#pragma once

#include <string>
#include <vector>

#include "pktgen/compare/sample_set.h"

namespace nmgen {

enum class Outcome { kPass, kImprove, kRegress, kInvalid };
const char* to_string(Outcome outcome);  // "pass", "improve", "regress", "invalid"

struct ComparedMetric {
  Metric metric = Metric::kTxCycles;
  size_t base_count = 0, next_count = 0;  // samples that count
  double base = 0, next = 0;              // medians
  double shift = 0;                       // Hodges-Lehmann, in the metric's unit; above 0: more
  double threshold = 0;                   // what the shift has to exceed
  double p = 1;                           // corrected by Holm over the rows
  Outcome outcome = Outcome::kPass;
};

struct Comparison {
  std::string scenario;
  std::vector<ComparedMetric> rows;  // those that both sides have
  Outcome outcome = Outcome::kInvalid;
  std::vector<std::string> reasons;  // sentences
};

// Where the samples are from: two programs that ran here in turns, or side by side (sample i of the
// one beside sample i of the other), or now and another time, or kept ones in pairs (sample i of
// the one belongs to sample i of the other, as they met the same machine).
enum class Origin { kInTurns, kSideBySide, kKept, kPairs };

// A row regresses (or improves) where p is below kAlpha and the shift is above the larger of
// kLeastShare of the base's median and three times the base's MAD. p is Mann and Whitney's. Side by
// side and in pairs what counts is by how much each pair differs, as a share: p is that of
// Wilcoxon's signed ranks, and the MAD that of the shares over the root of two, which is what one
// side has. In pairs the reasons have the shift of each cost with its interval, of many pairs far
// narrower than what it has to exceed. A row is invalid where a side has fewer than kLeastSamples.
// All is invalid where the main row is, or where the samples are kept ones (kKept, kPairs) and the
// fingerprints differ. Error: sets of different scenarios or devices, a set that is empty.
Result<Comparison> compare_samples(const SampleSet& base, const SampleSet& next, Origin origin);

inline constexpr double kAlpha = 0.05;
inline constexpr double kLeastShare = 0.02;
inline constexpr double kMads = 3;
inline constexpr size_t kLeastSamples = 10;

// The comparison as a table of at most 80 columns, with its reasons and its outcome.
std::string comparison_text(const Comparison& comparison);

// The worst of several: regress, invalid, improve, pass.
Outcome worst(const std::vector<Comparison>& comparisons);

}  // namespace nmgen
