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

namespace {

// What figure_list.h calls OVER_RUNS.
template <typename T>
void add_up(T& sum, const T& next) {
  sum += next;
}
template <typename T>
void take_higher(T& sum, const T& next) {
  sum = std::max(sum, next);
}
template <typename T>
void keep_first(T&, const T&) {}

}  // namespace

void add_worker(WorkerRecord& sum, const WorkerRecord& next) {
#define WORKER_FIELD(type, name, from, over_runs, ...) over_runs(sum.name, next.name);
#include "pktgen/measure/figure_list.h"
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
