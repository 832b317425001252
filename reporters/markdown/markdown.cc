// SPDX-License-Identifier: BSD-2-Clause
// The record in the Markdown of GitHub (GFM 0.29), for a comment on a change or an appendix. The
// columns of its tables are padded, so that the text reads well as it is, too.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pktgen/measure/counters.h"
#include "pktgen/measure/ratio.h"
#include "reporters/departure_line.h"
#include "reporters/device_line.h"
#include "reporters/report.h"
#include "reporters/time_line.h"
#include "reporters/totals.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr const char* kMark = "<!-- nmgen report -->";

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0;
}

// `text` as it is, on one line: what Markdown, its tables and HTML give a meaning is escaped. An
// underscore within a word has none.
std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*{}[]<>|~&$";
  constexpr std::string_view kSpecialFirst = "#+-=:";  // they would begin a list, a heading, a rule
  std::string result;
  for (size_t i = 0; i < text.size(); i++) {
    const char letter = text[i];
    const bool in_word =
        i > 0 && i + 1 < text.size() && is_word(text[i - 1]) && is_word(text[i + 1]);
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
      result += ' ';
      continue;
    }
    const bool numbers = (letter == '.' || letter == ')') && i > 0 &&
                         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i),
                                     [](char c) { return c >= '0' && c <= '9'; });
    if (kSpecial.find(letter) != std::string_view::npos || (letter == '_' && !in_word) ||
        (i == 0 && kSpecialFirst.find(letter) != std::string_view::npos) ||
        (numbers && (i + 1 == text.size() || text[i + 1] == ' ')))
      result += '\\';
    result += letter;
  }
  return result;
}

// Columns on the screen of a text in UTF-8, each character one.
size_t columns_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

class Table {
 public:
  // The first `left` columns are aligned left, the others right, as figures are.
  explicit Table(std::vector<std::string> head, size_t left = 1) : left_(left) {
    add(std::move(head));
  }

  // A cell for each column, not escaped.
  void add(std::vector<std::string> cells) {
    for (size_t i = 0; i < cells.size(); i++) {
      cells[i] = escaped(cells[i]);
      if (i == widths_.size())
        widths_.push_back(4);
      // A text of several lines makes no column wide.
      widths_[i] = std::max(widths_[i], std::min(columns_of(cells[i]), kWidest));
    }
    rows_.push_back(std::move(cells));
  }

  // With a blank line after it.
  std::string text() const {
    std::string text = line(rows_[0]) + "|";
    for (size_t i = 0; i < widths_.size(); i++) {
      const std::string dashes(widths_[i] + 1, '-');
      text += i < left_ ? ":" + dashes + "|" : dashes + ":|";
    }
    text += "\n";
    for (size_t i = 1; i < rows_.size(); i++)
      text += line(rows_[i]);
    return text + "\n";
  }

 private:
  static constexpr size_t kWidest = 32;

  std::string line(const std::vector<std::string>& cells) const {
    std::string text = "|";
    for (size_t i = 0; i < cells.size(); i++) {
      const std::string pad(widths_[i] - std::min(widths_[i], columns_of(cells[i])), ' ');
      text += i < left_ ? " " + cells[i] + pad + " |" : " " + pad + cells[i] + " |";
    }
    return text + "\n";
  }

  size_t left_;
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> rows_;  // the head first
};

std::string head(const Record& record) {
  std::string verdict = to_string(record.verdict);
  std::transform(verdict.begin(), verdict.end(), verdict.begin(),
                 [](char letter) { return static_cast<char>(std::toupper(letter)); });
  std::string text = fmt::format("{}\n\n## {}: {}\n\n{}. {:.1f} s measured in {}, started {}.\n\n",
                                 kMark, escaped(record.scenario_name), verdict,
                                 escaped(device_line(record.devices)), measured_seconds(record),
                                 plural(record.runs.size(), "run"), escaped(record.started_at));
  if (const std::string time = time_line(record); !time.empty())
    text += fmt::format("{}.\n\n", escaped(time));
  if (const std::string departures = departure_line(record); !departures.empty())
    text += fmt::format("{}.\n\n", escaped(departures));
  for (const std::string& reason : record.verdict_reasons)
    text += fmt::format("- {}\n", escaped(reason));
  return text + (record.verdict_reasons.empty() ? "" : "\n");
}

std::string figures(const Record& record) {
  const DirectionTotals tx = direction_totals(record, true), rx = direction_totals(record, false);
  Table table({"", "sent", "received"});
  const auto add = [&](const char* label, const std::string& sent, const std::string& received) {
    table.add({label, tx.used ? sent : "-", rx.used ? received : "-"});
  };
  add("frames", grouped(tx.frames), grouped(rx.frames));
  add("frames/s, mean", si_rate(record.tx_mean_pps), si_rate(record.rx_mean_pps));
  add("frames/s, median second", si_rate(record.tx_pps.median), si_rate(record.rx_pps.median));
  add("frames/s, MAD", si_rate(record.tx_pps.mad), si_rate(record.rx_pps.mad));
  add("frames/s, lowest", si_rate(record.tx_pps.min), si_rate(record.rx_pps.min));
  add("frames/s, highest", si_rate(record.tx_pps.max), si_rate(record.rx_pps.max));
  if (has_line(record))
    add("% of line rate", percent(tx.line_rate_percent), percent(rx.line_rate_percent));
  add("TSC ticks/frame, busy", short_ticks(tx.busy_tsc_ticks_per_frame),
      short_ticks(rx.busy_tsc_ticks_per_frame));
  if (has_model(record))
    add("TSC ticks/frame, model", short_ticks(tx.model_tsc_ticks_per_frame),
        short_ticks(rx.model_tsc_ticks_per_frame));
  add("% of time idle", percent(tx.idle_percent), percent(rx.idle_percent));
  add("frames per sync", fmt::format("{:.1f}", tx.frames_per_sync),
      fmt::format("{:.1f}", rx.frames_per_sync));
  return table.text();
}

