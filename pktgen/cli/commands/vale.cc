// SPDX-License-Identifier: BSD-2-Clause
// nmgen vale list | attach | detach | new | delete | header
#include "pktgen/port/vale.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "pktgen/cli/commands/commands.h"

namespace nmgen {
namespace {

int list() {
  Result<std::vector<ValePort>> ports = vale_ports();
  if (!ports)
    return complain(ports.error());
  if (ports->empty()) {
    print("There is no switch. The first port creates one, for example vale0:1.\n");
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

// The switch's port or interface that a command is about.
Option name_of(std::string* target, const char* name, const char* help) {
  return {.names = name, .help = help, .target = target, .is_required = true};
}

Option number(unsigned* target, const char* names, const char* value, const char* help,
              double most) {
  return {
      .names = names, .value = value, .help = help, .target = target, .bounds = Bounds{1, most}};
}

}  // namespace

Command vale_command() {
  const std::shared_ptr<ValeOptions> options = std::make_shared<ValeOptions>();
  ValeInterface* interface = &options->interface;
  Command list_command = {.name = "list", .summary = "List switches and their ports", .run = list};
  Command attach = {
      .name = "attach",
      .summary = "Make an interface a port of a switch",
      .options = {name_of(&options->port, "PORT", "Switch and interface, like vale0:eth0"),
                  {.names = "--host",
                   .help = "Attach its host stack too, as a second port",
                   .target = &options->host}},
      .run = [options] {
        return say_index(options->port + " is attached", vale_attach(options->port, options->host));
      }};
  Command detach = {
      .name = "detach",
      .summary = "Remove an interface from its switch",
      .options = {name_of(&options->port, "PORT", "Switch and interface, like vale0:eth0")},
      .run = [options] {
        return say_index(options->port + " is detached", vale_detach(options->port));
      }};
  Command make = {
      .name = "new",
      .summary = "Create an interface that can be attached, and stays",
      .options = {name_of(&interface->name, "NAME", "Its name, at most 15 characters"),
                  number(&interface->rings, "--rings", "N", "Rings in each direction", 16),
                  number(&interface->slots, "--slots", "N", "Slots of each ring", 4096),
                  number(&interface->mem_id, "--memory", "ID", "Memory region; default: its own",
                         65535)},
      .run = [options] {
        return say_done(options->interface.name + " is created",
                        vale_new_interface(options->interface));
      }};
  Command remove = {.name = "delete",
                    .summary = "Delete an interface that new created",
                    .options = {name_of(&interface->name, "NAME", "Its name")},
                    .run = [options] {
                      return say_done(options->interface.name + " is deleted",
                                      vale_delete_interface(options->interface.name));
                    }};
  Command header_command = {.name = "header",
                            .summary = "Show or set the length of a port's vnet header",
                            .options = {name_of(&options->port, "PORT", "Like vale0:1"),
                                        {.names = "BYTES",
                                         .help = "0, 10 or 12; the default is to show it",
                                         .target = &options->header,
                                         .choices = {0, 10, 12}}},
                            .run = [options] { return header(*options); }};
  return {.name = "vale",
          .summary = "Configure the VALE switches of the kernel",
          .footer =
              "\nExamples:\n"
              "  nmgen vale attach vale0:eth0 --host\n"
              "  nmgen vale header vale0:1 12\n"
              "\n'nmgen vale COMMAND --help' shows the options of a command.",
          .commands = {list_command, attach, detach, make, remove, header_command}};
}

}  // namespace nmgen
