// SPDX-License-Identifier: BSD-2-Clause
// nmgen bridge A [B]
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "nmh_netif.h"
#include "pktgen/cli/command.h"
#include "pktgen/cli/stop_signal.h"
#include "pktgen/port/hosted.h"
#include "pktgen/port/port_error.h"
#include "pktgen/port/whole_port.h"
#include "pktgen/scenario/port_options.h"
#include "pktgen/worker/bridge.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr int kLookMs = 100;  // how often the end is looked for while nothing comes

using Clock = std::chrono::steady_clock;

struct BridgeOptions {
  std::string a, b;
  std::vector<std::string> a_options, b_options;
  Seconds duration{0};  // 0: no end
  Seconds idle{0};      // 0: however long nothing comes
  bool copy = false;
  bool quiet = false;

  std::vector<Option> table() {
    return {{"A", &a},
            {"B", &b},
            {"--a", &a_options},
            {"--b", &b_options},
            {"--duration", &duration},
            {"--idle", &idle},
            {"--copy", &copy},
            {"--quiet", &quiet}};
  }
};

// "KEY=VALUE", as "ports" of a scenario would have it.
Result<PortOption> parse_option(const std::string& port, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return fail("cannot set \"" + text + "\" of " + port, "it is no KEY=VALUE",
                "write it like queues=2");
  PortOption option;
  option.key = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  const char* end = value.data() + value.size();
  const std::from_chars_result number = std::from_chars(value.data(), end, option.number);
  if (value == "true" || value == "false")
    option.number = value == "true" ? 1 : 0;
  else if (number.ec != std::errc() || number.ptr != end)
    option.text = value;
  return option;
}

// Bytes of the longest frame that the port's interface takes, where it has one.
uint32_t frame_bytes(const PortName& name) {
  constexpr uint32_t kHeader = 14, kTags = 8;
  nmh_netif netif{};
  return nmh_netif_find(name.name.c_str(), &netif) == 0 ? netif.mtu + kHeader + kTags : 0;
}

// Opens ports of any residence; those of this process are in one world, so that they can swap
// buffers.
class BridgePorts {
 public:
  // A port of a driver is made with what `options` say.
  Result<void> add(const PortName& name, const std::vector<std::string>& options) {
    if (name.driver == nullptr)
      return options.empty()
                 ? Result<void>()
                 : fail("cannot set options of " + name.text,
                        "only ports of drivers of this process have any", "leave them out");
    std::vector<PortOption> parsed;
    for (const std::string& text : options) {
      Result<PortOption> option = parse_option(name.text, text);
      if (!option)
        return tl::unexpected<Error>(option.error());
      parsed.push_back(std::move(*option));
    }
    const std::string whole = std::string(name.driver->prefix) + ":" + name.name;
    if (scenario_.port(whole) != nullptr)
      return fail("cannot bridge " + whole + " to itself", "it is one port", "name another port");
    Result<PortSpec> port = make_port(whole, std::move(parsed), "");
    if (!port)
      return tl::unexpected<Error>(port.error());
    scenario_.ports.push_back(std::move(*port));
    StreamSpec longest;
    longest.frame.size_no_crc = frame_bytes(name);
    scenario_.streams.push_back(std::move(longest));
    return {};
  }

  Result<std::unique_ptr<WholePort>> open(const PortName& name) {
    if (name.home == PortHome::kKernel)
      return open_whole_kernel_port(name);
    if (world_ == nullptr) {
      Result<std::unique_ptr<HostedWorld>> world = HostedWorld::create(scenario_, 0);
      if (!world)
        return tl::unexpected<Error>(world.error());
      world_ = std::move(*world);
    }
    return world_->whole_port(name);
  }

 private:
  Scenario scenario_;
  std::unique_ptr<HostedWorld> world_;
};

// The other side of a bridge with one argument: the host stack of the same interface.
Result<PortName> host_side(const PortName& a) {
  if (a.home != PortHome::kKernel)
    return fail("cannot bridge " + a.text + " alone",
                "a port of this process has no host stack of its own", "name a second port");
  if (a.is_vale() || a.is_pipe() || a.chooses_rings())
    return fail("cannot bridge " + a.text + " alone",
                "only a whole network interface has a host stack",
                "name a second port, or the interface without a suffix, like netmap:eth0");
  return parse_port_name(a.text + "^");
}

