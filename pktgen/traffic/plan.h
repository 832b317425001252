// SPDX-License-Identifier: BSD-2-Clause
// The frames of one sender, compiled from its streams before a run: a cycle that repeats.
#pragma once

#include <cstdint>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/packet/builder.h"
#include "pktgen/packet/fields.h"
#include "pktgen/scenario/scenario.h"
#include "pktgen/traffic/stream_order.h"

namespace nmgen {

// One stream, built.
struct PlannedStream {
  BuiltFrame frame;
  FrameVariations variations;
  size_t number = 0;  // of the scenario's streams
  uint16_t size_no_crc = 0;
  uint16_t probe_offset = 0;  // 0: no probe
};

// One position of the cycle: flow `flow` of stream `stream`.
struct PlannedFrame {
  uint32_t stream = 0;
  uint32_t flow = 0;
};

class TrafficPlan {
 public:
  // Streams take turns in proportion to their weights, spread as evenly as possible; each steps
  // through its flows. Errors: a frame that cannot be built.
  static Result<TrafficPlan> compile(const Scenario& scenario, const SenderSpec& sender);

  const std::vector<PlannedStream>& streams() const { return streams_; }
  const std::vector<PlannedFrame>& cycle() const { return cycle_; }
  uint32_t probe_every() const { return probe_every_; }
  const StreamOrder& stream_order() const { return stream_order_; }

  // Every frame has the same bytes, but for its probe.
  bool is_constant() const { return cycle_.size() == 1; }
  bool is_single_stream() const { return streams_.size() == 1; }

  // Bytes with CRC of the first `frames` frames sent.
  uint64_t bytes_with_crc(uint64_t frames) const;
  double mean_size_with_crc() const;
  uint16_t largest_size_no_crc() const;

  // The frame's bytes into `to` (largest_size_no_crc() bytes), with zeros where its probe goes.
  void write_frame(const PlannedFrame& frame, uint8_t* to) const;

  // Where probes may be in this sender's frames, each offset once.
  std::vector<uint16_t> probe_offsets() const;

 private:
  std::vector<PlannedStream> streams_;
  std::vector<PlannedFrame> cycle_;
  std::vector<uint64_t> bytes_before_;  // of the cycle's first k frames, with CRC
  uint32_t probe_every_ = 0;
  StreamOrder stream_order_;
};

}  // namespace nmgen
