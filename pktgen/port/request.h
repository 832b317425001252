// SPDX-License-Identifier: BSD-2-Clause
// The netmap request that both kinds of port make: bind one ring, or what a name asks for.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "net/netmap.h"
#include "pktgen/port/port.h"
#include "pktgen/scenario/port_name.h"

namespace nmgen {

struct RegisterRequest {
  nmreq_header header{};
  nmreq_register body{};

  RegisterRequest(const std::string& port, const RingRequest& ring) {
    start(port);
    body.nr_mode = NR_REG_ONE_NIC;
    body.nr_ringid = static_cast<uint16_t>(ring.ring);
    body.nr_flags = NR_EXCLUSIVE | (ring.tx ? NR_TX_RINGS_ONLY : NR_RX_RINGS_ONLY);
    body.nr_extra_bufs = ring.extra_buffers;
  }
  explicit RegisterRequest(const PortName& name) {
    start(name.name);
    body.nr_mode = name.mode;
    body.nr_ringid = name.ring_id;
    body.nr_flags = name.flags;
    body.nr_mem_id = name.mem_id;
  }
  // `header` points into the object.
  RegisterRequest(const RegisterRequest&) = delete;
  RegisterRequest& operator=(const RegisterRequest&) = delete;

 private:
  void start(const std::string& port) {
    header.nr_version = NETMAP_API;
    header.nr_reqtype = NETMAP_REQ_REGISTER;
    header.nr_body = reinterpret_cast<uintptr_t>(&body);
    std::strncpy(header.nr_name, port.c_str(), sizeof(header.nr_name) - 1);
  }
};

}  // namespace nmgen
