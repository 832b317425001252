// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/port_options.h"

#include <string>
#include <utility>

#include "pktgen/refusal.h"
#include "pktgen/scenario/error_text.h"

namespace nmgen {

PortRequest::PortRequest(const PortSpec& port) {
  for (const PortOption& option : port.options)
    options_.push_back(
        {option.key.c_str(), option.text ? option.text->c_str() : nullptr, option.number});
  request_ = {port.name.name.c_str(), options_.data(), options_.size()};
}

Result<PortSpec> make_port(const std::string& name, std::vector<PortOption> options,
                           std::string cable) {
  const std::string what = "cannot use " + name;
  Result<PortName> parsed = parse_port_name(name);
  if (!parsed)
    return tl::unexpected<Error>(parsed.error());
  if (parsed->driver == nullptr)
    return fail(what, "it is no port of a driver of this process", "use a port like sim:left");
  if (parsed->chooses_rings() || parsed->mem_id != 0)
    return fail(what, in_quotes(name) + " has a suffix", "name the whole port, without a suffix");
  PortSpec port;
  port.name = std::move(*parsed);
  port.options = std::move(options);
  port.cable = std::move(cable);
  const PortRequest request(port);
  nmh_port_info info{};
  Refusal refusal;
  if (int error = port.name.driver->describe(request.get(), &info, refusal.get()); error != 0)
    return fail(what, refusal.cause(), refusal.remedy(), -error);
  port.tx_rings = info.tx_rings;
  port.rx_rings = info.rx_rings;
  port.tx_slots = info.tx_slots;
  port.rx_slots = info.rx_slots;
  port.speed_bps = info.speed_mbps * 1e6;
  return port;
}

}  // namespace nmgen
