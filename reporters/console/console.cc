// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/console/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "reporters/device_line.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

// To column 1, and the rest of the line away (ECMA-48, EL).
constexpr const char* kClearLine = "\r\x1b[K";

constexpr unsigned kBarColumns = 30;

// Columns: 6 + 9 + 9 + 7 + 4 * 7 + 7 + 2 * 7 = 80. Each figure but the time has a column less at
// most, as units.h says.
std::string head_lines() {
  return fmt::format("{:>6}{:>9}{:>9}{:>7}{:>14}{:>14}{:>7}{:>14}\n", "time", "tx", "rx", "line",
                     "tx ticks", "rx ticks", "missed", "latency") +
         fmt::format("{:>6}{:>9}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}", "s", "pps", "pps",
                     "%", "busy", "model", "busy", "model", "frames", "p50", "p99");
}

std::string header(const Record& record) {
  const Fingerprint& print = record.fingerprint;
  std::string machine =
      fmt::format("{}, {}, {}", print.cpu_model, plural(print.cores, "core"),
                  print.virtualisation == "none" ? "bare metal" : print.virtualisation);
  std::string text = fmt::format("nmgen {}\n", record.scenario_name);
  for (const std::string& line : wrapped(device_line(record.devices), 80))
    text += line + "\n";
  for (const std::string& line : wrapped(machine, 80))
    text += line + "\n";
  return text;
}

}  // namespace

ConsoleOptions console_options(FILE* out) {
  ConsoleOptions options;
  const char* terminal = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  options.in_place = isatty(fileno(out)) != 0 && terminal != nullptr && *terminal != '\0' &&
                     std::string_view(terminal) != "dumb";
  options.colour = options.in_place && (no_colour == nullptr || *no_colour == '\0');
  return options;
}

Console::Console(FILE* out, const ConsoleOptions& options)
    : out_(out), options_(options), paint_(options.colour) {}

void Console::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

void Console::on_start(const Record& record, unsigned index) {
  index_ = index;
  std::string text = options_.in_place ? kClearLine : "";
  if (index == 0)
    text += header(record) + "\n";
  if (options_.repeat > 1)
    text += fmt::format("run {} of {}\n", index + 1, options_.repeat);
  // Once: the columns stay the same.
  if (index == 0)
    text += paint_.faint(head_lines()) + "\n";
  write(text);
  show_progress(0);
}

void Console::on_interval(const Record&, const RunRecord& run) {
  if (run.intervals.empty())
    return;
  const IntervalRecord& now = run.intervals.back();
  const bool has_line = now.tx_line_rate_percent > 0;
  const bool has_latency = now.latency_max_ns > 0;
  struct Cell {
    bool known;
    std::string of(const std::string& text) const { return known ? text : "-"; }
  };
  const Cell tx{now.tx_frames > 0}, rx{options_.receives && now.rx_frames > 0};
  const Cell missed{options_.receives}, latency{has_latency};
  std::string missed_cell = fmt::format("{:>7}", missed.of(short_count(now.missed)));
  if (now.missed > 0)
    missed_cell = paint_.bad(missed_cell);
  const double end_s = now.start_s + now.seconds;
  std::string line = fmt::format(
      "{:>6.{}f}{:>9}{:>9}{:>7}{:>7}{:>7}{:>7}{:>7}{}{:>7}{:>7}\n", end_s, end_s < 9999.95 ? 1 : 0,
      si_rate(now.tx_pps), missed.of(si_rate(now.rx_pps)),
      Cell{has_line}.of(percent(now.tx_line_rate_percent)),
      tx.of(short_ticks(now.tx_busy_tsc_ticks_per_frame)),
      tx.of(short_ticks(now.tx_model_tsc_ticks_per_frame)),
      rx.of(short_ticks(now.rx_busy_tsc_ticks_per_frame)),
      rx.of(short_ticks(now.rx_model_tsc_ticks_per_frame)), missed_cell,
      latency.of(short_time(now.latency_p50_ns)), latency.of(short_time(now.latency_p99_ns)));
  write((options_.in_place ? kClearLine : "") + line);
  show_progress(end_s);
}

void Console::show_progress(double seconds) {
  if (!options_.in_place || !(options_.duration_s > 0))
    return;
  const double share = std::clamp(seconds / options_.duration_s, 0.0, 1.0);
  const size_t full = static_cast<size_t>(std::lround(share * kBarColumns));
  std::string text = fmt::format("[{:<{}}] {:.0f} of {:g} s", std::string(full, '='), kBarColumns,
                                 seconds, options_.duration_s);
  if (options_.repeat > 1)
    text += fmt::format(", run {} of {}", index_ + 1, options_.repeat);
  write(paint_.faint(text + "  (Ctrl-C ends it)"));
}

void Console::finish(const Record& record) {
  write((options_.in_place ? kClearLine : "") + std::string("\n") + summary_text(record, paint_));
}

void Console::abandon() {
  if (options_.in_place)
    write(kClearLine);
}

}  // namespace nmgen
