// SPDX-License-Identifier: BSD-2-Clause
// nmgen vale list | attach | detach | new | delete | header
#include "pktgen/port/vale.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "pktgen/cli/command.h"

namespace nmgen {
namespace {

struct PortOptions {
  std::string port;

  std::vector<Option> table() { return {{.names = "PORT", .target = &port, .is_required = true}}; }
};

struct AttachOptions {
  std::string port;
  bool host = false;

  std::vector<Option> table() {
    return {{.names = "PORT", .target = &port, .is_required = true}, {"--host", &host}};
  }
};

struct NewOptions {
  ValeInterface interface;

  std::vector<Option> table() {
    return {{.names = "NAME", .target = &interface.name, .is_required = true},
            {.names = "--rings", .target = &interface.rings, .bounds = Bounds{1, 16}},
            {.names = "--slots", .target = &interface.slots, .bounds = Bounds{1, 4096}},
            {.names = "--memory", .target = &interface.mem_id, .bounds = Bounds{1, 65535}}};
  }
};

struct DeleteOptions {
  std::string name;

  std::vector<Option> table() { return {{.names = "NAME", .target = &name, .is_required = true}}; }
};

struct HeaderOptions {
  std::string port;
  int bytes = -1;  // -1: show it

  std::vector<Option> table() {
    return {{.names = "PORT", .target = &port, .is_required = true},
            {.names = "BYTES", .target = &bytes, .choices = {0, 10, 12}}};
  }
};

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

int attach(const AttachOptions& options) {
  return say_index(options.port + " is attached", vale_attach(options.port, options.host));
}

int detach(const PortOptions& options) {
  return say_index(options.port + " is detached", vale_detach(options.port));
}

int make(const NewOptions& options) {
  return say_done(options.interface.name + " is created", vale_new_interface(options.interface));
}

int remove(const DeleteOptions& options) {
  return say_done(options.name + " is deleted", vale_delete_interface(options.name));
}

int header(const HeaderOptions& options) {
  if (options.bytes >= 0)
    return say_done(fmt::format("{}: {} bytes", options.port, options.bytes),
                    set_vale_header(options.port, static_cast<uint32_t>(options.bytes)));
  Result<uint32_t> bytes = vale_header(options.port);
  if (!bytes)
    return complain(bytes.error());
  print(fmt::format("{}: {} bytes\n", options.port, *bytes));
  return kExitPass;
}

}  // namespace

Command vale_command() {
  return {.commands = {named("list", {.run = list}), named("attach", make_command(attach)),
                       named("detach", make_command(detach)), named("new", make_command(make)),
                       named("delete", make_command(remove)),
                       named("header", make_command(header))}};
}

}  // namespace nmgen
