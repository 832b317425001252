// SPDX-License-Identifier: BSD-2-Clause
// A run on a terminal or in a pipe: what runs, a line a second, and the summary. At most 80
// columns.
#pragma once

#include <cstdio>
#include <string>

#include "pktgen/measure/observer.h"
#include "pktgen/measure/record.h"
#include "reporters/console/summary.h"

namespace nmgen {

struct ConsoleOptions {
  bool in_place = false;  // a progress line that is overwritten; else only whole lines
  bool colour = false;
  bool receives = true;   // the scenario has receivers
  double duration_s = 0;  // of one run; for the progress
  unsigned repeat = 1;
};

// What `out` can show: nothing but whole lines where it is no terminal, or one that says
// TERM=dumb; no colour where NO_COLOR is set (no-color.org).
ConsoleOptions console_options(FILE* out);

// Of one thread. A stream that cannot be written to (a closed pipe) is no error: the run matters.
class Console final : public RunObserver {
 public:
  Console(FILE* out, const ConsoleOptions& options);

  void on_start(const Record& record, unsigned index) override;
  void on_interval(const Record& record, const RunRecord& run) override;
  // The run is over: its summary.
  void finish(const Record& record);
  // The run ended with an error that somebody else tells: takes the progress line away.
  void abandon();

 private:
  void write(const std::string& text);
  void show_progress(double seconds);

  FILE* out_;
  ConsoleOptions options_;
  Paint paint_;
  unsigned index_ = 0;
};

}  // namespace nmgen
