// SPDX-License-Identifier: BSD-2-Clause
// nmgen ports [FILE]
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/port/port.h"
#include "pktgen/scenario/parse.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

// Of drivers of this process.
std::vector<PortListing> hosted_ports(const Scenario& scenario) {
  std::vector<PortListing> ports;
  for (const PortSpec& spec : scenario.ports) {
    PortListing port;
    port.name = spec.name.text;
    port.driver = spec.name.driver->name;
    port.residence = "hosted";
    port.tx_rings = spec.tx_rings;
    port.rx_rings = spec.rx_rings;
    port.tx_slots = spec.tx_slots;
    port.rx_slots = spec.rx_slots;
    port.speed_bps = spec.speed_bps;
    port.link_up = true;
    if (spec.name.driver->connect != nullptr)
      port.note = spec.cable.empty() ? "into a sink" : "cable to " + spec.cable;
    ports.push_back(std::move(port));
  }
  return ports;
}

std::string or_dash(unsigned a, unsigned b) {
  return a == 0 && b == 0 ? "-" : fmt::format("{}/{}", a, b);
}

// A table, and under it each note once with the ports it is about.
std::string table(const std::vector<PortListing>& ports) {
  size_t width = 4;
  for (const PortListing& port : ports)
    width = std::max(width, port.name.size());
  std::string text = fmt::format("{:<{}}  {:<11} {:<9} {:>10} {:<4} {:>7} {:>11}\n", "port", width,
                                 "driver", "residence", "Gbit/s", "link", "rings", "slots");
  std::vector<std::string> notes;
  for (const PortListing& port : ports) {
    text += fmt::format("{:<{}}  {:<11} {:<9} {:>10} {:<4} {:>7} {:>11}\n", port.name, width,
                        port.driver, port.residence,
                        port.speed_bps > 0 ? fmt::format("{:g}", port.speed_bps / 1e9) : "-",
                        port.link_up ? "up" : "down", or_dash(port.tx_rings, port.rx_rings),
                        or_dash(port.tx_slots, port.rx_slots));
    if (!port.note.empty() && std::find(notes.begin(), notes.end(), port.note) == notes.end())
      notes.push_back(port.note);
  }
  for (const std::string& note : notes) {
    std::string names;
    size_t about = 0;
    for (const PortListing& port : ports) {
      if (port.note != note)
        continue;
      if (about++ > 0)
        names += ", ";
      names += port.name;
    }
    names.append(": ").append(note);
    for (const std::string& line : wrapped(names, 78))
      text.append("  ").append(line).append("\n");
  }
  return text;
}

struct PortsOptions {
  std::string file;

  std::vector<Option> table() { return {{"FILE", &file}}; }
};

int list_ports(const PortsOptions& options) {
  std::vector<PortListing> ports;
  if (!options.file.empty()) {
    Result<Scenario> scenario = load_scenario(options.file);
    if (!scenario)
      return complain(scenario.error());
    ports = hosted_ports(*scenario);
  }
  for (const PortListing& port : list_kernel_ports())
    ports.push_back(port);
  if (ports.empty())
    print(
        "There is no port: this machine has no network interface. A scenario can have ports of "
        "this process: nmgen ports FILE\n");
  else
    print(table(ports));
  return kExitPass;
}

}  // namespace

Command ports_command() {
  return make_command(list_ports);
}

}  // namespace nmgen
