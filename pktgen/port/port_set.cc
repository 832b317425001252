// SPDX-License-Identifier: BSD-2-Clause
#include <map>
#include <utility>

#include "pktgen/port/device.h"
#include "pktgen/port/hosted.h"
#include "pktgen/port/port.h"

namespace nmgen {
namespace {

class ScenarioPorts final : public PortSet {
 public:
  explicit ScenarioPorts(std::unique_ptr<HostedWorld> hosted) : hosted_(std::move(hosted)) {}

  Result<Port*> port(const std::string& name) override {
    Result<PortName> parsed = parse_port_name(name);
    if (!parsed)
      return tl::unexpected<Error>(parsed.error());
    if (parsed->home != PortHome::kKernel)
      return hosted_->port(*parsed);
    std::map<std::string, std::unique_ptr<Port>>::iterator known = kernel_.find(name);
    if (known != kernel_.end())
      return known->second.get();
    Result<std::unique_ptr<Port>> opened = open_kernel_port(*parsed);
    if (!opened)
      return tl::unexpected<Error>(opened.error());
    return kernel_.emplace(name, std::move(*opened)).first->second.get();
  }
  RunClock clock() const override { return hosted_->clock(); }
  WorkerClock worker_clock(unsigned worker) const override { return hosted_->worker_clock(worker); }

 private:
  std::unique_ptr<HostedWorld> hosted_;
  std::map<std::string, std::unique_ptr<Port>> kernel_;
};

}  // namespace

Result<std::unique_ptr<PortSet>> open_ports(const Scenario& scenario, double tsc_hz) {
  Result<std::unique_ptr<HostedWorld>> hosted = HostedWorld::create(scenario, tsc_hz);
  if (!hosted)
    return tl::unexpected<Error>(hosted.error());
  return std::make_unique<ScenarioPorts>(std::move(*hosted));
}

}  // namespace nmgen
