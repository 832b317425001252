// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pktgen/packet/builder.h"
#include "pktgen/scenario/error_text.h"

namespace nmgen {
namespace {

constexpr std::string_view kSimulatedPrefix = "sim:";

// Rates are doubles; a line's rate written with 10 digits is still the line's rate.
constexpr double kRateTolerance = 1e-9;

// The name of a sim: port's device; empty for other ports.
std::string device_name(const std::string& port) {
  return port.starts_with(kSimulatedPrefix) ? port.substr(kSimulatedPrefix.size()) : "";
}

// KIND:REST, as "netmap:eth0-2/T" or "vale0:1".
bool is_port_name(const std::string& port) {
  size_t colon = port.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == port.size())
    return false;
  for (size_t i = 0; i < port.size(); ++i) {
    char c = port[i];
    bool letter_or_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (i < colon ? !letter_or_digit && c != '_' && c != '-' : c <= ' ' || c >= 0x7f)
      return false;
  }
  return true;
}

// "ring 3", "rings 0 to 3".
std::string ring_range(unsigned first, unsigned count) {
  return count == 1 ? fmt::format("ring {}", first)
                    : fmt::format("rings {} to {}", first, first + count - 1);
}

// What is the same for senders and receivers.
struct Entry {
  std::string path;  // "/senders/0"
  const std::string& port;
  unsigned workers, first_ring;
  const std::vector<int>& cores;
};

class ScenarioChecker {
 public:
  ScenarioChecker(const Scenario& scenario, const std::vector<int>& cores)
      : scenario_(scenario), usable_cores_(cores) {}

  Result<void> check() {
    if (scenario_.senders.empty() && scenario_.receivers.empty())
      return at("", "nobody sends and nobody receives",
                "add a sender, for instance \"senders\": [{\"port\": \"sim:left\"}]");
    Result<void> result = check_cables();
    std::vector<Entry> senders, receivers;
    for (size_t i = 0; i < scenario_.senders.size(); ++i) {
      const SenderSpec& sender = scenario_.senders[i];
      senders.push_back({child_path("/senders", i), sender.port, sender.workers, sender.first_ring,
                         sender.cores});
    }
    for (size_t i = 0; i < scenario_.receivers.size(); ++i) {
      const ReceiverSpec& receiver = scenario_.receivers[i];
      receivers.push_back({child_path("/receivers", i), receiver.port, receiver.workers,
                           receiver.first_ring, receiver.cores});
    }
    if (result)
      result = check_entries(senders);
    if (result)
      result = check_entries(receivers);
    if (result)
      result = check_senders();
    if (result)
      result = check_receivers();
    return result;
  }

 private:
  tl::unexpected<Error> at(const std::string& path, std::string cause, std::string remedy) const {
    return fail_at(scenario_.file, path, std::move(cause), std::move(remedy));
  }

  std::vector<std::string> device_names() const {
    std::vector<std::string> names;
    for (const SimulatedDevice& device : scenario_.simulated)
      names.push_back(device.name);
    return names;
  }

  // "there is left and right", "did you mean ...?"
  static std::string which_one(const std::string& word, const std::vector<std::string>& names,
                               const std::string& prefix) {
    std::string near = nearest(word, names);
    if (!near.empty())
      return fmt::format("did you mean \"{}{}\"?", prefix, near);
    constexpr size_t kMostNames = 8;
    std::vector<std::string> all;
    for (const std::string& name : names)
      if (all.size() < kMostNames)
        all.push_back(fmt::format("\"{}{}\"", prefix, name));
    return "use " + listed(all) + (names.size() > kMostNames ? " or another one of them" : "");
  }

  Result<void> check_cables() const {
    for (const SimulatedDevice& device : scenario_.simulated) {
      if (device.cable.empty())
        continue;
      std::string path = child_path(child_path("/simulated", device.name), "cable");
      const SimulatedDevice* other = scenario_.simulated_device(device.cable);
      if (other == nullptr)
        return at(path, fmt::format("there is no simulated device \"{}\"", device.cable),
                  which_one(device.cable, device_names(), ""));
      if (other == &device)
        return at(path, "the cable leads back to its own device", "name the other device");
      if (other->cable != device.name)
        return at(path,
                  other->cable.empty()
                      ? fmt::format("\"{}\" has no cable to \"{}\"", other->name, device.name)
                      : fmt::format("\"{}\" has its cable to \"{}\"", other->name, other->cable),
                  fmt::format("set /simulated/{}/cable to \"{}\"", other->name, device.name));
      if (other->speed_gbps != device.speed_gbps)
        return at(path,
                  fmt::format("\"{}\" has {} Gbit/s and \"{}\" has {}", device.name,
                              device.speed_gbps, other->name, other->speed_gbps),
                  "give both ends of the cable the same speed_gbps");
    }
    return {};
  }

