// SPDX-License-Identifier: BSD-2-Clause
// Setting the kernel's VALE switches up: `nmgen vale`. Each call opens /dev/netmap for itself; its
// errors are that this is missing or may not be used, and what the request's own rules refuse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pktgen/error.h"

namespace nmgen {

struct ValePort {
  uint32_t switch_index = 0, port_index = 0;
  std::string name;  // "vale0:1"
};

// Every port of every switch of this network namespace, in the order of their indexes.
Result<std::vector<ValePort>> vale_ports();

// "vale0:eth0": eth0 becomes a port of vale0, with its host stack where `host` is set. Return: the
// port's index.
Result<uint32_t> vale_attach(const std::string& port, bool host);
Result<uint32_t> vale_detach(const std::string& port);

struct ValeInterface {
  std::string name;
  unsigned rings = 0, slots = 0;  // of each direction; 0: the default
  unsigned mem_id = 0;            // 0: a region of its own
};

// A network interface that stays until it is deleted, and can be attached.
Result<void> vale_new_interface(const ValeInterface& interface);
Result<void> vale_delete_interface(const std::string& name);

// The length of a port's vnet header: 0, 10 or 12 bytes.
Result<uint32_t> vale_header(const std::string& port);
Result<void> set_vale_header(const std::string& port, uint32_t bytes);

}  // namespace nmgen
