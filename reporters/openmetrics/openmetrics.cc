// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/openmetrics/openmetrics.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "reporters/report.h"
#include "reporters/totals.h"

namespace nmgen {
namespace {

// Upper bounds of the latency histogram's buckets: 1, 2 and 5 in each decade from 1 us to 10 s.
constexpr uint64_t kFirstBoundNs = 1000;
constexpr uint64_t kLastBoundNs = 10'000'000'000;

// The value of a label, quoted. ABNF of OpenMetrics 1.0: backslash, quote and line feed are
// escaped.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    if (letter == '\n')
      result += "\\n";
    else if (letter == '"' || letter == '\\')
      (result += '\\') += letter;
    else
      result += letter;
  }
  return result + "\"";
}

// A document: families of samples, and # EOF after the last.
class Document {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help,
              std::string_view unit = "") {
    name_ = name;
    text_ += fmt::format("# TYPE {} {}\n", name, type);
    if (!unit.empty())
      text_ += fmt::format("# UNIT {} {}\n", name, unit);
    text_ += fmt::format("# HELP {} {}\n", name, help);
  }
  void sample(std::string_view suffix, std::string_view labels, double value) {
    text_ += fmt::format("{}{}", name_, suffix);
    if (!labels.empty())
      text_ += fmt::format("{{{}}}", labels);
    text_ += fmt::format(" {}\n", value);
  }
  void count(std::string_view suffix, std::string_view labels, uint64_t value) {
    text_ += fmt::format("{}{}", name_, suffix);
    if (!labels.empty())
      text_ += fmt::format("{{{}}}", labels);
    text_ += fmt::format(" {}\n", value);
  }
  std::string finished() const { return text_ + "# EOF\n"; }

 private:
  std::string name_, text_;
};

constexpr const char* kDirections[] = {"direction=\"tx\"", "direction=\"rx\""};

// What the families below are made of; [0] sent, [1] received.
struct Figures {
  uint64_t frames[2] = {0, 0};
  bool running = false;
  double pps[2] = {0, 0};                               // of the newest interval
  double mean_pps[2] = {0, 0}, median_pps[2] = {0, 0};  // of a finished record
  double busy[2] = {0, 0}, model[2] = {0, 0}, idle_ratio[2] = {0, 0};
  double line_rate_ratio = 0;
  uint64_t missed = 0, lost = 0, reordered = 0, duplicates = 0;
  double pause_s = 0, off_core_s = 0, measured_s = 0;
  std::map<uint64_t, uint64_t> latency;  // lowest value of the bucket in ns: probes
  uint64_t probes = 0;
};

void add_interval(const IntervalRecord& interval, Figures* figures) {
  figures->frames[0] += interval.tx_frames;
  figures->frames[1] += interval.rx_frames;
  figures->missed += interval.missed;
  figures->pause_s += interval.pause_s;
  figures->off_core_s += interval.off_core_ms / 1e3;
  figures->measured_s += interval.seconds;
}

void add_run(const RunRecord& run, Figures* figures) {
  figures->frames[0] += run.tx.frames;
  figures->frames[1] += run.rx.frames;
  figures->missed += run.missed;
  figures->lost += run.loss.frames;
  figures->reordered += run.reordered;
  figures->duplicates += run.duplicates;
  figures->pause_s += run.pause_s;
  figures->measured_s += run.seconds;
  for (const WorkerRecord& worker : run.workers)
    figures->off_core_s += worker.off_core_ms / 1e3;
  for (const std::pair<uint64_t, uint64_t>& bucket : run.latency_ns.histogram)
    figures->latency[bucket.first] += bucket.second;
  figures->probes += run.latency_ns.count;
}

// Costs of a finished run.
void set_costs(const RunRecord& run, Figures* figures) {
  uint64_t idle[2] = {0, 0}, all[2] = {0, 0};
  for (const WorkerRecord& worker : run.workers) {
    const int direction = worker.role == "sender" ? 0 : 1;
    idle[direction] += worker.idle_tsc_ticks;
    all[direction] += worker.idle_tsc_ticks + worker.busy_tsc_ticks + worker.model_tsc_ticks;
  }
  const DirectionRecord* directions[] = {&run.tx, &run.rx};
  for (int i = 0; i < 2; i++) {
    figures->busy[i] = directions[i]->busy_tsc_ticks_per_frame;
    figures->model[i] = directions[i]->model_tsc_ticks_per_frame;
    if (all[i] > 0)
      figures->idle_ratio[i] = static_cast<double>(idle[i]) / static_cast<double>(all[i]);
  }
  figures->line_rate_ratio = run.tx.line_rate_percent / 100;
}

