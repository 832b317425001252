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
#include "pktgen/scenario/port_options.h"
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

// The schema lets one through.
ScheduleSpec schedule_from_json(const json& schedule) {
  return {schedule.begin().key(), schedule.begin().value().dump()};
}

PortOption option_from_json(const std::string& key, const json& value) {
  if (value.is_string())
    return {key, value.get<std::string>()};
  return {key, std::nullopt, value.is_boolean() ? value.get<bool>() : value.get<double>()};
}

Result<void> add_port(const std::string& name, const json& object, const std::string& file,
                      Scenario& scenario) {
  std::string cable;
  std::vector<PortOption> options;
  for (auto member = object.begin(); member != object.end(); ++member) {
    if (member.key() == "cable")
      cable = member.value();
    else
      options.push_back(option_from_json(member.key(), member.value()));
  }
  Result<PortSpec> port = make_port(name, std::move(options), std::move(cable));
  if (!port)
    return fail_at(file, child_path("/ports", name), port.error().cause, port.error().remedy);
  scenario.ports.push_back(std::move(*port));
  return {};
}

// The ports that are configured, and those of drivers that are used as they are.
Result<void> read_ports(const json& document, const std::string& file, Scenario& scenario) {
  if (document.contains("ports"))
    for (auto entry = document.at("ports").begin(); entry != document.at("ports").end(); ++entry)
      if (Result<void> added = add_port(entry.key(), entry.value(), file, scenario); !added)
        return added;
  std::vector<std::string> used;
  for (const SenderSpec& sender : scenario.senders)
    used.push_back(sender.port);
  for (const ReceiverSpec& receiver : scenario.receivers)
    used.push_back(receiver.port);
  for (const std::string& text : used) {
    const Result<PortName> name = parse_port_name(text);  // a wrong one is told by the check
    // One with cables is of use only with the port at the other end: it has to be configured.
    if (!name || name->driver == nullptr || name->driver->connect != nullptr ||
        name->chooses_rings() || scenario.port(text) != nullptr)
      continue;
    if (Result<void> added = add_port(text, json::object(), file, scenario); !added)
      return added;
  }
  return {};
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
  if (object.contains("schedule"))
    sender.schedule = schedule_from_json(object.at("schedule"));
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

// The first port of a sender or a receiver that is not simulated; null: all are.
const std::string* real_port(const Scenario& scenario) {
  const auto is_real = [&](const auto& entry) {
    const PortSpec* port = scenario.port(entry.port);
    return port == nullptr || !port->name.driver->simulated;
  };
  for (const SenderSpec& sender : scenario.senders)
    if (is_real(sender))
      return &sender.port;
  for (const ReceiverSpec& receiver : scenario.receivers)
    if (is_real(receiver))
      return &receiver.port;
  return nullptr;
}

// Once the ports are read.
Result<void> read_time(const json& document, const std::string& file, Scenario& scenario) {
  const std::string* real = real_port(scenario);
  if (!document.contains("time")) {
    scenario.time = real == nullptr ? RunTime::kWire : RunTime::kReal;
    return {};
  }
  scenario.time =
      document.at("time") == to_string(RunTime::kWire) ? RunTime::kWire : RunTime::kReal;
  if (scenario.time == RunTime::kWire && real != nullptr)
    return fail_at(file, "/time",
                   "\"" + *real + "\" is not simulated, so its wire does not stand still",
                   "use \"real\"");
  return {};
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
  if (Result<void> ports = read_ports(document, file, scenario); !ports)
    return tl::unexpected<Error>(ports.error());
  if (Result<void> time = read_time(document, file, scenario); !time)
    return tl::unexpected<Error>(time.error());
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
  if (document->is_object() && document->contains("simulated"))
    return fail_at(file, "/simulated", "devices are configured under \"ports\"",
                   "write {\"ports\": {\"sim:NAME\": {...}}}, and a cable's other end as "
                   "\"sim:NAME\" too");
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
