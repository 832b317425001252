// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pktgen/compare/rank.h"
#include "pktgen/measure/stats.h"

namespace nmgen {
namespace {

bool counts(const Sample& sample, Metric metric) {
  return sample.value(metric) >= 0 &&
         (!traits(metric).needs_valid_run || sample.verdict != Verdict::kInvalid);
}

std::vector<double> values_of(const SampleSet& set, Metric metric) {
  std::vector<double> values;
  for (const Sample& sample : set.samples)
    if (counts(sample, metric))
      values.push_back(sample.value(metric));
  return values;
}

// Whether the runs have this figure at all, trusted or not.
bool has(const SampleSet& set, Metric metric) {
  return std::any_of(set.samples.begin(), set.samples.end(),
                     [metric](const Sample& sample) { return sample.value(metric) >= 0; });
}

// By how much each sample of `next` is above its neighbour in `base`, as a share (of either: a
// logarithm), so that a pair counts the same whichever of the two is the larger.
std::vector<double> shares_of_pairs(const SampleSet& base, const SampleSet& next, Metric metric) {
  std::vector<double> shares;
  for (size_t i = 0; i < std::min(base.samples.size(), next.samples.size()); ++i) {
    if (counts(base.samples[i], metric) && counts(next.samples[i], metric)) {
      const double from = base.samples[i].value(metric), to = next.samples[i].value(metric);
      if (from > 0 && to > 0)
        shares.push_back(std::log(to / from));
    }
  }
  return shares;
}

bool in_pairs(Origin origin) {
  return origin == Origin::kSideBySide || origin == Origin::kPairs;
}

// "tx cycles/frame: +0.37 %, with a 95 % interval of -1.18 to +1.94 %, in 160 pairs."
std::string interval_sentence(const SampleSet& base, const SampleSet& next, Metric metric) {
  const std::vector<double> shares = shares_of_pairs(base, next, metric);
  const RankInterval interval = hodges_lehmann_interval(shares);
  const auto percent = [](double share) { return 100 * std::expm1(share); };
  return fmt::format("{}: {:+.2f} %, with a 95 % interval of {:+.2f} to {:+.2f} %, in {} pairs.",
                     traits(metric).title, percent(hodges_lehmann_center(shares)),
                     percent(interval.low), percent(interval.high), shares.size());
}

ComparedMetric compare_metric(const SampleSet& base, const SampleSet& next, Metric metric,
                              Origin origin) {
  const std::vector<double> from = values_of(base, metric), to = values_of(next, metric);
  ComparedMetric row;
  row.metric = metric;
  row.base_count = from.size();
  row.next_count = to.size();
  const Spread spread_base = spread(from);
  row.base = spread_base.median;
  row.next = median(to);
  double mad = spread_base.mad;
  if (in_pairs(origin)) {
    const std::vector<double> shares = shares_of_pairs(base, next, metric);
    row.shift = row.base * std::expm1(hodges_lehmann_center(shares));
    row.p = signed_rank_p(shares);
    // A share has the chance of two runs in it.
    mad = row.base * spread(shares).mad / std::sqrt(2.0);
  } else {
    row.shift = hodges_lehmann_shift(from, to);
    row.p = mann_whitney_p(from, to);
  }
  row.threshold = std::max({kLeastShare * row.base, kMads * mad, traits(metric).least_shift});
  if (from.size() < kLeastSamples || to.size() < kLeastSamples)
    row.outcome = Outcome::kInvalid;
  return row;
}

// Six digits, with the unit's thousands for rates.
std::string figure(double value) {
  if (std::fabs(value) >= 1e6)
    return fmt::format("{:.4f}M", value / 1e6);
  if (std::fabs(value) >= 1e4)
    return fmt::format("{:.2f}k", value / 1e3);
  return fmt::format("{:.{}f}", value, std::fabs(value) >= 100 ? 1 : 3);
}

std::string share(double shift, double of) {
  return of > 0 ? fmt::format("{:+.2f} %", 100 * shift / of) : fmt::format("{:+.3g}", shift);
}

}  // namespace

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kImprove:
      return "improve";
    case Outcome::kRegress:
      return "regress";
    case Outcome::kInvalid:
      break;
  }
  return "invalid";
}

