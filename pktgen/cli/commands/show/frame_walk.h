// SPDX-License-Identifier: BSD-2-Clause
// The frames that a scenario would send, in the order of their time, without sending them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"
#include "pktgen/traffic/plan.h"
#include "pktgen/traffic/schedule/timetable.h"

namespace nmgen {

struct WalkedFrame {
  unsigned sender = 0;   // entry of Scenario::senders
  uint64_t index = 0;    // of the frames of that entry's first worker
  uint64_t time_ns = 0;  // due, since the start; at 1 Mpps where the rate is not known
  const PlannedStream* stream = nullptr;
  std::vector<uint8_t> bytes;
};

class FrameWalk {
 public:
  // Of each sender entry its first worker's first `count` frames, of `stream` only where that is
  // not empty. Errors: a frame that cannot be built, a stream that no sender sends.
  static Result<FrameWalk> prepare(const Scenario& scenario, uint64_t count,
                                   const std::string& stream = "");

  // False after the last frame.
  bool next(WalkedFrame* frame);

  // Frames a second of an entry's first worker; 0 where the rate is "max" and the line's speed is
  // not known.
  double worker_pps(unsigned sender) const { return sources_[sender].pps; }

  // Of the probes in these frames. A run takes one at random.
  static uint32_t magic();

 private:
  struct Source {
    TrafficPlan plan;
    std::vector<bool> wanted;  // a stream each
    Timetable due;             // in half ns
    double pps = 0;
    uint16_t number = 0;  // of the probes
    uint64_t left = 0;    // frames still to be given
    uint64_t index = 0;   // of the next frame
    uint64_t time_ns() const;
    void skip_unwanted();
  };

  std::vector<Source> sources_;
};

// The rate of a sender entry in words: "max", "1000000 pps", "50 % of line rate".
std::string rate_words(const SenderSpec& sender);

}  // namespace nmgen
