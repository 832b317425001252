// SPDX-License-Identifier: BSD-2-Clause
// For tests of drivers: a port with a client that sends and receives frames of any size.
#pragma once

#include <gtest/gtest.h>
#include <net/netmap.h>
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "nmh_driver.h"
#include "testing/client.h"

namespace nmgen::test {

using Bytes = std::vector<uint8_t>;

// A port in `world`, and a client of all its rings.
class PortClient {
 public:
  PortClient(nmh* world, const std::string& driver, const char* interface,
             const std::vector<nmh_option>& options) {
    const nmh_port_request request{interface, options.data(), options.size()};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    EXPECT_EQ(nmh_port_create(world, nmh_driver_find(driver.data(), driver.size()), &request,
                              &port_, &refusal),
              0)
        << reason;
    EXPECT_EQ(client_open(&client_, world, interface, NR_REG_ALL_NIC, 0, 0), 0);
  }
  ~PortClient() {
    client_close(&client_);
    nmh_port_destroy(port_);
  }
  PortClient(const PortClient&) = delete;
  PortClient& operator=(const PortClient&) = delete;

  // Puts a frame into one slot of a ring, with no sync. Return: whether there was room.
  bool put(const Bytes& frame, uint32_t ring_id = 0) {
    netmap_ring* ring = client_tx(&client_, ring_id);
    if (ring->head == ring->tail)
      return false;
    netmap_slot& slot = ring->slot[ring->head];
    std::memcpy(buffer(ring, slot.buf_idx), frame.data(), frame.size());
    slot.len = static_cast<uint16_t>(frame.size());
    slot.flags = 0;
    ring->head = ring->cur = next(ring, ring->head);
    return true;
  }

  // Into slots of `piece` bytes at most. Return: 0 or a negative errno of the sync.
  int send(const Bytes& frame, size_t piece = 2048) {
    netmap_ring* ring = client_tx(&client_, 0);
    for (size_t at = 0; at < frame.size() || at == 0; at += piece) {
      netmap_slot& slot = ring->slot[ring->head];
      const size_t len = std::min(piece, frame.size() - at);
      std::memcpy(buffer(ring, slot.buf_idx), frame.data() + at, len);
      slot.len = static_cast<uint16_t>(len);
      slot.flags = at + len < frame.size() ? NS_MOREFRAG : 0;
      ring->head = ring->cur = next(ring, ring->head);
    }
    return nmh_txsync(client_.fd);
  }

  // The next frame of ours (frame()); waits for it.
  Bytes receive() {
    for (;;) {
      for (uint32_t i = 0; i < client_.reg.nr_rx_rings; i++) {
        netmap_ring* ring = client_rx(&client_, i);
        while (ring->head != ring->tail) {
          const netmap_slot& slot = ring->slot[ring->head];
          const uint8_t* data = buffer(ring, slot.buf_idx);
          Bytes frame(data, data + slot.len);
          ring->head = ring->cur = next(ring, ring->head);
          if (frame.size() > 6 && frame[6] == 0x06)
            return frame;
        }
      }
      EXPECT_EQ(nmh_poll(client_.fd, POLLIN, -1), POLLIN);
    }
  }

  void wait() const { EXPECT_EQ(nmh_poll(client_.fd, POLLIN, -1), POLLIN); }

  // The next frame of any ring goes to the first ring of `to`, by an exchange of buffers. Return:
  // whether there was one.
  bool forward_to(PortClient& to) {
    for (uint32_t i = 0; i < client_.reg.nr_rx_rings; i++) {
      netmap_ring* ring = client_rx(&client_, i);
      if (ring->head == ring->tail)
        continue;
      netmap_ring* out = client_tx(&to.client_, 0);
      std::swap(ring->slot[ring->head].buf_idx, out->slot[out->head].buf_idx);
      out->slot[out->head].len = ring->slot[ring->head].len;
      ring->slot[ring->head].flags = out->slot[out->head].flags = NS_BUF_CHANGED;
      ring->head = ring->cur = next(ring, ring->head);
      out->head = out->cur = next(out, out->head);
      return true;
    }
    return false;
  }

  nmh_port_stats stats() const {
    nmh_port_stats now{};
    EXPECT_TRUE(nmh_port_read_stats(port_, &now));
    return now;
  }
  int txsync() const { return nmh_txsync(client_.fd); }
  int rxsync() const { return nmh_rxsync(client_.fd); }
  const client& get() const { return client_; }
  nmh_port* port() const { return port_; }

 private:
  static uint8_t* buffer(netmap_ring* ring, uint32_t index) {
    return reinterpret_cast<uint8_t*>(ring) + ring->buf_ofs +
           static_cast<size_t>(index) * ring->nr_buf_size;
  }

  static uint32_t next(const netmap_ring* ring, uint32_t i) {
    return i + 1 == ring->num_slots ? 0 : i + 1;
  }

  nmh_port* port_ = nullptr;
  client client_{};
};

// Memory for the ports of a driver, with buffers of `buf_size` bytes, or, where that is 0, as the
// driver needs them.
class OwnWorld {
 public:
  OwnWorld(const std::string& driver, uint32_t buf_num, uint32_t buf_size) {
    const nmh_driver* const drivers[] = {nmh_driver_find(driver.data(), driver.size())};
    nmh_config config{};
    nmh_config_suit(&config, drivers, 1, 1514);
    config.buf_num = buf_num;
    if (buf_size != 0)
      config.buf_size = buf_size;
    EXPECT_EQ(nmh_create(&config, &world_), 0);
  }
  ~OwnWorld() { nmh_destroy(world_); }
  OwnWorld(const OwnWorld&) = delete;
  OwnWorld& operator=(const OwnWorld&) = delete;
  nmh* world() { return world_; }

 private:
  nmh* world_ = nullptr;
};

// A world with one port, and a client of all its rings.
class End : private OwnWorld, public PortClient {
 public:
  End(const std::string& driver, const char* interface, uint32_t buf_size,
      const std::vector<nmh_option>& options)
      : OwnWorld(driver, 4000, buf_size), PortClient(world(), driver, interface, options) {}
};

// A frame of ours: its source address begins with 06.
inline Bytes frame(uint32_t number, size_t size = 60) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; i++)
    bytes[i] = static_cast<uint8_t>(number + i);
  const uint8_t header[] = {0x02, 0, 0, 0, 0, 1, 0x06, 0, 0, 0, 0, 2, 0x88, 0xb5};
  std::memcpy(bytes.data(), header, sizeof(header));
  std::memcpy(bytes.data() + 14, &number, sizeof(number));
  return bytes;
}

}  // namespace nmgen::test
