// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/hosted.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "nmh_driver.h"
#include "pktgen/port/request.h"
#include "pktgen/port/whole_port.h"
#include "pktgen/refusal.h"
#include "pktgen/scenario/port_options.h"

namespace nmgen {
namespace {

constexpr uint32_t kUsualBuffer = 2048;  // netmap's default

// Bytes of the scenario's largest frame.
uint32_t largest_frame(const Scenario& scenario) {
  uint32_t bytes = 0;
  for (const StreamSpec& stream : scenario.streams)
    bytes = std::max(bytes, stream.frame.size_no_crc);
  return bytes;
}

// What suits all ports that there are.
nmh_config suitable_config(const Scenario& scenario) {
  std::vector<const nmh_driver*> drivers;
  for (const PortSpec& port : scenario.ports)
    drivers.push_back(port.name.driver);
  nmh_config config{};
  nmh_config_suit(&config, drivers.data(), drivers.size(), largest_frame(scenario));
  return config;
}

// Of what the core or a driver refuses (`reason`, or else the errno's). Their own words on a lack
// of memory are about pools, which no key of a scenario sizes.
tl::unexpected<Error> fail_refused(const std::string& what, const std::string& reason,
                                   const std::string& remedy, int error) {
  if (error != ENOMEM)
    return reason.empty() ? fail_errno(what, error, remedy) : fail(what, reason, remedy, error);
  return fail(what, "there is not enough memory for all rings and their buffers",
              "free some, or use smaller tx_slots, rx_slots or queues in \"ports\", fewer flows "
              "(counts of \"vary\"), a smaller size_no_crc or fewer ports",
              error);
}

class HostedRing final : public PortRing {
 public:
  HostedRing(nmh_fd* fd, bool tx) : fd_(fd), tx_(tx) {}
  ~HostedRing() override {
    return_extra_buffers();
    nmh_close(fd_);
  }

  int sync() override { return -(tx_ ? nmh_txsync(fd_) : nmh_rxsync(fd_)); }

  void bind(const RegisterRequest& request, unsigned ring) {
    size_t size = 0;
    map(static_cast<char*>(nmh_mmap(fd_, &size)), request.body.nr_offset, tx_, ring);
    model_tsc_ticks_ = nmh_model_tsc_ticks(fd_, tx_, ring);
  }

 private:
  nmh_fd* fd_;
  bool tx_;
};

// A descriptor of `world`, bound to one ring of `port`, which the user calls `name`.
Result<std::unique_ptr<PortRing>> open_hosted_ring(nmh* world, const std::string& name,
                                                   const std::string& port,
                                                   const RingRequest& ring) {
  std::string what = "cannot open " + name;
  nmh_fd* fd = nullptr;
  if (int error = nmh_open(world, &fd); error != 0)
    return fail_refused(what, "", "", -error);
  std::unique_ptr<HostedRing> opened = std::make_unique<HostedRing>(fd, ring.tx);
  RegisterRequest request(port, ring);
  if (int error = nmh_ioctl(fd, NIOCCTRL, &request.header); error != 0)
    return fail_refused(what, nmh_reason(fd), "", -error);
  opened->bind(request, ring.ring);
  return opened;
}

// A port of a driver, whichever that is.
class DriverPort final : public Port {
 public:
  DriverPort(nmh* world, nmh_port* port, const PortSpec& spec)
      : world_(world), port_(port), core_name_(spec.name.name) {
    const nmh_driver& driver = *spec.name.driver;
    name_ = spec.name.text;
    driver_ = driver.name;
    residence_ = "hosted";
    simulated_ = driver.simulated;
    knows_in_flight_ = driver.in_flight != nullptr;
    counts_wire_ = driver.counts_wire;
    has_counters_ = driver.stats != nullptr;
    if (driver.connect != nullptr)
      peer_ = spec.cable;
    else if (driver.loops_back)
      peer_ = name_;
    else if (driver.leads_nowhere)
      peer_ = "";
    speed_bps_ = spec.speed_bps;
    tx_rings_ = spec.tx_rings;
    rx_rings_ = spec.rx_rings;
    tx_slots_ = spec.tx_slots;
  }
  ~DriverPort() override { nmh_port_destroy(port_); }

  nmh_port* port() const { return port_; }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    return open_hosted_ring(world_, name_, core_name_, ring);
  }

  PortCounters counters() override {
    nmh_port_stats stats{};
    PortCounters counters;
    counters.readable = nmh_port_read_stats(port_, &stats);
    counters.tx_frames = stats.tx_frames;
    counters.rx_frames = stats.rx_frames;
    counters.tx_dropped = stats.tx_dropped;
    counters.missed = stats.missed;
    counters.paused_ns = stats.paused_ns;
    counters.driver_bugs = stats.driver_bugs;
    counters.last_bug = stats.last_bug;
    return counters;
  }

  std::string mode() override {
    std::array<char, 512> text{};
    nmh_port_mode(port_, text.data(), text.size());
    return text.data();
  }
  uint64_t in_flight() override { return nmh_port_in_flight(port_); }
  uint64_t wire_busy_ns() override { return nmh_port_wire_busy_ns(port_); }

 private:
  nmh* world_;
  nmh_port* port_;
  std::string core_name_;
};

// A VALE port or an end of a pipe. What it drops is seen as loss; it has no device to ask.
class SoftwarePort final : public Port {
 public:
  SoftwarePort(nmh* world, const PortName& name, const nmreq_port_info_get& info)
      : world_(world), port_(name.name) {
    name_ = name.text;
    driver_ = name.is_vale() ? "vale" : "pipe";
    residence_ = "hosted";
    tx_rings_ = info.nr_tx_rings;
    rx_rings_ = info.nr_rx_rings;
    tx_slots_ = info.nr_tx_slots;
  }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    return open_hosted_ring(world_, name_, port_, ring);
  }
  PortCounters counters() override { return {}; }
  uint64_t in_flight() override { return 0; }
  uint64_t wire_busy_ns() override { return 0; }

