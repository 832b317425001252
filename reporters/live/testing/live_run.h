// SPDX-License-Identifier: BSD-2-Clause
// A run in private memory, for tests: one sender, one receiver, a TSC of 1 GHz.
#pragma once

#include <memory>

#include "pktgen/measure/live_segment.h"
#include "reporters/live/history.h"

namespace nmgen::test {

constexpr double kTscHz = 1e9;
constexpr uint64_t kStart = 1'000'000'000'000;

// "tx0" on sim:left and "rx0" on sim:right, 10 Gbit/s, 64-byte frames, probes in all.
inline std::shared_ptr<LiveSegment> segment(uint32_t pairs = 1) {
  std::shared_ptr<LiveSegment> made = LiveSegment::create({2, 2 * pairs, pairs, 1}, "/nowhere");
  LiveHeader& header = made->header();
  header.tsc_hz = kTscHz;
  header.duration_s = 60;
  header.probe_every = 1;
  header.scenario.set("64b-10g");
  header.pid = 4242;
  made->port(0).name.set("sim:left");
  made->port(1).name.set("sim:right");
  for (uint32_t i = 0; i < 2; i++) {
    made->port(i).driver.set("sim82599");
    made->port(i).residence.set("hosted");
    made->port(i).simulated = 1;
  }
  made->port(0).speed_bps = made->port(1).speed_bps = 10e9;
  for (uint32_t i = 0; i < 2 * pairs; i++) {
    LiveWorker& worker = made->worker(i);
    const bool sender = i < pairs;
    worker.sender = sender ? 1 : 0;
    worker.name.set((sender ? "tx" : "rx") + std::to_string(sender ? i : i - pairs));
    worker.port = sender ? 0 : 1;
    worker.ring = sender ? i : i - pairs;
    worker.core = static_cast<int32_t>(i);
    worker.slots = 512;
    worker.mean_size_with_crc = sender ? 64 : 0;
    worker.full_pps = sender ? 10e9 / (84 * 8) : 0;
    worker.floor_ns = sender ? 0 : 85;
    worker.streams = sender ? 1 : 0;
  }
  made->stream(0).name.set("udp");
  made->stream(0).size_with_crc = 64;
  made->stream(0).share = 1;
  made->stream(0).flows = 1;
  return made;
}

inline LiveSample first_sample(const LiveSegment& from) {
  LiveSample sample;
  sample.state = LiveState::kMeasuring;
  sample.phase = 2;
  sample.start_tsc = kStart;
  sample.tsc = kStart;
  sample.ports.resize(from.header().ports);
  sample.workers.resize(from.header().workers);
  return sample;
}

// What `sample` becomes after `seconds` at `pps` frames a second, in each pair of workers.
inline LiveSample later(LiveSample sample, double seconds, double pps) {
  const size_t pairs = sample.workers.size() / 2;
  const uint64_t frames = static_cast<uint64_t>(seconds * pps);
  sample.tsc += static_cast<uint64_t>(seconds * kTscHz);
  for (size_t i = 0; i < sample.workers.size(); i++) {
    CounterValues& counters = sample.workers[i].counters;
    counters.frames += frames;
    counters.syncs_with_frames += frames / 128;
    counters.busy_tsc_ticks += 20 * frames;
    counters.model_tsc_ticks += 30 * frames;
    counters.idle_tsc_ticks += 17 * frames;
    counters.ring_frames = 128;
    if (i < pairs) {
      counters.probes += frames;
      continue;
    }
    counters.bytes += 64 * frames;
    counters.unique += frames;
    counters.expected += frames;
  }
  return sample;
}

}  // namespace nmgen::test
