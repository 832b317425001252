// SPDX-License-Identifier: BSD-2-Clause
// A port with all the rings that its name asks for, on one descriptor: for programs that forward or
// watch, and wait for frames instead of asking for them.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/netmap.h"
#include "pktgen/error.h"
#include "pktgen/scenario/port_name.h"

struct nmh;

namespace nmgen {

// Of one thread at a time.
class WholePort {
 public:
  virtual ~WholePort() = default;

  // NIOCTXSYNC or NIOCRXSYNC on all rings. Return: 0 or an errno.
  virtual int sync(bool tx) = 0;
  // Syncs as poll() does, and says which of `events` there are, without waiting; 0 also where only
  // waiting can tell.
  virtual short look(short events) = 0;
  // What to give poll() for it, to wait for `events`.
  virtual pollfd waiting(short events) = 0;

  const std::string& name() const { return name_; }
  // Ports of one region of one netmap can swap buffers; what differs is copied.
  bool shares_memory_with(const WholePort& other) const {
    return world_ == other.world_ && region_ == other.region_;
  }
  const std::vector<netmap_ring*>& tx() const { return tx_; }
  const std::vector<netmap_ring*>& rx() const { return rx_; }

 protected:
  explicit WholePort(std::string name) : name_(std::move(name)) {}
  // Finds the rings that are bound in mapped memory.
  void map(char* memory, uint64_t if_offset);

  std::string name_;
  const void* world_ = nullptr;  // nullptr: the kernel's netmap
  uint16_t region_ = 0;
  std::vector<netmap_ring*> tx_, rx_;
};

// Through /dev/netmap. Errors: the device is missing or may not be used, the port is not there or
// taken.
Result<std::unique_ptr<WholePort>> open_whole_kernel_port(const PortName& name);

// In the netmap of this process.
Result<std::unique_ptr<WholePort>> open_whole_hosted_port(nmh* world, const PortName& name);

// Waits until one of `a_events` on `a` or of `b_events` on `b`, at most `timeout_ms`. Return: 0, or
// an errno: EINTR for a signal, EIO where a port has left netmap mode.
int wait_for_either(WholePort& a, short a_events, WholePort& b, short b_events, int timeout_ms);

}  // namespace nmgen