std::string faults(const Record& record) {
  const FaultTotals faults = fault_totals(record);
  if (!faults.receives)
    return "Lost: not measured, as no worker receives.\n\n";
  Table table({"lost", "lost, ppm", "reordered", "duplicates", "late", "missed by device",
               "damaged probes", "foreign frames", "wire paused, s"},
              0);
  table.add({grouped(faults.lost), fmt::format("{:.3f}", faults.ppm), grouped(faults.reordered),
             grouped(faults.duplicates), grouped(faults.late), grouped(faults.missed),
             grouped(faults.damaged), grouped(faults.foreign),
             fmt::format("{:.3f}", faults.pause_s)});
  return table.text();
}

std::string latency(const Record& record) {
  if (!has_latency(record))
    return "Latency: not measured, as no probe came back.\n\n";
  Table table({"latency", "run", "probes", "min", "p50", "p90", "p99", "p99.9", "max", "floor"});
  for (size_t i = 0; i < record.runs.size(); i++) {
    const RunRecord& run = record.runs[i];
    for (const bool intended : {false, true}) {
      const LatencyRecord& from = intended ? run.latency_intended_ns : run.latency_ns;
      if (from.count > 0)
        table.add({intended ? "from due time" : "from sending", fmt::format("{}", i + 1),
                   grouped(from.count), short_time(from.min), short_time(from.p50),
                   short_time(from.p90), short_time(from.p99), short_time(from.p999),
                   short_time(from.max), short_time(from.floor)});
    }
  }
  return table.text();
}

std::string streams(const Record& record) {
  Table table({"stream", "run", "sent", "received", "lost", "lost, ppm", "reordered", "duplicates",
               "p50", "p99", "p99.9", "max"});
  bool any = false;
  for (size_t i = 0; i < record.runs.size(); i++) {
    for (const StreamRecord& stream : record.runs[i].streams) {
      any = true;
      table.add({stream.name, fmt::format("{}", i + 1), grouped(stream.sent),
                 grouped(stream.received), grouped(stream.loss.frames),
                 fmt::format("{:.3f}", stream.loss.ppm), grouped(stream.reordered),
                 grouped(stream.duplicates), short_time(stream.latency_ns.p50),
                 short_time(stream.latency_ns.p99), short_time(stream.latency_ns.p999),
                 short_time(stream.latency_ns.max)});
    }
  }
  return any ? table.text() : "";
}

std::string workers(const std::vector<WorkerRecord>& workers) {
  Table table({"worker", "port", "ring", "core", "frames", "busy %", "model %", "idle %",
               "off core, ms", "longest gap, ms"},
              2);
  for (const WorkerRecord& worker : workers) {
    const auto share = [&worker](uint64_t ticks) {
      return fmt::format("{:.1f}", 100 * ratio(ticks, all_tsc_ticks(worker)));
    };
    table.add({worker.name, worker.port, fmt::format("{}", worker.ring),
               worker.core >= 0 ? fmt::format("{}", worker.core) : "any", grouped(worker.frames),
               share(worker.busy_tsc_ticks), share(worker.model_tsc_ticks),
               share(worker.idle_tsc_ticks), milliseconds(worker.off_core_ms),
               milliseconds(worker.longest_gap_us / 1e3)});
  }
  return table.text();
}

// All that workers count, by the names in the record.
std::string counters(const std::vector<WorkerRecord>& workers) {
  std::vector<std::string> head = {"counter"};
  for (const WorkerRecord& worker : workers)
    head.push_back(worker.name);
  Table table(std::move(head));
  const auto add = [&](const char* name, uint64_t WorkerRecord::*counter) {
    std::vector<std::string> row = {name};
    for (const WorkerRecord& worker : workers)
      row.push_back(grouped(worker.*counter));
    table.add(std::move(row));
  };
#define WORKER_COUNTER(name, ...) add(#name, &WorkerRecord::name);
#include "pktgen/measure/figure_list.h"
  return table.text();
}

std::string machine(const Record& record) {
  const Fingerprint& print = record.fingerprint;
  Table table({"machine", ""}, 2);
  table.add({"processor", fmt::format("{}, {}", print.cpu_model, plural(print.cores, "core"))});
  table.add({"virtualisation", print.virtualisation});
  table.add({"governor", print.governor});
  table.add(
      {"TSC", fmt::format("{:.6f} GHz, clock source {}", print.tsc_hz / 1e9, print.clock_source)});
  table.add({"load at the start", fmt::format("{:.2f}", print.load)});
  table.add({"kernel", print.kernel});
  table.add({"its command line", print.command_line});
  table.add({"mitigations", print.mitigations});
  table.add({"compiler", fmt::format("{}, {}", print.compiler, print.compiler_flags)});
  table.add({"commit", print.commit + (print.dirty ? " with changes" : "")});
  table.add({"scenario", record.scenario_hash});
  return table.text();
}

Result<std::string> markdown_text(const Record& record) {
  std::string text =
      head(record) + figures(record) + faults(record) + latency(record) + streams(record);
  if (const std::vector<WorkerRecord> all = summed_workers(record); !all.empty())
    text += workers(all) + counters(all);
  text += machine(record);
  text.pop_back();  // the last table needs no blank line after it
  return text;
}

}  // namespace

constinit const Report markdown_report = {
    .name = "markdown",
    .about = "Tables for a comment on GitHub or an appendix",
    .extension = ".md",
    .mark = kMark,
    .text = markdown_text,
};

}  // namespace nmgen
