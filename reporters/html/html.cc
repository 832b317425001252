// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "pktgen/measure/counters.h"
#include "pktgen/measure/ratio.h"
#include "reporters/departure_line.h"
#include "reporters/device_line.h"
#include "reporters/html/svg_chart.h"
#include "reporters/markup.h"
#include "reporters/report.h"
#include "reporters/time_line.h"
#include "reporters/totals.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

// Colours that stay apart for people who cannot tell red from green, and in grey by their dashes.
constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --faint: #6a737d; --grid: #dfe3e8; --paper: #ffffff;
  --l0: #0072b2; --l1: #d55e00; --l2: #009e73; --l3: #a05195; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --faint: #9aa3ad; --grid: #363b42;
  --paper: #16181c; --l0: #56b4e9; --l1: #e69f00; --l2: #35c79a; --l3: #d29bd6; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1560px; margin: 1.5em auto; padding: 0 1em; }
h1 { font-size: 1.6em; margin: 0 0 .2em; } h2 { font-size: 1.15em; margin: 1.8em 0 .5em; }
p, ul { max-width: 75em; }
.verdict { display: inline-block; padding: .1em .6em; border-radius: 4px; color: #fff; font-weight: 700; }
.pass { background: #1a7f37; } .fail { background: #b42318; } .invalid { background: #8a5a00; }
.model { font-weight: 600; } .faint { color: var(--faint); }
.scroll { overflow-x: auto; margin: .8em 0; }
table { border-collapse: collapse; min-width: min(100%, 46em); font-variant-numeric: tabular-nums; }
th, td { padding: .2em .6em; text-align: right; border-bottom: 1px solid var(--grid); }
th { font-weight: 600; vertical-align: bottom; } td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
@media (max-width: 900px) { table { font-size: 13px; } th, td { padding: .2em .4em; } }
table.words { max-width: 75em; } table.words td { text-align: left; vertical-align: top; }
table.words td + td { white-space: normal; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 600px), 1fr)); gap: .8em 2em; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .title { font-weight: 600; font-size: 13px; } svg .label { fill: var(--faint); }
.grid { stroke: var(--grid); } .axis { stroke: var(--faint); fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.line0 { stroke: var(--l0); } .line1 { stroke: var(--l1); stroke-dasharray: 6 3; }
.line2 { stroke: var(--l2); stroke-dasharray: 2 2; } .line3 { stroke: var(--l3); stroke-dasharray: 9 3 2 3; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 30em; overflow-y: auto; padding: .8em;
  border: 1px solid var(--grid); border-radius: 4px; font-size: 13px; }
)";

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string text = "<tr>";
  for (const std::string& cell : cells)
    text += fmt::format("<{0}>{1}</{0}>", tag, escape_markup(cell));
  return text + "</tr>\n";
}

std::string table(const std::vector<std::string>& names, const std::string& rows) {
  return "<div class=\"scroll\"><table>\n" + row(names, "th") + rows + "</table></div>\n";
}

std::string charts(const std::vector<Chart>& all) {
  std::string text = "<div class=\"charts\">\n";
  for (const Chart& chart : all)
    text += chart_svg(chart);
  return text + "</div>\n";
}

// "12.2 ms"
std::string time(double ns) {
  std::string text = short_time(ns);
  return text.insert(text.find_first_not_of("0123456789."), " ");
}

std::string head(const Record& record) {
  const std::string time = time_line(record), departures = departure_line(record);
  std::string text = fmt::format(
      "<h1>{} <span class=\"verdict {}\">{}</span></h1>\n<p class=\"{}\">{}</p>\n"
      "{}{}<p class=\"faint\">started {} &middot; {} &middot; nmgen commit {}{}</p>\n",
      escape_markup(record.scenario_name), to_string(record.verdict), to_string(record.verdict),
      has_model(record) ? "model" : "device", escape_markup(device_line(record.devices)),
      time.empty() ? "" : "<p class=\"faint\">" + escape_markup(time) + "</p>\n",
      departures.empty() ? "" : "<p class=\"faint\">" + escape_markup(departures) + "</p>\n",
      escape_markup(record.started_at), plural(record.runs.size(), "run"),
      escape_markup(record.fingerprint.commit.substr(0, 12)),
      record.fingerprint.dirty ? " with changes" : "");
  if (!record.verdict_reasons.empty()) {
    text += "<ul>\n";
    for (const std::string& reason : record.verdict_reasons)
      text += fmt::format("<li>{}</li>\n", escape_markup(reason));
    text += "</ul>\n";
  }
  return text;
}

