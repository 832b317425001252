// SPDX-License-Identifier: BSD-2-Clause
// The control path: the input is a program of opens, requests, syncs, polls and closes over a few
// clients. Bodies, headers and lists of options come from the input as they are, with pointers that
// point into a buffer that the input fills, or anywhere.
//
// Oracle: the sanitizers, the checks of the test port, and that in the end everything can be had
// again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>

#include "kernel/core/testing/fuzz_input.h"
#include "kernel/core/testing/port.h"

namespace {

using namespace nmgen::test;

constexpr size_t kClients = 4;
// Small, so that a world is made in no time, and that there may be no room.
constexpr Sizes kSizes = {.if_num = 5, .ring_size = 1024, .ring_num = 16, .buf_num = 300};
constexpr size_t kArena = 8192;
constexpr size_t kMaxBody = 64;
// More would only cost the fuzzer's time: each buffer is touched.
constexpr uint32_t kMaxExtraBufs = 3000;

constexpr const char* kNames[] = {"a",   "b",       "",    "nowhere", "a{1",
                                  "a}1", "b{x y}z", "b}2", "auto{1",  "auto}1"};

class Machine {
 public:
  explicit Machine(Input input) : input_(input) {
    keeper_.reg.nr_mode = NR_REG_NULL;
    keeper_.reg.nr_mem_id = 1;
    require(keeper_.bind_request("keeper") == 0, "a null port can be bound");
    world_.region()->max_bufs = 4096;
    ifs_ = world_.region()->ifs.num_free;
    rings_ = world_.region()->rings.num_free;
  }

  void run() {
    for (int steps = 0; steps < 64 && !input_.empty(); ++steps)
      step();
    finish();
  }

 private:
  Client& client() {
    std::unique_ptr<Client>& slot = clients_[input_.take<uint8_t>() % kClients];
    if (!slot)
      slot = std::make_unique<Client>(world_);
    return *slot;
  }

  // Mostly into the arena, where the input may have put something; else as wild as it comes.
  uint64_t pointer() {
    const uint16_t word = input_.take<uint16_t>();
    if (word == 0)
      return 0;
    if (word >= 0xff00)
      return input_.take<uint64_t>();
    return reinterpret_cast<uintptr_t>(arena_) + word % kArena;
  }

  void step() {
    switch (input_.take<uint8_t>() % 12) {
      case 0: {  // bytes into the arena
        const size_t at = input_.take<uint16_t>() % kArena;
        const size_t size = std::min<size_t>(input_.take<uint8_t>(), kArena - at);
        input_.read(arena_ + at, size);
        break;
      }
      case 1:
      case 2: {  // an option into the arena, which points wherever
        nmreq_option option = {};
        const size_t at = input_.take<uint16_t>() % (kArena - sizeof(option));
        option.nro_next = pointer();
        option.nro_reqtype =
            input_.take<uint8_t>() % 16 ? input_.take<uint8_t>() % 8 : input_.take<uint32_t>();
        option.nro_size = input_.take<uint8_t>() % 4 ? 0 : input_.take<uint64_t>();
        std::memcpy(arena_ + at, &option, sizeof(option));
        break;
      }
      case 3:
      case 4:
        bind();
        break;
      case 5: {  // any request, its body in the arena
        nmreq_header h = name_header();
        h.nr_reqtype = input_.take<uint8_t>() % 18;
        h.nr_body = pointer();
        request(h);
        break;
      }
      case 6: {  // information, asked for properly
        nmreq_pools_info body = input_.take<nmreq_pools_info>();
        nmreq_header h = name_header();
        h.nr_reqtype =
            input_.take<uint8_t>() % 2 ? NETMAP_REQ_PORT_INFO_GET : NETMAP_REQ_POOLS_INFO_GET;
        h.nr_body = reinterpret_cast<uintptr_t>(&body);
        request(h);
        break;
      }
      case 7: {  // a header from the input
        nmreq_header h = input_.take<nmreq_header>();
        if (!dangerous(h))
          client().control(&h);
        break;
      }
      case 8:
        nm_client_control(client().get(), input_.take<uint32_t>(),
                          reinterpret_cast<uintptr_t>(arena_));
        break;
      case 9: {
        const uint8_t what = input_.take<uint8_t>();
        if (what >= 0xf0)
          change_rings(what % 2 ? port_a_ : port_b_);
        else
          what % 2 ? client().txsync() : client().rxsync();
        break;
      }
      case 10:
        client().poll(input_.take<uint8_t>(), input_.take<uint8_t>() % 2);
        nm_client_deadline(client().get(), POLLIN | POLLOUT);
        break;
      default:
        clients_[input_.take<uint8_t>() % kClients].reset();
    }
  }

