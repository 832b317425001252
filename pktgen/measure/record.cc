// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/record.h"

#include <algorithm>

namespace nmgen {

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInvalid:
      return "invalid";
  }
  return "invalid";
}

bool has_model(const Record& record) {
  return std::any_of(record.devices.begin(), record.devices.end(),
                     [](const DeviceRecord& device) { return device.simulated; });
}

std::string drivers_of(const Record& record) {
  std::vector<std::string> drivers;
  for (const DeviceRecord& device : record.devices)
    if (std::find(drivers.begin(), drivers.end(), device.driver) == drivers.end())
      drivers.push_back(device.driver);
  std::sort(drivers.begin(), drivers.end());
  std::string text;
  for (const std::string& driver : drivers)
    text += (text.empty() ? "" : " and ") + driver;
  return text;
}

}  // namespace nmgen
