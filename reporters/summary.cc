// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reporters/text_table.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr size_t kWidth = 80;

// One direction over all runs: counts are sums, costs are means weighted by frames.
struct Totals {
  bool used = false;  // some worker has this role
  uint64_t frames = 0;
  double busy = 0, model = 0, frames_per_sync = 0, line_rate_percent = 0, idle_percent = 0;
};

Totals totals_of(const Record& record, bool sends) {
  Totals totals;
  double busy = 0, model = 0, syncs = 0, percent_seconds = 0, seconds = 0;
  uint64_t idle_tsc_ticks = 0, all_tsc_ticks = 0;
  for (const RunRecord& run : record.runs) {
    const DirectionRecord& direction = sends ? run.tx : run.rx;
    const double frames = static_cast<double>(direction.frames);
    totals.frames += direction.frames;
    busy += direction.busy_tsc_ticks_per_frame * frames;
    model += direction.model_tsc_ticks_per_frame * frames;
    if (direction.frames_per_sync > 0)
      syncs += frames / direction.frames_per_sync;
    percent_seconds += direction.line_rate_percent * run.seconds;
    seconds += run.seconds;
    for (const WorkerRecord& worker : run.workers) {
      if (worker.role != (sends ? "sender" : "receiver"))
        continue;
      totals.used = true;
      idle_tsc_ticks += worker.idle_tsc_ticks;
      all_tsc_ticks += worker.idle_tsc_ticks + worker.busy_tsc_ticks + worker.model_tsc_ticks;
    }
  }
  if (totals.frames > 0) {
    totals.busy = busy / static_cast<double>(totals.frames);
    totals.model = model / static_cast<double>(totals.frames);
  }
  if (syncs > 0)
    totals.frames_per_sync = static_cast<double>(totals.frames) / syncs;
  if (seconds > 0)
    totals.line_rate_percent = percent_seconds / seconds;
  if (all_tsc_ticks > 0)
    totals.idle_percent =
        100 * static_cast<double>(idle_tsc_ticks) / static_cast<double>(all_tsc_ticks);
  return totals;
}

// `lines` of a table, the head faint, each indented.
void add_table(const TextTable& table, Paint paint, std::string* text) {
  const std::vector<std::string> lines = table.lines(kWidth - 2, 2);
  for (size_t i = 0; i < lines.size(); i++)
    *text += "  " + (i < table.head_lines() ? paint.faint(lines[i]) : lines[i]) + "\n";
}

void add_figures(const Record& record, Paint paint, std::string* text) {
  const Totals tx = totals_of(record, true), rx = totals_of(record, false);
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
  add("TSC ticks/frame, busy", short_ticks(tx.busy), short_ticks(rx.busy), "app+core+driver");
  if (has_model(record))
    add("TSC ticks/frame, model", short_ticks(tx.model), short_ticks(rx.model), "simulation");
  add("% of time idle", percent(tx.idle_percent), percent(rx.idle_percent), "all workers");
  add("frames per sync", fmt::format("{:.1f}", tx.frames_per_sync),
      fmt::format("{:.1f}", rx.frames_per_sync));
  add_table(table, paint, text);
}

void add_losses(const Record& record, Paint paint, std::string* text) {
  uint64_t lost = 0, reordered = 0, duplicates = 0, missed = 0, sent = 0, damaged = 0, foreign = 0,
           late = 0;
  double pause_s = 0, ppm_frames = 0;
  bool receives = false;
  for (const RunRecord& run : record.runs) {
    lost += run.loss.frames;
    ppm_frames += run.loss.ppm * static_cast<double>(run.tx.frames);
    sent += run.tx.frames;
    reordered += run.reordered;
    duplicates += run.duplicates;
    missed += run.missed;
    late += run.late;
    pause_s += run.pause_s;
    for (const WorkerRecord& worker : run.workers) {
      receives = receives || worker.role == "receiver";
      damaged += worker.damaged_probes;
      foreign += worker.foreign_frames;
    }
  }
  if (!receives) {
    *text += "\n  lost: not measured, nobody receives\n";
    return;
  }
  const double ppm = sent > 0 ? ppm_frames / static_cast<double>(sent) : 0;
  std::string loss =
      fmt::format("lost {} ({:.{}f} ppm)", grouped(lost), ppm, ppm > 0 && ppm < 100 ? 3 : 0);
  *text += fmt::format("\n  {}   reordered {}   duplicates {}\n", lost > 0 ? paint.bad(loss) : loss,
                       grouped(reordered), grouped(duplicates));
  *text += fmt::format("  missed by the receiving device {}   wire paused {:.3f} s\n",
                       grouped(missed), pause_s);
  if (late > 0)
    *text += fmt::format("  late {}: they came after their run had ended, and are not lost\n",
                         grouped(late));
  if (damaged > 0 || foreign > 0)
    *text += fmt::format("  damaged probes {}   frames of others {}\n", grouped(damaged),
                         grouped(foreign));
}