  Result<void> check_entries(const std::vector<Entry>& entries) {
    std::map<std::pair<std::string, unsigned>, const Entry*> taken;
    for (const Entry& entry : entries) {
      Result<void> result = check_port(entry);
      if (result)
        result = check_cores(entry);
      if (!result)
        return result;
      for (unsigned ring = entry.first_ring; ring < entry.first_ring + entry.workers; ++ring) {
        auto [owner, is_free] = taken.try_emplace({entry.port, ring}, &entry);
        if (!is_free)
          return at(
              child_path(entry.path, "first_ring"),
              fmt::format("ring {} of {} has a worker of {} already", ring, entry.port,
                          owner->second->path),
              fmt::format("start at ring {}", owner->second->first_ring + owner->second->workers));
      }
    }
    return {};
  }

  Result<void> check_port(const Entry& entry) const {
    std::string path = child_path(entry.path, "port");
    if (!is_port_name(entry.port))
      return at(path, in_quotes(entry.port) + " is not the name of a port",
                "write it like sim:left, netmap:eth0 or vale0:1");
    if (!entry.port.starts_with(kSimulatedPrefix))
      return {};  // whether it exists is known when it is opened
    const SimulatedDevice* device = scenario_.simulated_device(device_name(entry.port));
    if (device == nullptr) {
      std::string cause =
          fmt::format("there is no simulated device {}", in_quotes(device_name(entry.port)));
      if (scenario_.simulated.empty())
        return at(path, cause, "add it to \"simulated\"");
      return at(path, cause, which_one(device_name(entry.port), device_names(), "sim:"));
    }
    unsigned needed = entry.first_ring + entry.workers;
    if (needed <= device->queues)
      return {};
    constexpr unsigned kMostQueues = 16;  // the model's
    std::string remedy =
        needed <= kMostQueues
            ? fmt::format("set /simulated/{}/queues to {}, or use fewer workers", device->name,
                          needed)
            : fmt::format("use fewer workers; a device has at most {} queues", kMostQueues);
    const char* key = entry.first_ring >= device->queues ? "first_ring" : "workers";
    return at(child_path(entry.path, key),
              fmt::format("{} worker{} {} and {} has {}", entry.workers,
                          entry.workers == 1 ? " needs" : "s need",
                          ring_range(entry.first_ring, entry.workers), entry.port,
                          ring_range(0, device->queues)),
              remedy);
  }

  Result<void> check_cores(const Entry& entry) const {
    std::string path = child_path(entry.path, "cores");
    for (size_t i = 0; i < entry.cores.size(); ++i)
      if (!std::binary_search(usable_cores_.begin(), usable_cores_.end(), entry.cores[i]))
        return at(child_path(path, i),
                  fmt::format("core {} is not in this process's CPU affinity mask", entry.cores[i]),
                  fmt::format("use {}", core_list(usable_cores_)));
    if (!entry.cores.empty() && entry.cores.size() != entry.workers)
      return at(path,
                fmt::format("the list has {} core{} for {} worker{}", entry.cores.size(),
                            entry.cores.size() == 1 ? "" : "s", entry.workers,
                            entry.workers == 1 ? "" : "s"),
                "name one core for each worker, or leave the list out");
    return {};
  }

  Result<void> check_senders() const {
    std::map<std::string, double> line_share;  // of each simulated port: 1 is all of it
    for (size_t i = 0; i < scenario_.senders.size(); ++i) {
      const SenderSpec& sender = scenario_.senders[i];
      std::string path = child_path("/senders", i);
      Result<void> result = check_streams(sender, child_path(path, "streams"));
      if (result)
        result = check_rate(sender, child_path(path, "rate"), line_share[sender.port]);
      if (!result)
        return result;
    }
    return {};
  }

