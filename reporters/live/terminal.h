// SPDX-License-Identifier: BSD-2-Clause
// The terminal of the live view, by ncurses. It is left as it was found whatever happens: at the
// end, on a crash, on a signal that ends the process, and where the terminal itself goes away.
#pragma once

#include <memory>

#include "pktgen/error.h"
#include "reporters/live/canvas.h"

namespace nmgen {

enum class LiveKey { kNone, kResize, kOther, kGone };

class Terminal {
 public:
  // Takes the terminal of this process (/dev/tty), one at a time. Errors: there is none, TERM is
  // not set or not known, it is smaller than the view.
  static Result<std::unique_ptr<Terminal>> open();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // After open() from one thread only.
  int width() const;
  int height() const;
  bool unicode() const { return unicode_; }
  void show(const Canvas& canvas);
  // Waits at most `timeout_ms` for a key. *letter is set for kOther only.
  LiveKey key(int timeout_ms, char* letter);

  // Puts the terminal back at once, from a signal handler too; what is shown later is lost.
  static void restore_now();

 private:
  Terminal() = default;
  struct Screen;
  std::unique_ptr<Screen> screen_;
  bool unicode_ = false;
};

}  // namespace nmgen