 private:
  nmh* world_;
  std::string port_;
};

class WholeHostedPort final : public WholePort {
 public:
  WholeHostedPort(nmh* world, nmh_fd* fd, const PortName& name) : WholePort(name.text), fd_(fd) {
    world_ = world;
  }
  ~WholeHostedPort() override { nmh_close(fd_); }

  // Return: 0 or an errno.
  int bind(const PortName& name) {
    RegisterRequest request(name);
    if (int error = nmh_ioctl(fd_, NIOCCTRL, &request.header); error != 0)
      return -error;
    size_t size = 0;
    region_ = request.body.nr_mem_id;
    map(static_cast<char*>(nmh_mmap(fd_, &size)), request.body.nr_offset);
    return 0;
  }

  int sync(bool tx) override { return -(tx ? nmh_txsync(fd_) : nmh_rxsync(fd_)); }
  short look(short events) override {
    const int ready = nmh_poll(fd_, events, 0);
    return ready < 0 ? 0 : static_cast<short>(ready);
  }
  pollfd waiting(short) override { return {nmh_eventfd(fd_), POLLIN, 0}; }

 private:
  nmh_fd* fd_;
};

}  // namespace

Result<std::unique_ptr<WholePort>> open_whole_hosted_port(nmh* world, const PortName& name) {
  const std::string what = "cannot open " + name.text;
  nmh_fd* fd = nullptr;
  if (int error = nmh_open(world, &fd); error != 0)
    return fail_errno(what, -error, "free some memory");
  std::unique_ptr<WholeHostedPort> opened = std::make_unique<WholeHostedPort>(world, fd, name);
  if (int error = opened->bind(name); error != 0)
    return fail(what, nmh_reason(fd), "", error);
  return opened;
}

Result<std::unique_ptr<HostedWorld>> HostedWorld::create(const Scenario& scenario, double tsc_hz) {
  std::unique_ptr<HostedWorld> hosted(new HostedWorld);
  nmh_config config = suitable_config(scenario);
  // VALE ports hold every frame too.
  if (largest_frame(scenario) > kUsualBuffer)
    config.priv_buf_size = config.buf_size;
  if (scenario.time == RunTime::kWire)
    config.wire_workers = scenario.workers();
  config.tsc_hz = tsc_hz;
  if (int error = nmh_create(&config, &hosted->world_); error != 0)
    return fail_refused("cannot create the hosted netmap", "", "", -error);

  std::map<std::string, nmh_port*> made;
  for (const PortSpec& spec : scenario.ports) {
    const PortRequest request(spec);
    Refusal refusal;
    nmh_port* port = nullptr;
    int error =
        nmh_port_create(hosted->world_, spec.name.driver, request.get(), &port, refusal.get());
    if (error != 0)
      return fail_refused("cannot create " + spec.name.text, refusal.cause(), refusal.remedy(),
                          -error);
    made[spec.name.text] = port;
    hosted->ports_[spec.name.text] = std::make_unique<DriverPort>(hosted->world_, port, spec);
  }
  for (const PortSpec& spec : scenario.ports) {
    // Each cable is named by both of its ends.
    if (spec.cable.empty() || spec.name.text > spec.cable)
      continue;
    Refusal refusal;
    int error = nmh_port_connect(made[spec.name.text], made[spec.cable], refusal.get());
    if (error != 0)
      return fail("cannot connect a cable between " + spec.name.text + " and " + spec.cable,
                  refusal.cause(), refusal.remedy(), -error);
  }
  return hosted;
}

RunClock HostedWorld::clock() const {
  return RunClock(nmh_wire_of(world_));
}

WorkerClock HostedWorld::worker_clock(unsigned worker) const {
  nmh_wire* wire = nmh_wire_of(world_);
  return wire != nullptr ? WorkerClock(nmh_wire_worker(wire, worker)) : WorkerClock();
}

HostedWorld::~HostedWorld() {
  ports_.clear();
  if (world_ != nullptr)
    nmh_destroy(world_);
}

Result<std::unique_ptr<WholePort>> HostedWorld::whole_port(const PortName& name) {
  return open_whole_hosted_port(world_, name);
}

Result<Port*> HostedWorld::port(const PortName& name) {
  const std::map<std::string, std::unique_ptr<Port>>::iterator found = ports_.find(name.text);
  if (found != ports_.end())
    return found->second.get();
  if (name.home == PortHome::kDriver)
    return fail("cannot open " + name.text, "the scenario has no such port",
                "add it under \"ports\", or correct the name");
  const std::string what = "cannot open " + name.text;
  nmh_fd* fd = nullptr;
  if (int error = nmh_open(world_, &fd); error != 0)
    return fail_refused(what, "", "", -error);
  nmreq_header header{};
  nmreq_port_info_get info{};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
  header.nr_body = reinterpret_cast<uintptr_t>(&info);
  name.name.copy(header.nr_name, sizeof(header.nr_name) - 1);
  const int error = nmh_ioctl(fd, NIOCCTRL, &header);
  const std::string reason = error != 0 ? nmh_reason(fd) : "";
  nmh_close(fd);
  if (error != 0)
    return fail_refused(what, reason, "", -error);
  return ports_.emplace(name.text, std::make_unique<SoftwarePort>(world_, name, info))
      .first->second.get();
}

}  // namespace nmgen
