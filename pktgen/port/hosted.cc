// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/hosted.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pktgen/port/request.h"
#include "sim82599.h"

namespace nmgen {
namespace {

// Buffers an odd number of cache lines apart begin in every cache set in turn; 2048 bytes apart
// they share 1 set of 32 and evict each other (figures in docs/performance.md).
uint32_t buffer_bytes(const Scenario& scenario) {
  constexpr uint32_t kLine = 64;
  uint32_t bytes = 2048;
  for (const StreamSpec& stream : scenario.streams)
    bytes = std::max(bytes, stream.frame.size_no_crc);
  uint32_t lines = (bytes + kLine - 1) / kLine;
  return (lines | 1) * kLine;
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
    model_cycles_ = nmh_model_cycles(fd_, tx_, ring);
  }

 private:
  nmh_fd* fd_;
  bool tx_;
};

class SimulatedPort final : public Port {
 public:
  SimulatedPort(nmh* world, nmh_sim* sim, const SimulatedDevice& device)
      : world_(world), sim_(sim), device_(device.name) {
    name_ = "sim:" + device.name;
    driver_ = "sim82599";
    residence_ = "hosted";
    simulated_ = true;
    speed_bps_ = device.speed_gbps * 1e9;
    tx_rings_ = rx_rings_ = device.queues;
    tx_slots_ = device.tx_slots;
  }
  ~SimulatedPort() override { nmh_sim_destroy(sim_); }

  nmh_sim* sim() const { return sim_; }

  Result<std::unique_ptr<PortRing>> open_ring(const RingRequest& ring) override {
    std::string what = "cannot open " + name_;
    nmh_fd* fd = nullptr;
    if (int error = nmh_open(world_, &fd); error != 0)
      return fail_errno(what, -error, "free some memory");
    auto opened = std::make_unique<HostedRing>(fd, ring.tx);
    RegisterRequest request(device_, ring);
    if (int error = nmh_ioctl(fd, NIOCCTRL, &request.header); error != 0)
      return fail(what, nmh_reason(fd), "", -error);
    opened->bind(request, ring.ring);
    return opened;
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

}  // namespace

Result<std::unique_ptr<HostedWorld>> HostedWorld::create(const Scenario& scenario) {
  std::unique_ptr<HostedWorld> hosted(new HostedWorld);
  nmh_config config{};
  config.buf_size = buffer_bytes(scenario);
  if (int error = nmh_create(&config, &hosted->world_); error != 0)
    return fail_errno("cannot make the hosted netmap", -error, "free some memory");

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
      return fail("cannot make the simulated device " + device.name, reason.data(),
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
      return fail_errno("cannot put a cable between " + device.name + " and " + device.cable,
                        -error, "give both the same speed");
  }
  return hosted;
}

HostedWorld::~HostedWorld() {
  ports_.clear();
  if (world_ != nullptr)
    nmh_destroy(world_);
}

Port* HostedWorld::port(const std::string& device) {
  std::map<std::string, std::unique_ptr<Port>>::iterator found = ports_.find(device);
  return found == ports_.end() ? nullptr : found->second.get();
}

}  // namespace nmgen