void add_latency_row(const std::string& label, const LatencyRecord& latency, std::string* text) {
  *text +=
      fmt::format("  {:<22}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}\n", label, short_time(latency.min),
                  short_time(latency.p50), short_time(latency.p90), short_time(latency.p99),
                  short_time(latency.p999), short_time(latency.max), short_time(latency.floor));
}

void add_latencies(const Record& record, Paint paint, std::string* text) {
  bool measured = false;
  for (const RunRecord& run : record.runs)
    measured = measured || run.latency_ns.count > 0;
  if (!measured) {
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

// Workers by name, over all runs.
std::vector<WorkerRecord> summed_workers(const Record& record) {
  std::vector<WorkerRecord> workers;
  for (const RunRecord& run : record.runs) {
    for (const WorkerRecord& worker : run.workers) {
      std::vector<WorkerRecord>::iterator same =
          std::find_if(workers.begin(), workers.end(),
                       [&](const WorkerRecord& known) { return known.name == worker.name; });
      if (same == workers.end()) {
        workers.push_back(worker);
        continue;
      }
      same->frames += worker.frames;
      same->busy_tsc_ticks += worker.busy_tsc_ticks;
      same->model_tsc_ticks += worker.model_tsc_ticks;
      same->idle_tsc_ticks += worker.idle_tsc_ticks;
      same->off_core_ms += worker.off_core_ms;
      same->off_core_times += worker.off_core_times;
      same->longest_gap_us = std::max(same->longest_gap_us, worker.longest_gap_us);
    }
  }
  return workers;
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
    const double all =
        static_cast<double>(worker.busy_tsc_ticks + worker.model_tsc_ticks + worker.idle_tsc_ticks);
    const auto share = [all](uint64_t ticks) {
      return fmt::format("{:.1f}", all > 0 ? 100 * static_cast<double>(ticks) / all : 0);
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

double seconds_of(const Record& record) {
  double seconds = 0;
  for (const RunRecord& run : record.runs)
    seconds += run.seconds;
  return seconds;
}

}  // namespace

std::string Paint::paint(const char* code, std::string_view text) const {
  return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

bool has_line(const Record& record) {
  return std::any_of(record.devices.begin(), record.devices.end(),
                     [](const DeviceRecord& device) { return device.speed_gbps > 0; });
}

std::string device_line(const std::vector<DeviceRecord>& devices) {
  // What is alike is said once.
  std::vector<std::pair<std::string, std::string>> kinds;  // what it is, and its ports
  size_t models = 0;
  for (const DeviceRecord& device : devices) {
    std::string kind = device.driver;
    if (device.simulated && kind.starts_with("sim"))
      kind.erase(0, 3);
    kind = fmt::format(
        "{}{}, {}", device.simulated ? "simulated " : "", kind,
        device.speed_gbps > 0 ? fmt::format("{:g} Gbit/s", device.speed_gbps) : "speed not known");
    models += device.simulated ? 1 : 0;
    std::vector<std::pair<std::string, std::string>>::iterator same = std::find_if(
        kinds.begin(), kinds.end(), [&kind](const auto& each) { return each.first == kind; });
    if (same == kinds.end())
      kinds.emplace_back(kind, device.port);
    else
      same->second += ", " + device.port;
  }
  std::string line;
  for (const std::pair<std::string, std::string>& kind : kinds)
    line += (line.empty() ? "" : "; ") +
            (kinds.size() > 1 ? kind.second + ": " + kind.first : kind.first);
  if (models > 0)
    line += models == devices.size() ? ": a result of the model, not of a NIC"
                                     : "; in part a result of the model, not of NICs";
  return line;
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
                                 paint.strong(record.scenario_name), seconds_of(record));
  if (record.runs.size() > 1)
    text += fmt::format(" in {} runs", record.runs.size());
  text += "\n";
  for (const std::string& line : wrapped(device_line(record.devices), kWidth - 2))
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
  add_latencies(record, paint, &text);
  add_workers(record, paint, &text);
  add_machine(record, paint, &text);
  return text;
}

}  // namespace nmgen
