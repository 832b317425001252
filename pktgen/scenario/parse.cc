// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/parse.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "pktgen/measure/cores.h"
#include "pktgen/scenario/check.h"
#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/frame_json.h"
#include "pktgen/scenario/json_text.h"
#include "pktgen/scenario/overrides.h"
#include "pktgen/scenario/plain_values.h"
#include "pktgen/scenario/schema.h"
#include "pktgen/scenario/sha256.h"

namespace nmgen {
namespace {

using nlohmann::json;

// Leaves `out` alone where the key is absent. The schema has checked types and ranges.
template <typename T>
void read(const json& object, const char* key, T& out) {
  auto found = object.find(key);
  if (found != object.end())
    out = found->get<T>();
}

// "dir/64b-10g.json" gives "64b-10g"; what the schema does not take as a name gives "scenario".
std::string name_of_file(const std::string& file) {
  constexpr size_t kLongest = 32;
  std::string name = file.substr(file.find_last_of('/') + 1);
  if (name.ends_with(".json"))
    name.resize(name.size() - 5);
  for (char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
          c == '-' || c == '_'))
      return "scenario";
  return name.empty() || name.starts_with('.') || name.size() > kLongest ? "scenario" : name;
}

uint32_t probe_every_from_json(const json& probes) {
  if (probes.is_object())
    return probes.at("one_in").get<uint32_t>();
  return probes == "off" ? 0 : 1;
}

ClockSpec clock_from_json(const json& object) {
  ClockSpec clock;
  clock.hz = object.at("hz").get<double>();
  for (ClockSpec::Method method :
       {ClockSpec::Method::kDuty, ClockSpec::Method::kCpufreq, ClockSpec::Method::kIcount})
    if (object.at("method") == to_string(method))
      clock.method = method;
  return clock;
}

RunLimits limits_from_json(const json& object) {
  RunLimits limits;
  read(object, "off_core_percent", limits.off_core_percent);
  read(object, "late_percent", limits.late_percent);
  read(object, "late_ms", limits.late_ms);
  read(object, "max_idle_percent", limits.max_idle_percent);
  return limits;
}

Rate rate_from_json(const json& rate) {
  if (rate.is_string())
    return Rate{};
  for (const RateUnit& unit : rate_units())
    if (rate.contains(unit.key))
      return Rate{unit.unit, rate.at(unit.key).get<double>()};
  return Rate{};
}

SimulatedDevice device_from_json(const json& object, const std::string& name) {
  SimulatedDevice device;
  device.name = name;
  read(object, "speed_gbps", device.speed_gbps);
  read(object, "queues", device.queues);
  read(object, "tx_slots", device.tx_slots);
  read(object, "rx_slots", device.rx_slots);
  read(object, "cable", device.cable);
  read(object, "flow_control", device.flow_control);
  return device;
}

SenderSpec sender_from_json(const json& object, const std::vector<StreamSpec>& streams) {
  SenderSpec sender;
  read(object, "port", sender.port);
  if (object.contains("streams")) {
    read(object, "streams", sender.streams);
  } else {
    for (const StreamSpec& stream : streams)
      sender.streams.push_back(stream.name);
  }
  if (object.contains("rate"))
    sender.rate = rate_from_json(object.at("rate"));
  read(object, "workers", sender.workers);
  read(object, "first_ring", sender.first_ring);
  read(object, "cores", sender.cores);
  read(object, "batch", sender.batch);
  return sender;
}

ReceiverSpec receiver_from_json(const json& object) {
  ReceiverSpec receiver;
  read(object, "port", receiver.port);
  read(object, "workers", receiver.workers);
  read(object, "first_ring", receiver.first_ring);
  read(object, "cores", receiver.cores);
  read(object, "batch", receiver.batch);
  return receiver;
}

Result<Scenario> scenario_from_json(const json& document, const std::string& file) {
  Scenario scenario;
  scenario.file = file;
  scenario.name = name_of_file(file);
  scenario.text = document.dump();  // nlohmann keeps the keys sorted
  scenario.hash = "sha256:" + sha256_hex(scenario.text);
  read(document, "name", scenario.name);
  read(document, "description", scenario.description);
  read(document, "duration_s", scenario.duration_s);
  read(document, "warmup_s", scenario.warmup_s);
  read(document, "frames", scenario.frames);
  read(document, "drain_s", scenario.drain_s);
  if (document.contains("nice"))
    scenario.nice = document.at("nice").get<int>();
  if (document.contains("limits"))
    scenario.limits = limits_from_json(document.at("limits"));
  read(document, "repeat", scenario.repeat);
  if (document.contains("clock"))
    scenario.clock = clock_from_json(document.at("clock"));
  if (document.contains("probes"))
    scenario.probe_every = probe_every_from_json(document.at("probes"));
  if (document.contains("simulated"))
    for (auto device = document.at("simulated").begin(); device != document.at("simulated").end();
         ++device)
      scenario.simulated.push_back(device_from_json(device.value(), device.key()));

  json default_streams = {{"udp", {{"udp", json::object()}}}};
  const json& streams = document.contains("streams") ? document.at("streams") : default_streams;
  for (auto entry = streams.begin(); entry != streams.end(); ++entry) {
    Result<StreamSpec> stream =
        stream_from_json(entry.value(), entry.key(), file, child_path("/streams", entry.key()));
    if (!stream)
      return tl::unexpected<Error>(stream.error());
    scenario.streams.push_back(std::move(*stream));
  }
  if (document.contains("senders"))
    for (const json& sender : document.at("senders"))
      scenario.senders.push_back(sender_from_json(sender, scenario.streams));
  if (document.contains("receivers"))
    for (const json& receiver : document.at("receivers"))
      scenario.receivers.push_back(receiver_from_json(receiver));
  return scenario;
}

}  // namespace

Result<Scenario> parse_scenario_text(std::string_view text, const std::string& file,
                                     const std::vector<std::string>& overrides) {
  Result<json> document = parse_json_text(text, file);
  if (!document)
    return tl::unexpected<Error>(document.error());
  for (const std::string& override : overrides) {
    Result<void> result = apply_override(*document, override);
    if (!result)
      return tl::unexpected<Error>(result.error());
  }
  Result<void> result = make_values_plain(*document, file);
  if (result)
    result = check_against_schema(*document, file);
  if (!result)
    return tl::unexpected<Error>(result.error());
  Result<Scenario> scenario = scenario_from_json(*document, file);
  if (!scenario)
    return scenario;
  result = check_scenario(*scenario, allowed_cores());
  if (!result)
    return tl::unexpected<Error>(result.error());
  return scenario;
}

Result<Scenario> load_scenario(const std::string& file, const std::vector<std::string>& overrides) {
  Result<std::string> text = read_text_file(file);
  if (!text)
    return tl::unexpected<Error>(text.error());
  return parse_scenario_text(*text, name_of_scenario(file), overrides);
}

}  // namespace nmgen
