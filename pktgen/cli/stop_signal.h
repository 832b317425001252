// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <atomic>

namespace nmgen {

// From now on the first SIGINT, SIGTERM or SIGQUIT sets the flag that is returned, and the second
// ends the process as if this had never been called. SIGHUP, which comes when the terminal goes
// away and may come again, sets the flag and ends nothing. A signal that was ignored from the start
// (nohup, a shell's background job) stays ignored. Call once.
const std::atomic<bool>& catch_stop_signals();

// Sets that flag, as the first signal does, but however often it is called it ends nothing.
void ask_to_stop();

// The terminal that may be lost is shown on: from now on `last_words` is called before a second
// signal ends the process, in its handler.
void catch_lost_terminal(void (*last_words)());

}  // namespace nmgen
