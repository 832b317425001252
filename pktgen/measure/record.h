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

// The fields of these structures, what each means and its unit: figure_list.h.

// One direction of a run, all workers together, over the measured time.
struct DirectionRecord {
#define DIRECTION_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

struct LossRecord {
#define LOSS_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// (lowest value of the bucket, count), rising, no empty bucket.
using LatencyBuckets = std::vector<std::pair<uint64_t, uint64_t>>;

// Nanoseconds. All 0 where there was no probe.
struct LatencyRecord {
#define LATENCY_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// About one second while a run is under way. The intervals of a run follow each other from its
// first frame to its last, and their frames are the run's; those that come while the wire drains
// belong to the last one.
struct IntervalRecord {
#define INTERVAL_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// An interval is about so long; the last one may be shorter, and says little of a second then.
inline constexpr double kIntervalSeconds = 1;
inline bool is_whole(const IntervalRecord& interval) {
  return interval.seconds > kIntervalSeconds / 2;
}

struct WorkerRecord {
#define WORKER_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// What a worker's record is over several runs, one after the other: adds `next` to `sum`. Also for
// several workers of one run, of whose names, ports and cores the first stays.
void add_worker(WorkerRecord& sum, const WorkerRecord& next);

// What a port of the run is.
struct DeviceRecord {
#define DEVICE_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// A stream of a run with several.
struct StreamRecord {
#define STREAM_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

struct RunRecord {
#define RUN_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

struct Spread {
#define SPREAD_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
};

// What the figures depend on, besides the code.
struct Fingerprint {
#define FINGERPRINT_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
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
// Frames a second, of all runs together.
#define SUMMARY_FIELD(type, name, ...) type name{};
#include "pktgen/measure/figure_list.h"
  Fingerprint fingerprint;
  std::string started_at;  // ISO 8601, UTC
};

// Whether any port is a model: then no figure is a NIC's.
bool has_model(const Record& record);
// The drivers of all ports, each once: "sim82599", "ixgbe and veth".
std::string drivers_of(const Record& record);

}  // namespace nmgen
