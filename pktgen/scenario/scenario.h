// SPDX-License-Identifier: BSD-2-Clause
// A scenario as the engine sees it: checked, complete, with every default filled in.
// scenario/parse.h makes one from JSON; scenarios/schema/ describes that JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pktgen/measure/limits.h"
#include "pktgen/measure/rate.h"
#include "pktgen/packet/frame.h"
#include "pktgen/packet/modifier/modifier.h"
#include "pktgen/scenario/port_name.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {

struct StreamSpec {
  std::string name;
  FrameSpec frame;
  // An odometer, the first changes with every frame; flows = product of the counts, at most 2^20.
  std::vector<FieldModifier> vary;
  uint64_t flows = 1;   // that product
  unsigned weight = 1;  // share of a sender's frames
};

// How fast the senders' cores are made to be. nmgen does only kDuty itself (traffic/duty.h); the
// others are done to it, and are named so that the record says so.
struct ClockSpec {
  enum class Method { kNone, kDuty, kCpufreq, kIcount };
  Method method = Method::kNone;
  double hz = 0;  // 0 with kNone
};
const char* to_string(ClockSpec::Method method);  // "none", "duty", "cpufreq", "icount"

// What a run's seconds are: of the simulated wires, which stand still while a worker is off its
// core, or real ones.
enum class RunTime { kWire, kReal };
const char* to_string(RunTime time);  // "wire", "real"

// An option of a port, as its driver's options.json has it.
struct PortOption {
  std::string key;
  std::optional<std::string> text;  // else it is a number, or true or false
  double number = 0;                // 1 and 0 for true and false
};

// A port of a driver, and what the driver says that it will be.
struct PortSpec {
  PortName name;      // with a driver; "sim:left"
  std::string cable;  // the port at the other end, which names this one too; empty = a sink
  std::vector<PortOption> options;
  // 0: only the open port can tell.
  unsigned tx_rings = 0, rx_rings = 0;
  unsigned tx_slots = 0, rx_slots = 0;  // of a ring
  double speed_bps = 0;
};

struct SenderSpec {
  std::string port;
  std::vector<std::string> streams;  // names, at least one
  ScheduleSpec schedule;
  Rate rate;             // of the whole entry; its workers share it evenly
  unsigned workers = 1;  // one thread and one ring each, from ring `first_ring`
  unsigned first_ring = 0;
  std::vector<int> cores;  // a core for each worker, or empty: chosen at start
  unsigned batch = 256;    // frames per sync, at most
};

struct ReceiverSpec {
  std::string port;
  unsigned workers = 1;
  unsigned first_ring = 0;
  std::vector<int> cores;
  unsigned batch = 256;
};

struct Scenario {
  std::string name, description;
  std::string file;  // where it was read from, for messages
  std::string text;  // the JSON that was run, after --set, compact with sorted keys
  std::string hash;  // "sha256:" + hex of `text`
  double duration_s = 10, warmup_s = 1;
  uint64_t frames =
      0;               // that a run sends at most, all senders together; 0: as many as fit its time
  double drain_s = 2;  // how long nothing may come until what is missing is lost (RFC 2544, 23)
  RunLimits limits;
  std::optional<int> nice;  // of the engine's threads; as they were started without it
  unsigned repeat = 1;
  ClockSpec clock;
  RunTime time = RunTime::kReal;
  uint32_t probe_every = 1;     // a probe in one frame of N; 0 = none
  std::vector<PortSpec> ports;  // of drivers: all that are configured or used
  std::vector<StreamSpec> streams;
  std::vector<SenderSpec> senders;
  std::vector<ReceiverSpec> receivers;

  const StreamSpec* stream(const std::string& stream_name) const;
  const PortSpec* port(const std::string& port_name) const;  // null: it is no driver's
  std::string directory() const;                             // of `file`; empty: the current one
  unsigned workers() const;                                  // of all senders and receivers
};

}  // namespace nmgen
