// SPDX-License-Identifier: BSD-2-Clause
// nmgen history FILE...
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "pktgen/cli/command.h"
#include "pktgen/compare/compare.h"
#include "pktgen/compare/steps.h"
#include "pktgen/measure/stats.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

namespace fs = std::filesystem;

struct HistoryOptions {
  std::vector<std::string> files;
  std::string metric = "tx_cycles";

  std::vector<Option> table() { return {{"FILE", &files}, {"--metric", &metric}}; }
};

struct Point {
  std::string started_at, commit, name;
  double value = 0;
};

Result<std::vector<Point>> read_points(const std::vector<std::string>& files, Metric metric) {
  std::vector<Point> points;
  SampleSet first;
  for (const std::string& file : files) {
    Result<SampleSet> set = load_samples(file);
    if (!set)
      return tl::unexpected<Error>(set.error());
    if (points.empty())
      first = *set;
    if (set->about.scenario_hash != first.about.scenario_hash)
      return fail("cannot combine " + file + " in one series with " + first.name,
                  "they have different scenarios", "give results of one scenario");
    std::vector<double> values;
    for (const Sample& sample : set->samples)
      if (sample.value(metric) >= 0)
        values.push_back(sample.value(metric));
    if (values.empty())
      return fail("cannot use " + file, fmt::format("it has no {}", traits(metric).title),
                  "choose another --metric");
    points.push_back({set->samples[0].started_at, set->samples[0].commit, file, median(values)});
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& a, const Point& b) { return a.started_at < b.started_at; });
  return points;
}

// A directory stands for the results in it.
Result<std::vector<std::string>> expand(const std::vector<std::string>& files) {
  std::vector<std::string> all;
  for (const std::string& file : files) {
    std::error_code error;
    if (!fs::is_directory(file, error)) {
      all.push_back(file);
      continue;
    }
    const size_t before = all.size();
    for (fs::directory_iterator entry(file, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().extension() == ".json")
        all.push_back(entry->path().string());
    if (all.size() == before)
      return fail("cannot read a history from " + file, "there is no result in it",
                  "give a directory of records or baselines");
  }
  return all;
}

int history(const HistoryOptions& options) {
  if (options.files.empty())
    return complain(
        "no results are given; name records or baselines, for example nmgen history nightly/");
  std::vector<std::string> keys;
  for (size_t i = 0; i < kMetrics; ++i)
    keys.emplace_back(traits(static_cast<Metric>(i)).key);
  const std::vector<std::string>::iterator key =
      std::find(keys.begin(), keys.end(), options.metric);
  if (key == keys.end())
    return complain(fmt::format("there is no metric \"{:.40}\"; use one of {}", options.metric,
                                fmt::join(keys, ", ")));
  const Metric metric = static_cast<Metric>(key - keys.begin());
  Result<std::vector<std::string>> files = expand(options.files);
  if (!files)
    return complain(files.error());
  Result<std::vector<Point>> points = read_points(*files, metric);
  if (!points)
    return complain(points.error());

  std::vector<double> values;
  for (const Point& point : *points)
    values.push_back(point.value);
  const std::vector<Level> levels = find_levels(values);
  std::string text = fmt::format("{}, {}, {}\n", traits(metric).title,
                                 plural(values.size(), "result"), plural(levels.size(), "level"));
  bool worse = false;
  for (size_t i = 0; i < levels.size(); ++i) {
    const Point& point = (*points)[levels[i].first];
    std::string jump;
    if (i > 0) {
      const double from = levels[i - 1].median, shift = levels[i].median - from;
      jump = from > 0 ? fmt::format("  {:+.2f} %", 100 * shift / from) : "";
      worse =
          std::fabs(shift) > kLeastShare * from && (shift > 0) != traits(metric).higher_is_better;
    }
    text += fmt::format("  from {}  commit {:.13}  {}  median {:.4f}{}\n", point.started_at,
                        point.commit, plural(levels[i].count, "result"), levels[i].median, jump);
  }
  if (worse)
    text += "The last jump is for the worse.\n";
  if (!print(text))
    return kExitBadUse;
  return worse ? kExitFail : kExitPass;
}

}  // namespace

Command history_command() {
  return make_command(history);
}

}  // namespace nmgen
