// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/device_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace nmgen {

bool has_line(const Record& record) {
  return std::any_of(record.devices.begin(), record.devices.end(),
                     [](const DeviceRecord& device) { return device.speed_gbps > 0; });
}

std::string device_line(const std::vector<DeviceRecord>& devices) {
  // What is alike is said once.
  std::vector<std::pair<std::string, std::string>> kinds;  // what it is, and its ports
  size_t models = 0;
  for (const DeviceRecord& device : devices) {
    std::string kind = device.driver;
    if (device.simulated && kind.starts_with("sim"))
      kind.erase(0, 3);
    kind = fmt::format(
        "{}{}, {}", device.simulated ? "simulated " : "", kind,
        device.speed_gbps > 0 ? fmt::format("{:g} Gbit/s", device.speed_gbps) : "speed not known");
    if (!device.mode.empty())
      kind += ", " + device.mode;
    models += device.simulated ? 1 : 0;
    std::vector<std::pair<std::string, std::string>>::iterator same = std::find_if(
        kinds.begin(), kinds.end(), [&kind](const auto& each) { return each.first == kind; });
    if (same == kinds.end())
      kinds.emplace_back(kind, device.port);
    else
      same->second += ", " + device.port;
  }
  std::string line;
  for (const std::pair<std::string, std::string>& kind : kinds)
    line += (line.empty() ? "" : "; ") +
            (kinds.size() > 1 ? kind.second + ": " + kind.first : kind.first);
  if (models > 0)
    line += models == devices.size() ? ": a result of the model, not of a NIC"
                                     : "; in part a result of the model, not of NICs";
  return line;
}

}  // namespace nmgen
