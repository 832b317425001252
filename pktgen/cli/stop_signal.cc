// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/stop_signal.h"

#include <csignal>
#include <initializer_list>

namespace nmgen {
namespace {

// A signal handler is given nothing but its number, so this one global is needed.
std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "else a signal handler may not touch it");
std::atomic<void (*)()> last_words_said{nullptr};

extern "C" void on_stop_signal(int number) {
  if (!stop_asked.exchange(true, std::memory_order_relaxed))
    return;
  void (*const last_words)() = last_words_said.load(std::memory_order_relaxed);
  if (last_words != nullptr)
    last_words();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

extern "C" void on_hangup(int) {
  stop_asked.store(true, std::memory_order_relaxed);
}

void catch_unless_ignored(int number, void (*handler)(int)) {
  struct sigaction action {};
  if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
    return;
  action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

const std::atomic<bool>& catch_stop_signals() {
  for (int number : {SIGINT, SIGTERM, SIGQUIT})
    catch_unless_ignored(number, on_stop_signal);
  catch_unless_ignored(SIGHUP, on_hangup);
  return stop_asked;
}

void ask_to_stop() {
  stop_asked.store(true, std::memory_order_relaxed);
}

void catch_lost_terminal(void (*last_words)()) {
  last_words_said.store(last_words, std::memory_order_relaxed);
}

}  // namespace nmgen
