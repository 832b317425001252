// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/console/summary.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "pktgen/measure/counters.h"
#include "pktgen/measure/ratio.h"
#include "reporters/departure_line.h"
#include "reporters/device_line.h"
#include "reporters/report.h"
#include "reporters/text_table.h"
#include "reporters/time_line.h"
#include "reporters/totals.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr size_t kWidth = 80;

// `lines` of a table, the head faint, each indented.
void add_table(const TextTable& table, Paint paint, std::string* text) {
  const std::vector<std::string> lines = table.lines(kWidth - 2, 2);
  for (size_t i = 0; i < lines.size(); i++)
    *text += "  " + (i < table.head_lines() ? paint.faint(lines[i]) : lines[i]) + "\n";
}

void add_figures(const Record& record, Paint paint, std::string* text) {
  const DirectionTotals tx = direction_totals(record, true), rx = direction_totals(record, false);
  TextTable table(
      {{"", "", 23, true}, {"", "sent", 16}, {"", "received", 16}, {"", "", 0, true, false, 1}});
  const auto add = [&](const char* label, const std::string& sent, const std::string& received,
                       const char* note = "") {
    table.add({label, tx.used ? sent : "-", rx.used ? received : "-", note});
  };
  add("frames", grouped(tx.frames), grouped(rx.frames));
  add("frames per second, mean", si_rate(record.tx_mean_pps), si_rate(record.rx_mean_pps),
      "whole time");
  add("  median", si_rate(record.tx_pps.median), si_rate(record.rx_pps.median), "of the seconds");
  add("  MAD", si_rate(record.tx_pps.mad), si_rate(record.rx_pps.mad));
  add("  lowest", si_rate(record.tx_pps.min), si_rate(record.rx_pps.min));
  add("  highest", si_rate(record.tx_pps.max), si_rate(record.rx_pps.max));
  if (has_line(record))
    add("% of line rate", percent(tx.line_rate_percent), percent(rx.line_rate_percent),
        "whole time");
  add("TSC ticks/frame, busy", short_ticks(tx.busy_tsc_ticks_per_frame),
      short_ticks(rx.busy_tsc_ticks_per_frame), "app+core+driver");
  if (has_model(record))
    add("TSC ticks/frame, model", short_ticks(tx.model_tsc_ticks_per_frame),
        short_ticks(rx.model_tsc_ticks_per_frame), "simulation");
  add("% of time idle", percent(tx.idle_percent), percent(rx.idle_percent), "all workers");
  add("frames per sync", fmt::format("{:.1f}", tx.frames_per_sync),
      fmt::format("{:.1f}", rx.frames_per_sync));
  add_table(table, paint, text);
}

void add_losses(const Record& record, Paint paint, std::string* text) {
  const FaultTotals faults = fault_totals(record);
  if (!faults.receives) {
    *text += "\n  lost: not measured, nobody receives\n";
    return;
  }
  std::string loss = fmt::format("lost {} ({:.{}f} ppm)", grouped(faults.lost), faults.ppm,
                                 faults.ppm > 0 && faults.ppm < 100 ? 3 : 0);
  *text += fmt::format("\n  {}   reordered {}   duplicates {}\n",
                       faults.lost > 0 ? paint.bad(loss) : loss, grouped(faults.reordered),
                       grouped(faults.duplicates));
  *text += fmt::format("  missed by the receiving device {}   wire paused {:.3f} s\n",
                       grouped(faults.missed), faults.pause_s);
  if (faults.tx_dropped > 0)
    *text += fmt::format("  dropped by the driver of the sending device {}\n",
                         paint.bad(grouped(faults.tx_dropped)));
  if (faults.late > 0)
    *text += fmt::format("  late {}: they came after their run had ended, and are not lost\n",
                         grouped(faults.late));
  if (faults.damaged > 0 || faults.foreign > 0)
    *text += fmt::format("  damaged probes {}   frames of others {}\n", grouped(faults.damaged),
                         grouped(faults.foreign));
}

// A row for each stream of a run with several.
void add_streams(const Record& record, Paint paint, std::string* text) {
  TextTable table({{"", "stream", 8, true, true},
                   {"", "run", 0, false, false, 1},
                   {"", "sent", 12},
                   {"", "lost", 7},
                   {"re-", "ordered"},
                   {"dupli-", "cates"},
                   {"latency", "p50", 7},
                   {"", "p99", 7},
                   {"", "max", 7}});
  bool any = false;
  for (size_t i = 0; i < record.runs.size(); i++) {
    for (const StreamRecord& stream : record.runs[i].streams) {
      any = true;
      table.add({stream.name, fmt::format("{}", i + 1), grouped(stream.sent),
                 grouped(stream.loss.frames), grouped(stream.reordered), grouped(stream.duplicates),
                 short_time(stream.latency_ns.p50), short_time(stream.latency_ns.p99),
                 short_time(stream.latency_ns.max)});
    }
  }
  if (!any)
    return;
  *text += "\n";
  add_table(table, paint, text);
}

