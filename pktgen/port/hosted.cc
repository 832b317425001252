// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/hosted.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "pktgen/port/request.h"
#include "pktgen/port/whole_port.h"
#include "sim82599.h"

namespace nmgen {
namespace {

constexpr uint32_t kSmallestBuffer = 2048;

uint32_t round_up(uint32_t bytes, uint32_t grain) {
  return (bytes + grain - 1) / grain * grain;
}

// Every frame of the scenario fits a buffer.
uint32_t largest_frame(const Scenario& scenario) {
  uint32_t bytes = kSmallestBuffer;
  for (const StreamSpec& stream : scenario.streams)
    bytes = std::max(bytes, stream.frame.size_no_crc);
  return bytes;
}

// Buffers an odd number of cache lines apart begin in every cache set in turn; 2048 bytes apart
// they share 1 set of 32 and evict each other (figures in docs/performance.md).
uint32_t buffer_bytes(const Scenario& scenario) {
  constexpr uint32_t kLine = 64;
  // The 82599 is told the size of its receive buffers in KiB, rounded down, and spreads what is
  // longer over several; so they grow by whole KiB.
  constexpr uint32_t kGrain = 1024;
  return (round_up(largest_frame(scenario), kGrain) / kLine | 1) * kLine;
}

// Of what the core or the model refuses (`reason`, or else the errno's). Their own words on a lack
// of memory are about pools, which no key of a scenario sizes.
tl::unexpected<Error> fail_refused(const std::string& what, const std::string& reason,
                                   const std::string& remedy, int error) {
  if (error != ENOMEM)
    return reason.empty() ? fail_errno(what, error, remedy) : fail(what, reason, remedy, error);
  return fail(
      what, "there is not enough memory for all rings and their buffers",
      "free some, or use smaller tx_slots, rx_slots or queues in \"simulated\", fewer flows "
      "(counts of \"vary\"), a smaller size_no_crc or fewer ports",
      error);
}

class HostedRing final : public PortRing {
 public:
  HostedRing(nmh_fd* fd, bool tx, bool keeps_buffers) : fd_(fd), tx_(tx) {
    keeps_buffers_ = keeps_buffers;
  }
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
                                                   const std::string& port, const RingRequest& ring,
                                                   bool keeps_buffers) {
  std::string what = "cannot open " + name;
  nmh_fd* fd = nullptr;
  if (int error = nmh_open(world, &fd); error != 0)
    return fail_refused(what, "", "", -error);
  std::unique_ptr<HostedRing> opened = std::make_unique<HostedRing>(fd, ring.tx, keeps_buffers);
  RegisterRequest request(port, ring);
  if (int error = nmh_ioctl(fd, NIOCCTRL, &request.header); error != 0)
    return fail_refused(what, nmh_reason(fd), "", -error);
  opened->bind(request, ring.ring);
  return opened;
}

class SimulatedPort final : public Port {
 public:
  SimulatedPort(nmh* world, nmh_sim* sim, const SimulatedDevice& device)
      : world_(world), sim_(sim), device_(device.name) {
    name_ = "sim:" + device.name;
    driver_ = "sim82599";
    residence_ = "hosted";
    simulated_ = true;
    has_counters_ = true;
    speed_bps_ = device.speed_gbps * 1e9;
    tx_rings_ = rx_rings_ = device.queues;
    tx_slots_ = device.tx_slots;
  }
  ~SimulatedPort() override { nmh_sim_destroy(sim_); }

  nmh_sim* sim() const { return sim_; }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    return open_hosted_ring(world_, name_, device_, ring, true);
  }

  PortCounters counters() override {
    struct nmh_sim_stats stats {};
    ::nmh_sim_stats(sim_, &stats);
    PortCounters counters;
    counters.readable = true;
    counters.tx_frames = stats.tx_frames;
    counters.rx_frames = stats.rx_frames;
    counters.missed = stats.missed;
    counters.paused_ns = stats.paused_ns;
    counters.driver_bugs = stats.driver_bugs;
    counters.last_bug = stats.last_bug;
    return counters;
  }

