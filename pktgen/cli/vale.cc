// SPDX-License-Identifier: BSD-2-Clause
// nmgen vale list | attach | detach | new | delete | header
#include "pktgen/port/vale.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "pktgen/cli/command.h"

namespace nmgen {
namespace {

int list() {
  Result<std::vector<ValePort>> ports = vale_ports();
  if (!ports)
    return complain(ports.error());
  if (ports->empty()) {
    print("There is no switch: one comes with its first port, like vale0:1.\n");
    return kExitPass;
  }
  std::string text = fmt::format("{:>6} {:>5}  {}\n", "switch", "port", "name");
  for (const ValePort& port : *ports)
    text += fmt::format("{:>6} {:>5}  {}\n", port.switch_index, port.port_index, port.name);
  print(text);
  return kExitPass;
}

int say_index(const std::string& what, const Result<uint32_t>& index) {
  if (!index)
    return complain(index.error());
  print(fmt::format("{}, port {}\n", what, *index));
  return kExitPass;
}

int say_done(const std::string& what, const Result<void>& done) {
  if (!done)
    return complain(done.error());
  print(what + "\n");
  return kExitPass;
}

struct ValeOptions {
  std::string port;
  bool host = false;
  ValeInterface interface;
  int header = -1;
};

int header(const ValeOptions& options) {
  if (options.header >= 0)
    return say_done(fmt::format("{}: {} bytes", options.port, options.header),
                    set_vale_header(options.port, static_cast<uint32_t>(options.header)));
  Result<uint32_t> bytes = vale_header(options.port);
  if (!bytes)
    return complain(bytes.error());
  print(fmt::format("{}: {} bytes\n", options.port, *bytes));
  return kExitPass;
}

}  // namespace

void add_vale_command(CLI::App& app, Action* action) {
  CLI::App* vale = app.add_subcommand("vale", "Set the kernel's VALE switches up");
  vale->require_subcommand(1);
  std::shared_ptr<ValeOptions> options = std::make_shared<ValeOptions>();

  CLI::App* command = vale->add_subcommand("list", "List switches and their ports");
  command->callback([action] { *action = list; });

  command = vale->add_subcommand("attach", "Make an interface a port of a switch");
  command->add_option("PORT", options->port, "Switch and interface, like vale0:eth0")
      ->type_name("")
      ->required();
  command->add_flag("--host", options->host, "Its host stack too, as a second port");
  command->callback([options, action] {
    *action = [options] {
      return say_index(options->port + " is attached", vale_attach(options->port, options->host));
    };
  });

  command = vale->add_subcommand("detach", "Take an interface out of its switch");
  command->add_option("PORT", options->port, "Switch and interface, like vale0:eth0")
      ->type_name("")
      ->required();
  command->callback([options, action] {
    *action = [options] {
      return say_index(options->port + " is detached", vale_detach(options->port));
    };
  });

  command = vale->add_subcommand("new", "Make an interface that can be attached, and stays");
  command->add_option("NAME", options->interface.name, "Its name, at most 15 characters")
      ->type_name("")
      ->required();
  command->add_option("--rings", options->interface.rings, "Rings of each direction")
      ->type_name("N")
      ->check(CLI::Range(1, 16));
  command->add_option("--slots", options->interface.slots, "Slots of each ring")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  command->add_option("--memory", options->interface.mem_id, "Memory region; default: its own")
      ->type_name("ID")
      ->check(CLI::Range(1, 65535));
  command->callback([options, action] {
    *action = [options] {
      return say_done(options->interface.name + " is there",
                      vale_new_interface(options->interface));
    };
  });

  command = vale->add_subcommand("delete", "Delete an interface that was made with new");
  command->add_option("NAME", options->interface.name, "Its name")->type_name("")->required();
  command->callback([options, action] {
    *action = [options] {
      return say_done(options->interface.name + " is gone",
                      vale_delete_interface(options->interface.name));
    };
  });

  command = vale->add_subcommand("header", "Show or set the length of a port's vnet header");
  command->add_option("PORT", options->port, "Like vale0:1")->type_name("")->required();
  command->add_option("BYTES", options->header, "0, 10 or 12; left out, it is shown")
      ->type_name("")
      ->check(CLI::IsMember({0, 10, 12}));
  command->callback([options, action] { *action = [options] { return header(*options); }; });

  vale->footer(
      "\nExamples:\n"
      "  nmgen vale attach vale0:eth0 --host\n"
      "  nmgen vale header vale0:1 12\n"
      "\n'nmgen vale COMMAND --help' says more about a command.");
}

}  // namespace nmgen
