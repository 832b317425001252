// SPDX-License-Identifier: BSD-2-Clause
// What the live view shows, in numbers: samples of a run's counters, and the rates, costs and the
// standing verdict made from them. Pure but for take_sample(); it holds no more than a bounded
// history, however long the run.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "pktgen/measure/histogram.h"
#include "pktgen/measure/live_segment.h"
#include "pktgen/measure/record.h"
#include "pktgen/measure/verdict.h"

namespace nmgen {

// What does not change while a run is under way.
struct LiveAbout {
  struct Port {
    std::string name;
    double speed_bps = 0;
  };
  struct Worker {
    std::string name;
    bool sender = false;
    uint32_t port = 0, ring = 0, slots = 0;
    int core = 0;
    uint32_t first_stream = 0, streams = 0;
    double asked_pps = 0, most_ahead = 1, full_pps = 0, mean_size_with_crc = 0, floor_ns = 0;
  };
  struct Stream {
    std::string name;
    double size_with_crc = 0, share = 0;
    uint64_t flows = 0;
  };
  int pid = 0;
  std::string scenario;
  std::vector<DeviceRecord> devices;  // as ports
  RunLimits limits;
  double tsc_hz = 1, duration_s = 0;
  unsigned repeat = 1;
  uint32_t probe_every = 0;
  bool wire_time = false, slow_clock = false;
  std::vector<Port> ports;
  std::vector<Worker> workers;
  std::vector<Stream> streams;
  unsigned receivers = 0;
};

LiveAbout about(const LiveSegment& segment);

// All counters at one moment, since the phase began.
struct LiveSample {
  struct Port : PortValues {
    bool readable = false;
  };
  struct Worker : SampledValues {
    CounterValues counters;
  };
  uint64_t tsc = 0;
  LiveState state = LiveState::kOpening;
  uint32_t phase = 0, run = 0;
  uint64_t start_tsc = 0, end_tsc = 0;
  uint32_t rate_order = 1000;
  bool rate_changed = false;
  std::vector<Port> ports;
  std::vector<Worker> workers;
  HistogramSnapshot latency;
};

// Any thread. Empty where a new phase began meanwhile: try again.
std::optional<LiveSample> take_sample(const LiveSegment& segment);

// Over the last second or so, but where it says total.
struct LiveRates {
  uint64_t total_frames = 0;
  double pps = 0;
  double bps_l1 = 0;             // with CRC, preamble and gap
  double line_rate_percent = 0;  // 0 where the port's speed is not known
  double frames_per_sync = 0;
  double busy_tsc_ticks_per_frame = 0, model_tsc_ticks_per_frame = 0, idle_tsc_ticks_per_frame = 0;
  double busy_percent = 0, model_percent = 0, idle_percent = 0;
};

struct LiveWorkerFigures {
  LiveRates rates;
  double ring_percent = 0;  // of its slots, after the last sync
  double off_core_ms = 0, longest_gap_us = 0;
  uint64_t lost = 0, duplicates = 0, reordered = 0, damaged = 0, foreign = 0;  // receivers, total
};

struct LivePortFigures {
  bool sends = false, receives = false;
  LiveRates tx, rx;
  uint64_t missed = 0;  // total
  double missed_pps = 0;
  double paused_s = 0;
  uint64_t driver_bugs = 0;
};

// Over the second before it.
struct LiveHistoryPoint {
  double at_s = 0;            // since the phase began
  LiveRates tx, rx;           // all ports together
  double latency_p99_ns = 0;  // 0: no probe came
};

struct LiveFigures {
  LiveState state = LiveState::kOpening;
  unsigned run = 0;
  double seconds = 0;  // since the phase began
  double rate_share = 1;
  bool rate_changed = false;
  std::vector<LivePortFigures> ports;
  std::vector<LiveWorkerFigures> workers;
  uint64_t lost = 0, duplicates = 0, reordered = 0, damaged = 0, foreign = 0, missed = 0;
  // Of the last second; `count` is 0 where no probe came.
  LatencyRecord latency;
  // Of the phase.
  LatencyRecord latency_total;
  std::deque<LiveHistoryPoint> history;        // a point for each sample, the newest last
  double highest_pps = 0, highest_bps_l1 = 0;  // of the phase, sent or received in a second
  std::optional<Judgement> standing;           // none before there is a second to judge
};

class LiveHistory {
 public:
  // Ten minutes of four points a second: no view looks further back.
  static constexpr double kMaxHistorySeconds = 600;
  static constexpr size_t kMaxHistory = 2400;
  // The median of the standing verdict is of so many seconds at most.
  static constexpr size_t kMaxSeconds = 600;

  explicit LiveHistory(LiveAbout about) : about_(std::move(about)) {}

  // In the order in which they were taken, some a second.
  void add(LiveSample sample);

  const LiveAbout& about() const { return about_; }
  const LiveFigures& figures() const { return figures_; }

 private:
  void compute(const LiveSample& from, const LiveSample& to);
  void add_history();
  void judge_second(const LiveSample& to);
  Judgement judge_so_far(const LiveSample& now) const;

  LiveAbout about_;
  std::deque<LiveSample> samples_;            // of one phase, about a second's
  uint64_t second_tsc_ = 0;                   // when the second under way began
  std::vector<uint64_t> second_frames_;       // of each worker, then
  std::vector<std::deque<double>> port_pps_;  // sent, of each whole second
  LiveFigures figures_;
};

}  // namespace nmgen
