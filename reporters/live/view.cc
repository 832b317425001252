// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "reporters/summary.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

// Rows that the main page's lower half needs at least: faults 2, curve 4, latency 5, reason and
// keys.
constexpr int kLatencyRows = 5;
constexpr int kMinChartRows = 3;
constexpr int kChartLabelColumns = 8;
// Of the two tables of the workers' page.
constexpr int kWorkColumns = 78, kFaultColumns = 66;
constexpr const char* kHigher = "make the terminal higher";

std::string bits(double bps) {
  return si_rate(bps);
}

std::string in_unit(const LiveRates& rates, LiveUnit unit) {
  switch (unit) {
    case LiveUnit::kPps:
      break;
    case LiveUnit::kBps:
      return bits(rates.bps_l1) + "b/s";
    case LiveUnit::kPercent:
      return rates.line_rate_percent > 0 ? percent(rates.line_rate_percent) + "%" : "-";
  }
  return si_rate(rates.pps);
}

const char* unit_name(LiveUnit unit) {
  switch (unit) {
    case LiveUnit::kPps:
      break;
    case LiveUnit::kBps:
      return "bit/s on the wire";
    case LiveUnit::kPercent:
      return "% of line rate";
  }
  return "frames/s";
}

const char* state_name(LiveState state) {
  switch (state) {
    case LiveState::kOpening:
      return "opening";
    case LiveState::kWarmup:
      return "warming up";
    case LiveState::kMeasuring:
      return "measuring";
    case LiveState::kDraining:
      return "draining";
    case LiveState::kEnded:
      return "ended";
  }
  return "?";
}

std::string shortened(const std::string& text, size_t columns) {
  return text.size() <= columns ? text : text.substr(0, columns - 2) + "..";
}

// The highest figure of a curve, as a round one above it.
double round_top(double highest) {
  if (!(highest > 0))
    return 1;
  const double power = std::pow(10.0, std::floor(std::log10(highest)));
  for (const double step : {1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0})
    if (highest <= step * power * (1 + 1e-9))
      return step * power;
  return 10 * power;
}

bool has_model(const LiveAbout& about) {
  return std::any_of(about.devices.begin(), about.devices.end(),
                     [](const DeviceRecord& device) { return device.simulated; });
}

class Page {
 public:
  Page(Canvas& canvas, const LiveHistory& history, const LiveViewState& state)
      : canvas_(canvas),
        about_(history.about()),
        figures_(history.figures()),
        state_(state),
        width_(canvas.width()),
        bottom_(canvas.height() - 1) {}

  void draw() {
    add_head();
    switch (state_.page) {
      case LivePage::kMain:
        add_main();
        break;
      case LivePage::kWorkers:
        add_workers();
        break;
      case LivePage::kStreams:
        add_streams();
        break;
      case LivePage::kHelp:
        add_help();
        break;
    }
    add_foot();
  }

 private:
  void add_head() {
    int x = canvas_.put(0, 0, "nmgen ", Style::kFaint);
    x = canvas_.put(x, 0, about_.scenario, Style::kStrong);
    std::string text = fmt::format("  {}", state_name(figures_.state));
    if (figures_.state == LiveState::kMeasuring)
      text += fmt::format(" {:.1f} of {:g} s", figures_.seconds, about_.duration_s);
    if (about_.repeat > 1)
      text += fmt::format(", run {} of {}", figures_.run + 1, about_.repeat);
    if (figures_.rate_share != 1)
      text += fmt::format(", rate x {:g}", figures_.rate_share);
    if (state_.stopping)
      text += ", stopping";
    canvas_.put(x, 0, text);
    if (state_.paused)
      canvas_.put_right(width_ - 22, 0, " PAUSED ", Style::kDoubtful);
    add_standing();
    canvas_.put(0, 1, device_line(about_.devices), Style::kStrong);
    canvas_.put_right(width_, 1, fmt::format("process {}", about_.pid), Style::kFaint);
  }

  void add_standing() {
    std::string text = "no verdict yet";
    Style style = Style::kFaint;
    if (figures_.standing) {
      const Verdict verdict = figures_.standing->verdict;
      text = fmt::format("so far: {}", to_string(verdict));
      style = verdict == Verdict::kPass   ? Style::kGood
              : verdict == Verdict::kFail ? Style::kBad
                                          : Style::kDoubtful;
    }
    canvas_.put_right(width_, 0, text, style);
  }

