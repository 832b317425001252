// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the core's tests, fuzz targets and benchmarks stand on: a world (the hosted residence and a
 * core in it), a port with a little device behind it, and a client.
 *
 * The device is as simple as a driver can be that still does everything the contract speaks of: it
 * swaps buffers, fails when told to, and checks with abort() what the core promises to drivers, so
 * that it does so in a fuzz target too.
 */
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/core/nm_core.h"
#include "kernel/hosted/hosted.h"
extern "C" {
#include "kernel/core/ports.h"
#include "kernel/core/region.h"
#include "kernel/core/rings.h"
#include "kernel/core/sync.h"
}

namespace nmgen::test {

inline void require(bool condition, const char* what) {
  if (condition)
    return;
  std::fprintf(stderr, "the core broke its contract: %s\n", what);
  std::abort();
}

// Sizes of the region's pools; 0 takes the core's default.
struct Sizes {
  uint32_t if_size = 0, if_num = 0;
  uint32_t ring_size = 0, ring_num = 0;
  uint32_t buf_size = 0, buf_num = 4096;
  uint32_t priv_buf_size = 0;

  nm_core_config config(nm_os* os) const {
    nm_core_config config = {};
    config.os = os;
    config.if_size = if_size;
    config.if_num = if_num;
    config.ring_size = ring_size;
    config.ring_num = ring_num;
    config.buf_size = buf_size;
    config.buf_num = buf_num;
    config.priv_buf_size = priv_buf_size;
    return config;
  }
};

// A residence and a core in it; `change` may change what the core is made with.
class World {
 public:
  explicit World(const Sizes& sizes = {}, void (*change)(nm_core_config&) = nullptr) {
    require(nmh_os_init(&os_, false) == 0, "the hosted residence starts");
    nm_core_config config = sizes.config(&os_);
    if (change)
      change(config);
    require(nm_core_create(&config, &core_) == 0, "a core can be created");
  }
  ~World() {
    require(core_->home->users == 0, "all clients are closed before their world");
    require(os_.callers == 0, "what is known of who opened a client goes with it");
    nm_core_destroy(core_);
    nmh_os_destroy(&os_);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  nm_core* core() { return core_; }
  nm_os* os() { return &os_; }
  nm_region* region() { return core_->home; }

  // From now on whoever calls is in this namespace, and this user.
  void call_as(const void* ns, uint32_t user = 0, bool may_open = true) {
    os_.caller = {ns, user, may_open};
  }

 private:
  nm_os os_;
  nm_core* core_ = nullptr;
};

// Ring pairs and slots, the same in both directions.
inline nm_port_config port_config(uint32_t rings, uint32_t slots, uint32_t host_rings = 1) {
  nm_port_config config = {};
  for (int dir = 0; dir < NM_DIRS; ++dir) {
    config.num_rings[dir] = rings;
    config.num_host_rings[dir] = host_rings;
    config.num_slots[dir] = slots;
  }
  config.speed_mbps = 10000;
  config.link_up = true;
  return config;
}

enum class Wire {
  kLoopback,   // what TX ring i sends arrives on RX ring i, by a swap of buffers
  kBlackHole,  // what is sent is gone, at once
  kNull,       // as kBlackHole, and the slots are not even looked at
  kStuck,      // nothing that is sent is ever done with
};

// A port with its device. Destroying it detaches it, if that has not been done.
class TestPort {
 public:
  TestPort(World& world, const char* name, const nm_port_config& config, Wire wire,
           bool host_stack = false)
      : wire(wire), queues_(config.num_rings[NM_RX]) {
    require(nm_port_attach(world.core(), name, host_stack ? &kOpsWithStack : &kOps, &config, this,
                           &port_) == 0,
            "a port can be attached");
    for (uint32_t i = 0; i < config.num_rings[NM_RX]; ++i)
      queues_[i].owned.resize(config.num_slots[NM_RX]);
  }
  ~TestPort() { detach(); }
  TestPort(const TestPort&) = delete;
  TestPort& operator=(const TestPort&) = delete;

  void detach() {
    if (port_)
      nm_port_detach(port_);
    port_ = nullptr;
  }

  // From now on the device has other rings; the core takes them up when nobody has the port.
  void change(const nm_port_config& config) {
    now_ = config;
    while (queues_.size() < config.num_rings[NM_RX])
      queues_.emplace_back();
    for (Queue& queue : queues_)
      queue.owned.resize(std::max<size_t>(queue.owned.size(), config.num_slots[NM_RX]));
  }

  nm_port* port() { return port_; }
  nm_kring* kring(nm_dir dir, uint32_t i) { return &port_->krings[dir][i]; }

