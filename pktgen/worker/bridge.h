// SPDX-License-Identifier: BSD-2-Clause
// Forwards between two ports, both ways: `nmgen bridge`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "pktgen/error.h"
#include "pktgen/port/whole_port.h"

namespace nmgen {

// One direction's.
struct BridgeCounts {
  uint64_t frames = 0;
  uint64_t bytes = 0;     // without CRC
  uint64_t too_long = 0;  // frames whose slots do not fit the other port's buffers: dropped
};

// Receive ring i goes to transmit ring i, modulo their number, frame by frame in order. Where both
// ports have one memory, buffers change places and nothing is copied. A frame moves when all of its
// slots fit; what does not fit waits in its receive ring. Of one thread.
class Bridge {
 public:
  enum Direction { kAToB = 0, kBToA = 1 };

  // The ports must outlive it. `copy`: copy even where buffers could be swapped.
  Bridge(WholePort& a, WholePort& b, bool copy = false)
      : a_(a), b_(b), zero_copy_(!copy && a.shares_memory_with(b)) {}

  bool zero_copy() const { return zero_copy_; }
  const BridgeCounts& counts(Direction direction) const { return counts_[direction]; }

  // Moves what is there, and waits up to `timeout_ms` for more where it was nothing. Return: 0, or
  // an errno: EINTR for a signal, EIO where a port has left netmap mode.
  int turn(int timeout_ms);

 private:
  uint64_t move_all(WholePort& from, WholePort& to, BridgeCounts* counts);
  uint64_t move(netmap_ring* rx, netmap_ring* tx, BridgeCounts* counts);

  WholePort& a_;
  WholePort& b_;
  bool zero_copy_;
  BridgeCounts counts_[2];
};

}  // namespace nmgen