  // The device of a port has other rings from now on.
  void change_rings(TestPort& port) {
    const uint32_t rings = 1 + input_.take<uint8_t>() % 8;
    port.change(port_config(rings, 16u << input_.take<uint8_t>() % 3));
  }

  nmreq_header name_header() {
    nmreq_header h = Client::header(0, kNames[input_.take<uint8_t>() % std::size(kNames)], nullptr);
    h.nr_version = static_cast<uint16_t>(13 + input_.take<uint8_t>() % 4);
    h.nr_options = pointer();
    return h;
  }

  // A wild pointer that happens to hit our own memory is a write that the client asked for: it may
  // break the fuzzer.
  static bool wild(uint64_t address) { return address >= 4096 && address < uint64_t{1} << 47; }
  static bool dangerous(const nmreq_header& h) { return wild(h.nr_body) || wild(h.nr_options); }

  bool in_arena(uint64_t address, size_t size) const {
    const uint64_t base = reinterpret_cast<uintptr_t>(arena_);
    return address >= base && address - base <= sizeof(arena_) - size;
  }

  // The list is the input's; what it may write to is the arena or nowhere.
  bool options_are_ours(uint64_t address) const {
    for (int i = 0; i < 400 && address; ++i) {
      if (!in_arena(address, sizeof(nmreq_option)))
        return !wild(address) && !wild(address + sizeof(nmreq_option));
      nmreq_option option;
      std::memcpy(&option, reinterpret_cast<const void*>(address), sizeof(option));
      address = option.nro_next;
    }
    return true;
  }

  void request(nmreq_header& h) {
    const bool own_body = !wild(h.nr_body) || in_arena(h.nr_body, kMaxBody);
    if (!options_are_ours(h.nr_options) || !own_body)
      return;
    if (h.nr_reqtype == NETMAP_REQ_REGISTER && in_arena(h.nr_body, sizeof(nmreq_register))) {
      nmreq_register body;
      std::memcpy(&body, reinterpret_cast<const void*>(h.nr_body), sizeof(body));
      body.nr_extra_bufs %= kMaxExtraBufs;
      std::memcpy(reinterpret_cast<void*>(h.nr_body), &body, sizeof(body));
    }
    client().control(&h);
  }

  void bind() {
    nmreq_register body = {};
    body.nr_mode = input_.take<uint8_t>() % 10;
    body.nr_ringid = input_.take<uint8_t>() % 8;
    body.nr_mem_id = input_.take<uint8_t>() % 4 ? 0 : input_.take<uint8_t>() % 3;
    body.nr_flags = uint64_t{input_.take<uint8_t>()} << 11;
    if (input_.take<uint8_t>() % 8 == 0)
      body.nr_flags |= input_.take<uint64_t>();
    if (input_.take<uint8_t>() % 4 == 0)
      body.nr_extra_bufs = input_.take<uint16_t>() % kMaxExtraBufs;
    if (input_.take<uint8_t>() % 4 == 0) {  // monitors, and what pipes are made of
      body.nr_flags |= uint64_t{input_.take<uint8_t>()} % 8 << 8;
      body.nr_tx_slots = input_.take<uint8_t>();
      body.nr_rx_slots = input_.take<uint8_t>();
      body.nr_tx_rings = input_.take<uint8_t>() % 8;
      body.nr_rx_rings = input_.take<uint8_t>() % 8;
    }
    if (input_.take<uint8_t>() % 8 == 0)
      port_a_.reg_results = {-EIO};
    nmreq_header h = name_header();
    h.nr_reqtype = NETMAP_REQ_REGISTER;
    h.nr_body = reinterpret_cast<uintptr_t>(&body);
    if (!options_are_ours(h.nr_options))
      return;
    Client& c = client();
    const int error = c.control(&h);
    require(error <= 0, "a request answers 0 or an error");
    if (error == 0)
      look_at(c, body);
  }