  // A frame comes in from the wire. False: there was no room.
  bool receive(uint32_t ring, const void* frame, uint16_t len) {
    Queue& q = queues_[ring];
    nm_kring* kr = nm_port_ring(port_, NM_RX, ring);
    {
      const std::lock_guard<std::mutex> guard(q.lock);
      if (!q.on || q.fill == q.limit)
        return false;
      std::memcpy(nm_buf_at(&kr->bufs, q.owned[q.fill]), frame, len);
      q.lengths.push_back(len);
      q.fill = nm_next(q.fill, kr->num_slots - 1);
    }
    nm_kring_notify(kr);
    return true;
  }

  // The host stack sends a frame. As nm_host_queue().
  int stack_sends(uint32_t queue, const std::string& frame) {
    return nm_host_queue(
        port_, queue, static_cast<u32>(frame.size()),
        [](void* arg, u32 offset, void* to, u32 len) {
          const std::string& from = *static_cast<const std::string*>(arg);
          require(offset + len <= from.size(), "a frame is copied as far as it goes");
          std::memcpy(to, from.data() + offset, len);
        },
        const_cast<std::string*>(&frame));
  }

  // What has come up to the host stack since the last call, with the queue.
  struct Up {
    uint32_t queue;
    std::string frame;
    bool operator==(const Up&) const = default;
  };
  std::vector<Up> stack_got() {
    const std::lock_guard<std::mutex> guard(stack_lock_);
    return std::exchange(stack_, {});
  }
  bool stack_takes = true;

  uint64_t dropped(uint32_t ring) {
    const std::lock_guard<std::mutex> guard(queues_[ring].lock);
    return queues_[ring].dropped;
  }

  Wire wire;
  std::deque<int> reg_results;    // of the next calls of reg; 0 when there are none left
  const char* reg_why = nullptr;  // what the driver says of the next that fails
  int reg_calls = 0;
  int sync_error = 0;  // what txsync and rxsync answer, without doing anything
  uint64_t deadline_ns = 0;
  std::function<void()> in_deadline;  // called by deadline, with the ring held

  // What a black hole has taken, if it is to be kept.
  struct Sent {
    std::string frame;
    uint16_t flags;
  };
  bool keep_sent = false;
  std::vector<Sent> sent;

 private:
  // The device's side of a receive ring. Slots from fill up to limit hold buffers that wait for
  // frames.
  struct Queue {
    std::mutex lock;
    bool on = false;
    std::vector<uint32_t> owned;   // buffer that slot i was given to the device with
    std::deque<uint16_t> lengths;  // of what has come in and is not yet in the ring
    uint32_t fill = 0;
    uint32_t limit = 0;
    uint64_t dropped = 0;
  };

  static TestPort* of(const nm_kring* kr) { return static_cast<TestPort*>(nm_port_data(kr->port)); }

  static void check_view(const nm_kring* kr, const nm_slot_view& view) {
    const nm_region* region = kr->port->region;
    require(view.buf_idx < nm_read_once(region->bufs.num),
            "a slot that is passed names a buffer of the region");
    require(view.len <= region->bufs.size, "a slot that is passed is no longer than a buffer");
    require(nm_buf_at(&kr->bufs, view.buf_idx) == nm_region_buf(kr->port->region, view.buf_idx),
            "the buffer is where the region has it");
  }

  static void check_positions(const nm_kring* kr) {
    const uint32_t n = kr->num_slots;
    require(kr->rhead < n && kr->rcur < n && kr->hwcur < n && kr->hwtail < n,
            "positions are in the ring");
    require(nm_read_once(kr->busy) == 1, "a driver is called by the thread that holds the ring");
    require(!nm_read_once(kr->stopped), "a driver is not called for a stopped ring");
  }

  static int reg(nm_port* port) {
    TestPort* self = static_cast<TestPort*>(nm_port_data(port));
    int result = 0;
    ++self->reg_calls;
    if (!self->reg_results.empty()) {
      result = self->reg_results.front();
      self->reg_results.pop_front();
    }
    bool pending = false;
    for (int dir = 0; dir < NM_DIRS; ++dir) {
      for (uint32_t i = 0; i < port->config.num_rings[dir]; ++i) {
        nm_kring* kr = &port->krings[dir][i];
        if (!nm_kring_pending(kr))
          continue;
        pending = true;
        require(nm_read_once(kr->stopped), "rings are stopped while they are switched");
        require(kr->ring != nullptr, "a ring has its memory while it is switched");
        if (result == 0 && dir == NM_RX)
          self->switch_queue(kr);
      }
    }
    require(pending, "reg is called for something");
    return result;
  }

