// SPDX-License-Identifier: BSD-2-Clause
// What a run leaves behind: plain values, taken once at the end (and once an interval while it
// runs). Reporters read these and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nmgen {

enum class Verdict { kPass, kFail, kInvalid };
const char* to_string(Verdict verdict);  // "pass", "fail", "invalid"

// One direction of a run, all workers together, over the measured time.
struct DirectionRecord {
  uint64_t frames = 0;
  uint64_t bytes = 0;  // with CRC
  double pps = 0;
  double bps_l1 = 0;                     // with CRC, preamble and gap
  double line_rate_percent = 0;          // of the port's speed; 0 where it is not known
  double busy_tsc_ticks_per_frame = 0;   // TSC ticks in application + core + driver
  double quiet_tsc_ticks_per_frame = 0;  // busy, in the least disturbed fiftieth of stretches of
                                         // 1024 frames; 0 where there was no such stretch
  double model_tsc_ticks_per_frame = 0;  // TSC ticks inside a simulated device
  double frames_per_sync = 0;            // over the syncs that moved a frame
};

struct LossRecord {
  uint64_t frames = 0;  // sent minus received once, over the same frames; never negative
  double ppm = 0;
};

// Nanoseconds. `floor` is what the measurement itself costs, found at start. All 0 where there was
// no probe.
struct LatencyRecord {
  uint64_t count = 0;
  double min = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
  double floor = 0;
  std::vector<std::pair<uint64_t, uint64_t>>
      histogram;  // (lowest value of the bucket, count), rising, no empty bucket
};

// About one second while a run is under way. The intervals of a run follow each other from its
// first frame to its last, and their frames are the run's; those that come while the wire drains
// belong to the last one.
struct IntervalRecord {
  double start_s = 0, seconds = 0;  // since the measured part began
  uint64_t tx_frames = 0, rx_frames = 0;
  double tx_pps = 0, rx_pps = 0, tx_line_rate_percent = 0;
  uint64_t missed = 0;  // dropped by the receiving device: no descriptor, packet buffer full
  double pause_s = 0;   // time the sender's wire was stopped by flow control
  double tx_busy_tsc_ticks_per_frame = 0, tx_model_tsc_ticks_per_frame = 0, tx_idle_percent = 0;
  double rx_busy_tsc_ticks_per_frame = 0, rx_model_tsc_ticks_per_frame = 0, rx_idle_percent = 0;
  double latency_p50_ns = 0, latency_p99_ns = 0, latency_max_ns = 0;  // of this interval's probes
  double off_core_ms = 0;                                             // sum over workers
};

// An interval is about so long; the last one may be shorter, and says little of a second then.
inline constexpr double kIntervalSeconds = 1;
inline bool is_whole(const IntervalRecord& interval) {
  return interval.seconds > kIntervalSeconds / 2;
}

struct WorkerRecord {
  std::string name;  // "tx0", "rx0"
  std::string role;  // "sender" or "receiver"
  std::string port;
  unsigned ring = 0;
  int core = 0;
  int nice = 0;                    // of its thread, -20 (first) to 19
  uint64_t frames = 0, bytes = 0;  // bytes with CRC
  uint64_t syncs = 0, syncs_with_frames = 0;
  uint64_t busy_tsc_ticks = 0, model_tsc_ticks = 0, idle_tsc_ticks = 0;
  double core_hz = 0;           // its core's clock, mean of before and after the run
  uint64_t foreign_frames = 0;  // received, not ours
  uint64_t damaged_probes = 0;  // ours, but the probe's check failed
  uint64_t reordered = 0, duplicates = 0;
  uint64_t late_frames = 0;      // received, of an earlier phase of the same run of the program
  uint64_t late_departures = 0;  // sent later than the limit after they were due
  double off_core_ms = 0;  // runnable but not running, as the scheduler counts it, or gaps in its
                           // loop, whichever is more
  uint64_t off_core_times = 0;
  double longest_gap_us = 0;  // longest time between two turns of the worker's loop
};

// What a port of the run is.
struct DeviceRecord {
  std::string port;       // "sim:left"
  std::string residence;  // "hosted" or "kernel"
  std::string driver;     // "sim82599", ...
  bool simulated = false;
  double speed_gbps = 0;  // 0 where it is not known
};

struct RunRecord {
  DirectionRecord tx, rx;
  LossRecord loss;
  uint64_t reordered = 0, duplicates = 0;
  uint64_t late = 0;    // of its frames, those that came after it had ended; not lost
  uint64_t missed = 0;  // the receiving devices' missed-frame counter
  double pause_s = 0;
  LatencyRecord latency_ns;           // from the moment a frame was handed to the device
  LatencyRecord latency_intended_ns;  // from the moment it should have been (coordinated omission);
                                      // equal to the above at rate max
  std::vector<IntervalRecord> intervals;
  std::vector<WorkerRecord> workers;
  double seconds = 0;        // from the first frame's due time to the end of its time, or of the
                             // last frame if that is later
  bool interrupted = false;  // before its time was over or its frames were sent
};

struct Spread {
  double median = 0, mad = 0, min = 0, max = 0;
};

// What the figures depend on, besides the code.
struct Fingerprint {
  std::string cpu_model;
  unsigned cores = 0;
  std::string governor;  // "none" where the machine has no frequency scaling
  std::string kernel, command_line, mitigations, virtualisation;
  std::string compiler, compiler_flags;
  std::string commit;  // "unknown" outside a checkout
  bool dirty = false;
  std::string clock_source;
  double tsc_hz = 0;
  double load = 0;  // one-minute load average at the start
};

struct Record {
  std::string schema = "nmgen-result/1";
  std::string scenario_name, scenario_hash, scenario_text;
  Verdict verdict = Verdict::kInvalid;
  std::vector<std::string> verdict_reasons;  // sentences; a pass may have some too
  // How the senders' clock was set (ClockSpec), and to what; 0 with "none".
  std::string clock_method = "none";
  double clock_hz = 0;
  std::vector<DeviceRecord> devices;  // a port each: those of the senders first
  std::vector<RunRecord> runs;
  double tx_mean_pps = 0, rx_mean_pps = 0;  // all frames over all time, of all runs
  Spread tx_pps, rx_pps;                    // over all whole intervals of all runs
  Fingerprint fingerprint;
  std::string started_at;  // ISO 8601, UTC
};

// Whether any port is a model: then no figure is a NIC's.
bool has_model(const Record& record);
// The drivers of all ports, each once: "sim82599", "ixgbe and veth".
std::string drivers_of(const Record& record);

}  // namespace nmgen