std::string figures(const Record& record) {
  std::string ways, losses, spreads;
  for (size_t i = 0; i < record.runs.size(); i++) {
    const RunRecord& run = record.runs[i];
    for (const bool sends : {true, false}) {
      const DirectionRecord& way = sends ? run.tx : run.rx;
      if (way.frames == 0)
        continue;
      ways += row({fmt::format("{}", i + 1), sends ? "sent" : "received", grouped(way.frames),
                   si_rate(way.pps), fmt::format("{:.3f}", way.bps_l1 / 1e9),
                   way.line_rate_percent > 0 ? percent(way.line_rate_percent) : "-",
                   short_ticks(way.busy_tsc_ticks_per_frame),
                   short_ticks(way.model_tsc_ticks_per_frame),
                   fmt::format("{:.1f}", way.frames_per_sync)});
    }
    losses +=
        row({fmt::format("{}", i + 1), fmt::format("{:.3f}", run.seconds), grouped(run.loss.frames),
             fmt::format("{:.3f}", run.loss.ppm), grouped(run.reordered), grouped(run.duplicates),
             grouped(run.missed), fmt::format("{:.3f}", run.pause_s)});
  }
  for (const bool sends : {true, false}) {
    const Spread& pps = sends ? record.tx_pps : record.rx_pps;
    spreads +=
        row({sends ? "sent" : "received", si_rate(sends ? record.tx_mean_pps : record.rx_mean_pps),
             si_rate(pps.median), si_rate(pps.mad), si_rate(pps.min), si_rate(pps.max)});
  }
  return "<h2>Figures</h2>\n" +
         table({"run", "", "frames", "frames/s, mean", "Gbit/s on the wire", "% of line",
                "busy ticks per frame", "model ticks per frame", "frames per sync"},
               ways) +
         table({"run", "seconds", "lost", "lost, ppm", "reordered", "duplicates",
                "missed by device", "wire paused, s"},
               losses) +
         table({"all runs", "frames/s, mean", "frames/s, median interval", "MAD", "lowest",
                "highest"},
               spreads);
}

// One curve over the time of all runs, each beginning where the one before ended: a step for each
// interval, whose mean or percentile the figure is.
template <typename Figure>
ChartLine over_time(const Record& record, const char* name, Figure&& figure) {
  ChartLine line{name, {}};
  double begin_s = 0;
  for (const RunRecord& run : record.runs) {
    for (const IntervalRecord& interval : run.intervals) {
      const double start_s = begin_s + interval.start_s;
      line.points.emplace_back(start_s, figure(interval));
      line.points.emplace_back(start_s + interval.seconds, figure(interval));
    }
    begin_s += run.seconds;
  }
  return line;
}

bool receives(const Record& record) {
  return std::any_of(record.runs.begin(), record.runs.end(),
                     [](const RunRecord& run) { return run.rx.frames > 0; });
}

std::string curves(const Record& record) {
  using Interval = const IntervalRecord&;
  Chart rate{"Rate", Quantity::kFrameRate, "", {}};
  rate.lines.push_back(over_time(record, "sent", [](Interval i) { return i.tx_pps; }));
  if (receives(record))
    rate.lines.push_back(over_time(record, "received", [](Interval i) { return i.rx_pps; }));
  std::vector<Chart> all = {std::move(rate)};
  if (has_line(record)) {
    all.push_back({"Share of line rate", Quantity::kNumber, "%", {}});
    all.back().lines.push_back(
        over_time(record, "sent", [](Interval i) { return i.tx_line_rate_percent; }));
  }
  Chart cost{"Cost of a frame", Quantity::kNumber, "TSC ticks", {}};
  cost.lines.push_back(
      over_time(record, "send, busy", [](Interval i) { return i.tx_busy_tsc_ticks_per_frame; }));
  cost.lines.push_back(
      over_time(record, "send, model", [](Interval i) { return i.tx_model_tsc_ticks_per_frame; }));
  if (receives(record)) {
    cost.lines.push_back(over_time(record, "receive, busy",
                                   [](Interval i) { return i.rx_busy_tsc_ticks_per_frame; }));
    cost.lines.push_back(over_time(record, "receive, model",
                                   [](Interval i) { return i.rx_model_tsc_ticks_per_frame; }));
  }
  all.push_back(std::move(cost));
  if (has_latency(record))
    all.push_back({"Latency, from sending",
                   Quantity::kTimeNs,
                   "",
                   {over_time(record, "median", [](Interval i) { return i.latency_p50_ns; }),
                    over_time(record, "p99", [](Interval i) { return i.latency_p99_ns; }),
                    over_time(record, "highest", [](Interval i) { return i.latency_max_ns; })}});
  all.push_back(
      {"Time that workers were off their cores",
       Quantity::kTimeNs,
       "in each interval",
       {over_time(record, "all workers", [](Interval i) { return i.off_core_ms * 1e6; })}});
  return "<h2>Over time</h2>\n" + charts(all);
}