Result<Comparison> compare_samples(const SampleSet& base, const SampleSet& next, Origin origin) {
  const std::string what = fmt::format("cannot compare {} with {}", next.name, base.name);
  for (const SampleSet* set : {&base, &next})
    if (set->samples.empty())
      return fail(what, "there are no samples in " + set->name, "give records of whole runs");
  if (base.about.scenario_hash != next.about.scenario_hash)
    return fail(what,
                fmt::format("they have different scenarios (\"{}\" and \"{}\", or other values)",
                            base.about.scenario_name, next.about.scenario_name),
                "compare runs of one scenario");
  if (drivers_of(base.about) != drivers_of(next.about))
    return fail(what,
                fmt::format("one ran on {} and the other on {}", drivers_of(base.about),
                            drivers_of(next.about)),
                "compare runs on one device");

  Comparison result;
  result.scenario = base.about.scenario_name;
  for (size_t i = 0; i < kMetrics; ++i) {
    const Metric metric = static_cast<Metric>(i);
    if (has(base, metric) && has(next, metric))
      result.rows.push_back(compare_metric(base, next, metric, origin));
  }
  // Corrected over the rows that are judged.
  std::vector<double> p_values;
  for (const ComparedMetric& row : result.rows)
    if (row.outcome != Outcome::kInvalid)
      p_values.push_back(row.p);
  const std::vector<double> corrected = holm(p_values);
  size_t judged = 0;
  bool regress = false, improve = false;
  for (ComparedMetric& row : result.rows) {
    if (row.outcome == Outcome::kInvalid) {
      result.reasons.push_back(
          fmt::format("{} has no result: there are {} and {} samples, and {} a side are needed{}.",
                      traits(row.metric).title, row.base_count, row.next_count, kLeastSamples,
                      traits(row.metric).needs_valid_run ? " from valid runs" : ""));
      continue;
    }
    row.p = corrected[judged++];
    if (row.p < kAlpha && std::fabs(row.shift) > row.threshold)
      row.outcome = (row.shift > 0) == traits(row.metric).higher_is_better ? Outcome::kImprove
                                                                           : Outcome::kRegress;
    regress |= row.outcome == Outcome::kRegress;
    improve |= row.outcome == Outcome::kImprove;
  }
  const std::vector<std::string> differ =
      origin == Origin::kKept || origin == Origin::kPairs
          ? differences(base.about.fingerprint, next.about.fingerprint)
          : std::vector<std::string>();
  for (const std::string& difference : differ)
    result.reasons.push_back(fmt::format(
        "The figures are not comparable: {}; take the baseline again on this machine, or use "
        "--against.",
        difference));
  if (origin == Origin::kPairs)
    for (const ComparedMetric& row : result.rows)
      if (row.metric == Metric::kTxCycles || row.metric == Metric::kRxCycles)
        result.reasons.push_back(interval_sentence(base, next, row.metric));
  if (result.rows.empty())
    result.reasons.emplace_back("No frames were sent, so there is nothing to compare.");
  if (!differ.empty() || result.rows.empty() || result.rows[0].outcome == Outcome::kInvalid)
    result.outcome = Outcome::kInvalid;
  else
    result.outcome = regress ? Outcome::kRegress : improve ? Outcome::kImprove : Outcome::kPass;
  return result;
}

std::string comparison_text(const Comparison& comparison) {
  std::string text =
      fmt::format("{}\n  {:<17}{:>10}{:>10}{:>11}{:>9}{:>9}  {}\n", comparison.scenario, "", "base",
                  "new", "shift", "needs", "p", "verdict");
  for (const ComparedMetric& row : comparison.rows)
    text += fmt::format("  {:<17}{:>10}{:>10}{:>11}{:>9}{:>9.2g}  {}\n", traits(row.metric).title,
                        row.base_count > 0 ? figure(row.base) : "-",
                        row.next_count > 0 ? figure(row.next) : "-",
                        row.base_count > 0 && row.next_count > 0 ? share(row.shift, row.base) : "-",
                        row.base > 0 ? fmt::format("{:.1f} %", 100 * row.threshold / row.base)
                                     : fmt::format("{:.3g}", row.threshold),
                        row.p, to_string(row.outcome));
  for (const std::string& reason : comparison.reasons)
    text += fmt::format("  - {}\n", reason);
  return text + fmt::format("{}: {}\n", comparison.scenario, to_string(comparison.outcome));
}

Outcome worst(const std::vector<Comparison>& comparisons) {
  Outcome outcome = Outcome::kPass;
  // In the order of a caller's exit code: what got worse is worth more than what is not known.
  for (Outcome candidate : {Outcome::kImprove, Outcome::kInvalid, Outcome::kRegress})
    if (std::any_of(comparisons.begin(), comparisons.end(),
                    [candidate](const Comparison& each) { return each.outcome == candidate; }))
      outcome = candidate;
  return outcome;
}

}  // namespace nmgen