  void switch_queue(nm_kring* kr) {
    Queue& q = queues_[kr->ring_id];
    const std::lock_guard<std::mutex> guard(q.lock);
    q.on = kr->pending_on;
    q.fill = 0;
    q.limit = kr->num_slots - 1;
    q.lengths.clear();
    if (!q.on)
      return;
    for (uint32_t i = 0; i < kr->num_slots; ++i) {
      nm_slot_view view;
      require(nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view), "new slots are good");
      check_view(kr, view);
      q.owned[i] = view.buf_idx;
    }
  }

  // One frame over the wire: its buffer goes to the receive ring, and an empty one comes back.
  void loop_back(nm_kring* rx, netmap_slot* slot, const nm_slot_view& view) {
    Queue& q = queues_[rx->ring_id];
    const std::lock_guard<std::mutex> guard(q.lock);
    if (!q.on || q.fill == q.limit) {
      ++q.dropped;
      return;
    }
    nm_write_once(slot->buf_idx, q.owned[q.fill]);
    nm_write_once(slot->flags, static_cast<uint16_t>(view.flags | NS_BUF_CHANGED));
    q.owned[q.fill] = view.buf_idx;
    nm_write_once(rx->ring->slot[q.fill].buf_idx, view.buf_idx);
    q.lengths.push_back(view.len);
    q.fill = nm_next(q.fill, rx->num_slots - 1);
  }

  static int txsync(nm_kring* kr, int flags) {
    TestPort* self = of(kr);
    const uint32_t lim = kr->num_slots - 1;
    const Wire wire = self->wire;
    nm_kring* rx = wire == Wire::kLoopback ? nm_port_ring(kr->port, NM_RX, kr->ring_id) : nullptr;
    bool moved = false;

    (void)flags;
    check_positions(kr);
    if (self->sync_error)
      return self->sync_error;
    if (wire == Wire::kNull)
      kr->hwcur = kr->rhead;
    while (kr->hwcur != kr->rhead) {
      netmap_slot* slot = &kr->ring->slot[kr->hwcur];
      nm_slot_view view;
      if (!nm_slot_get(slot, &kr->bufs, &view)) {
        nm_slot_refuse(kr, kr->hwcur);
        break;
      }
      check_view(kr, view);
      if (rx)
        self->loop_back(rx, slot, view);
      else if (self->keep_sent)
        self->sent.push_back(
            {std::string(reinterpret_cast<const char*>(nm_buf_at(&kr->bufs, view.buf_idx)),
                         view.len),
             view.flags});
      moved = true;
      kr->hwcur = nm_next(kr->hwcur, lim);
    }
    if (wire != Wire::kStuck)
      kr->hwtail = nm_prev(kr->hwcur, lim);
    if (rx && moved)
      nm_kring_notify(rx);
    return 0;
  }

  static int rxsync(nm_kring* kr, int flags) {
    TestPort* self = of(kr);
    const uint32_t lim = kr->num_slots - 1;
    Queue& q = self->queues_[kr->ring_id];

    (void)flags;
    check_positions(kr);
    if (self->sync_error)
      return self->sync_error;
    const std::lock_guard<std::mutex> guard(q.lock);
    require(q.on, "a ring is synced in netmap mode only");
    while (!q.lengths.empty()) {
      nm_slot_put(&kr->ring->slot[kr->hwtail], q.lengths.front(), 0);
      q.lengths.pop_front();
      kr->hwtail = nm_next(kr->hwtail, lim);
    }
    while (kr->hwcur != kr->rhead) {
      nm_slot_view view;
      if (!nm_slot_get(&kr->ring->slot[kr->hwcur], &kr->bufs, &view)) {
        nm_slot_refuse(kr, kr->hwcur);
        break;
      }
      check_view(kr, view);
      q.owned[kr->hwcur] = view.buf_idx;
      kr->hwcur = nm_next(kr->hwcur, lim);
    }
    q.limit = nm_prev(kr->hwcur, lim);
    return 0;
  }

  static void config(nm_port* port, nm_port_config* config) {
    const TestPort* self = static_cast<const TestPort*>(nm_port_data(port));
    if (self->now_)
      *config = *self->now_;
    config->speed_mbps = 40000;
  }

  static u64 deadline(nm_kring* kr) {
    TestPort* self = of(kr);
    if (self->in_deadline)
      self->in_deadline();
    return self->deadline_ns;
  }

  static bool host_up(nm_port* port, u32 queue, const nm_frag* frags, u32 num) {
    TestPort* self = static_cast<TestPort*>(nm_port_data(port));
    require(num >= 1 && num <= NETMAP_MAX_FRAGS, "a frame has 1 to 64 pieces");
    Up up{queue, {}};
    for (u32 i = 0; i < num; ++i)
      up.frame.append(reinterpret_cast<const char*>(frags[i].data), frags[i].len);
    const std::lock_guard<std::mutex> guard(self->stack_lock_);
    if (self->stack_takes)
      self->stack_.push_back(std::move(up));
    return self->stack_takes;
  }

