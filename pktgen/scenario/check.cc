// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "pktgen/packet/builder.h"
#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/port_name.h"
#include "pktgen/scenario/schema.h"

namespace nmgen {
namespace {

// Rates are doubles; a line's rate written with 10 digits is still the line's rate.
constexpr double kRateTolerance = 1e-9;

// The most rings that a port's options can give it; 0: no option gives it rings.
unsigned most_queues(const std::string& port) {
  const nlohmann::json& ports = scenario_schema().at("properties").at("ports");
  const nlohmann::json* options = member_schema(ports, port);
  const nlohmann::json* queues = options == nullptr ? nullptr : member_schema(*options, "queues");
  return queues == nullptr ? 0 : queues->at("maximum").get<unsigned>();
}

// "ring 3", "rings 0 to 3".
std::string ring_range(unsigned first, unsigned count) {
  return count == 1 ? fmt::format("ring {}", first)
                    : fmt::format("rings {} to {}", first, first + count - 1);
}

// What is the same for senders and receivers.
struct Entry {
  std::string path;  // "/senders/0"
  bool sends;
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
      senders.push_back({child_path("/senders", i), true, sender.port, sender.workers,
                         sender.first_ring, sender.cores});
    }
    for (size_t i = 0; i < scenario_.receivers.size(); ++i) {
      const ReceiverSpec& receiver = scenario_.receivers[i];
      receivers.push_back({child_path("/receivers", i), false, receiver.port, receiver.workers,
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

  // Of the ports that are configured for a driver.
  std::vector<std::string> port_names(const nmh_driver* driver) const {
    std::vector<std::string> names;
    for (const PortSpec& port : scenario_.ports)
      if (port.name.driver == driver)
        names.push_back(port.name.text);
    return names;
  }

  // "use "left" or "right"", "did you mean ...?"
  static std::string which_one(const std::string& word, const std::vector<std::string>& names) {
    std::string near = nearest(word, names);
    if (!near.empty())
      return fmt::format("did you mean \"{}\"?", near);
    constexpr size_t kMostNames = 8;
    std::vector<std::string> all;
    for (const std::string& name : names)
      if (all.size() < kMostNames)
        all.push_back(fmt::format("\"{}\"", name));
    return "use " + listed(all) + (names.size() > kMostNames ? " or another one of them" : "");
  }

  Result<void> check_cables() const {
    for (const PortSpec& port : scenario_.ports) {
      if (port.cable.empty())
        continue;
      const std::string& name = port.name.text;
      const std::string path = child_path(child_path("/ports", name), "cable");
      const PortSpec* other = scenario_.port(port.cable);
      if (other == nullptr)
        return at(path, fmt::format("there is no \"{}\" under \"ports\"", port.cable),
                  which_one(port.cable, port_names(port.name.driver)));
      if (other == &port)
        return at(path, "the cable leads back to its own device", "name the other device");
      if (other->name.driver != port.name.driver)
        return at(path,
                  fmt::format("\"{}\" and \"{}\" have different kinds of cables", name, port.cable),
                  fmt::format("name a port \"{}:NAME\"", port.name.driver->prefix));
      if (other->cable != name)
        return at(path,
                  other->cable.empty()
                      ? fmt::format("\"{}\" has no cable to \"{}\"", port.cable, name)
                      : fmt::format("\"{}\" has its cable to \"{}\"", port.cable, other->cable),
                  fmt::format("set /ports/{}/cable to \"{}\"", port.cable, name));
      if (other->speed_bps != port.speed_bps)
        return at(path,
                  fmt::format("\"{}\" has {:g} Gbit/s and \"{}\" has {:g}", name,
                              port.speed_bps / 1e9, port.cable, other->speed_bps / 1e9),
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
    const std::string path = child_path(entry.path, "port");
    const Result<PortName> name = parse_port_name(entry.port);
    if (!name)
      return at(path, name.error().what + ": " + name.error().cause, name.error().remedy);
    if (name->chooses_rings() || name->mem_id != 0)
      return at(path,
                in_quotes(entry.port) + " has a suffix, and \"first_ring\" chooses a worker's ring",
                "remove the suffix, and set \"first_ring\"");
    if (name->driver == nullptr)
      return {};  // whether it exists is known when it is opened
    const PortSpec* port = scenario_.port(entry.port);
    if (port == nullptr) {
      const std::vector<std::string> names = port_names(name->driver);
      const std::string cause = in_quotes(entry.port) + " is not under \"ports\"";
      return at(path, cause, names.empty() ? "add it there" : which_one(entry.port, names));
    }
    const unsigned rings = entry.sends ? port->tx_rings : port->rx_rings;
    if (rings == 0 && port->tx_rings + port->rx_rings > 0)
      return no_ring(path, entry, name->driver->names_files);
    unsigned needed = entry.first_ring + entry.workers;
    if (rings == 0 || needed <= rings)
      return {};
    const unsigned most = most_queues(entry.port);
    std::string remedy = "use fewer workers";
    if (needed <= most)
      remedy = fmt::format("set /ports/{}/queues to {}, or use fewer workers", entry.port, needed);
    else if (most > 0)
      remedy += fmt::format("; a device has at most {} queues", most);
    const char* key = entry.first_ring >= rings ? "first_ring" : "workers";
    return at(
        child_path(entry.path, key),
        fmt::format("{} worker{} {} and {} has {}", entry.workers,
                    entry.workers == 1 ? " needs" : "s need",
                    ring_range(entry.first_ring, entry.workers), entry.port, ring_range(0, rings)),
        remedy);
  }

  // Of a port of one direction, and an entry for the other one.
  tl::unexpected<Error> no_ring(const std::string& path, const Entry& entry, bool is_file) const {
    if (entry.sends)
      return at(path, in_quotes(entry.port) + " has no ring to send",
                is_file ? "a file that exists is read: move it away, or choose another name"
                        : "use it as a receiver");
    return at(
        path, in_quotes(entry.port) + " has no ring to receive",
        is_file ? "a file that does not exist is written: correct its name" : "use it as a sender");
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
    std::map<std::string, double> line_share;  // of each port of known speed: 1 is all of it
    for (size_t i = 0; i < scenario_.senders.size(); ++i) {
      const SenderSpec& sender = scenario_.senders[i];
      std::string path = child_path("/senders", i);
      Result<void> result = check_streams(sender, child_path(path, "streams"));
      if (result)
        result = check_rate(sender, child_path(path, "rate"), line_share[sender.port]);
      if (result)
        result = check_schedule(sender, child_path(path, "schedule"), line_share[sender.port]);
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
                  which_one(name, known));
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
    const PortSpec* port = scenario_.port(sender.port);
    if (port == nullptr || port->speed_bps <= 0 || sender.rate.unit == Rate::Unit::kMax)
      return {};
    const double size = mean_size_with_crc(sender);
    const double line = line_rate_in(sender.rate.unit, size, port->speed_bps);
    const RateUnit& unit = rate_unit(sender.rate.unit);
    std::string carries = fmt::format("the {:g} Gbit/s of {} carry with frames of {} bytes",
                                      port->speed_bps / 1e9, sender.port, number_text(size));
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

  // As far as it can be told without the port: compiled once for a clock of a tick each ns. `share`
  // as in check_rate().
  Result<void> check_schedule(const SenderSpec& sender, const std::string& path,
                              double& share) const {
    constexpr double kHz = 1e9;
    const PortSpec* port = scenario_.port(sender.port);
    ScheduleRequest request;
    request.size_with_crc = mean_size_with_crc(sender);
    request.directory = scenario_.directory();
    request.speed_bps = port == nullptr ? 0 : port->speed_bps;
    const std::optional<double> pps =
        rate_pps(sender.rate, request.size_with_crc, request.speed_bps);
    if (!pps)
      return {};
    request.pps = *pps;
    const Result<Timetable> table = sender.schedule.compile(request);
    if (!table)
      return at(child_path(path, sender.schedule.name), table.error().cause, table.error().remedy);
    if (!sender.schedule.kind()->has_rates)
      return {};
    const double seconds = table->period_ticks() / kHz;
    if (seconds > scenario_.duration_s * (1 + kRateTolerance))
      return at(child_path(path, sender.schedule.name),
                fmt::format("it takes {} s and the run takes {} s", number_text(seconds),
                            number_text(scenario_.duration_s)),
                fmt::format("set \"duration_s\" to {} or more, or make the schedule shorter",
                            number_text(seconds)));
    if (request.speed_bps > 0)
      share += kHz / table->mean_ticks() / line_rate_pps(request.speed_bps, request.size_with_crc);
    if (share > 1 + kRateTolerance)
      return at(
          child_path(path, sender.schedule.name),
          fmt::format("with it {} is asked for {:.1f} % of its line", sender.port, share * 100),
          "use lower rates, here or for the senders before it");
    return {};
  }

  Result<void> check_receivers() const {
    for (size_t i = 0; i < scenario_.receivers.size(); ++i) {
      const std::string& name = scenario_.receivers[i].port;
      const PortSpec* port = scenario_.port(name);
      if (port != nullptr && port->name.driver->connect != nullptr && port->cable.empty())
        return at(child_path(child_path("/receivers", i), "port"),
                  fmt::format("{} has no cable, nothing can arrive", name),
                  fmt::format("set /ports/{}/cable, or receive on another port", name));
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
