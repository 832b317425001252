// SPDX-License-Identifier: BSD-2-Clause
// Hostile rings: a client that writes what the input says to any word of what it has mapped (its
// rings, their slots, its netmap_if, its buffers), and syncs, polls and closes in between. Beside
// it lives a victim in the same region, which keeps the rules. What the hostile client has open is
// a port, one end of a pipe whose other end keeps the rules, or a copying monitor of the victim.
//
// Oracle: the other end of the pipe is never told that it broke a rule; the victim's frames arrive,
// whole and in order; its rings are as it left them; the device is only ever given buffers of the
// region (the test port checks); in the end everything can be had again. The sanitizers watch the
// rest.
//
// One thing is a client's right, for that is what zero copy means: to name any buffer of the
// region. So the input never writes the index of a buffer that the victim has.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "kernel/core/testing/fuzz_input.h"
#include "kernel/core/testing/port.h"

namespace {

using namespace nmgen::test;

constexpr uint32_t kVictimSlots = 16;
constexpr uint32_t kHostileSlots = 8;
constexpr uint32_t kHostileRings = 4;  // a NIC ring and a host ring in each direction
// Small, so that a world is made in no time.
constexpr Sizes kSizes = {.if_num = 8, .ring_size = 4096, .ring_num = 16, .buf_num = 256};

// A client that keeps the rules, and knows what has to come back to it.
class Victim {
 public:
  explicit Victim(World& world) : client_(world) {
    require(client_.bind("victim") == 0, "the victim can be bound");
    tx_ = client_.tx();
    rx_ = client_.rx();
  }

  void send(uint32_t count) {
    count = std::min(count, space(tx_));
    for (uint32_t i = 0; i < count; ++i) {
      netmap_slot& slot = tx_->slot[(tx_->head + i) % kVictimSlots];
      slot.len = 60;
      std::memset(client_.buffer(tx_, slot.buf_idx), static_cast<uint8_t>(next_), 60);
      on_the_way_.push_back(static_cast<uint8_t>(next_++));
    }
    advance(tx_, count);
    const uint32_t head = tx_->head;
    require(client_.txsync() == 0, "the victim's TXSYNC succeeds");
    require(tx_->head == head && tx_->cur == head, "the victim's ring is not re-initialised");
  }

  void receive() {
    require(client_.rxsync() == 0, "the victim's RXSYNC succeeds");
    require(space(rx_) == on_the_way_.size(), "all of the victim's frames have come, and no other");
    while (!on_the_way_.empty()) {
      const netmap_slot& slot = rx_->slot[rx_->head];
      const uint8_t* frame = client_.buffer(rx_, slot.buf_idx);
      require(slot.len == 60, "the victim's frame has its length");
      for (int i = 0; i < 60; ++i)
        require(frame[i] == on_the_way_.front(), "the victim's frame is whole");
      on_the_way_.pop_front();
      advance(rx_, 1);
    }
    require(client_.rxsync() == 0, "the victim's RXSYNC succeeds");
  }

  bool owns(uint32_t buf_idx) const {
    for (const netmap_ring* ring : {tx_, rx_}) {
      for (uint32_t i = 0; i < kVictimSlots; ++i) {
        if (ring->slot[i].buf_idx == buf_idx)
          return true;
      }
    }
    return false;
  }

 private:
  Client client_;
  netmap_ring* tx_;
  netmap_ring* rx_;
  std::deque<uint8_t> on_the_way_;
  uint64_t next_ = 0;
};

class Machine {
 public:
  explicit Machine(Input input) : input_(input) { open(); }

  void run() {
    for (int steps = 0; steps < 200 && !input_.empty(); ++steps) {
      step();
      if (steps % 16 == 0)
        look_at_victim();
    }
    look_at_victim();
    hostile_.reset();
    peer_.reset();
    look_at_victim();
    victim_.reset();
    require(world_.region()->users == 0, "nobody uses the region");
    for (int i = 0; i < 2; ++i) {
      Client a(world_), b(world_);
      require(a.bind("hostile", NR_REG_NIC_SW, NR_EXCLUSIVE, 0, 64) == 0, "all can be had again");
      require(b.bind("victim", NR_REG_NIC_SW, NR_EXCLUSIVE) == 0, "all can be had again");
      require(a.reg.nr_extra_bufs == 64, "all buffers are there");
    }
  }