void set_costs(const IntervalRecord& interval, Figures* figures) {
  figures->pps[0] = interval.tx_pps;
  figures->pps[1] = interval.rx_pps;
  figures->busy[0] = interval.tx_busy_tsc_ticks_per_frame;
  figures->busy[1] = interval.rx_busy_tsc_ticks_per_frame;
  figures->model[0] = interval.tx_model_tsc_ticks_per_frame;
  figures->model[1] = interval.rx_model_tsc_ticks_per_frame;
  figures->idle_ratio[0] = interval.tx_idle_percent / 100;
  figures->idle_ratio[1] = interval.rx_idle_percent / 100;
  figures->line_rate_ratio = interval.tx_line_rate_percent / 100;
}

void add_information(const Record& record, Document* document) {
  document->family("nmgen_run", "info", "What runs, and on what.");
  const Fingerprint& print = record.fingerprint;
  document->sample(
      "_info",
      fmt::format("scenario={},scenario_hash={},driver={},simulated=\"{}\",commit={},cpu_model={},"
                  "started_at={}",
                  quoted(record.scenario_name), quoted(record.scenario_hash),
                  quoted(drivers_of(record)), has_model(record), quoted(print.commit),
                  quoted(print.cpu_model), quoted(record.started_at)),
      1);
}

void add_figures(const Figures& figures, Document* document) {
  const auto both = [document](std::string_view suffix, const double(&values)[2],
                               std::string_view more = "") {
    for (int i = 0; i < 2; i++)
      document->sample(suffix, kDirections[i] + std::string(more), values[i]);
  };
  document->family("nmgen_measured_seconds", "counter", "Time measured.", "seconds");
  document->sample("_total", "", figures.measured_s);
  document->family("nmgen_frames", "counter", "Frames sent and received.");
  for (int i = 0; i < 2; i++)
    document->count("_total", kDirections[i], figures.frames[i]);
  if (figures.running) {
    document->family("nmgen_frame_rate", "gauge", "Frames a second in the newest interval.");
    both("", figures.pps);
  } else {
    document->family("nmgen_mean_frame_rate", "gauge", "Frames a second over the whole time.");
    both("", figures.mean_pps);
    document->family("nmgen_median_frame_rate", "gauge", "Frames a second in the median interval.");
    both("", figures.median_pps);
  }
  document->family("nmgen_line_rate_ratio", "gauge",
                   "Share of the line rate; 0 where the speed is not known.", "ratio");
  document->sample("", "direction=\"tx\"", figures.line_rate_ratio);
  document->family("nmgen_tsc_ticks_per_frame", "gauge",
                   "TSC ticks a frame: software under test (busy), simulation (model).");
  both("", figures.busy, ",kind=\"busy\"");
  both("", figures.model, ",kind=\"model\"");
  document->family("nmgen_idle_ratio", "gauge", "Share of the workers' time without frames.",
                   "ratio");
  both("", figures.idle_ratio);
  document->family("nmgen_missed_frames", "counter", "Frames that the receiving device dropped.");
  document->count("_total", "", figures.missed);
  document->family("nmgen_pause_seconds", "counter", "Time that flow control stopped the wire.",
                   "seconds");
  document->sample("_total", "", figures.pause_s);
  document->family("nmgen_off_core_seconds", "counter", "Time that workers were off their cores.",
                   "seconds");
  document->sample("_total", "", figures.off_core_s);
}

void add_faults(const Figures& figures, Document* document) {
  document->family("nmgen_lost_frames", "counter", "Frames sent and not received.");
  document->count("_total", "", figures.lost);
  document->family("nmgen_reordered_frames", "counter", "Frames received out of order.");
  document->count("_total", "", figures.reordered);
  document->family("nmgen_duplicate_frames", "counter", "Frames received again.");
  document->count("_total", "", figures.duplicates);
}

// All that workers count, over all runs.
void add_workers(const Record& record, Document* document) {
  const std::vector<WorkerRecord> workers = summed_workers(record);
  const auto add = [&](const char* name, const char* meaning, uint64_t WorkerRecord::*counter) {
    document->family(name, "counter", meaning);
    for (const WorkerRecord& worker : workers)
      document->count("_total",
                      fmt::format("worker={},role={},port={}", quoted(worker.name),
                                  quoted(worker.role), quoted(worker.port)),
                      worker.*counter);
  };
#define WORKER_COUNTER(name, meaning, ...) add("nmgen_worker_" #name, meaning, &WorkerRecord::name);
#include "pktgen/measure/figure_list.h"
}

