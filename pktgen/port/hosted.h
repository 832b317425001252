// SPDX-License-Identifier: BSD-2-Clause
// Ports of the hosted netmap: a world in this process, with the scenario's simulated devices.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "pktgen/port/port.h"

struct nmh;

namespace nmgen {

class HostedWorld {
 public:
  // Errors: a device that the model refuses, no memory.
  static Result<std::unique_ptr<HostedWorld>> create(const Scenario& scenario);
  ~HostedWorld();
  HostedWorld(const HostedWorld&) = delete;
  HostedWorld& operator=(const HostedWorld&) = delete;

  // "NAME" of "sim:NAME"; nullptr where the scenario has no such device.
  Port* port(const std::string& device);

 private:
  HostedWorld() = default;
  nmh* world_ = nullptr;
  std::map<std::string, std::unique_ptr<Port>> ports_;
};

}  // namespace nmgen