 private:
  void look_at_victim() {
    victim_->send(5);
    victim_->receive();
  }

  void open() {
    static constexpr uint64_t kFlags[] = {0, NR_EXCLUSIVE, NR_DO_RX_POLL, NR_NO_TX_POLL};
    hostile_ = std::make_unique<Client>(world_);
    const uint8_t choice = input_.take<uint8_t>();
    uint32_t mode = choice % 2 ? NR_REG_NIC_SW : NR_REG_ALL_NIC;
    uint64_t flags = kFlags[input_.take<uint8_t>() % 4];
    const char* name = "hostile";
    peer_.reset();
    is_monitor_ = choice % 8 == 7;
    if (is_monitor_) {
      name = "victim";
      flags = NR_MONITOR_TX | NR_MONITOR_RX | (flags & ~uint64_t{NR_EXCLUSIVE});
    } else if (choice % 8 == 5 || choice % 8 == 6) {
      name = "hostile{x";
      mode = NR_REG_ALL_NIC;  // a pipe has no host rings
      peer_ = std::make_unique<Client>(world_);
      require(peer_->bind("hostile}x") == 0, "the other end of a pipe can be bound");
    }
    require(hostile_->bind(name, mode, flags, 0, input_.take<uint8_t>() % 16) == 0,
            "a client can be bound, whatever others have done");
    nif_ = hostile_->nif();
    rings_.clear();
    for (uint32_t i = 0; i < kHostileRings; ++i) {
      if (netmap_ring* ring = hostile_->ring_at(i))
        rings_.push_back(ring);
    }
    buffers_ = hostile_->buffer(rings_[0], 0);
  }

  // Interesting values come often: what is just in range, just out of it, and what an attacker
  // would try.
  uint32_t value() {
    static constexpr uint32_t kValues[] = {
        0,    1,    2,          kHostileSlots - 1, kHostileSlots, kHostileSlots + 1,
        2048, 2049, 0x7fffffff, 0x80000000,        0xffffffff,    65535};
    const uint8_t choice = input_.take<uint8_t>();
    if (choice < 12)
      return kValues[choice];
    if (choice < 128)
      return choice % kHostileSlots;
    if (choice < 160)
      return world_.region()->bufs.num + choice - 144u;
    if (choice < 230)
      return input_.take<uint8_t>();
    return input_.take<uint32_t>();
  }

  uint32_t index() {
    const uint32_t i = value();
    return victim_->owns(i) ? 1 : i;
  }

  netmap_ring* ring() { return rings_[input_.take<uint8_t>() % rings_.size()]; }