  uint64_t in_flight() override { return nmh_sim_in_flight(sim_); }
  uint64_t wire_busy_ns() override { return nmh_sim_wire_busy_ns(sim_); }

 private:
  nmh* world_;
  nmh_sim* sim_;
  std::string device_;
};

// A VALE port or an end of a pipe. What it drops is seen as loss; it has no device to ask.
class SoftwarePort final : public Port {
 public:
  SoftwarePort(nmh* world, const PortName& name, const nmreq_port_info_get& info)
      : world_(world), port_(name.name) {
    name_ = name.text;
    driver_ = name.is_vale() ? "vale" : "pipe";
    residence_ = "hosted";
    keeps_buffers_ = !name.is_pipe();
    tx_rings_ = info.nr_tx_rings;
    rx_rings_ = info.nr_rx_rings;
    tx_slots_ = info.nr_tx_slots;
  }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    return open_hosted_ring(world_, name_, port_, ring, keeps_buffers_);
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

Result<std::unique_ptr<HostedWorld>> HostedWorld::create(const Scenario& scenario) {
  std::unique_ptr<HostedWorld> hosted(new HostedWorld);
  nmh_config config{};
  config.buf_size = buffer_bytes(scenario);
  if (largest_frame(scenario) > kSmallestBuffer)
    config.priv_buf_size = config.buf_size;
  if (int error = nmh_create(&config, &hosted->world_); error != 0)
    return fail_refused("cannot create the hosted netmap", "", "", -error);

  std::map<std::string, nmh_sim*> sims;
  for (const SimulatedDevice& device : scenario.simulated) {
    nmh_sim_config sim_config{};
    sim_config.name = device.name.c_str();
    sim_config.speed_gbps = device.speed_gbps;
    sim_config.queues = device.queues;
    sim_config.tx_slots = device.tx_slots;
    sim_config.rx_slots = device.rx_slots;
    sim_config.flow_control = device.flow_control;
    nmh_sim* sim = nullptr;
    std::array<char, 200> reason{};
    int error = nmh_sim_create(hosted->world_, &sim_config, &sim, reason.data(), reason.size());
    if (error != 0)
      return fail_refused("cannot create the simulated device " + device.name, reason.data(),
                          "change it in the scenario", -error);
    sims[device.name] = sim;
    hosted->ports_[device.name] = std::make_unique<SimulatedPort>(hosted->world_, sim, device);
  }
  for (const SimulatedDevice& device : scenario.simulated) {
    // Each cable is named by both of its ends.
    if (device.cable.empty() || device.name > device.cable)
      continue;
    int error = nmh_sim_connect(sims[device.name], sims[device.cable]);
    if (error != 0)
      return fail_errno("cannot connect a cable between " + device.name + " and " + device.cable,
                        -error, "give both the same speed");
  }
  return hosted;
}

HostedWorld::~HostedWorld() {
  ports_.clear();
  if (world_ != nullptr)
    nmh_destroy(world_);
}

Result<Port*> HostedWorld::port(const PortName& name) {
  const std::string key = name.name;
  const std::map<std::string, std::unique_ptr<Port>>::iterator found = ports_.find(key);
  if (found != ports_.end())
    return found->second.get();
  if (name.home == PortHome::kSimulated)
    return fail("cannot open " + name.text, "the scenario has no such simulated device",
                "add it under \"simulated\", or correct the name");
  const std::string what = "cannot open " + name.text;
  nmh_fd* fd = nullptr;
  if (int error = nmh_open(world_, &fd); error != 0)
    return fail_refused(what, "", "", -error);
  nmreq_header header{};
  nmreq_port_info_get info{};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
  header.nr_body = reinterpret_cast<uintptr_t>(&info);
  key.copy(header.nr_name, sizeof(header.nr_name) - 1);
  const int error = nmh_ioctl(fd, NIOCCTRL, &header);
  const std::string reason = error != 0 ? nmh_reason(fd) : "";
  nmh_close(fd);
  if (error != 0)
    return fail_refused(what, reason, "", -error);
  return ports_.emplace(key, std::make_unique<SoftwarePort>(world_, name, info))
      .first->second.get();
}

}  // namespace nmgen
