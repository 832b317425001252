// SPDX-License-Identifier: BSD-2-Clause
// For tests and benchmarks of the model: worlds, adapters and clients that clean up after
// themselves, and frames to send.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim.h"
#include "sim82599.h"
#include "testing/client.h"

namespace nmgen::test {

inline void check(int error, const std::string& what) {
  if (error != 0) {
    throw std::runtime_error(what + ": error " + std::to_string(-error));
  }
}

struct World {
  explicit World(uint32_t buf_size = 2048, uint32_t buf_num = 40000) {
    nmh_config config{};
    config.buf_size = buf_size;
    config.buf_num = buf_num;
    config.no_timestamp = true;
    check(nmh_create(&config, &world), "nmh_create");
  }
  ~World() { nmh_destroy(world); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  nmh* world = nullptr;
};

struct AdapterOptions {
  uint32_t speed_gbps = 10;
  uint32_t queues = 1;
  uint32_t slots = 512;
  bool flow_control = false;
};

// A clock that stands still until it is moved, so that a test says when what happens.
struct ManualClock {
  static constexpr uint64_t kHz = 2000000000;

  static u64 read(void* arg) { return static_cast<ManualClock*>(arg)->ticks.load(); }
  void forward_ns(uint64_t ns) { ticks += ns * (kHz / 1000000000); }

  std::atomic<uint64_t> ticks{0};
};

struct Adapter {
  Adapter(World& w, const char* port_name, const AdapterOptions& options = {}) : name(port_name) {
    nmh_sim_config config{};
    config.name = port_name;
    config.speed_gbps = options.speed_gbps;
    config.queues = options.queues;
    config.tx_slots = options.slots;
    config.rx_slots = options.slots;
    config.flow_control = options.flow_control;
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    const int error = nmh_sim_create(w.world, &config, &sim, &refusal);
    check(error, reason);
  }
  ~Adapter() { nmh_sim_destroy(sim); }
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  struct nmh_port_stats stats() const {
    struct nmh_port_stats now {};
    nmh_driver_sim82599.stats(sim, &now);
    return now;
  }

  // Before the adapter is connected.
  void use(ManualClock& clock) {
    const sim_clock manual{ManualClock::read, &clock, 0, ManualClock::kHz, nullptr};
    sim_set_clock(nmh_sim_hw(sim), &manual);
  }

  std::string name;
  nmh_sim* sim = nullptr;
};

// A descriptor that is bound to rings of a port: all of them, or one pair.
struct Client {
  static constexpr int kAllRings = -1;

  Client(World& w, const Adapter& adapter, int ring = kAllRings) {
    const uint32_t mode = ring == kAllRings ? NR_REG_ALL_NIC : NR_REG_ONE_NIC;
    const uint16_t id = ring == kAllRings ? 0 : static_cast<uint16_t>(ring);
    check(client_open(&opened, w.world, adapter.name.c_str(), mode, id, 0),
          "REGISTER " + adapter.name);
  }
  ~Client() { client_close(&opened); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  netmap_ring* tx(uint32_t ring = 0) const { return client_tx(&opened, ring); }
  netmap_ring* rx(uint32_t ring = 0) const { return client_rx(&opened, ring); }
  int txsync() const { return nmh_txsync(opened.fd); }
  int rxsync() const { return nmh_rxsync(opened.fd); }

  client opened{};
};

inline uint8_t* buffer(netmap_ring* ring, uint32_t index) {
  return reinterpret_cast<uint8_t*>(ring) + ring->buf_ofs +
         static_cast<size_t>(index) * ring->nr_buf_size;
}

inline uint32_t next(const netmap_ring* ring, uint32_t i) {
  return i + 1 == ring->num_slots ? 0 : i + 1;
}

inline uint32_t space(const netmap_ring* ring) {
  return ring->tail >= ring->head ? ring->tail - ring->head
                                  : ring->tail + ring->num_slots - ring->head;
}

// Takes the next transmit slot, or slots, for a frame. Returns false, and takes none, where there
// is too little room.
inline bool put_frame(netmap_ring* ring, const void* data, size_t size) {
  const size_t part = ring->nr_buf_size;
  const size_t slots = size <= part ? 1 : (size + part - 1) / part;
  if (space(ring) < slots) {
    return false;
  }
  const uint8_t* from = static_cast<const uint8_t*>(data);
  uint32_t i = ring->head;
  do {
    const size_t len = size < part ? size : part;
    netmap_slot& slot = ring->slot[i];
    std::memcpy(buffer(ring, slot.buf_idx), from, len);
    slot.len = static_cast<uint16_t>(len);
    slot.flags = size > part ? NS_MOREFRAG : 0;
    from += len;
    size -= len;
    i = next(ring, i);
  } while (size > 0);
  ring->head = ring->cur = i;
  return true;
}

// Takes one whole frame out of a receive ring; empty where there is none.
inline std::vector<uint8_t> get_frame(netmap_ring* ring) {
  std::vector<uint8_t> frame;
  uint32_t i = ring->head;
  bool more = i != ring->tail;
  while (more) {
    const netmap_slot& slot = ring->slot[i];
    const uint8_t* data = buffer(ring, slot.buf_idx);
    frame.insert(frame.end(), data, data + slot.len);
    more = (slot.flags & NS_MOREFRAG) != 0;
    i = next(ring, i);
  }
  ring->head = ring->cur = i;
  return frame;
}

// A frame whose every byte follows from its number and size. No IP, so that it is never hashed.
inline std::vector<uint8_t> make_frame(uint64_t number, size_t size) {
  std::vector<uint8_t> frame(size);
  for (size_t i = 0; i < size; i++) {
    frame[i] = static_cast<uint8_t>((number * 31 + i * 7 + size) & 0xff);
  }
  if (size >= 14) {
    frame[12] = 0x88;
    frame[13] = 0xb5;  // local experimental Ethertype 1 (IEEE 802)
  }
  if (size >= 22) {
    std::memcpy(&frame[14], &number, sizeof(number));
  }
  return frame;
}

}  // namespace nmgen::test
