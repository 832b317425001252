// SPDX-License-Identifier: BSD-2-Clause
// Ports of the hosted netmap: a world in this process, with the scenario's ports of drivers.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "pktgen/port/port.h"
#include "pktgen/port/whole_port.h"
#include "pktgen/scenario/port_name.h"

struct nmh;

namespace nmgen {

class HostedWorld {
 public:
  // `tsc_hz`: what wire time needs to know. Errors: a port that its driver refuses, no memory.
  static Result<std::unique_ptr<HostedWorld>> create(const Scenario& scenario, double tsc_hz);
  ~HostedWorld();
  HostedWorld(const HostedWorld&) = delete;
  HostedWorld& operator=(const HostedWorld&) = delete;

  // A port of the scenario, a VALE port or an end of a pipe; it belongs to the world.
  // Error: there is no such port.
  Result<Port*> port(const PortName& name);

  // All rings that the name asks for, of the same ports. The world must outlive it.
  Result<std::unique_ptr<WholePort>> whole_port(const PortName& name);

  RunClock clock() const;
  WorkerClock worker_clock(unsigned worker) const;

 private:
  HostedWorld() = default;
  nmh* world_ = nullptr;
  std::map<std::string, std::unique_ptr<Port>> ports_;
};

}  // namespace nmgen
