// SPDX-License-Identifier: BSD-2-Clause
// Hostile clients of a switch: two that write what the input says to any slot and any position of
// their rings, sync, and come and go, beside two that keep the rules. All have memory of their own,
// but one of the hostile ones, which shares a region with nobody that matters.
//
// Oracle: frames between the two that keep the rules, sent to each other by the port in their
// slots, arrive whole and in order, whatever the others do in between (they are emptied each time,
// so nothing of theirs fills a ring); and their rings are as they left them. No counter of a
// receiver exceeds what was sent to it. The sanitizers watch the rest.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "kernel/core/testing/fuzz_input.h"
#include "kernel/core/vale/testing/switch.h"

namespace {

using namespace nmgen::test;

constexpr uint32_t kSlots = 32;
constexpr Sizes kSizes = {.if_num = 8, .ring_size = 4096, .ring_num = 16, .buf_num = 256};

class Machine {
 public:
  explicit Machine(Input input) : input_(input) {
    require(left_.error == 0 && right_.error == 0, "ports can be opened");
    for (int i = 0; i < 2; ++i)
      open(i);
  }

  void run() {
    for (int steps = 0; steps < 300 && !input_.empty(); ++steps) {
      step();
      if (steps % 16 == 0)
        exchange();
    }
    exchange();
  }

 private:
  void open(int i) {
    static constexpr uint64_t kFlags[] = {0, NR_EXCLUSIVE, NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY};
    hostile_[i].reset();
    const uint8_t how = input_.take<uint8_t>();
    hostile_[i] = std::make_unique<Peer>(
        world_, "vale0:h" + std::to_string(i), static_cast<uint16_t>(1 + how % 2), kSlots,
        kFlags[how / 2 % 4] | NR_ACCEPT_VNET_HDR, how / 8 % 4 ? NR_REG_ALL_NIC : NR_REG_ONE_NIC);
    require(hostile_[i]->error == 0, "a client can be bound, whatever others have done");
    if (how & 0x80) {
      const uint32_t lens[] = {0, 10, 12, 12};
      nmreq_port_hdr hdr = {lens[how / 32 % 4], 0};
      const std::string name = "vale0:h" + std::to_string(i);
      nmreq_header request = Client::header(NETMAP_REQ_PORT_HDR_SET, name.c_str(), &hdr);
      require(hostile_[i]->control(&request) == 0, "the header's length can be set");
    }
  }

  Peer& peer() { return *hostile_[input_.take<uint8_t>() % 2]; }

  // A ring that the client has bound, or nullptr.
  netmap_ring* ring(Peer& p) {
    const uint32_t all = p.reg.nr_tx_rings + p.reg.nr_rx_rings + 2u;
    return p.ring_at(input_.take<uint8_t>() % all);
  }

  uint32_t value() {
    static constexpr uint32_t kValues[] = {0,          1,          2,          kSlots - 1,
                                           kSlots,     kSlots + 1, 2048,       2049,
                                           0x7fffffff, 0x80000000, 0xffffffff, 65535};
    const uint8_t choice = input_.take<uint8_t>();
    if (choice < 12)
      return kValues[choice];
    if (choice < 200)
      return choice % kSlots;
    return input_.take<uint32_t>();
  }

  void write_slot(Peer& p, netmap_slot& slot) {
    const uint8_t how = input_.take<uint8_t>();
    if (how & 1)
      slot.buf_idx = value();
    slot.len = static_cast<uint16_t>(how & 2 ? value() : 60);
    slot.flags =
        how & 4 ? input_.take<uint16_t>() : static_cast<uint16_t>(how & 8 ? NS_MOREFRAG : 0);
    slot.ptr = how & 16 ? input_.take<uint64_t>() : reinterpret_cast<uintptr_t>(indirect_.data());
    (void)p;
  }

  // Bytes of the buffers that its slots name, so that headers and addresses make sense at times.
  void write_frame(Peer& p, netmap_ring* r) {
    const netmap_slot& slot = r->slot[r->head % kSlots];
    if (slot.buf_idx >= 2 + 4 * kSlots)
      return;
    uint8_t* to = p.buffer(r, slot.buf_idx);
    const uint8_t size = input_.take<uint8_t>();
    for (uint32_t i = 0; i < size; ++i)
      to[i] = input_.take<uint8_t>();
  }

  void step() {
    Peer& p = peer();
    netmap_ring* r = ring(p);
    switch (input_.take<uint8_t>() % 12) {
      case 0:
        if (r)
          nm_write_once(r->head, value());
        break;
      case 1:
        if (r)
          nm_write_once(r->cur, value());
        break;
      case 2:
      case 3:
        if (r && r->head < kSlots)
          advance(r, value() % kSlots);
        break;
      case 4:
      case 5:
        if (r)
          write_slot(p, r->slot[input_.take<uint8_t>() % kSlots]);
        break;
      case 6:
        if (r)
          write_frame(p, r);
        break;
      case 7:
      case 8:
        require(p.txsync() == 0, "TXSYNC answers 0, whatever the ring holds");
        break;
      case 9:
        require(p.rxsync() == 0, "RXSYNC answers 0, whatever the ring holds");
        break;
      case 10:
        exchange();
        break;
      default:
        if (input_.take<uint8_t>() % 4 == 0)
          open(input_.take<uint8_t>() % 2);
    }
  }

  // What others have sent is thrown away first.
  void exchange() {
    left_.receive();
    right_.receive();
    for (uint8_t i = 0; i < 5; ++i) {
      const Bytes bytes = frame(station(2), station(1), 60 + i * 300u, i);
      require(left_.put_pieces(bytes, 400), "there is room in a ring that keeps the rules");
    }
    // To the port of `right_`, whatever the table of stations has been told.
    netmap_ring* tx = left_.tx();
    const uint32_t head = tx->head;
    for (uint32_t i = sent_; i != head; i = (i + 1) % kSlots)
      tx->slot[i].flags = static_cast<uint16_t>(tx->slot[i].flags | 1 << NS_PORT_SHIFT);
    sent_ = head;
    require(left_.txsync() == 0 && tx->head == head && tx->cur == head, "its ring is left alone");
    const std::vector<Bytes> got = right_.receive();
    require(got.size() == 5, "five frames were sent and came");
    for (uint8_t i = 0; i < 5; ++i)
      require(got[i] == frame(station(2), station(1), 60 + i * 300u, i), "a frame is whole");
    const Counters c = counters(world_, "vale0:right");
    require(c.rx[0].frames >= 5, "delivered frames are counted");
  }

  Input input_;
  World world_{kSizes};
  Bytes indirect_ = frame(kEverybody, station(9), 2048);
  Peer left_{world_, "vale0:left", 1, kSlots};
  Peer right_{world_, "vale0:right", 1, kSlots};
  std::unique_ptr<Peer> hostile_[2];
  uint32_t sent_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::make_unique<Machine>(Input(data, size))->run();
  return 0;
}