// Over all runs.
void add_streams(const Record& record, Document* document) {
  std::vector<StreamRecord> streams;
  for (const RunRecord& run : record.runs) {
    for (size_t i = 0; i < run.streams.size(); i++) {
      const StreamRecord& next = run.streams[i];
      if (i == streams.size())
        streams.push_back({.name = next.name});
      StreamRecord& sum = streams[i];
      sum.sent += next.sent;
      sum.received += next.received;
      sum.loss.frames += next.loss.frames;
      sum.reordered += next.reordered;
      sum.duplicates += next.duplicates;
    }
  }
  if (streams.empty())
    return;
  const auto add = [&](const char* name, const char* meaning, auto&& figure) {
    document->family(name, "counter", meaning);
    for (const StreamRecord& stream : streams)
      document->count("_total", fmt::format("stream={}", quoted(stream.name)), figure(stream));
  };
  add("nmgen_stream_sent_frames", "Frames of a stream sent.", [](auto& s) { return s.sent; });
  add("nmgen_stream_received_frames", "Frames of a stream received.",
      [](auto& s) { return s.received; });
  add("nmgen_stream_lost_frames", "Frames of a stream sent and not received.",
      [](auto& s) { return s.loss.frames; });
  add("nmgen_stream_reordered_frames", "Frames of a stream received out of order.",
      [](auto& s) { return s.reordered; });
  add("nmgen_stream_duplicate_frames", "Frames of a stream received again.",
      [](auto& s) { return s.duplicates; });
}

void add_histogram(const Figures& figures, Document* document) {
  document->family("nmgen_latency_seconds", "histogram",
                   "Latency of the probes, from sending; a bound is 0.1 % wide.", "seconds");
  uint64_t below = 0;
  std::map<uint64_t, uint64_t>::const_iterator bucket = figures.latency.begin();
  for (uint64_t decade = kFirstBoundNs; decade <= kLastBoundNs; decade *= 10) {
    for (const uint64_t step : {1, 2, 5}) {
      const uint64_t bound = decade * step;
      if (bound > kLastBoundNs)
        break;
      for (; bucket != figures.latency.end() && bucket->first <= bound; ++bucket)
        below += bucket->second;
      document->count("_bucket", fmt::format("le=\"{}\"", static_cast<double>(bound) / 1e9), below);
    }
  }
  document->count("_bucket", "le=\"+Inf\"", figures.probes);
}

void add_interval_latency(const IntervalRecord& interval, Document* document) {
  document->family("nmgen_interval_latency_seconds", "summary",
                   "Latency of the newest interval's probes.", "seconds");
  document->sample("", "quantile=\"0.5\"", interval.latency_p50_ns / 1e9);
  document->sample("", "quantile=\"0.99\"", interval.latency_p99_ns / 1e9);
  document->sample("", "quantile=\"1.0\"", interval.latency_max_ns / 1e9);
}

void add_verdict(const Record& record, Document* document) {
  document->family("nmgen_verdict", "stateset", "The verdict of the record.");
  for (const Verdict verdict : {Verdict::kPass, Verdict::kFail, Verdict::kInvalid})
    document->count("", fmt::format("nmgen_verdict=\"{}\"", to_string(verdict)),
                    record.verdict == verdict ? 1 : 0);
}

void add_running(bool running, Document* document) {
  document->family("nmgen_running", "gauge", "1 while the run is under way.");
  document->count("", "", running ? 1 : 0);
}

}  // namespace

std::string openmetrics_text(const Record& record) {
  Figures figures;
  for (const RunRecord& run : record.runs)
    add_run(run, &figures);
  if (!record.runs.empty())
    set_costs(record.runs.back(), &figures);
  figures.mean_pps[0] = record.tx_mean_pps;
  figures.mean_pps[1] = record.rx_mean_pps;
  figures.median_pps[0] = record.tx_pps.median;
  figures.median_pps[1] = record.rx_pps.median;
  Document document;
  add_information(record, &document);
  add_running(false, &document);
  add_verdict(record, &document);
  add_figures(figures, &document);
  add_faults(figures, &document);
  add_streams(record, &document);
  add_workers(record, &document);
  if (figures.probes > 0)
    add_histogram(figures, &document);
  return document.finished();
}

std::string openmetrics_text(const Record& record, const RunRecord& running) {
  Figures figures;
  figures.running = true;
  for (const RunRecord& run : record.runs)
    add_run(run, &figures);
  for (const IntervalRecord& interval : running.intervals)
    add_interval(interval, &figures);
  Document document;
  add_information(record, &document);
  add_running(true, &document);
  if (!running.intervals.empty()) {
    set_costs(running.intervals.back(), &figures);
    add_interval_latency(running.intervals.back(), &document);
  }
  add_figures(figures, &document);
  return document.finished();
}

constinit const Report openmetrics_report = {
    .name = "openmetrics",
    .about = "OpenMetrics 1.0, for the textfile collector of Prometheus' node_exporter",
    // As the collector wants it.
    .extension = ".prom",
    .mark = "# TYPE nmgen_",
    .text = [](const Record& record) -> Result<std::string> { return openmetrics_text(record); },
};

}  // namespace nmgen
