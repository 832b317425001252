// SPDX-License-Identifier: BSD-2-Clause
// nmgen top [PID]
#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/stop_signal.h"
#include "reporters/live/live.h"
#include "reporters/live/view.h"

namespace nmgen {
namespace {

struct TopOptions {
  std::string pid;
  bool once = false, list = false;

  std::vector<Option> table() { return {{"PID", &pid}, {"--once", &once}, {"--list", &list}}; }
};

std::string listed_runs(const std::vector<LiveRunName>& runs) {
  std::string text;
  for (const LiveRunName& run : runs)
    text += fmt::format("{:>8}  {}\n", run.pid, run.scenario);
  return text;
}

// The run that is meant: the one that is named, or the only one.
Result<std::shared_ptr<LiveSegment>> join(const TopOptions& options) {
  if (!options.pid.empty()) {
    pid_t pid = 0;
    const char* end = options.pid.data() + options.pid.size();
    const std::from_chars_result parsed = std::from_chars(options.pid.data(), end, pid);
    if (parsed.ec != std::errc() || parsed.ptr != end || pid <= 0)
      return fail(fmt::format("cannot show \"{:.40}\"", options.pid), "it is not a process number",
                  "nmgen top --list lists the runs");
    return LiveSegment::open(pid);
  }
  const std::vector<LiveRunName> runs = LiveSegment::list();
  if (runs.empty())
    return fail("cannot show a run", "no run is in progress",
                "start one, for example nmgen run scenarios/64b-10g.json");
  if (runs.size() > 1) {
    std::string names;
    for (const LiveRunName& run : runs)
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", run.pid, run.scenario);
    return fail("cannot choose a run", "there are several: " + names,
                fmt::format("name one, for example nmgen top {}", runs.front().pid));
  }
  return LiveSegment::open(runs.front().pid);
}

int top(const TopOptions& options) {
  if (options.list) {
    const std::vector<LiveRunName> runs = LiveSegment::list();
    return print(runs.empty() ? "no run is in progress\n" : listed_runs(runs)) ? kExitPass
                                                                               : kExitBadUse;
  }
  Result<std::shared_ptr<LiveSegment>> segment = join(options);
  if (!segment)
    return complain(segment.error());
  if (options.once) {
    const std::string text = live_text(**segment, 1, kLiveTextWidth, kLiveTextHeight, false);
    return print(text) ? kExitPass : kExitBadUse;
  }
  Result<std::unique_ptr<Terminal>> terminal = Terminal::open();
  if (!terminal)
    return complain(terminal.error());
  const std::atomic<bool>& stop = catch_stop_signals();
  catch_lost_terminal(&Terminal::restore_now);
  show_live(
      **terminal, **segment, false, [] { return true; }, stop);
  terminal->reset();
  if (!(*segment)->is_alive())
    print(fmt::format("the run of process {} has ended\n", (*segment)->header().pid));
  return kExitPass;
}

}  // namespace

Command top_command() {
  return make_command(top);
}

}  // namespace nmgen
