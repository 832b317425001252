// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/live.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "pktgen/measure/clock.h"
#include "reporters/live/history.h"
#include "reporters/live/view.h"

namespace nmgen {
namespace {

constexpr uint64_t kSampleNs = 250'000'000;
constexpr int kKeyMs = 50;  // how long a key may wait
constexpr uint32_t kRateStep = 100, kLowestRate = 100, kHighestRate = 2000;

// To where the run's own observer is.
void stand_aside(const LiveSegment& segment) {
  const int core = segment.header().observer_core;
  if (core < 0 || core >= CPU_SETSIZE)
    return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  // Where that is refused, the scheduler puts it somewhere.
  (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

void sleep_ns(uint64_t ns) {
  timespec time{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  nanosleep(&time, nullptr);
}

class Viewer {
 public:
  Viewer(Terminal& terminal, const LiveSegment& segment, bool owns_run,
         const std::function<bool()>& on_quit)
      : terminal_(terminal), segment_(segment), on_quit_(on_quit), history_(about(segment)) {
    state_.owns_run = owns_run;
  }

  void run(const std::atomic<bool>& stop) {
    const uint64_t sample_ticks =
        static_cast<uint64_t>(history_.about().tsc_hz * static_cast<double>(kSampleNs) / 1e9);
    uint64_t next = tsc_now();
    bool changed = true;
    while (!stop.load(std::memory_order_relaxed) && !left_) {
      if (tsc_now() >= next) {
        next = tsc_now() + sample_ticks;
        if (!state_.owns_run && !segment_.is_alive())
          return;
        // The history goes on while the view is paused, so that going on shows no hole.
        if (std::optional<LiveSample> sample = take_sample(segment_))
          history_.add(std::move(*sample));
        if (!state_.owns_run && history_.figures().state == LiveState::kEnded)
          return;
        changed = true;
      }
      if (changed)
        draw();
      char letter = 0;
      const LiveKey key = terminal_.key(kKeyMs, &letter);
      if (key == LiveKey::kGone) {
        on_quit_();
        return;
      }
      changed = key == LiveKey::kResize || (key == LiveKey::kOther && on_letter(letter));
    }
  }

 private:
  void draw() {
    Canvas canvas(terminal_.width(), terminal_.height(), terminal_.unicode());
    draw_live(canvas, state_.paused ? *shown_ : history_, state_);
    terminal_.show(canvas);
  }

  // Return: whether there is something new to show.
  bool on_letter(char letter) {
    state_.message.clear();
    switch (letter) {
      case ' ':
        state_.paused = !state_.paused;
        if (state_.paused)
          shown_.emplace(history_);
        return true;
      case 'w':
        return turn_to(LivePage::kWorkers);
      case 's':
        return turn_to(LivePage::kStreams);
      case '?':
      case 'h':
        return turn_to(LivePage::kHelp);
      case 'm':
        state_.page = LivePage::kMain;
        return true;
      case 'u':
        state_.unit = state_.unit == LiveUnit::kPps   ? LiveUnit::kBps
                      : state_.unit == LiveUnit::kBps ? LiveUnit::kPercent
                                                      : LiveUnit::kPps;
        return true;
      case '+':
        order_rate(true);
        return true;
      case '-':
        order_rate(false);
        return true;
      case 'q':
        // Once is enough: another q changes nothing.
        if (!state_.stopping)
          left_ = on_quit_();
        state_.stopping = state_.owns_run;
        return true;
      default:
        return false;
    }
  }

  // A page's key again leaves it.
  bool turn_to(LivePage page) {
    state_.page = state_.page == page ? LivePage::kMain : page;
    return true;
  }

  void order_rate(bool up) {
    const bool sends = std::any_of(history_.about().workers.begin(), history_.about().workers.end(),
                                   [](const LiveAbout::Worker& worker) { return worker.sender; });
    if (!sends) {
      state_.message = "This run sends nothing, so there is no rate to change.";
      return;
    }
    if (std::none_of(history_.about().workers.begin(), history_.about().workers.end(),
                     [](const LiveAbout::Worker& worker) { return worker.full_pps > 0; })) {
      state_.message = "The rate cannot be changed: the speed of the line is not known.";
      return;
    }
    std::atomic<uint32_t>& order = segment_.header().rate_order;
    const uint32_t now = order.load(std::memory_order_relaxed);
    const uint32_t wanted = up ? std::min(now + kRateStep, kHighestRate)
                               : std::max(now, kLowestRate + kRateStep) - kRateStep;
    order.store(wanted, std::memory_order_relaxed);
    state_.message = fmt::format("Asked for {:g} times the scenario's rate.", wanted / 1000.0);
  }

  Terminal& terminal_;
  const LiveSegment& segment_;
  const std::function<bool()>& on_quit_;
  LiveHistory history_;
  std::optional<LiveHistory> shown_;  // what the view shows while it is paused
  LiveViewState state_;
  bool left_ = false;
};

}  // namespace

void show_live(Terminal& terminal, const LiveSegment& segment, bool owns_run,
               const std::function<bool()>& on_quit, const std::atomic<bool>& stop) {
  stand_aside(segment);
  Viewer(terminal, segment, owns_run, on_quit).run(stop);
}

std::string live_text(const LiveSegment& segment, double seconds, int width, int height,
                      bool unicode) {
  stand_aside(segment);
  LiveHistory history(about(segment));
  const unsigned samples =
      2 + static_cast<unsigned>(seconds * 1e9 / static_cast<double>(kSampleNs));
  for (unsigned i = 0; i < samples; i++) {
    if (i > 0)
      sleep_ns(kSampleNs);
    if (std::optional<LiveSample> sample = take_sample(segment))
      history.add(std::move(*sample));
  }
  Canvas canvas(width, height, unicode);
  LiveViewState state;
  draw_live(canvas, history, state);
  return canvas.text();
}

LiveView::LiveView(std::unique_ptr<Terminal> terminal, std::function<void()> on_quit)
    : terminal_(std::move(terminal)), on_quit_(std::move(on_quit)) {
  Canvas canvas(terminal_->width(), terminal_->height(), terminal_->unicode());
  canvas.put(0, 0, "nmgen  opening ports and measuring the clock", Style::kFaint);
  terminal_->show(canvas);
}

LiveView::~LiveView() {
  close();
}

void LiveView::on_publish(const std::shared_ptr<LiveSegment>& segment) {
  segment_ = segment;
  thread_ = std::thread([this] {
    const std::function<bool()> quit = [this] {
      on_quit_();
      return false;
    };
    show_live(*terminal_, *segment_, true, quit, stop_);
  });
}

void LiveView::close() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable())
    thread_.join();
  terminal_.reset();
}

}  // namespace nmgen
