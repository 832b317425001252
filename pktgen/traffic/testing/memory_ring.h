// SPDX-License-Identifier: BSD-2-Clause
// For tests and benchmarks: a ring without a sync, in memory with the layout of a region
// (netmap_if, ring, buffers).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/netmap_user.h"
#include "pktgen/port/port.h"

namespace nmgen::test {

class MemoryRing : public PortRing {
 public:
  MemoryRing(uint32_t slots, uint32_t extra, uint32_t buffer_bytes)
      : memory_((kBuffersAt + uint64_t{2 + slots + extra} * buffer_bytes) / sizeof(Line) + 1) {
    char* base = memory_.front().bytes;
    netmap_if* nif = reinterpret_cast<netmap_if*>(base);
    nif->ni_tx_rings = nif->ni_host_tx_rings = nif->ni_rx_rings = nif->ni_host_rx_rings = 1;
    nif->ring_ofs[0] = kRingAt;
    netmap_ring* ring = reinterpret_cast<netmap_ring*>(base + kRingAt);
    ring->num_slots = slots;
    ring->nr_buf_size = buffer_bytes;
    ring->buf_ofs = kBuffersAt - kRingAt;
    ring->tail = slots - 1;
    for (uint32_t i = 0; i < slots; i++)
      ring->slot[i].buf_idx = 2 + i;
    map(base, 0, true, 0);
    for (uint32_t i = 0; i < extra; i++)
      extra_.push_back(2 + slots + i);
  }
  int sync() override { return 0; }

 private:
  static constexpr uint32_t kRingAt = 4096;
  static constexpr uint32_t kBuffersAt = 1 << 18;  // behind a ring of up to 16,000 slots
  struct alignas(128) Line {
    char bytes[128];
  };
  std::vector<Line> memory_;
};

}  // namespace nmgen::test
