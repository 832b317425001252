// SPDX-License-Identifier: BSD-2-Clause
/*
 * A client of a switch for tests and benchmarks: sends and receives Ethernet frames, single-slot
 * ones and longer, and looks at counters.
 */
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "kernel/core/testing/port.h"
#include "kernel/core/vale/nm_vale.h"

namespace nmgen::test {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kEverybody = 0xffffffffffff;

// A frame from station `from` to station `to`, filled up with a count that begins at `seed`.
inline Bytes frame(uint64_t to, uint64_t from, size_t size = 60, uint8_t seed = 0) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<uint8_t>(seed + i);
  for (size_t i = 0; i < 6 && size >= 14; ++i) {
    bytes[i] = static_cast<uint8_t>(to >> (40 - 8 * i));
    bytes[6 + i] = static_cast<uint8_t>(from >> (40 - 8 * i));
  }
  return bytes;
}

// A unicast address.
inline uint64_t station(uint64_t number) {
  return 0x020000000000 + number;
}

class Peer : public Client {
 public:
  Peer(World& world, const std::string& name, uint16_t rings = 0, uint32_t slots = 0,
       uint64_t flags = 0, uint32_t mode = NR_REG_ALL_NIC, uint16_t ringid = 0)
      : Client(world) {
    reg = {};
    reg.nr_mode = mode;
    reg.nr_flags = flags;
    reg.nr_ringid = ringid;
    reg.nr_tx_rings = reg.nr_rx_rings = rings;
    reg.nr_tx_slots = reg.nr_rx_slots = slots;
    error = bind_request(name.c_str());
  }

  // Puts a frame into the next slot, with no sync; false where there is none.
  bool put(const Bytes& bytes, uint16_t flags = 0, uint32_t ring = 0) {
    netmap_ring* r = tx(ring);
    if (space(r) == 0)
      return false;
    netmap_slot& slot = r->slot[r->head];
    std::copy(bytes.begin(), bytes.end(), buffer(r, slot.buf_idx));
    slot.len = static_cast<uint16_t>(bytes.size());
    slot.flags = flags;
    advance(r, 1);
    return true;
  }
  // The same, in slots of at most `piece` bytes.
  bool put_pieces(const Bytes& bytes, size_t piece) {
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const size_t end = std::min(bytes.size(), at + piece);
      const Bytes part(bytes.begin() + static_cast<ptrdiff_t>(at),
                       bytes.begin() + static_cast<ptrdiff_t>(end));
      if (!put(part, end < bytes.size() ? NS_MOREFRAG : 0))
        return false;
    }
    return true;
  }
  bool send(const Bytes& bytes, uint16_t flags = 0, uint32_t ring = 0) {
    return put(bytes, flags, ring) && txsync() == 0;
  }

  // All that has come in on a ring: whole frames, whose slots' flags are checked.
  std::vector<Bytes> receive(uint32_t ring = 0) {
    std::vector<Bytes> frames;
    require(rxsync() == 0, "RXSYNC succeeds");
    netmap_ring* r = rx(ring);
    while (space(r)) {
      const uint32_t count = NS_RFRAGS(&r->slot[r->head]);
      Bytes bytes;
      require(count > 0 && count <= space(r), "a frame is there as a whole");
      for (uint32_t i = 0; i < count; ++i) {
        const netmap_slot& slot = r->slot[r->head];
        require(((slot.flags & NS_MOREFRAG) != 0) == (i + 1 < count), "only the last slot ends it");
        require(NS_RFRAGS(&slot) == count, "each slot has the count");
        const uint8_t* data = buffer(r, slot.buf_idx);
        bytes.insert(bytes.end(), data, data + slot.len);
        advance(r, 1);
      }
      frames.push_back(bytes);
    }
    require(rxsync() == 0, "RXSYNC succeeds");
    return frames;
  }

  int error = 0;
};

struct Counters {
  uint32_t switch_index = 0, index = 0;
  nm_vale_kind kind = NM_VALE_EPHEMERAL;
  std::vector<nm_vale_tx_stats> tx;
  std::vector<nm_vale_rx_stats> rx;
};

// Counters of a port, nothing may send at the same time; `found` false where there is no such port.
inline Counters counters(World& world, const std::string& name, bool* found = nullptr) {
  struct Arg {
    std::string name;
    Counters counters;
    bool found = false;
  } arg;
  arg.name = name;
  nm_vale_ports(
      world.core(),
      [](const nm_vale_view* view, void* p) {
        Arg* a = static_cast<Arg*>(p);
        if (a->name != view->name)
          return;
        a->found = true;
        a->counters.switch_index = view->switch_index;
        a->counters.index = view->index;
        a->counters.kind = view->kind;
        for (u32 i = 0; i < view->num_tx; ++i)
          a->counters.tx.push_back(*nm_vale_view_tx(view, i));
        for (u32 i = 0; i < view->num_rx; ++i)
          a->counters.rx.push_back(*nm_vale_view_rx(view, i));
      },
      &arg);
  if (found)
    *found = arg.found;
  else
    require(arg.found, "the port is there");
  return arg.counters;
}

}  // namespace nmgen::test
