// SPDX-License-Identifier: BSD-2-Clause
// A port as a worker sees it: netmap rings, and a sync. What is below, a hosted device or
// /dev/netmap, is the implementation's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/netmap.h"
#include "pktgen/error.h"
#include "pktgen/measure/counters.h"
#include "pktgen/port/run_clock.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// One ring of a port, bound by one descriptor; for one thread at a time.
class PortRing {
 public:
  virtual ~PortRing() = default;

  // Hands over what the client has written, and updates the ring's tail. One call a batch. Return:
  // 0 or an errno.
  virtual int sync() = 0;

  netmap_ring* ring() const { return ring_; }
  char* buffer(uint32_t index) const {
    return buffers_ + static_cast<uint64_t>(index) * ring_->nr_buf_size;
  }

  // Indexes of the extra buffers that were granted, in rising order.
  const std::vector<uint32_t>& extra_buffers() const { return extra_; }

  // TSC ticks that a simulated device has taken inside this ring's syncs; only grows. Read it from
  // the thread that syncs.
  uint64_t model_tsc_ticks() const { return model_tsc_ticks_ ? *model_tsc_ticks_ : 0; }

 protected:
  // Finds the ring in mapped memory and takes the chain of extra buffers apart.
  void map(char* memory, uint64_t if_offset, bool tx, unsigned index);
  // Puts the chain together again, so that the core gets every buffer back at close.
  void return_extra_buffers();

  netmap_if* nif_ = nullptr;
  netmap_ring* ring_ = nullptr;
  char* buffers_ = nullptr;
  const uint64_t* model_tsc_ticks_ = nullptr;
  std::vector<uint32_t> extra_;
};

// What a port's device has counted since it was opened.
struct PortCounters : PortValues {
  bool readable = false;  // a device that cannot be asked leaves the rest 0
  std::string last_bug;
};

struct RingRequest {
  bool tx = true;
  unsigned ring = 0;
  unsigned extra_buffers = 0;  // the grant may be smaller
};

class Port {
 public:
  virtual ~Port() = default;
  virtual Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& request) = 0;
  virtual PortCounters counters() = 0;
  // How frames go between its rings and the interface, once rings are open; empty: there is one
  // way.
  virtual std::string mode() { return {}; }
  // Frames that have left a TX ring of this port and have not reached, or been dropped at, their
  // receiver; 0 where that cannot be known.
  virtual uint64_t in_flight() = 0;
  // How long the wire still needs for what the device has taken out of this port's TX rings, in ns;
  // 0 where that cannot be known.
  virtual uint64_t wire_busy_ns() = 0;

  const std::string& name() const { return name_; }
  const std::string& driver() const { return driver_; }
  const std::string& residence() const { return residence_; }  // "hosted" or "kernel"
  // The line and the device are models.
  bool simulated() const { return simulated_; }
  // Whether what this port sends can come to the port called `port`.
  bool reaches(const std::string& port) const { return !peer_ || *peer_ == port; }
  // Whether in_flight() knows, and whether counters() say at any moment what has left the device.
  bool knows_in_flight() const { return knows_in_flight_; }
  bool counts_wire() const { return counts_wire_; }
  double speed_bps() const { return speed_bps_; }  // 0: not known
  unsigned tx_rings() const { return tx_rings_; }
  unsigned rx_rings() const { return rx_rings_; }
  unsigned tx_slots() const { return tx_slots_; }  // of each ring
  // Whether a frame may come in several slots; else the buffers hold every frame of the scenario.
  bool splits_frames() const { return splits_frames_; }
  // Whether there is a device that counts.
  bool has_counters() const { return has_counters_; }

 protected:
  std::string name_, driver_, residence_;
  bool simulated_ = false;
  bool knows_in_flight_ = false, counts_wire_ = false;
  std::optional<std::string> peer_;  // the only port that it reaches, empty: none; else anybody
  double speed_bps_ = 0;
  unsigned tx_rings_ = 0, rx_rings_ = 0;
  unsigned tx_slots_ = 0;
  bool splits_frames_ = false;
  bool has_counters_ = false;
};

// All ports of a scenario: those of the hosted world, and of the kernel's netmap.
class PortSet {
 public:
  virtual ~PortSet() = default;
  // As port_name.h has it, without suffixes that choose rings. The port belongs to the set.
  virtual Result<Port*> port(const std::string& name) = 0;
  // The run's clock, and that of each of its workers, senders first.
  virtual RunClock clock() const { return RunClock(); }
  virtual WorkerClock worker_clock(unsigned) const { return WorkerClock(); }
};

// `tsc_hz`: what wire time needs to know.
Result<std::unique_ptr<PortSet>> open_ports(const Scenario& scenario, double tsc_hz);

// What `nmgen ports` lists.
struct PortListing {
  std::string name, driver, residence;
  unsigned tx_rings = 0, rx_rings = 0, tx_slots = 0, rx_slots = 0;
  double speed_bps = 0;
  bool link_up = false;
  std::string note;  // e.g. why it cannot be used now
};

// The network interfaces of this machine as netmap: ports, and whether they can be opened now.
std::vector<PortListing> list_kernel_ports();

}  // namespace nmgen
