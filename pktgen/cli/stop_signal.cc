// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/stop_signal.h"

#include <csignal>

namespace nmgen {
namespace {

// A signal handler is given nothing but its number, so this one global is needed.
std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "else a signal handler may not touch it");

extern "C" void on_stop_signal(int number) {
  if (!stop_asked.exchange(true, std::memory_order_relaxed))
    return;
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

const std::atomic<bool>& catch_stop_signals() {
  for (int number : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      continue;
    action = {};
    action.sa_handler = on_stop_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
  }
  return stop_asked;
}

}  // namespace nmgen
