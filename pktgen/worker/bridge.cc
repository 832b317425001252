// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/worker/bridge.h"

#include <algorithm>
#include <utility>

#include "net/netmap_user.h"

namespace nmgen {
namespace {

// Slots of the frame at `i`, of the `there` that there are; 0 where its end has not come in.
uint32_t frame_slots(const netmap_ring* ring, uint32_t i, uint32_t there) {
  for (uint32_t slots = 1; slots <= there; slots++) {
    if ((ring->slot[i].flags & NS_MOREFRAG) == 0)
      return slots;
    i = nm_ring_next(ring, i);
  }
  return 0;
}

bool fits(const netmap_ring* rx, uint32_t i, uint32_t slots, uint32_t buffer_bytes) {
  bool all = true;
  for (; slots > 0; slots--) {
    all = all && rx->slot[i].len <= buffer_bytes;
    i = nm_ring_next(rx, i);
  }
  return all;
}

}  // namespace

uint64_t Bridge::move(netmap_ring* rx, netmap_ring* tx, BridgeCounts* counts) {
  uint32_t from = rx->head, to = tx->head;
  uint32_t there = nm_ring_space(rx), space = nm_ring_space(tx);
  const uint32_t before = there;

  while (there > 0) {
    uint32_t slots = frame_slots(rx, from, there);
    if (slots == 0 || slots > space)
      break;
    there -= slots;
    if (!fits(rx, from, slots, tx->nr_buf_size)) {
      counts->too_long++;
      for (; slots > 0; slots--)
        from = nm_ring_next(rx, from);
      continue;
    }
    space -= slots;
    counts->frames++;
    for (; slots > 0; slots--) {
      netmap_slot& source = rx->slot[from];
      netmap_slot& target = tx->slot[to];
      target.len = source.len;
      target.flags = source.flags & NS_MOREFRAG;
      if (zero_copy_) {
        std::swap(source.buf_idx, target.buf_idx);
        target.flags |= NS_BUF_CHANGED;
        source.flags |= NS_BUF_CHANGED;
      } else {
        nm_pkt_copy(NETMAP_BUF(rx, source.buf_idx), NETMAP_BUF(tx, target.buf_idx), source.len);
      }
      counts->bytes += source.len;
      from = nm_ring_next(rx, from);
      to = nm_ring_next(tx, to);
    }
  }
  rx->head = rx->cur = from;
  tx->head = tx->cur = to;
  return before - there;
}

uint64_t Bridge::move_all(WholePort& from, WholePort& to, BridgeCounts* counts) {
  uint64_t moved = 0;
  if (to.tx().empty())
    return 0;
  for (size_t i = 0; i < from.rx().size(); i++)
    moved += move(from.rx()[i], to.tx()[i % to.tx().size()], counts);
  return moved;
}

int Bridge::turn(int timeout_ms) {
  const uint64_t a_to_b = move_all(a_, b_, &counts_[kAToB]);
  const uint64_t b_to_a = move_all(b_, a_, &counts_[kBToA]);
  int error = 0;
  if (a_to_b > 0)
    error = b_.sync(true);
  if (b_to_a > 0 && error == 0)
    error = a_.sync(true);
  if (error != 0)
    return error;
  // What is left over waits for room; and room is made by those who sync the other way, too.
  const auto has_frames = [](const netmap_ring* ring) { return !nm_ring_empty(ring); };
  const bool a_waits = std::any_of(a_.rx().begin(), a_.rx().end(), has_frames);
  const bool b_waits = std::any_of(b_.rx().begin(), b_.rx().end(), has_frames);
  const short a_events = static_cast<short>((a_waits ? 0 : POLLIN) | (b_waits ? POLLOUT : 0));
  const short b_events = static_cast<short>((b_waits ? 0 : POLLIN) | (a_waits ? POLLOUT : 0));
  return wait_for_either(a_, a_events, b_, b_events, a_to_b + b_to_a > 0 ? 0 : timeout_ms);
}

}  // namespace nmgen