  void step() {
    switch (input_.take<uint8_t>() % 16) {
      case 0:
        nm_write_once(ring()->head, value());
        break;
      case 1:
        nm_write_once(ring()->cur, value());
        break;
      case 2:
        nm_write_once(ring()->tail, value());
        break;
      case 3: {  // as a client does that keeps the rules
        netmap_ring* r = ring();
        if (r->num_slots == kHostileSlots && r->head < kHostileSlots)
          advance(r, value() % kHostileSlots);
        break;
      }
      case 4:
      case 5: {  // a slot
        netmap_slot& slot = ring()->slot[input_.take<uint8_t>() % kHostileSlots];
        slot.buf_idx = index();
        slot.len = static_cast<uint16_t>(value());
        slot.flags = input_.take<uint16_t>();
        slot.ptr = input_.take<uint64_t>();
        break;
      }
      case 6: {  // any byte of the ring's header; the rest of it is not the kernel's to trust
        uint8_t* bytes = reinterpret_cast<uint8_t*>(ring());
        bytes[input_.take<uint8_t>()] = input_.take<uint8_t>();
        break;
      }
      case 7: {  // any byte of the netmap_if but the list's head, which names buffers
        uint8_t* bytes = reinterpret_cast<uint8_t*>(nif_);
        const size_t at =
            input_.take<uint8_t>() % (sizeof(netmap_if) + kHostileRings * sizeof(ssize_t));
        if (at < offsetof(netmap_if, ni_bufs_head) || at >= offsetof(netmap_if, ni_host_tx_rings))
          bytes[at] = input_.take<uint8_t>();
        break;
      }
      case 8:  // the list of extra buffers
        nif_->ni_bufs_head = index();
        break;
      case 9: {
        const uint32_t at = index(), next = index();
        if (at < hostile_->get()->region->bufs.num)
          std::memcpy(buffers_ + size_t{at} * 2048, &next, sizeof(next));
        break;
      }
      case 10:
        // A monitor's answers EIO, where it does not have to be put right first.
        require(hostile_->txsync() == 0 || is_monitor_,
                "TXSYNC answers 0, whatever the ring holds");
        check_rings();
        break;
      case 11:
        require(hostile_->rxsync() == 0, "RXSYNC answers 0, whatever the ring holds");
        check_rings();
        break;
      case 12: {
        const uint32_t events = input_.take<uint8_t>() % 8;
        const uint32_t ready = hostile_->poll(events, input_.take<uint8_t>() % 2);
        require((ready & ~(events | POLLERR)) == 0, "poll says what was asked for, or POLLERR");
        break;
      }
      case 13: {  // the wire brings a frame, or the other end of the pipe does
        if (peer_)
          work_as_peer();
        const std::vector<uint8_t> frame(1500, 0x77);
        hostile_port_.receive(0, frame.data(), input_.take<uint8_t>());
        break;
      }
      case 14:
        look_at_victim();
        break;
      default:
        if (input_.take<uint8_t>() % 8)
          break;
        hostile_.reset();
        open();
    }
  }

  void work_as_peer() {
    netmap_ring *tx = peer_->tx(), *rx = peer_->rx();
    if (space(tx)) {
      tx->slot[tx->head].len = 60;
      tx->slot[tx->head].flags = 0;
      advance(tx, 1);
    }
    require(peer_->txsync() == 0 && peer_->rxsync() == 0, "the other end's syncs succeed");
    for (; space(rx); advance(rx, 1)) {
      const netmap_slot& slot = rx->slot[rx->head];
      require(slot.len <= 2048 && slot.buf_idx < world_.region()->bufs.num,
              "what comes through a pipe names a buffer");
    }
    require(peer_->rxsync() == 0, "the other end's syncs succeed");
    for (nm_dir dir : {NM_TX, NM_RX})
      require(nm_client_ring(peer_->get(), dir, 0)->stats.reinits == 0,
              "who keeps the rules is not re-initialised");
  }

  // After a sync the kernel's side is sound, and tail is the kernel's again.
  void check_rings() {
    for (nm_dir dir : {NM_TX, NM_RX}) {
      for (uint32_t i = 0; i < 2; ++i) {
        const nm_kring* kr = nm_client_ring(hostile_->get(), dir, i);
        if (!kr)
          continue;
        const uint32_t n = kr->num_slots;
        require(kr->hwcur < n && kr->hwtail < n && kr->rhead < n && kr->rtail < n,
                "the kernel's positions are in the ring");
        require(nm_dist(kr->rhead, kr->rtail, n) < n, "one slot is empty");
      }
    }
  }

  Input input_;
  World world_{kSizes};
  TestPort victim_port_{world_, "victim", port_config(1, kVictimSlots), Wire::kLoopback};
  TestPort hostile_port_{world_, "hostile", port_config(1, kHostileSlots), Wire::kLoopback};
  std::unique_ptr<Victim> victim_ = std::make_unique<Victim>(world_);
  std::unique_ptr<Client> hostile_;
  std::unique_ptr<Client> peer_;  // the other end of the hostile client's pipe
  bool is_monitor_ = false;
  netmap_if* nif_ = nullptr;
  std::vector<netmap_ring*> rings_;
  uint8_t* buffers_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::make_unique<Machine>(Input(data, size))->run();
  return 0;
}
