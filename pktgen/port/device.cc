// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/device.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "pktgen/port/request.h"

namespace nmgen {
namespace {

constexpr const char* kPrefix = "netmap:";

// The kernel's name of a port: VALE names have no prefix.
std::string kernel_name(const std::string& name) {
  return name.starts_with(kPrefix) ? name.substr(std::char_traits<char>::length(kPrefix)) : name;
}

// What a failed request means to the user.
std::string remedy_for(int error) {
  switch (error) {
    case EBUSY:
      return "close the other program that uses it, or take another ring";
    case ENXIO:
      return "see `nmgen ports` for those that exist";
    case ENOMEM:
      return "raise the netmap module's buf_num or ring_num";
    default:
      return "see the kernel's log for the reason";
  }
}

Result<int> open_device(const std::string& what) {
  int fd = open(NETMAP_DEVICE_NAME, O_RDWR | O_CLOEXEC);
  if (fd >= 0)
    return fd;
  int error = errno;
  if (error == ENOENT)
    return fail(what, NETMAP_DEVICE_NAME " is missing",
                "load the netmap module, or use a sim: port", error);
  if (error == EACCES || error == EPERM)
    return fail(what, NETMAP_DEVICE_NAME " may not be opened by this user", "run as root", error);
  return fail_errno(what, error, "load the netmap module anew");
}

class DeviceRing final : public PortRing {
 public:
  DeviceRing(int fd, bool tx) : fd_(fd), command_(tx ? NIOCTXSYNC : NIOCRXSYNC) {}
  ~DeviceRing() override {
    return_extra_buffers();
    if (memory_ != nullptr)
      munmap(memory_, size_);
    close(fd_);
  }

  int sync() override { return ioctl(fd_, command_, nullptr) == 0 ? 0 : errno; }

  // Return: 0 or an errno.
  int bind(RegisterRequest& request, const RingRequest& ring) {
    if (ioctl(fd_, NIOCCTRL, &request.header) != 0)
      return errno;
    size_ = request.body.nr_memsize;
    void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (memory == MAP_FAILED)
      return errno;
    memory_ = memory;
    map(static_cast<char*>(memory_), request.body.nr_offset, ring.tx, ring.ring);
    return 0;
  }

 private:
  int fd_;
  unsigned long command_;
  void* memory_ = nullptr;
  size_t size_ = 0;
};

std::string read_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// From sysfs; 0 where the interface does not say.
double interface_speed_bps(const std::string& interface) {
  double mbps = std::strtod(read_line("/sys/class/net/" + interface + "/speed").c_str(), nullptr);
  return mbps > 0 ? mbps * 1e6 : 0;
}

std::string interface_driver(const std::string& interface) {
  std::string link = "/sys/class/net/" + interface + "/device/driver";
  char target[256];
  ssize_t length = readlink(link.c_str(), target, sizeof(target) - 1);
  if (length <= 0)
    return "emulated";
  std::string path(target, static_cast<size_t>(length));
  return path.substr(path.rfind('/') + 1);
}

class KernelPort final : public Port {
 public:
  KernelPort(const std::string& name, const nmreq_port_info_get& info) {
    name_ = name;
    residence_ = "kernel";
    driver_ = name.starts_with(kPrefix) ? interface_driver(kernel_name(name)) : "vale";
    speed_bps_ = name.starts_with(kPrefix) ? interface_speed_bps(kernel_name(name)) : 0;
    tx_rings_ = info.nr_tx_rings;
    rx_rings_ = info.nr_rx_rings;
    tx_slots_ = info.nr_tx_slots;
  }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    std::string what = "cannot open " + name_;
    Result<int> fd = open_device(what);
    if (!fd)
      return tl::unexpected<Error>(fd.error());
    auto opened = std::make_unique<DeviceRing>(*fd, ring.tx);
    RegisterRequest request(kernel_name(name_), ring);
    if (int error = opened->bind(request, ring); error != 0)
      return fail_errno(what, error, remedy_for(error));
    return opened;
  }

  // Interface statistics of sysfs, where the port is an interface.
  PortCounters counters() override {
    PortCounters counters;
    std::string base = "/sys/class/net/" + kernel_name(name_) + "/statistics/";
    std::string missed = read_line(base + "rx_missed_errors");
    counters.readable = !missed.empty();
    counters.missed = std::strtoull(missed.c_str(), nullptr, 10);
    counters.tx_frames = std::strtoull(read_line(base + "tx_packets").c_str(), nullptr, 10);
    counters.rx_frames = std::strtoull(read_line(base + "rx_packets").c_str(), nullptr, 10);
    return counters;
  }

  uint64_t in_flight() override { return 0; }
  uint64_t wire_busy_ns() override { return 0; }
};

}  // namespace

Result<std::unique_ptr<Port>> open_kernel_port(const std::string& name) {
  std::string what = "cannot open " + name;
  Result<int> fd = open_device(what);
  if (!fd)
    return tl::unexpected<Error>(fd.error());
  nmreq_header header{};
  nmreq_port_info_get info{};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
  header.nr_body = reinterpret_cast<uintptr_t>(&info);
  std::string port = kernel_name(name);
  port.copy(header.nr_name, sizeof(header.nr_name) - 1);
  int error = ioctl(*fd, NIOCCTRL, &header) == 0 ? 0 : errno;
  close(*fd);
  if (error != 0)
    return fail_errno(what, error, remedy_for(error));
  return std::make_unique<KernelPort>(name, info);
}

std::vector<PortListing> list_kernel_ports() {
  std::vector<PortListing> ports;
  DIR* directory = opendir("/sys/class/net");
  if (directory == nullptr)
    return ports;
  Result<int> fd = open_device("");
  std::string note = fd ? "" : fd.error().sentence();
  if (fd)
    close(*fd);
  while (dirent* entry = readdir(directory)) {
    std::string interface = entry->d_name;
    // Beside interfaces the folder has files, such as bonding_masters.
    if (interface.starts_with(".") ||
        access(("/sys/class/net/" + interface + "/type").c_str(), F_OK))
      continue;
    PortListing listing;
    listing.name = kPrefix + interface;
    listing.residence = "kernel";
    listing.driver = interface_driver(interface);
    listing.speed_bps = interface_speed_bps(interface);
    listing.link_up = read_line("/sys/class/net/" + interface + "/operstate") == "up";
    listing.note = note;
    ports.push_back(listing);
  }
  closedir(directory);
  std::sort(ports.begin(), ports.end(),
            [](const PortListing& a, const PortListing& b) { return a.name < b.name; });
  return ports;
}

}  // namespace nmgen