  static const char* why(nm_port* port) {
    return std::exchange(static_cast<TestPort*>(nm_port_data(port))->reg_why, nullptr);
  }

  static constexpr nm_driver_ops kOpsWithStack = {"test",   reg,     txsync,  rxsync, config,
                                                  deadline, host_up, nullptr, why};
  static constexpr nm_driver_ops kOps = {"test",   reg,     txsync,  rxsync, config,
                                         deadline, nullptr, nullptr, why};

  nm_port* port_ = nullptr;
  std::optional<nm_port_config> now_;
  std::deque<Queue> queues_;
  std::mutex stack_lock_;
  std::vector<Up> stack_;
};

// An open file, with the request that bound it.
class Client {
 public:
  explicit Client(World& world) : core_(world.core()) {
    require(nmh_waiter_init(&waiter_, world.os()) == 0, "a waiter can be made");
    require(nm_client_open(core_, &waiter_, &client_) == 0, "a client can be opened");
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (!client_)
      return;
    nm_client_close(client_);
    nmh_waiter_destroy(&waiter_);
    client_ = nullptr;
  }

  static nmreq_header header(uint16_t type, const char* name, void* body, void* options = nullptr) {
    nmreq_header h = {};
    h.nr_version = NETMAP_API;
    h.nr_reqtype = type;
    std::snprintf(h.nr_name, sizeof(h.nr_name), "%s", name);
    h.nr_body = reinterpret_cast<uintptr_t>(body);
    h.nr_options = reinterpret_cast<uintptr_t>(options);
    return h;
  }

  int control(nmreq_header* h) {
    return nm_client_control(client_, NIOCCTRL, reinterpret_cast<uintptr_t>(h));
  }

  // REGISTER; what it answers is in `reg`.
  int bind(const char* name, uint32_t mode = NR_REG_ALL_NIC, uint64_t flags = 0,
           uint16_t ringid = 0, uint32_t extra_bufs = 0) {
    reg = {};
    reg.nr_mode = mode;
    reg.nr_flags = flags;
    reg.nr_ringid = ringid;
    reg.nr_extra_bufs = extra_bufs;
    return bind_request(name);
  }
  int bind_request(const char* name, void* options = nullptr) {
    nmreq_header h = header(NETMAP_REQ_REGISTER, name, &reg, options);
    return control(&h);
  }

  std::string reason() {
    char text[NM_REASON_SIZE];
    nm_client_reason(client_, text, sizeof(text));
    return text;
  }

  uint8_t* memory() { return nm_client_mem(client_)->base; }
  netmap_if* nif() { return reinterpret_cast<netmap_if*>(memory() + reg.nr_offset); }

  // Ring at place i of ring_ofs; nullptr where it is not bound.
  netmap_ring* ring_at(uint32_t i) {
    const ssize_t ofs = nif()->ring_ofs[i];
    return ofs ? reinterpret_cast<netmap_ring*>(reinterpret_cast<uintptr_t>(nif()) +
                                                static_cast<uintptr_t>(ofs))
               : nullptr;
  }
  netmap_ring* tx(uint32_t i = 0) { return ring_at(i); }
  netmap_ring* rx(uint32_t i = 0) {
    return ring_at(nif()->ni_tx_rings + nif()->ni_host_tx_rings + i);
  }

  uint8_t* buffer(const netmap_ring* ring, uint32_t index) {
    return reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(ring) +
                                      static_cast<uintptr_t>(ring->buf_ofs)) +
           static_cast<size_t>(index) * ring->nr_buf_size;
  }

  int txsync() { return nm_client_control(client_, NIOCTXSYNC, 0); }
  int rxsync() { return nm_client_control(client_, NIOCRXSYNC, 0); }
  uint32_t poll(uint32_t events, bool record = false) {
    return nm_client_poll(client_, events, record);
  }

  nm_client* get() { return client_; }
  nm_waiter* waiter() { return &waiter_; }

  nmreq_register reg = {};

 private:
  nm_core* core_;
  nm_waiter waiter_;
  nm_client* client_ = nullptr;
};

// Slots that the client owns.
inline uint32_t space(const netmap_ring* ring) {
  return nm_dist(ring->head, ring->tail, ring->num_slots);
}

// Both head and cur go forward.
inline void advance(netmap_ring* ring, uint32_t slots) {
  ring->head = ring->cur = (ring->head + slots) % ring->num_slots;
}

}  // namespace nmgen::test