  void add_foot() {
    if (!state_.message.empty()) {
      canvas_.put(0, bottom_, state_.message, Style::kDoubtful);
      return;
    }
    canvas_.put(0, bottom_,
                fmt::format("{}   space pause  w workers  s streams  u units  +/- rate  ? help",
                            state_.owns_run ? "q stop" : "q leave"),
                Style::kFaint);
  }

  void add_rates_row(int y, const std::string& name, const LiveRates& rates,
                     const std::string& ring, Style style) {
    canvas_.put(0, y, shortened(name, 21), style);
    const std::string cells[] = {
        si_rate(rates.pps),
        bits(rates.bps_l1),
        rates.line_rate_percent > 0 ? percent(rates.line_rate_percent) : "-",
        ring,
        rates.frames_per_sync > 0 ? fmt::format("{:.1f}", rates.frames_per_sync) : "-",
        rates.pps > 0 ? short_ticks(rates.busy_tsc_ticks_per_frame) : "-",
        rates.pps > 0 && has_model(about_) ? short_ticks(rates.model_tsc_ticks_per_frame) : "-",
        rates.pps > 0 ? short_ticks(rates.idle_tsc_ticks_per_frame) : "-"};
    static constexpr int kEnds[] = {30, 39, 47, 52, 59, 66, 73, 80};
    for (size_t i = 0; i < std::size(cells); i++)
      canvas_.put_right(kEnds[i], y, cells[i], style);
  }

  int add_table_head(int y) {
    const std::pair<int, const char*> upper[] = {
        {47, "line"}, {52, "ring"}, {59, "frames"}, {80, "cycles a frame"}};
    const std::pair<int, const char*> lower[] = {{30, "pps"},   {39, "bit/s"},  {47, "%"},
                                                 {52, "full"},  {59, "a sync"}, {66, "busy"},
                                                 {73, "model"}, {80, "idle"}};
    for (const auto& [end, text] : upper)
      canvas_.put_right(end, y, text, Style::kFaint);
    for (const auto& [end, text] : lower)
      canvas_.put_right(end, y + 1, text, Style::kFaint);
    return y + 2;
  }

  // `count` rows, each drawn by `add(row, y)`, from `y` on and in at most `rows` of the screen; the
  // last one tells what has no room. Return: the row after.
  template <typename Add>
  int add_rows(int y, int rows, size_t count, const char* remedy, Add&& add) {
    const size_t shown = std::min(static_cast<size_t>(std::max(rows, 0)), count);
    for (size_t i = 0; i < shown; i++, y++) {
      if (i + 1 == shown && shown < count)
        canvas_.put(0, y, fmt::format("  and {} more: {}", count - i, remedy), Style::kFaint);
      else
        add(i, y);
    }
    return y;
  }

  // Ports and their queues, in at most `rows` rows. Return: the row after.
  int add_ports(int y, int rows) {
    struct Line {
      std::string name, ring;
      const LiveRates* rates;
      Style style;
    };
    std::vector<Line> lines;
    for (size_t i = 0; i < figures_.ports.size(); i++) {
      const LivePortFigures& port = figures_.ports[i];
      for (const bool sends : {true, false}) {
        if (sends ? !port.sends : !port.receives)
          continue;
        lines.push_back({fmt::format("{} {}", about_.ports[i].name, sends ? "sends" : "receives"),
                         "", sends ? &port.tx : &port.rx, Style::kStrong});
        for (size_t k = 0; k < about_.workers.size(); k++) {
          const LiveAbout::Worker& worker = about_.workers[k];
          if (worker.port != i || worker.sender != sends)
            continue;
          lines.push_back({fmt::format("  {} ring {}", worker.name, worker.ring),
                           fmt::format("{:.0f}%", figures_.workers[k].ring_percent),
                           &figures_.workers[k].rates, Style::kPlain});
        }
      }
    }
    return add_rows(y, rows, lines.size(), "press w, or make the terminal higher",
                    [&](size_t i, int at) {
                      const Line& line = lines[i];
                      add_rates_row(at, line.name, *line.rates, line.ring, line.style);
                    });
  }

