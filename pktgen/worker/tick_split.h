// SPDX-License-Identifier: BSD-2-Clause
// Where a turn's time went: a turn that moved frames was busy, any other idle; what a simulated
// device took is counted apart.
#pragma once

#include "net/netmap.h"
#include "pktgen/measure/counters.h"
#include "pktgen/port/port.h"

namespace nmgen {

class TickSplit {
 public:
  TickSplit(WorkerCounters& counters, const PortRing& ring, uint64_t now)
      : counters_(counters),
        ring_(ring),
        turn_(now),
        model_(ring.model_tsc_ticks()),
        head_(ring.ring()->head) {}

  struct Turn {
    uint64_t own, model;  // ticks
  };

  // The turn that began at the last call, or at the start, ends at `now`, by the worker's own time.
  Turn on_turn(uint64_t now, bool moved) {
    const uint64_t model = ring_.model_tsc_ticks();
    const uint64_t in_model = model - model_;
    const uint64_t own = now - turn_ - in_model;
    counters_.model_tsc_ticks.add(in_model);
    (moved ? counters_.busy_tsc_ticks : counters_.idle_tsc_ticks).add(own);
    if (moved)
      add_to_stretch(own);
    turn_ = now;
    model_ = model;
    return {own, in_model};
  }

  // From the end of the last turn until `now` the worker was held, to look like a slower core.
  void on_hold(uint64_t now) {
    counters_.idle_tsc_ticks.add(now - turn_);
    counters_.held_tsc_ticks.add(now - turn_);
    turn_ = now;
  }

  // Busy turns are gathered until they moved so many frames, then their cost is recorded: long
  // enough for the clock's grain and for turns of few frames, short enough (69 us at 14.88 Mpps) to
  // lie between two disturbances.
  static constexpr uint64_t kStretchFrames = 1024;

 private:
  void add_to_stretch(uint64_t own) {
    // What a turn moved is how far the head went, which is less than once around.
    const netmap_ring* ring = ring_.ring();
    const uint32_t head = ring->head;
    stretch_frames_ += head >= head_ ? head - head_ : head + ring->num_slots - head_;
    stretch_tsc_ticks_ += own;
    head_ = head;
    if (stretch_frames_ < kStretchFrames)
      return;
    counters_.costs.record(stretch_tsc_ticks_, stretch_frames_);
    stretch_frames_ = stretch_tsc_ticks_ = 0;
  }

  WorkerCounters& counters_;
  const PortRing& ring_;
  uint64_t turn_, model_;
  uint32_t head_;
  uint64_t stretch_frames_ = 0, stretch_tsc_ticks_ = 0;
};

}  // namespace nmgen
