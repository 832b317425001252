// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/terminal.h"

#define NCURSES_WIDECHAR 1
#include <fcntl.h>
#include <fmt/format.h>
#include <langinfo.h>
#include <ncurses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "reporters/live/view.h"

// ncurses and term.h have macros of these names.
#undef lines
#undef columns

namespace nmgen {
namespace {

// What a signal handler needs, made before it can be called. A handler is given nothing but a
// number, so these are global; `taken` says that the terminal is ours and the rest is valid.
struct Rescue {
  std::atomic<bool> taken{false};
  int fd = -1;
  termios before{};
  std::array<char, 256> bytes{};
  size_t size = 0;
};
Rescue rescue;
static_assert(std::atomic<bool>::is_always_lock_free, "else a signal handler may not touch it");

constexpr int kDeadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};
struct sigaction former[std::size(kDeadly)];

extern "C" void on_deadly_signal(int number) {
  Terminal::restore_now();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void remember(const char* sequence) {
  if (sequence == nullptr || sequence == reinterpret_cast<const char*>(-1))
    return;
  const size_t length = std::strlen(sequence);
  if (rescue.size + length > rescue.bytes.size())
    return;
  std::memcpy(rescue.bytes.data() + rescue.size, sequence, length);
  rescue.size += length;
}

// A capability without the delays that terminals of the past needed.
void remember_capability(const char* name) {
  char* value = tigetstr(const_cast<char*>(name));
  if (value == nullptr || value == reinterpret_cast<char*>(-1))
    return;
  std::string plain = value;
  for (size_t at = plain.find("$<"); at != std::string::npos; at = plain.find("$<")) {
    const size_t end = plain.find('>', at);
    plain.erase(at, end == std::string::npos ? end : end - at + 1);
  }
  remember(plain.c_str());
}

tl::unexpected<Error> refuse(const std::string& cause, const std::string& remedy) {
  return fail("cannot show the live view", cause, remedy);
}

constexpr const char* kOtherwise =
    "use a terminal, or run without --live and look with nmgen top --once";

attr_t attributes(Style style, bool colour) {
  switch (style) {
    case Style::kPlain:
      return A_NORMAL;
    case Style::kStrong:
      return A_BOLD;
    case Style::kFaint:
      return colour ? A_NORMAL | COLOR_PAIR(5) : A_DIM;
    case Style::kGood:
      return A_BOLD | (colour ? COLOR_PAIR(1) : A_NORMAL);
    case Style::kBad:
      return A_BOLD | (colour ? COLOR_PAIR(2) : A_REVERSE);
    case Style::kDoubtful:
      return A_BOLD | (colour ? COLOR_PAIR(3) : A_REVERSE);
    case Style::kCurve:
      return colour ? COLOR_PAIR(4) : A_NORMAL;
    case Style::kGrid:
      return colour ? A_DIM | COLOR_PAIR(5) : A_DIM;
  }
  return A_NORMAL;
}

}  // namespace

struct Terminal::Screen {
  FILE* tty = nullptr;
  SCREEN* screen = nullptr;
  bool colour = false;
};

Result<std::unique_ptr<Terminal>> Terminal::open() {
  const char* name = std::getenv("TERM");
  if (name == nullptr || *name == '\0')
    return refuse("TERM is not set", kOtherwise);
  if (std::strcmp(name, "dumb") == 0)
    return refuse("TERM=dumb is no terminal that can be drawn on", kOtherwise);
  FILE* tty = std::fopen("/dev/tty", "r+e");
  if (tty == nullptr || isatty(fileno(tty)) == 0) {
    if (tty != nullptr)
      std::fclose(tty);
    return refuse("this process has no terminal", kOtherwise);
  }
  winsize size{};
  if (ioctl(fileno(tty), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
      (size.ws_col < kLiveMinWidth || size.ws_row < kLiveMinHeight)) {
    std::fclose(tty);
    return refuse(fmt::format("the terminal has {} x {} characters", size.ws_col, size.ws_row),
                  fmt::format("make it {} x {} or larger", kLiveMinWidth, kLiveMinHeight));
  }
  int status = 0;
  if (setupterm(name, fileno(tty), &status) != OK) {
    std::fclose(tty);
    return refuse(fmt::format("TERM={:.40} is not known here", name), kOtherwise);
  }
  del_curterm(cur_term);
  // Only characters: numbers keep their points.
  std::setlocale(LC_CTYPE, "");
  // A stopped run would be none, and ncurses' own handler knows of no threads.
  std::signal(SIGTSTP, SIG_IGN);
  rescue.fd = fileno(tty);
  rescue.size = 0;
  if (tcgetattr(rescue.fd, &rescue.before) != 0) {
    const int error = errno;
    std::fclose(tty);
    return refuse(std::strerror(error), kOtherwise);
  }
  std::unique_ptr<Terminal> terminal(new Terminal);
  terminal->screen_ = std::make_unique<Screen>();
  Screen& screen = *terminal->screen_;
  screen.tty = tty;
  screen.screen = newterm(name, tty, tty);
  if (screen.screen == nullptr) {
    std::fclose(tty);
    screen.tty = nullptr;
    return refuse(fmt::format("TERM={:.40} cannot be drawn on", name), kOtherwise);
  }
  for (const char* capability : {"sgr0", "op", "rmkx", "cnorm", "rmcup"})
    remember_capability(capability);
  rescue.taken.store(true, std::memory_order_release);
  for (size_t i = 0; i < std::size(kDeadly); i++) {
    struct sigaction action {};
    action.sa_handler = on_deadly_signal;
    sigemptyset(&action.sa_mask);
    sigaction(kDeadly[i], &action, &former[i]);
  }
  set_term(screen.screen);
  cbreak();
  noecho();
  curs_set(0);
  keypad(stdscr, TRUE);
  const char* no_colour = std::getenv("NO_COLOR");
  if (has_colors() && (no_colour == nullptr || *no_colour == '\0')) {
    start_color();
    const short paper = use_default_colors() == OK ? -1 : COLOR_BLACK;
    init_pair(1, COLOR_GREEN, paper);
    init_pair(2, COLOR_RED, paper);
    init_pair(3, COLOR_YELLOW, paper);
    init_pair(4, COLOR_CYAN, paper);
    init_pair(5, COLOR_BLUE, paper);
    screen.colour = true;
  }
  terminal->unicode_ = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  return terminal;
}

Terminal::~Terminal() {
  if (screen_->screen == nullptr)
    return;
  if (rescue.taken.exchange(false))
    endwin();
  delscreen(screen_->screen);
  for (size_t i = 0; i < std::size(kDeadly); i++)
    sigaction(kDeadly[i], &former[i], nullptr);
  std::fclose(screen_->tty);
}

int Terminal::width() const {
  return getmaxx(stdscr);
}

int Terminal::height() const {
  return getmaxy(stdscr);
}

void Terminal::show(const Canvas& canvas) {
  if (!rescue.taken.load(std::memory_order_relaxed))
    return;
  erase();
  const int rows = std::min(canvas.height(), height());
  for (int y = 0; y < rows; y++) {
    const int end = std::min(canvas.width(), width());
    for (int x = 0; x < end;) {
      const Style style = canvas.style_at(x, y);
      std::wstring run;
      const int from = x;
      for (; x < end && canvas.style_at(x, y) == style; x++)
        run += static_cast<wchar_t>(canvas.at(x, y));
      attrset(static_cast<int>(attributes(style, screen_->colour)));
      mvaddnwstr(y, from, run.c_str(), static_cast<int>(run.size()));
    }
  }
  attrset(A_NORMAL);
  refresh();
}

LiveKey Terminal::key(int timeout_ms, char* letter) {
  pollfd ready{rescue.fd, POLLIN, 0};
  const int count = poll(&ready, 1, timeout_ms);
  if (count > 0 && (ready.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
    return LiveKey::kGone;
  timeout(0);
  const int code = getch();
  if (code == KEY_RESIZE)
    return LiveKey::kResize;
  if (code == ERR || code < 0 || code > 0x7e)
    return LiveKey::kNone;
  *letter = static_cast<char>(code);
  return LiveKey::kOther;
}

void Terminal::restore_now() {
  if (!rescue.taken.exchange(false))
    return;
  const int error = errno;
  // Both are safe in a handler (POSIX.1-2017, 2.4.3). A terminal that is gone takes neither.
  if (write(rescue.fd, rescue.bytes.data(), rescue.size) < 0)
    (void)0;
  tcsetattr(rescue.fd, TCSANOW, &rescue.before);
  errno = error;
}

}  // namespace nmgen