  void add_count(int* x, int y, const char* name, uint64_t count) {
    *x = canvas_.put(*x, y, fmt::format("{} ", name), Style::kFaint);
    *x = canvas_.put(*x, y, grouped(count), count > 0 ? Style::kBad : Style::kPlain) + 3;
  }

  // What went wrong, and where: three rows at most in 80 columns.
  int add_faults(int y) {
    int x = 0;
    if (about_.receivers > 0 && about_.probe_every > 0) {
      add_count(&x, y, "lost", figures_.lost);
      add_count(&x, y, "duplicates", figures_.duplicates);
      add_count(&x, y, "reordered", figures_.reordered);
      add_count(&x, y, "damaged", figures_.damaged);
      add_count(&x, y, "foreign", figures_.foreign);
    } else {
      canvas_.put(0, y, "lost, duplicates, reordered: not measured, as frames have no probes",
                  Style::kFaint);
    }
    x = 0;
    double missed_pps = 0, paused_s = 0;
    uint64_t bugs = 0;
    for (const LivePortFigures& port : figures_.ports) {
      missed_pps += port.missed_pps;
      paused_s += port.paused_s;
      bugs += port.driver_bugs;
    }
    add_count(&x, y + 1, "dropped by the device, no free descriptor", figures_.missed);
    if (missed_pps > 0)
      x = canvas_.put(x - 2, y + 1, fmt::format("({}/s)", si_rate(missed_pps)), Style::kBad) + 3;
    x = canvas_.put(x, y + 1, "wire paused ", Style::kFaint);
    x = canvas_.put(x, y + 1, fmt::format("{:.3f} s", paused_s)) + 3;
    if (bugs > 0)
      add_count(&x, y + 1, "driver bugs", bugs);
    return y + 2;
  }

  void add_history(int y, int rows) {
    const bool sends = std::any_of(figures_.ports.begin(), figures_.ports.end(),
                                   [](const LivePortFigures& port) { return port.sends; });
    std::deque<double> values;
    double highest = 0;
    for (const LiveHistoryPoint& point : figures_.history) {
      const double pps = sends ? point.tx_pps : point.rx_pps;
      values.push_back(state_.unit == LiveUnit::kPps   ? pps
                       : state_.unit == LiveUnit::kBps ? point.bps_l1
                                                       : point.line_rate_percent);
      highest = std::max(highest, values.back());
    }
    const double top = round_top(highest);
    const int columns = width_ - kChartLabelColumns;
    canvas_.put(
        0, y,
        fmt::format("{}, {}, the last {}", sends ? "sent" : "received", unit_name(state_.unit),
                    plural(std::min(values.size(), static_cast<size_t>(columns)), "second")),
        Style::kFaint);
    canvas_.put_right(kChartLabelColumns - 1, y + 1, short_top(top), Style::kFaint);
    canvas_.put_right(kChartLabelColumns - 1, y + rows - 1, "0", Style::kFaint);
    canvas_.bars(kChartLabelColumns, y + 1, columns, rows - 1, values, top);
  }

  static std::string short_top(double top) {
    static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
    size_t step = 0;
    for (; top >= 1000 && step + 1 < std::size(kPrefixes); step++)
      top /= 1000;
    return fmt::format("{:g}{}", top, kPrefixes[step]);
  }