  Result<void> check_streams(const SenderSpec& sender, const std::string& path) const {
    std::vector<std::string> known;
    for (const StreamSpec& stream : scenario_.streams)
      known.push_back(stream.name);
    std::vector<std::string> seen;
    for (size_t i = 0; i < sender.streams.size(); ++i) {
      const std::string& name = sender.streams[i];
      const StreamSpec* stream = scenario_.stream(name);
      if (stream == nullptr)
        return at(child_path(path, i), fmt::format("there is no stream \"{}\"", name),
                  which_one(name, known, ""));
      if (std::find(seen.begin(), seen.end(), name) != seen.end())
        return at(child_path(path, i), fmt::format("stream \"{}\" is there twice", name),
                  "keep one of them, and give it a weight");
      seen.push_back(name);
      if (scenario_.probe_every == 0)
        continue;
      unsigned least = smallest_size_with_probe(stream->frame);
      if (stream->frame.size_no_crc < least)
        return at(child_path(child_path("/streams", name), "size_no_crc"),
                  fmt::format("{} bytes have no room for a probe", stream->frame.size_no_crc),
                  fmt::format("use {} or more, or set \"probes\" to \"off\"", least));
    }
    return {};
  }

  // Mean size of the sender's frames, with the CRC, in bytes. Weights are shares of frames.
  double mean_size_with_crc(const SenderSpec& sender) const {
    double bytes = 0, weights = 0;
    for (const std::string& name : sender.streams) {
      const StreamSpec* stream = scenario_.stream(name);
      bytes += static_cast<double>(stream->weight) * (stream->frame.size_no_crc + kCrcBytes);
      weights += stream->weight;
    }
    return bytes / weights;
  }

  // `share`: of the port's line, what the entries before this one ask for; this one is added.
  Result<void> check_rate(const SenderSpec& sender, const std::string& path, double& share) const {
    const SimulatedDevice* device = scenario_.simulated_device(device_name(sender.port));
    if (device == nullptr || sender.rate.unit == Rate::Unit::kMax)
      return {};
    const double size = mean_size_with_crc(sender);
    const double line = line_rate_in(sender.rate.unit, size, device->speed_gbps * 1e9);
    const RateUnit& unit = rate_unit(sender.rate.unit);
    std::string carries = fmt::format("the {} Gbit/s of {} carry with frames of {} bytes",
                                      device->speed_gbps, sender.port, number_text(size));
    if (sender.rate.value > line * (1 + kRateTolerance))
      return at(child_path(path, unit.key),
                fmt::format("{} {} is more than {}", number_text(sender.rate.value), unit.symbol,
                            carries),
                fmt::format("use {} or less, or \"max\"", number_text(std::floor(line))));
    double left = std::max(0.0, 1 - share) * line;
    share += sender.rate.value / line;
    if (share <= 1 + kRateTolerance)
      return {};
    return at(child_path(path, unit.key),
              fmt::format("with it {} is asked for {:.1f} % of its line", sender.port, share * 100),
              left < 1 ? "lower the rates of the senders before it"
                       : fmt::format("use {} or less here", number_text(std::floor(left))));
  }

  Result<void> check_receivers() const {
    for (size_t i = 0; i < scenario_.receivers.size(); ++i) {
      const SimulatedDevice* device =
          scenario_.simulated_device(device_name(scenario_.receivers[i].port));
      if (device != nullptr && device->cable.empty())
        return at(child_path(child_path("/receivers", i), "port"),
                  fmt::format("{} has no cable, nothing can arrive", scenario_.receivers[i].port),
                  fmt::format("set /simulated/{}/cable, or receive on another port", device->name));
    }
    return {};
  }

  const Scenario& scenario_;
  const std::vector<int>& usable_cores_;
};

}  // namespace

Result<void> check_scenario(const Scenario& scenario, const std::vector<int>& cores) {
  return ScenarioChecker(scenario, cores).check();
}

std::string core_list(const std::vector<int>& cores) {
  std::string list;
  for (size_t i = 0; i < cores.size();) {
    size_t end = i;
    while (end + 1 < cores.size() && cores[end + 1] == cores[end] + 1)
      ++end;
    list += list.empty() ? "" : ", ";
    list += std::to_string(cores[i]);
    if (end > i)
      list += (end == i + 1 ? ", " : " to ") + std::to_string(cores[end]);
    i = end + 1;
  }
  return list;
}

}  // namespace nmgen