void add_departures(const Record& record, std::string* text) {
  const std::string departures = departure_line(record);
  if (departures.empty())
    return;
  *text += "\n";
  for (const std::string& line : wrapped(departures, kWidth - 2))
    *text += "  " + line + "\n";
}

void add_latency_row(const std::string& label, const LatencyRecord& latency, std::string* text) {
  *text +=
      fmt::format("  {:<22}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", label, short_time(latency.min),
                  short_time(latency.p50), short_time(latency.p90), short_time(latency.p99),
                  short_time(latency.p999), short_time(latency.max), short_time(latency.floor));
}

void add_latencies(const Record& record, Paint paint, std::string* text) {
  if (!has_latency(record)) {
    *text += "\n  latency: not measured, no probe came back\n";
    return;
  }
  *text += "\n" +
           paint.faint(fmt::format("  {:<22}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}", "latency", "min",
                                   "p50", "p90", "p99", "p99.9", "max", "floor")) +
           "\n";
  for (size_t i = 0; i < record.runs.size(); i++) {
    const RunRecord& run = record.runs[i];
    if (run.latency_ns.count == 0)
      continue;
    const std::string of_run = record.runs.size() > 1 ? fmt::format(", run {}", i + 1) : "";
    add_latency_row("from sending" + of_run, run.latency_ns, text);
    if (run.latency_intended_ns.count > 0)
      add_latency_row("from due time" + of_run, run.latency_intended_ns, text);
  }
}

void add_workers(const Record& record, Paint paint, std::string* text) {
  const std::vector<WorkerRecord> workers = summed_workers(record);
  if (workers.empty())
    return;
  TextTable table({{"", "worker", 7, true},
                   {"", "port", 12, true, true},
                   {"", "ring"},
                   {"", "core"},
                   {"", "frames", 12},
                   {"busy", "%"},
                   {"model", "%"},
                   {"idle", "%"},
                   {"off core", "ms"},
                   {"longest", "gap ms", 0, false, false, 1}});
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
  *text += "\n";
  add_table(table, paint, text);
}

void add_machine(const Record& record, Paint paint, std::string* text) {
  const Fingerprint& print = record.fingerprint;
  std::string line = fmt::format(
      "machine: {}, {}, {}, governor {}, TSC {:.3f} GHz, clock {}, {}, load {:.2f}; built "
      "from {}{} by {}",
      print.cpu_model, plural(print.cores, "core"),
      print.virtualisation == "none" ? "bare metal" : print.virtualisation, print.governor,
      print.tsc_hz / 1e9, print.clock_source, print.kernel, print.load, print.commit.substr(0, 12),
      print.dirty ? " with changes" : "", print.compiler);
  *text += "\n";
  for (const std::string& part : wrapped(line, kWidth - 2))
    *text += "  " + paint.faint(part) + "\n";
}

}  // namespace

std::string Paint::paint(const char* code, std::string_view text) const {
  return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string verdict_text(const Record& record, Paint paint) {
  std::string verdict;
  switch (record.verdict) {
    case Verdict::kPass:
      verdict = paint.good("PASS");
      break;
    case Verdict::kFail:
      verdict = paint.bad("FAIL");
      break;
    case Verdict::kInvalid:
      verdict = paint.doubtful("INVALID");
      break;
  }
  std::string text = fmt::format("{}  {}, {:.1f} s measured", verdict,
                                 paint.strong(record.scenario_name), measured_seconds(record));
  if (record.runs.size() > 1)
    text += fmt::format(" in {} runs", record.runs.size());
  text += "\n";
  for (const std::string& line : wrapped(device_line(record.devices), kWidth - 2))
    text += fmt::format("  {}\n", line);
  for (const std::string& line : wrapped(time_line(record), kWidth - 2))
    text += fmt::format("  {}\n", line);
  for (const std::string& reason : record.verdict_reasons) {
    const char* mark = "- ";
    for (const std::string& line : wrapped(reason, kWidth - 4)) {
      text += fmt::format("  {}{}\n", mark, line);
      mark = "  ";
    }
  }
  return text;
}

std::string summary_text(const Record& record, Paint paint) {
  std::string text = verdict_text(record, paint) + "\n";
  add_figures(record, paint, &text);
  add_losses(record, paint, &text);
  add_streams(record, paint, &text);
  add_departures(record, &text);
  add_latencies(record, paint, &text);
  add_workers(record, paint, &text);
  add_machine(record, paint, &text);
  return text;
}

// Its summary, without colours; console.h shows what comes before.
constinit const Report console_report = {
    .name = "console",
    .about = "The verdict, its reasons, and the figures of the whole run",
    .extension = nullptr,
    .mark = "",
    .text = [](const Record& record) -> Result<std::string> {
      return summary_text(record, Paint(false));
    },
};

}  // namespace nmgen