std::string direction_line(const BridgeCounts& now, const BridgeCounts& before, double seconds) {
  return fmt::format("{:>9} pps {:>9} bit/s",
                     si_rate(static_cast<double>(now.frames - before.frames) / seconds),
                     si_rate(8 * static_cast<double>(now.bytes - before.bytes) / seconds));
}

std::string total(const char* arrow, const BridgeCounts& counts) {
  std::string text =
      fmt::format("  {} {} frames, {} bytes", arrow, grouped(counts.frames), grouped(counts.bytes));
  if (counts.too_long > 0)
    text += fmt::format("; {} dropped because they do not fit in the other port's buffers",
                        grouped(counts.too_long));
  return text + "\n";
}

// Return: 0 at the end that was asked for, or an errno.
int forward(Bridge& bridge, const BridgeOptions& options, const std::atomic<bool>& stop) {
  const Clock::time_point start = Clock::now();
  Clock::time_point shown_at = start, moved_at = start;
  BridgeCounts shown[2];
  uint64_t moved = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const int error = bridge.turn(kLookMs);
    if (error != 0 && error != EINTR)
      return error;
    const Clock::time_point now = Clock::now();
    const Seconds at = now - start;
    if (options.duration > Seconds(0) && at >= options.duration)
      break;
    const uint64_t frames =
        bridge.counts(Bridge::kAToB).frames + bridge.counts(Bridge::kBToA).frames;
    if (frames != moved)
      moved_at = now;
    moved = frames;
    if (options.idle > Seconds(0) && now - moved_at >= options.idle)
      break;
    const double seconds = Seconds(now - shown_at).count();
    if (options.quiet || seconds < 1)
      continue;
    print(fmt::format("{:6.1f} s   > {}   < {}\n", at.count(),
                      direction_line(bridge.counts(Bridge::kAToB), shown[0], seconds),
                      direction_line(bridge.counts(Bridge::kBToA), shown[1], seconds)));
    shown_at = now;
    shown[0] = bridge.counts(Bridge::kAToB);
    shown[1] = bridge.counts(Bridge::kBToA);
  }
  return 0;
}

// The port that cannot go on, and the errno of its sync.
struct Broken {
  WholePort* port;
  int error;
};
Broken find_broken(WholePort& a, WholePort& b, int error) {
  for (WholePort* port : {&a, &b})
    for (const bool tx : {false, true})
      if (int own = port->sync(tx); own != 0)
        return {port, own};
  return {nullptr, error};
}

int complain_of_end(WholePort& a, WholePort& b, int error) {
  const Broken broken = find_broken(a, b, error);
  std::string what = "the bridge between " + a.name() + " and " + b.name() + " has ended";
  if (broken.port != nullptr)
    what += ", as " + broken.port->name() + " cannot continue";
  complain(Error{what, std::generic_category().message(broken.error), remedy_of_port(broken.error),
                 broken.error});
  return kExitFail;
}

int run_bridge(const BridgeOptions& options) {
  if (options.a.empty())
    return complain("no port is given; name two, for example nmgen bridge netmap:eth0 netmap:eth1");
  Result<PortName> a = parse_port_name(options.a);
  if (!a)
    return complain(a.error());
  Result<PortName> b = options.b.empty() ? host_side(*a) : parse_port_name(options.b);
  if (!b)
    return complain(b.error());
  BridgePorts ports;
  if (Result<void> added = ports.add(*a, options.a_options); !added)
    return complain(added.error());
  if (Result<void> added = ports.add(*b, options.b_options); !added)
    return complain(added.error());
  Result<std::unique_ptr<WholePort>> port_a = ports.open(*a);
  if (!port_a)
    return complain(port_a.error());
  Result<std::unique_ptr<WholePort>> port_b = ports.open(*b);
  if (!port_b)
    return complain(port_b.error());

  const std::atomic<bool>& stop = catch_stop_signals();
  Bridge bridge(**port_a, **port_b, options.copy);
  if (!options.quiet)
    print(fmt::format("{} > {}, {}; Ctrl-C stops it\n", a->text, b->text,
                      bridge.zero_copy() ? "zero copy" : "copying"));
  const int error = forward(bridge, options, stop);
  if (!options.quiet)
    print(total(">", bridge.counts(Bridge::kAToB)) + total("<", bridge.counts(Bridge::kBToA)));
  return error != 0 ? complain_of_end(**port_a, **port_b, error) : kExitPass;
}

}  // namespace

Command bridge_command() {
  return make_command(run_bridge);
}

}  // namespace nmgen
