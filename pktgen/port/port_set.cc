// SPDX-License-Identifier: BSD-2-Clause
#include <map>
#include <utility>

#include "pktgen/port/device.h"
#include "pktgen/port/hosted.h"
#include "pktgen/port/port.h"

namespace nmgen {
namespace {

constexpr const char* kSimPrefix = "sim:";

class ScenarioPorts final : public PortSet {
 public:
  explicit ScenarioPorts(std::unique_ptr<HostedWorld> hosted) : hosted_(std::move(hosted)) {}

  Result<Port*> port(const std::string& name) override {
    if (name.starts_with(kSimPrefix)) {
      Port* simulated = hosted_->port(name.substr(std::char_traits<char>::length(kSimPrefix)));
      if (simulated == nullptr)
        return fail("cannot open " + name, "the scenario has no such simulated device",
                    "add it under \"simulated\", or correct the name");
      return simulated;
    }
    std::map<std::string, std::unique_ptr<Port>>::iterator known = kernel_.find(name);
    if (known != kernel_.end())
      return known->second.get();
    Result<std::unique_ptr<Port>> opened = open_kernel_port(name);
    if (!opened)
      return tl::unexpected<Error>(opened.error());
    return kernel_.emplace(name, std::move(*opened)).first->second.get();
  }

 private:
  std::unique_ptr<HostedWorld> hosted_;
  std::map<std::string, std::unique_ptr<Port>> kernel_;
};

}  // namespace

Result<std::unique_ptr<PortSet>> open_ports(const Scenario& scenario) {
  Result<std::unique_ptr<HostedWorld>> hosted = HostedWorld::create(scenario);
  if (!hosted)
    return tl::unexpected<Error>(hosted.error());
  return std::make_unique<ScenarioPorts>(std::move(*hosted));
}

}  // namespace nmgen
