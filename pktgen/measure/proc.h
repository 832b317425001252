// SPDX-License-Identifier: BSD-2-Clause
// Readers of /proc and /sys. The parsers are pure functions of a file's text, so that any text can
// be tried on them (proc_fuzz.cc); what is not understood is absent, never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nmgen {

// A file's text, at most `limit` bytes of it; nothing where it cannot be read.
std::optional<std::string> read_text(const std::string& path, size_t limit = 1 << 20);

// Without white space (and NUL, which device-tree strings end with) at both ends.
std::string_view trimmed(std::string_view text);

// /proc/PID/task/TID/schedstat: time on a core, time runnable but waiting for one, both in ns, and
// the number of times it got one (Documentation/scheduler/sched-stats.rst).
struct SchedStat {
  uint64_t run_ns = 0, wait_ns = 0, slices = 0;
};
std::optional<SchedStat> parse_schedstat(std::string_view text);

// The value of a "key:<tab>number" line of /proc/PID/status.
std::optional<uint64_t> parse_status_number(std::string_view text, std::string_view key);

// /proc/stat, line "cpuN": the 8th number, ticks (of sysconf(_SC_CLK_TCK)) that the host ran
// somebody else while this CPU wanted to run (proc(5)).
std::optional<uint64_t> parse_steal_ticks(std::string_view text, int cpu);

// /proc/cpuinfo: "model name" of the first CPU, or on Arm its implementer and part; "unknown".
std::string parse_cpu_model(std::string_view text);

// /proc/loadavg: the one-minute load average.
std::optional<double> parse_load(std::string_view text);

}  // namespace nmgen