  void add_latency(int y) {
    const LatencyRecord& now = figures_.latency;
    if (now.count == 0) {
      canvas_.put(0, y, "latency: no probe came in the last second", Style::kFaint);
      return;
    }
    int x = canvas_.put(0, y, "latency  ", Style::kFaint);
    const std::pair<const char*, double> figures[] = {{"p50", now.p50},
                                                      {"p90", now.p90},
                                                      {"p99", now.p99},
                                                      {"p99.9", now.p999},
                                                      {"max", now.max}};
    for (const auto& [name, value] : figures) {
      x = canvas_.put(x, y, fmt::format("{} ", name), Style::kFaint);
      x = canvas_.put(x, y, short_time(value), Style::kStrong) + (width_ < 100 ? 1 : 2);
    }
    canvas_.put(x, y, fmt::format("floor {}", short_time(now.floor)), Style::kFaint);
    // Columns of equal ratio from the lowest to the highest that has come so far.
    const LatencyRecord& all = figures_.latency_total;
    const int columns = width_ - kChartLabelColumns;
    const double low = std::log(std::max(1.0, all.min * 0.98));
    const double high = std::log(std::max(all.max * 1.02, all.min * 1.1));
    std::deque<double> values(static_cast<size_t>(columns), 0);
    for (const std::pair<uint64_t, uint64_t>& bucket : now.histogram) {
      const double place =
          (std::log(static_cast<double>(std::max<uint64_t>(bucket.first, 1))) - low) /
          (high - low) * columns;
      const int column = std::clamp(static_cast<int>(place), 0, columns - 1);
      values[static_cast<size_t>(column)] +=
          100 * static_cast<double>(bucket.second) / static_cast<double>(now.count);
    }
    const double top = *std::max_element(values.begin(), values.end());
    canvas_.put_right(kChartLabelColumns - 1, y + 1, fmt::format("{:.3g}%", top), Style::kFaint);
    canvas_.put_right(kChartLabelColumns - 1, y + 3, "0", Style::kFaint);
    canvas_.bars(kChartLabelColumns, y + 1, columns, 3, values, top);
    canvas_.put(kChartLabelColumns, y + 4, short_time(std::exp(low)), Style::kFaint);
    canvas_.put(kChartLabelColumns + columns / 2 - 3, y + 4, short_time(std::exp((low + high) / 2)),
                Style::kFaint);
    canvas_.put_right(width_, y + 4, short_time(std::exp(high)), Style::kFaint);
  }

  void add_main() {
    const bool latency = about_.receivers > 0 && about_.probe_every > 0;
    // From below: keys, a row for the reason, latency.
    const int reason = bottom_ - 1;
    const int latency_at = reason - (latency ? kLatencyRows : 0);
    int y = add_table_head(2);
    // Two rows of faults and the least that the curve needs.
    y = add_ports(y, std::max(1, latency_at - y - 2 - 1 - kMinChartRows));
    y = add_faults(y);
    if (latency_at - y > kMinChartRows)
      add_history(y, latency_at - y);
    if (latency)
      add_latency(latency_at);
    if (figures_.standing && !figures_.standing->reasons.empty()) {
      const Style style =
          figures_.standing->verdict == Verdict::kPass ? Style::kFaint : Style::kDoubtful;
      if (canvas_.put(0, reason, figures_.standing->reasons.front(), style) > width_)
        canvas_.put_right(width_, reason, "...", style);
    }
  }

  // Two tables: where each worker's time goes, and what went wrong. Beside each other where there
  // is room, else one below the other.
  void add_workers() {
    const size_t count = figures_.workers.size();
    const bool beside = width_ >= kWorkColumns + kFaultColumns;
    const int top = 3;
    // Below: a blank row between them.
    const int rows = beside ? bottom_ - top - 1 : (bottom_ - top - 1) / 2 - 1;
    add_work_head(0, top);
    if (beside)
      add_fault_head(kWorkColumns, top);
    const int end = add_rows(top + 1, rows, count, kHigher, [&](size_t i, int y) {
      add_work(0, y, i);
      if (beside)
        add_fault(kWorkColumns, y, i);
    });
    if (beside)
      return;
    const int x = canvas_.put(0, end + 1, "worker ", Style::kFaint);
    add_fault_head(x, end + 1);
    add_rows(end + 2, rows, count, kHigher, [&](size_t i, int y) {
      canvas_.put(0, y, about_.workers[i].name);
      add_fault(x, y, i);
    });
  }

  void add_work_head(int x, int y) {
    canvas_.put(x, y,
                fmt::format("{:<6} {:<14}{:>4}{:>5}{:>15}{:>12}{:>7}{:>7}{:>7}", "worker", "port",
                            "ring", "core", "frames", "rate", "busy%", "model%", "idle%"),
                Style::kFaint);
  }

  void add_work(int x, int y, size_t i) {
    const LiveAbout::Worker& worker = about_.workers[i];
    const LiveRates& rates = figures_.workers[i].rates;
    canvas_.put(x, y,
                fmt::format("{:<6} {:<14}{:>4}{:>5}{:>15}{:>12}{:>7.1f}{:>7.1f}{:>7.1f}",
                            worker.name, about_.ports[worker.port].name.substr(0, 14), worker.ring,
                            worker.core, grouped(rates.total_frames), in_unit(rates, state_.unit),
                            rates.busy_percent, rates.model_percent, rates.idle_percent));
  }

