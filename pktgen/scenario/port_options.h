// SPDX-License-Identifier: BSD-2-Clause
// The options of a port as its driver takes them.
#pragma once

#include <string>
#include <vector>

#include "nmh_driver.h"
#include "pktgen/error.h"
#include "pktgen/scenario/scenario.h"

namespace nmgen {

// A port's request; it points into the port.
class PortRequest {
 public:
  explicit PortRequest(const PortSpec& port);
  PortRequest(const PortRequest&) = delete;
  PortRequest& operator=(const PortRequest&) = delete;

  const nmh_port_request* get() const { return &request_; }

 private:
  std::vector<nmh_option> options_;
  nmh_port_request request_{};
};

// A port with what its driver says that it will be. `cable`: the port at its other end, or empty.
// Errors: not the name of a driver's port, or the driver refuses the options.
Result<PortSpec> make_port(const std::string& name, std::vector<PortOption> options,
                           std::string cable);

}  // namespace nmgen
