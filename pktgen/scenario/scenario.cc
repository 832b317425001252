// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/scenario.h"

#include <filesystem>

namespace nmgen {

const StreamSpec* Scenario::stream(const std::string& stream_name) const {
  for (const StreamSpec& stream : streams)
    if (stream.name == stream_name)
      return &stream;
  return nullptr;
}

std::string Scenario::directory() const {
  return std::filesystem::path(file).parent_path().string();
}

const PortSpec* Scenario::port(const std::string& port_name) const {
  for (const PortSpec& port : ports)
    if (port.name.text == port_name)
      return &port;
  return nullptr;
}

unsigned Scenario::workers() const {
  unsigned sum = 0;
  for (const SenderSpec& sender : senders)
    sum += sender.workers;
  for (const ReceiverSpec& receiver : receivers)
    sum += receiver.workers;
  return sum;
}

const char* to_string(RunTime time) {
  return time == RunTime::kWire ? "wire" : "real";
}

const char* to_string(ClockSpec::Method method) {
  switch (method) {
    case ClockSpec::Method::kNone:
      break;
    case ClockSpec::Method::kDuty:
      return "duty";
    case ClockSpec::Method::kCpufreq:
      return "cpufreq";
    case ClockSpec::Method::kIcount:
      return "icount";
  }
  return "none";
}

}  // namespace nmgen
