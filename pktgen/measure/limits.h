// SPDX-License-Identifier: BSD-2-Clause
// How far the machine may have disturbed a run that still tells something of what was asked for.
// The defaults, with their reasons; a scenario can set each under "limits".
#pragma once

namespace nmgen {

struct RunLimits {
  // Of the measured time, that a worker was off its core. Costs and rates are off by up to this
  // share, and baselines tell a change of 3 % from chance.
  double off_core_percent = 2;
  // Of a paced sender's frames, that left later than `late_ms` after they were due: below 1 % the
  // percentiles up to the 99th are the network's, not the generator's.
  double late_percent = 1;
  // Far above what a turn of the loop or a full ring takes, below a time slice of the scheduler.
  double late_ms = 1;
  // As fast as possible means the line, or all that a core can do. Senders with more idle time than
  // this that do not fill their line were held up by something else.
  double max_idle_percent = 5;
};

}  // namespace nmgen