// Probes by latency, all runs together.
std::map<uint64_t, uint64_t> buckets_of(const Record& record, bool intended) {
  std::map<uint64_t, uint64_t> buckets;
  for (const RunRecord& run : record.runs)
    for (const std::pair<uint64_t, uint64_t>& bucket :
         (intended ? run.latency_intended_ns : run.latency_ns).histogram)
      buckets[std::max<uint64_t>(bucket.first, 1)] += bucket.second;
  return buckets;
}

// Share of the probes in steps of a twentieth of a decade, as stairs.
ChartLine histogram_line(const std::map<uint64_t, uint64_t>& buckets) {
  constexpr double kStepsPerDecade = 20;
  std::map<int, uint64_t> steps;
  uint64_t all = 0;
  for (const std::pair<const uint64_t, uint64_t>& bucket : buckets) {
    steps[static_cast<int>(std::floor(
        kStepsPerDecade * std::log10(static_cast<double>(bucket.first))))] += bucket.second;
    all += bucket.second;
  }
  ChartLine line{"probes", {}};
  if (steps.empty())
    return line;
  for (int step = steps.begin()->first; step <= steps.rbegin()->first; step++) {
    const double share = 100 * static_cast<double>(steps[step]) / static_cast<double>(all);
    line.points.emplace_back(std::pow(10, step / kStepsPerDecade), share);
    line.points.emplace_back(std::pow(10, (step + 1) / kStepsPerDecade), share);
  }
  return line;
}

ChartLine percentile_line(const char* name, const std::map<uint64_t, uint64_t>& buckets) {
  ChartLine line{name, {}};
  uint64_t all = 0, seen = 0;
  for (const std::pair<const uint64_t, uint64_t>& bucket : buckets)
    all += bucket.second;
  for (const std::pair<const uint64_t, uint64_t>& bucket : buckets) {
    seen += bucket.second;
    line.points.emplace_back(static_cast<double>(bucket.first),
                             100 * static_cast<double>(seen) / static_cast<double>(all));
  }
  return line;
}

std::string latency(const Record& record) {
  if (!has_latency(record))
    return "<h2>Latency</h2>\n<p>Not measured: the frames have no probes.</p>\n";
  std::string rows;
  for (size_t i = 0; i < record.runs.size(); i++) {
    for (const bool intended : {false, true}) {
      const LatencyRecord& latency =
          intended ? record.runs[i].latency_intended_ns : record.runs[i].latency_ns;
      rows += row({fmt::format("{}", i + 1), intended ? "from due time" : "from sending",
                   grouped(latency.count), time(latency.min), time(latency.p50), time(latency.p90),
                   time(latency.p99), time(latency.p999), time(latency.max), time(latency.floor)});
    }
  }
  const std::map<uint64_t, uint64_t> sent = buckets_of(record, false);
  return "<h2>Latency</h2>\n" +
         table({"run", "", "probes", "lowest", "p50", "p90", "p99", "p99.9", "highest", "floor"},
               rows) +
         charts({{"Latency histogram, from sending",
                  Quantity::kNumber,
                  "% of probes",
                  {histogram_line(sent)},
                  true},
                 {"Share of probes that took at most this long",
                  Quantity::kNumber,
                  "%",
                  {percentile_line("from sending", sent),
                   percentile_line("from due time", buckets_of(record, true))},
                  true}});
}

std::string streams(const Record& record) {
  std::string rows;
  for (size_t i = 0; i < record.runs.size(); i++)
    for (const StreamRecord& stream : record.runs[i].streams)
      rows += row(
          {stream.name, fmt::format("{}", i + 1), grouped(stream.sent), grouped(stream.received),
           grouped(stream.loss.frames), fmt::format("{:.3f}", stream.loss.ppm),
           grouped(stream.reordered), grouped(stream.duplicates), time(stream.latency_ns.p50),
           time(stream.latency_ns.p99), time(stream.latency_ns.p999), time(stream.latency_ns.max)});
  if (rows.empty())
    return "";
  return "<h2>Streams</h2>\n" + table({"stream", "run", "sent", "received", "lost", "lost, ppm",
                                       "reordered", "duplicates", "p50", "p99", "p99.9", "highest"},
                                      rows);
}

