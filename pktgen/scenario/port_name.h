// SPDX-License-Identifier: BSD-2-Clause
// The names of ports, and what each of their suffixes asks of a REGISTER.
#pragma once

#include <cstdint>
#include <string>

#include "net/netmap.h"
#include "nmh_driver.h"
#include "pktgen/error.h"

namespace nmgen {

// Where a port lives.
enum class PortHome {
  kDriver,  // PREFIX:NAME, a port of a driver of the netmap inside this process
  kHosted,  // hosted:NAME, a VALE port or a pipe of that netmap
  kKernel,  // netmap:NAME or valeX:Y, behind /dev/netmap
};

struct PortName {
  PortHome home = PortHome::kKernel;
  const nmh_driver* driver = nullptr;  // with kDriver
  std::string text;                    // as it was written
  std::string name;                    // for nr_name: "eth0", "eth0{1", "vale0:1"
  uint32_t mode = NR_REG_ALL_NIC;
  uint16_t ring_id = 0;
  uint64_t flags = 0;
  uint16_t mem_id = 0;  // 0: the port's own

  bool is_vale() const;
  bool is_pipe() const;
  // Whether it says which rings; a worker's ring is given by its place in the scenario instead.
  bool chooses_rings() const;
  // The network interface below it; empty for VALE ports and all that is not the kernel's.
  std::string interface() const;
};

// Suffixes, in this order: pipe end "{ID" or "}ID"; one of "^" all host rings, "^N" one of them,
// "*" NIC and host rings, "-N" one NIC ring pair; "/" and any of x (exclusive), z (zero-copy
// monitor), t and r (monitor of what is sent, received), R and T (receive or transmit rings only);
// "@N" memory region. A port of a driver whose names are files has none. Errors: one sentence, with
// the remedy. Any thread.
Result<PortName> parse_port_name(const std::string& text);

}  // namespace nmgen