  void add_fault_head(int x, int y) {
    canvas_.put(x, y,
                fmt::format("{:>10}{:>13}{:>10}{:>12}{:>12}{:>9}", "off core", "longest gap",
                            "lost", "duplicates", "reordered", "ring%"),
                Style::kFaint);
  }

  void add_fault(int x, int y, size_t i) {
    const LiveWorkerFigures& figures = figures_.workers[i];
    canvas_.put(
        x, y,
        fmt::format("{:>10}{:>13}{:>10}{:>12}{:>12}{:>9.1f}", short_time(figures.off_core_ms * 1e6),
                    short_time(figures.longest_gap_us * 1e3), grouped(figures.lost),
                    grouped(figures.duplicates), grouped(figures.reordered), figures.ring_percent));
  }

  // Frames of a sender are shared out as its plan does; that is exact over a whole cycle of it.
  void add_streams() {
    canvas_.put(0, 3,
                fmt::format("{:<6} {:<24}{:>6}{:>10}{:>8}{:>15}{:>10}", "worker", "stream", "bytes",
                            "flows", "share%", "frames", "pps"),
                Style::kFaint);
    std::vector<std::pair<size_t, uint32_t>> lines;  // a worker, and a stream of it
    for (size_t i = 0; i < about_.workers.size(); i++)
      for (uint32_t k = 0; k < about_.workers[i].streams; k++)
        lines.emplace_back(i, k);
    add_rows(4, bottom_ - 4, lines.size(), kHigher, [&](size_t line, int y) {
      const auto& [i, k] = lines[line];
      const LiveAbout::Worker& worker = about_.workers[i];
      const LiveAbout::Stream& stream = about_.streams[worker.first_stream + k];
      const LiveRates& rates = figures_.workers[i].rates;
      const double frames = stream.share * static_cast<double>(rates.total_frames);
      canvas_.put(
          0, y,
          fmt::format("{:<6} {:<24}{:>6g}{:>10}{:>8.2f}{:>15}{:>10}", k == 0 ? worker.name : "",
                      stream.name.substr(0, 24), stream.size_with_crc, grouped(stream.flows),
                      100 * stream.share, grouped(static_cast<uint64_t>(frames)),
                      si_rate(stream.share * rates.pps)));
    });
  }

  void add_help() {
    static constexpr const char* kLines[] = {
        "space   pause the view, not the run; again: go on",
        "w       workers: where each one's time goes",
        "s       streams",
        "u       unit of curve and workers' rates: frames/s, bit/s, % of line rate",
        "+ -     rate up, down by a tenth of what was asked for; the run is invalid then",
        "m       main page",
        "? h     this page; any of the above leaves it",
    };
    int y = 3;
    for (const char* line : kLines)
      canvas_.put(2, y++, line);
    canvas_.put(2, y++,
                state_.owns_run ? "q       stop the run in order: its record is still written"
                                : "q       leave; the run goes on");
    static constexpr const char* kWords[] = {
        "Rates and latencies are of the last second, counts since this phase began.",
        "busy: application, core and driver. model: inside the simulated device, the",
        "price of the simulation. idle: waiting. In cycles of the time stamp counter.",
        "so far: what the verdict would be now, by the run's own rules. Lost frames are",
        "told up to the newest that has come; what is still under way is not lost.",
    };
    y++;
    for (const char* line : kWords)
      canvas_.put(2, y++, line, Style::kFaint);
  }

  Canvas& canvas_;
  const LiveAbout& about_;
  const LiveFigures& figures_;
  const LiveViewState& state_;
  int width_, bottom_;
};

}  // namespace

void draw_live(Canvas& canvas, const LiveHistory& history, const LiveViewState& state) {
  if (canvas.width() < kLiveMinWidth || canvas.height() < kLiveMinHeight) {
    // Two rows, for the narrowest.
    canvas.put(0, 0, "needs");
    canvas.put(0, 1, fmt::format("{} x {}", kLiveMinWidth, kLiveMinHeight));
    return;
  }
  Page(canvas, history, state).draw();
}

}  // namespace nmgen
