// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "reporters/axis.h"
#include "reporters/device_line.h"
#include "reporters/live/panel.h"
#include "reporters/text_table.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr const char* kHigher = "make the terminal higher";
// From that width on two panels stand beside each other.
constexpr int kTwoPanelColumns = 140;
// Rows of a panel, from which on there is room for one more.
constexpr int kPanelRows = 5;
constexpr int kMaxTableGap = 4;

// The unit of all rates of a page, as high as the highest of the phase.
Unit rate_unit(const LiveFigures& figures, LiveUnit unit) {
  switch (unit) {
    case LiveUnit::kPps:
      break;
    case LiveUnit::kBps:
      return unit_for(Quantity::kBitRate, figures.highest_bps_l1);
    case LiveUnit::kPercent:
      return {1, "% of line"};
  }
  return unit_for(Quantity::kFrameRate, figures.highest_pps);
}

double rate_of(const LiveRates& rates, LiveUnit unit) {
  switch (unit) {
    case LiveUnit::kPps:
      break;
    case LiveUnit::kBps:
      return rates.bps_l1;
    case LiveUnit::kPercent:
      return rates.line_rate_percent;
  }
  return rates.pps;
}

const char* state_name(LiveState state) {
  switch (state) {
    case LiveState::kOpening:
      return "opening";
    case LiveState::kWarmup:
      return "warming up";
    case LiveState::kSettling:
      return "settling";
    case LiveState::kMeasuring:
      return "measuring";
    case LiveState::kDraining:
      return "draining";
    case LiveState::kEnded:
      return "ended";
  }
  return "?";
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
    std::string text = fmt::format("  {}", state_name(figures_.state));
    if (figures_.state == LiveState::kMeasuring)
      text += fmt::format(" {:.1f} of {:g} s", figures_.seconds, about_.duration_s);
    if (about_.repeat > 1)
      text += fmt::format(", run {} of {}", figures_.run + 1, about_.repeat);
    if (figures_.rate_share != 1)
      text += fmt::format(", rate x {:g}", figures_.rate_share);
    if (state_.stopping)
      text += ", stopping";
    const std::string standing = standing_text() + (state_.paused ? "  PAUSED" : "");
    const int room = width_ - x - columns_of(text) - columns_of(standing) - 1;
    x = canvas_.put(x, 0, cut_to(about_.scenario, static_cast<size_t>(std::max(room, 8))),
                    Style::kStrong);
    canvas_.put(x, 0, text);
    canvas_.put_right(width_, 0, " " + standing,
                      state_.paused ? Style::kDoubtful : standing_style());
    // What kind of result this is, whole: a model's is not a NIC's.
    const std::string process = fmt::format("process {}", about_.pid);
    const std::vector<std::string> lines =
        wrapped(device_line(about_.devices), static_cast<size_t>(width_));
    for (const std::string& line : lines)
      canvas_.put(0, top_++, line, Style::kStrong);
    if (columns_of(lines.back()) + 2 + columns_of(process) <= width_)
      canvas_.put_right(width_, top_ - 1, process, Style::kFaint);
  }

  std::string standing_text() const {
    return figures_.standing ? fmt::format("so far: {}", to_string(figures_.standing->verdict))
                             : "no verdict yet";
  }
  Style standing_style() const {
    if (!figures_.standing)
      return Style::kFaint;
    const Verdict verdict = figures_.standing->verdict;
    return verdict == Verdict::kPass   ? Style::kGood
           : verdict == Verdict::kFail ? Style::kBad
                                       : Style::kDoubtful;
  }

  void add_foot() {
    if (!state_.message.empty()) {
      canvas_.put(0, bottom_, state_.message, Style::kDoubtful);
      return;
    }
    canvas_.put(
        0, bottom_,
        fmt::format("{}  {}w workers  s streams  u units  +/- rate  ? help",
                    state_.owns_run ? "q stop" : "q leave", width_ < 80 ? "" : "space pause  "),
        Style::kFaint);
  }

  // A table from row `y` on, its rows in at most `rows`; where they do not fit, the last tells how
  // many are missing. Return: the row after.
  int add_table(const TextTable& table, int y, int rows, const std::vector<Style>& styles = {}) {
    const std::vector<std::string> lines = table.lines(static_cast<size_t>(width_), kMaxTableGap);
    const size_t head = table.head_lines(), count = lines.size() - head;
    for (size_t i = 0; i < head; i++)
      canvas_.put(0, y++, lines[i], Style::kFaint);
    const size_t shown = std::min(static_cast<size_t>(std::max(rows, 0)), count);
    for (size_t i = 0; i < shown; i++, y++) {
      if (i + 1 == shown && shown < count)
        canvas_.put(0, y, fmt::format("  and {} more: {}", count - i, kHigher), Style::kFaint);
      else
        canvas_.put(0, y, lines[head + i], i < styles.size() ? styles[i] : Style::kPlain);
    }
    return y;
  }

  // Ports and, where there is room for all, their rings, in at most `rows` rows.
  int add_ports(int y, int rows) {
    int ports = 0;
    for (const LivePortFigures& port : figures_.ports)
      ports += (port.sends ? 1 : 0) + (port.receives ? 1 : 0);
    const bool rings = ports + static_cast<int>(figures_.workers.size()) <= rows;
    const Unit pps = rate_unit(figures_, LiveUnit::kPps), bps = rate_unit(figures_, LiveUnit::kBps);
    TextTable table({{"", "", 18, true, true},
                     {"rate", pps.name, 8},
                     {"on wire", bps.name, 8, false, false, 4},
                     {"line", "%", 6},
                     {"ring", "%", 4, false, false, 3},
                     {"frames", "/sync", 6, false, false, 6},
                     {"ticks", "busy", 6},
                     {"/frame", "model", 6, false, false, 1},
                     {"", "idle", 6, false, false, 5},
                     {"frames", "in all", 15, false, false, 7},
                     {"off core", "ms", 9, false, false, 8},
                     {"longest", "gap ms", 9, false, false, 9}});
    const auto add = [&](const std::string& name, const LiveRates& rates,
                         const LiveWorkerFigures* worker) {
      const auto ticks = [&rates](double value) {
        return rates.pps > 0 ? short_ticks(value) : "-";
      };
      table.add({name, in_unit(rates.pps, pps), in_unit(rates.bps_l1, bps),
                 rates.line_rate_percent > 0 ? percent(rates.line_rate_percent) : "-",
                 worker != nullptr ? fmt::format("{:.0f}", worker->ring_percent) : "",
                 rates.frames_per_sync > 0 ? fmt::format("{:.1f}", rates.frames_per_sync) : "-",
                 ticks(rates.busy_tsc_ticks_per_frame),
                 has_model(about_) ? ticks(rates.model_tsc_ticks_per_frame) : "-",
                 ticks(rates.idle_tsc_ticks_per_frame), grouped(rates.total_frames),
                 worker != nullptr ? milliseconds(worker->off_core_ms) : "",
                 worker != nullptr ? milliseconds(worker->longest_gap_us / 1e3) : ""});
    };
    std::vector<Style> styles;
    for (size_t i = 0; i < figures_.ports.size(); i++) {
      const LivePortFigures& port = figures_.ports[i];
      for (const bool sends : {true, false}) {
        if (sends ? !port.sends : !port.receives)
          continue;
        const std::string& name = about_.ports[i].name;
        add(sends ? name + " sends" : name + " receives", sends ? port.tx : port.rx, nullptr);
        styles.push_back(Style::kStrong);
        for (size_t k = 0; rings && k < about_.workers.size(); k++) {
          const LiveAbout::Worker& worker = about_.workers[k];
          if (worker.port != i || worker.sender != sends)
            continue;
          add(fmt::format("  {} ring {}", worker.name, worker.ring), figures_.workers[k].rates,
              &figures_.workers[k]);
          styles.push_back(Style::kPlain);
        }
      }
    }
    y = add_table(table, y, rows, styles);
    if (!rings && ports < rows)
      canvas_.put(
          0, y++,
          fmt::format("  {}: press w, or {}", plural(figures_.workers.size(), "ring"), kHigher),
          Style::kFaint);
    return y;
  }

  // `text` after `name`, in the next row where this one has no room.
  void add_figure(int* x, int* y, const std::string& name, const std::string& text, Style style) {
    const int size = columns_of(name) + 1 + columns_of(text);
    if (*x > 0 && *x + size > width_) {
      *x = 0;
      ++*y;
    }
    *x = canvas_.put(*x, *y, name + " ", Style::kFaint);
    *x = canvas_.put(*x, *y, text, style) + 3;
  }

  // What went wrong, and where. Return: the row after.
  int add_faults(int y) {
    int x = 0;
    const auto add_count = [&](const char* name, uint64_t count) {
      add_figure(&x, &y, name, grouped(count), count > 0 ? Style::kBad : Style::kPlain);
    };
    if (about_.receivers > 0 && about_.probe_every > 0) {
      add_count("lost", figures_.lost);
      add_count("duplicates", figures_.duplicates);
      add_count("reordered", figures_.reordered);
      add_count("damaged", figures_.damaged);
      add_count("foreign", figures_.foreign);
    } else {
      canvas_.put(0, y++, "lost, duplicates, reordered: not measured, frames have no probes",
                  Style::kFaint);
    }
    double missed_pps = 0, paused_s = 0;
    uint64_t bugs = 0;
    for (const LivePortFigures& port : figures_.ports) {
      missed_pps += port.missed_pps;
      paused_s += port.paused_s;
      bugs += port.driver_bugs;
    }
    std::string missed = grouped(figures_.missed);
    if (missed_pps > 0)
      missed += fmt::format(" ({}/s)", si_rate(missed_pps));
    add_figure(&x, &y, "dropped by device (no descriptor)", missed,
               figures_.missed > 0 ? Style::kBad : Style::kPlain);
    add_figure(&x, &y, "wire paused", fmt::format("{:.3f} s", paused_s), Style::kPlain);
    if (bugs > 0)
      add_count("driver bugs", bugs);
    return y + 1;
  }

  TimeSpan span() const {
    const double now = figures_.history.empty() ? 0 : figures_.history.back().at_s;
    // A warm-up's length is not known here.
    const bool measured = figures_.state == LiveState::kMeasuring ||
                          figures_.state == LiveState::kDraining ||
                          figures_.state == LiveState::kEnded;
    return time_span(now, measured ? about_.duration_s : 0);
  }

  template <typename Figure>
  void add_curve(const Box& box, Panel panel, Figure&& figure) {
    const int columns = bar_columns(box);
    panel.values = curve(figures_.history, span(), columns, figure);
    panel.ticks = time_ticks(span(), columns);
    draw_panel(canvas_, box, panel);
  }

  void add_rate(const Box& box, bool sent) {
    Panel panel;
    panel.title = sent ? "sent" : "received";
    panel.quantity = state_.unit == LiveUnit::kPps   ? Quantity::kFrameRate
                     : state_.unit == LiveUnit::kBps ? Quantity::kBitRate
                                                     : Quantity::kNumber;
    panel.unit = rate_unit(figures_, LiveUnit::kPercent).name;
    add_curve(box, std::move(panel), [&](const LiveHistoryPoint& point) {
      return rate_of(sent ? point.tx : point.rx, state_.unit);
    });
  }

  void add_latency_curve(const Box& box) {
    Panel panel;
    panel.title = "latency, 99th percentile";
    panel.quantity = Quantity::kTimeNs;
    add_curve(box, std::move(panel),
              [](const LiveHistoryPoint& point) { return point.latency_p99_ns; });
  }

  // The last second's.
  void add_latency(const Box& box) {
    const LatencyRecord& now = figures_.latency;
    if (now.count == 0) {
      canvas_.put(box.x, box.y, "latency: no probe came in the last second", Style::kFaint);
      return;
    }
    int x = canvas_.put(box.x, box.y, "latency", Style::kFaint);
    const std::pair<const char*, double> figures[] = {
        {"p50", now.p50},    {"p90", now.p90}, {"p99", now.p99},
        {"p99.9", now.p999}, {"max", now.max}, {"floor", now.floor},
    };
    const int gap = box.width < 100 ? 1 : 2;
    for (const auto& [name, value] : figures) {
      const std::string text = short_time(value);
      if (x + gap + columns_of(name) + 1 + columns_of(text) > box.x + box.width)
        break;
      x = canvas_.put(x + gap, box.y, name, Style::kFaint) + 1;
      x = canvas_.put(x, box.y, text, Style::kStrong);
    }
    // Columns of equal ratio over all that has come so far.
    Panel panel;
    panel.titled = false;
    const LatencyRecord& all = figures_.latency_total;
    const double low_ns = round_down(std::max(1.0, all.min));
    const double high_ns = round_up(std::max(all.max, low_ns * 1.01));
    const int columns = bar_columns(box);
    panel.values.assign(static_cast<size_t>(columns), 0);
    for (const std::pair<uint64_t, uint64_t>& bucket : now.histogram) {
      const double ns = static_cast<double>(std::max<uint64_t>(bucket.first, 1));
      const double at = std::log(ns / low_ns) / std::log(high_ns / low_ns) * columns;
      const int column = std::clamp(static_cast<int>(at), 0, columns - 1);
      panel.values[static_cast<size_t>(column)] +=
          100 * static_cast<double>(bucket.second) / static_cast<double>(now.count);
    }
    panel.ticks = decade_ticks(low_ns, high_ns, columns);
    panel.percent = true;
    draw_panel(canvas_, box, panel);
  }

  // The lower part: as many panels as there is room for, the most important first, beside each
  // other in a wide terminal.
  void add_panels(int y, int rows) {
    const auto any = [&](auto&& of) {
      return std::any_of(figures_.ports.begin(), figures_.ports.end(), of);
    };
    const bool sends = any([](const LivePortFigures& port) { return port.sends; });
    const bool receives = any([](const LivePortFigures& port) { return port.receives; });
    const bool probes = about_.receivers > 0 && about_.probe_every > 0;
    std::vector<std::function<void(const Box&)>> panels;
    panels.emplace_back([&](const Box& box) { add_rate(box, sends); });
    if (probes)
      panels.emplace_back([&](const Box& box) { add_latency(box); });
    if (sends && receives)
      panels.emplace_back([&](const Box& box) { add_rate(box, false); });
    if (probes)
      panels.emplace_back([&](const Box& box) { add_latency_curve(box); });
    const size_t across = width_ >= kTwoPanelColumns && panels.size() > 1 ? 2 : 1;
    const size_t down = std::min(static_cast<size_t>(std::max(rows / kPanelRows, 1)),
                                 (panels.size() + across - 1) / across);
    const int width = (width_ - 2 * static_cast<int>(across - 1)) / static_cast<int>(across);
    const int left = rows % static_cast<int>(down);
    for (size_t i = 0; i < down; i++) {
      const int height = rows / static_cast<int>(down) + (static_cast<int>(i) < left ? 1 : 0);
      if (height < kMinPanelRows)
        return;
      for (size_t k = 0; k < across && i * across + k < panels.size(); k++)
        panels[i * across + k]({static_cast<int>(k) * (width + 2), y, width, height});
      y += height;
    }
  }

  // Why the verdict stands as it does, in at most a row of twelve; what is left out ends with dots.
  std::vector<std::string> reason_lines() const {
    std::vector<std::string> lines;
    if (!figures_.standing)
      return lines;
    for (const std::string& reason : figures_.standing->reasons)
      for (const std::string& line : wrapped(reason, static_cast<size_t>(width_)))
        lines.push_back(line);
    const size_t most = static_cast<size_t>(std::max(1, canvas_.height() / 12));
    if (lines.size() > most) {
      lines.resize(most);
      std::string& last = lines.back();
      last = last.substr(0, static_cast<size_t>(width_) - 4) + " ...";
    }
    return lines;
  }

  void add_main() {
    const std::vector<std::string> reasons = reason_lines();
    // A row for the reason is kept free, so that its coming moves nothing.
    const int reason_at = bottom_ - std::max(1, static_cast<int>(reasons.size()));
    // Head, two rows of faults and the least that a panel needs.
    const int y = add_ports(top_, std::max(2, reason_at - top_ - 2 - 2 - kMinPanelRows));
    const int panels_at = add_faults(y);
    add_panels(panels_at, reason_at - panels_at);
    const Style style = figures_.standing && figures_.standing->verdict != Verdict::kPass
                            ? Style::kDoubtful
                            : Style::kFaint;
    for (size_t i = 0; i < reasons.size(); i++)
      canvas_.put(0, reason_at + static_cast<int>(i), reasons[i], style);
  }

  // Where each worker's time goes, and what went wrong: one table where there is room, else two.
  void add_workers() {
    const std::string rate = rate_unit(figures_, state_.unit).name;
    const std::vector<TableColumn> work = {{"", "worker", 6, true},
                                           {"", "port", 8, true, true},
                                           {"", "ring", 4, false, false, 4},
                                           {"", "core", 4, false, false, 3},
                                           {"", "frames", 13},
                                           {"rate", rate, 8},
                                           {"busy", "%", 5},
                                           {"model", "%", 5, false, false, 1},
                                           {"idle", "%", 5, false, false, 2},
                                           {"ring", "full %", 6, false, false, 5}};
    const std::vector<TableColumn> faults = {{"off core", "ms", 9},
                                             {"longest", "gap ms", 9},
                                             {"", "lost", 9},
                                             {"", "duplicates", 10, false, false, 2},
                                             {"", "reordered", 9, false, false, 1},
                                             {"", "damaged", 7, false, false, 3},
                                             {"", "foreign", 7, false, false, 4}};
    std::vector<TableColumn> both = work, below = {work[0]};
    both.insert(both.end(), faults.begin(), faults.end());
    below.insert(below.end(), faults.begin(), faults.end());
    TextTable one(both), first(work), second(below);
    for (size_t i = 0; i < figures_.workers.size(); i++) {
      std::vector<std::string> cells = work_cells(i);
      first.add(cells);
      const std::vector<std::string> wrong = fault_cells(i);
      std::vector<std::string> named = {cells[0]};
      named.insert(named.end(), wrong.begin(), wrong.end());
      second.add(std::move(named));
      cells.insert(cells.end(), wrong.begin(), wrong.end());
      one.add(std::move(cells));
    }
    const int room = bottom_ - top_ - 1;
    if (one.full_width() <= static_cast<size_t>(width_)) {
      add_table(one, top_ + 1, room - static_cast<int>(one.head_lines()));
      return;
    }
    // Between them a blank row.
    const int rows = (room - 1) / 2 - static_cast<int>(first.head_lines());
    const int end = add_table(first, top_ + 1, rows);
    add_table(second, end + 1, rows);
  }

  std::vector<std::string> work_cells(size_t i) const {
    const LiveAbout::Worker& worker = about_.workers[i];
    const LiveRates& rates = figures_.workers[i].rates;
    const auto one_digit = [](double value) { return fmt::format("{:.1f}", value); };
    const bool unknown = state_.unit == LiveUnit::kPercent && !(rates.line_rate_percent > 0);
    return {worker.name,
            about_.ports[worker.port].name,
            fmt::format("{}", worker.ring),
            fmt::format("{}", worker.core),
            grouped(rates.total_frames),
            unknown ? "-" : in_unit(rate_of(rates, state_.unit), rate_unit(figures_, state_.unit)),
            one_digit(rates.busy_percent),
            one_digit(rates.model_percent),
            one_digit(rates.idle_percent),
            one_digit(figures_.workers[i].ring_percent)};
  }

  std::vector<std::string> fault_cells(size_t i) const {
    const LiveWorkerFigures& figures = figures_.workers[i];
    return {milliseconds(figures.off_core_ms),
            milliseconds(figures.longest_gap_us / 1e3),
            grouped(figures.lost),
            grouped(figures.duplicates),
            grouped(figures.reordered),
            grouped(figures.damaged),
            grouped(figures.foreign)};
  }

  // Frames of a sender are shared out as its plan does; that is exact over a whole cycle of it.
  void add_streams() {
    const Unit pps = rate_unit(figures_, LiveUnit::kPps);
    TextTable table({{"", "worker", 6, true},
                     {"", "stream", 16, true, true},
                     {"size", "bytes", 5},
                     {"", "flows", 6},
                     {"share", "%", 6},
                     {"", "frames", 15},
                     {"rate", pps.name, 8}});
    for (size_t i = 0; i < about_.workers.size() && i < figures_.workers.size(); i++) {
      const LiveAbout::Worker& worker = about_.workers[i];
      const LiveRates& rates = figures_.workers[i].rates;
      for (uint32_t k = 0; k < worker.streams; k++) {
        const LiveAbout::Stream& stream = about_.streams[worker.first_stream + k];
        const double frames = stream.share * static_cast<double>(rates.total_frames);
        table.add({k == 0 ? worker.name : "", stream.name,
                   fmt::format("{:.4g}", stream.size_with_crc), grouped(stream.flows),
                   percent(100 * stream.share), grouped(static_cast<uint64_t>(frames)),
                   in_unit(stream.share * rates.pps, pps)});
      }
    }
    const int head = static_cast<int>(table.head_lines());
    add_table(table, top_ + 1, bottom_ - top_ - 1 - head);
  }

  void add_help() {
    const std::pair<const char*, const char*> keys[] = {
        {"space", "pause the view, not the run; again: go on"},
        {"w", "workers: where each one's time goes"},
        {"s", "streams"},
        {"u", "unit of curves and workers' rates: frames/s, bit/s, % of line rate"},
        {"+ -", "rate up, down by a tenth of what was asked for; the run is invalid then"},
        {"m", "main page"},
        {"? h", "this page; any of the above leaves it"},
        {"q", state_.owns_run ? "stop the run in order: its record is still written"
                              : "leave; the run goes on"},
    };
    constexpr int kKeyColumns = 8;
    int y = top_ + 1;
    const auto add_words = [&](int x, std::string_view text, Style style) {
      for (const std::string& line : wrapped(text, static_cast<size_t>(width_ - x)))
        if (y < bottom_)
          canvas_.put(x, y++, line, style);
    };
    for (const auto& [key, text] : keys) {
      if (y < bottom_)
        canvas_.put(0, y, key, Style::kStrong);
      add_words(kKeyColumns, text, Style::kPlain);
    }
    y++;
    add_words(
        0,
        "Rates and latencies are of the last second, counts since this phase began. busy: "
        "application, core and driver. model: inside the simulated device, the price of the "
        "simulation. idle: waiting. In ticks of the time stamp counter (TSC). so far: what the "
        "verdict would be now, by the run's own rules. Lost frames are told up to the newest "
        "that has come; what is still under way is not lost.",
        Style::kFaint);
  }

  Canvas& canvas_;
  const LiveAbout& about_;
  const LiveFigures& figures_;
  const LiveViewState& state_;
  int width_, bottom_;
  int top_ = 1;  // the first row below the head
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
