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
#include "pktgen/port/whole_port.h"

namespace nmgen {
namespace {

// What a failed request means to the user.
std::string remedy_for(int error) {
  switch (error) {
    case EBUSY:
      return "close the other program that uses it, or use another ring";
    case ENXIO:
      return "`nmgen ports` lists the ports";
    case ENOMEM:
      return "raise the netmap module's buf_num or ring_num";
    default:
      return "see the kernel's log for the reason";
  }
}

// A descriptor of the device, and the memory of the region that it is bound to.
class BoundDevice {
 public:
  explicit BoundDevice(int fd) : fd_(fd) {}
  ~BoundDevice() {
    if (memory_ != nullptr)
      munmap(memory_, size_);
    close(fd_);
  }
  BoundDevice(const BoundDevice&) = delete;
  BoundDevice& operator=(const BoundDevice&) = delete;

  // Return: 0 or an errno.
  int bind(RegisterRequest& request) {
    if (ioctl(fd_, NIOCCTRL, &request.header) != 0)
      return errno;
    size_ = request.body.nr_memsize;
    void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (memory == MAP_FAILED)
      return errno;
    memory_ = static_cast<char*>(memory);
    return 0;
  }

  // Return: 0 or an errno.
  int sync(bool tx) { return ioctl(fd_, tx ? NIOCTXSYNC : NIOCRXSYNC, nullptr) == 0 ? 0 : errno; }

  int fd() const { return fd_; }
  char* memory() const { return memory_; }

 private:
  int fd_;
  char* memory_ = nullptr;
  size_t size_ = 0;
};

class DeviceRing final : public PortRing {
 public:
  DeviceRing(int fd, bool tx) : device_(fd), tx_(tx) {}
  ~DeviceRing() override { return_extra_buffers(); }

  int sync() override { return device_.sync(tx_); }

  // Return: 0 or an errno.
  int bind(RegisterRequest& request, unsigned ring) {
    if (int error = device_.bind(request); error != 0)
      return error;
    map(device_.memory(), request.body.nr_offset, tx_, ring);
    return 0;
  }

 private:
  BoundDevice device_;
  bool tx_;
};

class WholeDevicePort final : public WholePort {
 public:
  WholeDevicePort(const PortName& name, int fd) : WholePort(name.text), device_(fd) {}

  // Return: 0 or an errno.
  int bind(const PortName& name) {
    RegisterRequest request(name);
    if (int error = device_.bind(request); error != 0)
      return error;
    region_ = request.body.nr_mem_id;
    map(device_.memory(), request.body.nr_offset);
    return 0;
  }

  int sync(bool tx) override { return device_.sync(tx); }
  short look(short) override { return 0; }
  pollfd waiting(short events) override { return {device_.fd(), events, 0}; }

 private:
  BoundDevice device_;
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
  KernelPort(const PortName& name, const nmreq_port_info_get& info) : port_(name) {
    name_ = name.text;
    residence_ = "kernel";
    splits_frames_ = true;
    has_counters_ = !name.is_vale() && !name.is_pipe();
    if (name.is_vale() || name.is_pipe()) {
      driver_ = name.is_vale() ? "vale" : "pipe";
    } else {
      driver_ = interface_driver(name.name);
      speed_bps_ = interface_speed_bps(name.name);
    }
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
    RegisterRequest request(port_.name, ring);
    if (int error = opened->bind(request, ring.ring); error != 0)
      return fail_errno(what, error, remedy_for(error));
    return opened;
  }

  // Interface statistics of sysfs, where the port is an interface.
  PortCounters counters() override {
    PortCounters counters;
    if (port_.is_vale() || port_.is_pipe())
      return counters;
    std::string base = "/sys/class/net/" + port_.name + "/statistics/";
    std::string missed = read_line(base + "rx_missed_errors");
    counters.readable = !missed.empty();
    counters.missed = std::strtoull(missed.c_str(), nullptr, 10);
    counters.tx_frames = std::strtoull(read_line(base + "tx_packets").c_str(), nullptr, 10);
    counters.rx_frames = std::strtoull(read_line(base + "rx_packets").c_str(), nullptr, 10);
    return counters;
  }

  uint64_t in_flight() override { return 0; }
  uint64_t wire_busy_ns() override { return 0; }

 private:
  PortName port_;
};

}  // namespace

Result<int> open_device(const std::string& what) {
  int fd = open(NETMAP_DEVICE_NAME, O_RDWR | O_CLOEXEC);
  if (fd >= 0)
    return fd;
  int error = errno;
  if (error == ENOENT)
    return fail(what, NETMAP_DEVICE_NAME " is missing",
                "load the netmap module, or use a sim: port", error);
  if (error == EPERM)
    return fail(what,
                "opening " NETMAP_DEVICE_NAME " needs CAP_NET_ADMIN in this network namespace",
                "run as root there, or give the container the capability", error);
  if (error == EACCES)
    return fail(what, "this user may not open " NETMAP_DEVICE_NAME, "run as root", error);
  return fail_errno(what, error, "load the netmap module again");
}

Result<std::unique_ptr<Port>> open_kernel_port(const PortName& name) {
  std::string what = "cannot open " + name.text;
  Result<int> fd = open_device(what);
  if (!fd)
    return tl::unexpected<Error>(fd.error());
  nmreq_header header{};
  nmreq_port_info_get info{};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
  header.nr_body = reinterpret_cast<uintptr_t>(&info);
  name.name.copy(header.nr_name, sizeof(header.nr_name) - 1);
  int error = ioctl(*fd, NIOCCTRL, &header) == 0 ? 0 : errno;
  close(*fd);
  if (error != 0)
    return fail_errno(what, error, remedy_for(error));
  return std::make_unique<KernelPort>(name, info);
}

Result<std::unique_ptr<WholePort>> open_whole_kernel_port(const PortName& name) {
  const std::string what = "cannot open " + name.text;
  Result<int> fd = open_device(what);
  if (!fd)
    return tl::unexpected<Error>(fd.error());
  std::unique_ptr<WholeDevicePort> opened = std::make_unique<WholeDevicePort>(name, *fd);
  if (int error = opened->bind(name); error != 0)
    return fail_errno(what, error, remedy_for(error));
  return opened;
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
    listing.name = "netmap:" + interface;
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
