// SPDX-License-Identifier: BSD-2-Clause
// The live view: of a run in this process (nmgen run --live), or of another's (nmgen top).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pktgen/error.h"
#include "pktgen/measure/live_segment.h"
#include "pktgen/measure/observer.h"
#include "reporters/live/terminal.h"

namespace nmgen {

// Shows `segment` on `terminal` until the user leaves, the run ends, the terminal goes away or
// `stop`. `on_quit` is called at q, and says whether to leave at once (a watcher) or to go on until
// the run has ended. Moves the calling thread to the core where it disturbs the run least.
void show_live(Terminal& terminal, const LiveSegment& segment, bool owns_run,
               const std::function<bool()>& on_quit, const std::atomic<bool>& stop);

// One look at a run, as plain text of 80 columns: `seconds` of it.
std::string live_text(const LiveSegment& segment, double seconds, int width, int height,
                      bool unicode);

// The view of this process's own run, by a thread of its own.
class LiveView final : public RunObserver {
 public:
  // `on_quit`: asks the run to stop.
  LiveView(std::unique_ptr<Terminal> terminal, std::function<void()> on_quit);
  ~LiveView() override;

  void on_publish(const std::shared_ptr<LiveSegment>& segment) override;
  void on_start(const Record&, unsigned) override {}
  void on_interval(const Record&, const RunRecord&) override {}
  // Ends the view and gives the terminal back. Before anything else is printed.
  void close();

 private:
  std::unique_ptr<Terminal> terminal_;
  std::function<void()> on_quit_;
  std::shared_ptr<LiveSegment> segment_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace nmgen