std::string workers(const Record& record) {
  std::string rows;
  for (size_t i = 0; i < record.runs.size(); i++) {
    for (const WorkerRecord& worker : record.runs[i].workers) {
      const double share = 100 * ratio(1, all_tsc_ticks(worker));
      rows +=
          row({worker.name, fmt::format("{}", i + 1), worker.port, fmt::format("{}", worker.ring),
               worker.core >= 0 ? fmt::format("{}", worker.core) : "any", grouped(worker.frames),
               fmt::format("{:.1f}", share * static_cast<double>(worker.busy_tsc_ticks)),
               fmt::format("{:.1f}", share * static_cast<double>(worker.model_tsc_ticks)),
               fmt::format("{:.1f}", share * static_cast<double>(worker.idle_tsc_ticks)),
               milliseconds(worker.off_core_ms), milliseconds(worker.longest_gap_us / 1e3)});
    }
  }
  return "<h2>Workers</h2>\n" + table({"worker", "run", "port", "ring", "core", "frames", "busy %",
                                       "model %", "idle %", "off core, ms", "longest gap, ms"},
                                      rows);
}

// All that workers count, over all runs, by the names in the record.
std::string counters(const Record& record) {
  const std::vector<WorkerRecord> workers = summed_workers(record);
  std::vector<std::string> names = {"counter, all runs"};
  for (const WorkerRecord& worker : workers)
    names.push_back(worker.name);
  std::string rows;
  const auto add = [&](const char* name, uint64_t WorkerRecord::*counter) {
    std::vector<std::string> cells = {name};
    for (const WorkerRecord& worker : workers)
      cells.push_back(grouped(worker.*counter));
    rows += row(cells);
  };
#define WORKER_COUNTER(name, ...) add(#name, &WorkerRecord::name);
#include "pktgen/measure/figure_list.h"
  return table(names, rows);
}

// One line as it is hashed: over several it is read.
std::string readable(const std::string& scenario) {
  const nlohmann::ordered_json parsed = nlohmann::ordered_json::parse(scenario, nullptr, false);
  return parsed.is_discarded()
             ? scenario
             : parsed.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string machine(const Record& record) {
  const Fingerprint& print = record.fingerprint;
  std::string text = "<h2>Machine and build</h2>\n<div class=\"scroll\"><table class=\"words\">\n";
  text += row({"processor", print.cpu_model});
  text += row({"cores", fmt::format("{}", print.cores)});
  text += row({"virtualisation", print.virtualisation});
  text += row({"frequency governor", print.governor});
  text += row({"TSC", fmt::format("{:.6f} GHz", print.tsc_hz / 1e9)});
  text += row({"clock source", print.clock_source});
  text += row({"load at the start", fmt::format("{:.2f}", print.load)});
  text += row({"kernel", print.kernel});
  text += row({"its command line", print.command_line});
  text += row({"mitigations", print.mitigations});
  text += row({"compiler", print.compiler});
  text += row({"its flags", print.compiler_flags});
  text += row({"commit", print.commit + (print.dirty ? " with changes" : "")});
  text += row({"scenario", record.scenario_hash});
  return text + "</table></div>\n<h2>Scenario</h2>\n<pre>" +
         escape_markup(readable(record.scenario_text)) + "</pre>\n";
}

// One page that needs nothing else, no network and no script: verdict and reasons, figures, curves
// over time, latency histogram and percentiles, workers, fingerprint and scenario.
Result<std::string> html_text(const Record& record) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"generator\" content=\"nmgen\">\n"
      "<title>{}: {}</title>\n<style>{}</style>\n</head>\n"
      "<body>\n{}{}{}{}{}{}{}{}</body>\n</html>\n",
      escape_markup(record.scenario_name), to_string(record.verdict), kStyle, head(record),
      figures(record), curves(record), latency(record), streams(record), workers(record),
      counters(record), machine(record));
}

}  // namespace

constinit const Report html_report = {
    .name = "html",
    .about = "A page without network or script: curves, histograms, workers, machine, scenario",
    .extension = ".html",
    .mark = "<meta name=\"generator\" content=\"nmgen\">",
    .text = html_text,
};

}  // namespace nmgen