  // What REGISTER says is so: every offset leads to a ring in the region, every slot to a buffer.
  void look_at(Client& c, const nmreq_register& body) {
    const nm_region* region = c.get()->region;
    c.reg = body;
    require(body.nr_memsize == nm_region_memsize(region), "nr_memsize is the region's size");
    const netmap_if* nif = c.nif();
    const uint32_t total =
        nif->ni_tx_rings + nif->ni_rx_rings + nif->ni_host_tx_rings + nif->ni_host_rx_rings;
    for (uint32_t i = 0; i < total; ++i) {
      const netmap_ring* ring = c.ring_at(i);
      if (!ring)
        continue;
      const uint8_t* end = reinterpret_cast<const uint8_t*>(&ring->slot[ring->num_slots]);
      require(reinterpret_cast<const uint8_t*>(ring) >= c.memory() + region->rings.offset &&
                  end <= c.memory() + body.nr_memsize,
              "a ring is in the region");
      for (uint32_t s = 0; s < ring->num_slots; ++s)
        require(ring->slot[s].buf_idx < region->bufs.num, "a slot names a buffer");
    }
  }

  void finish() {
    for (std::unique_ptr<Client>& c : clients_)
      c.reset();
    port_a_.reg_results.clear();
    // Buffers that clients had may have taken the memory that larger rings would need.
    port_a_.change(rings_of_a_);
    port_b_.change(rings_of_b_);
    // Ports that the input has made to stay.
    for (const char* name : kNames) {
      Client one(world_);
      nmreq_header h = Client::header(NETMAP_REQ_VALE_DELIF, name, nullptr);
      one.control(&h);
    }
    const nm_region* region = world_.region();
    // A driver that would not stop keeps its rings, as they were then, until the next client
    // leaves.
    for (const char* name : {"a", "b"}) {
      Client one(world_);
      one.bind(name, NR_REG_NIC_SW, NR_EXCLUSIVE);
    }
    for (const char* name : {"a", "b"}) {
      Client one(world_);
      require(one.bind(name, NR_REG_NIC_SW, NR_EXCLUSIVE) == 0, "all rings can be had again");
    }
    require(region->users == 1, "only the keeper uses the region");
    require(region->ifs.num_free == ifs_, "all netmap_ifs are back");
    require(region->rings.num_free == rings_, "all rings are back");
    u64 taken = NM_RESERVED_BUFS;
    for (u32 i = 0; i < region->num_more; ++i) {
      const nm_pool& pool = region->more[i];
      require(pool.num_free == pool.num, "all that pools have grown by is back");
      taken += (u64{pool.num} * pool.size + region->bufs.size - 1) / region->bufs.size;
    }
    require(region->bufs.num_free == region->bufs.num - taken, "all buffers are back");
    require(nm_region_find(world_.core(), nullptr, 2) == nullptr, "no private region is left");
  }

  Input input_;
  World world_{kSizes};
  const nm_port_config rings_of_a_ = port_config(4, 16, 2), rings_of_b_ = port_config(1, 64);
  TestPort port_a_{world_, "a", rings_of_a_, Wire::kLoopback};
  TestPort port_b_{world_, "b", rings_of_b_, Wire::kBlackHole};
  Client keeper_{world_};
  std::unique_ptr<Client> clients_[kClients];
  u32 ifs_ = 0, rings_ = 0;
  alignas(64) uint8_t arena_[kArena] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::make_unique<Machine>(Input(data, size))->run();
  return 0;
}
