// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/vale.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/netmap.h"
#include "pktgen/port/device.h"

namespace nmgen {
namespace {

// One NIOCCTRL on a descriptor of its own. `remedy` says what an errno means to the user.
Result<void> request(uint16_t type, const std::string& name, void* body, const std::string& what,
                     std::string (*remedy)(int), std::string* name_out = nullptr) {
  Result<int> fd = open_device(what);
  if (!fd)
    return tl::unexpected<Error>(fd.error());
  nmreq_header header{};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = type;
  header.nr_body = reinterpret_cast<uintptr_t>(body);
  if (name.size() >= sizeof(header.nr_name)) {
    close(*fd);
    return fail(what, "the name is too long", "use at most 63 characters", ENAMETOOLONG);
  }
  name.copy(header.nr_name, sizeof(header.nr_name) - 1);
  const int error = ioctl(*fd, NIOCCTRL, &header) == 0 ? 0 : errno;
  close(*fd);
  if (error != 0)
    return fail_errno(what, error, remedy(error));
  if (name_out != nullptr)
    name_out->assign(header.nr_name, strnlen(header.nr_name, sizeof(header.nr_name)));
  return {};
}

std::string attach_remedy(int error) {
  switch (error) {
    case EBUSY:
      return "detach it from its switch, or close the program that has it open";
    case ENXIO:
      return "name a switch and an existing interface, like vale0:eth0";
    default:
      return "see the kernel's log for the reason";
  }
}

std::string detach_remedy(int error) {
  return error == ENXIO || error == ENOENT ? "`nmgen vale list` lists the ports"
                                           : "see the kernel's log for the reason";
}

std::string interface_remedy(int error) {
  switch (error) {
    case EEXIST:
      return "use another name";
    case EINVAL:
      return "use a name of at most 15 characters that does not begin with vale, and delete only "
             "interfaces of `nmgen vale new`";
    case EBUSY:
      return "detach it from its switch, and close the program that has it open";
    case ENXIO:
      return "`nmgen ports` lists the ports";
    default:
      return "see the kernel's log for the reason";
  }
}

std::string header_remedy(int error) {
  return error == EINVAL ? "use 0, 10 or 12 bytes, and a port of a switch"
                         : "`nmgen vale list` lists the ports";
}

std::string list_remedy(int) {
  return "see the kernel's log for the reason";
}

}  // namespace

Result<std::vector<ValePort>> vale_ports() {
  // The end of the list is ENOENT, and so is a missing device.
  Result<int> device = open_device("cannot list the VALE switches");
  if (!device)
    return tl::unexpected<Error>(device.error());
  close(*device);
  std::vector<ValePort> ports;
  nmreq_vale_list at{};
  while (true) {
    ValePort port;
    Result<void> next = request(NETMAP_REQ_VALE_LIST, "", &at, "cannot list the VALE switches",
                                list_remedy, &port.name);
    if (!next && next.error().code == ENOENT)
      return ports;
    if (!next)
      return tl::unexpected<Error>(next.error());
    port.switch_index = at.nr_bridge_idx;
    port.port_index = at.nr_port_idx;
    ports.push_back(port);
    at.nr_port_idx++;
  }
}

Result<uint32_t> vale_attach(const std::string& port, bool host) {
  nmreq_vale_attach body{};
  body.reg.nr_mode = host ? NR_REG_NIC_SW : NR_REG_ALL_NIC;
  Result<void> done =
      request(NETMAP_REQ_VALE_ATTACH, port, &body, "cannot attach " + port, attach_remedy);
  if (!done)
    return tl::unexpected<Error>(done.error());
  return body.port_index;
}

Result<uint32_t> vale_detach(const std::string& port) {
  nmreq_vale_detach body{};
  Result<void> done =
      request(NETMAP_REQ_VALE_DETACH, port, &body, "cannot detach " + port, detach_remedy);
  if (!done)
    return tl::unexpected<Error>(done.error());
  return body.port_index;
}

Result<void> vale_new_interface(const ValeInterface& interface) {
  nmreq_vale_newif body{};
  body.nr_tx_slots = body.nr_rx_slots = interface.slots;
  body.nr_tx_rings = body.nr_rx_rings = static_cast<uint16_t>(interface.rings);
  body.nr_mem_id = static_cast<uint16_t>(interface.mem_id);
  return request(NETMAP_REQ_VALE_NEWIF, interface.name, &body, "cannot create " + interface.name,
                 interface_remedy);
}

Result<void> vale_delete_interface(const std::string& name) {
  return request(NETMAP_REQ_VALE_DELIF, name, nullptr, "cannot delete " + name, interface_remedy);
}

Result<uint32_t> vale_header(const std::string& port) {
  nmreq_port_hdr body{};
  Result<void> done = request(NETMAP_REQ_PORT_HDR_GET, port, &body,
                              "cannot read the header length of " + port, header_remedy);
  if (!done)
    return tl::unexpected<Error>(done.error());
  return body.nr_hdr_len;
}

Result<void> set_vale_header(const std::string& port, uint32_t bytes) {
  nmreq_port_hdr body{};
  body.nr_hdr_len = bytes;
  return request(NETMAP_REQ_PORT_HDR_SET, port, &body, "cannot set the header length of " + port,
                 header_remedy);
}

}  // namespace nmgen
