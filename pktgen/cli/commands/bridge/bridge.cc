// SPDX-License-Identifier: BSD-2-Clause
// nmgen bridge A [B]
#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>

#include "pktgen/cli/command.h"
#include "pktgen/cli/stop_signal.h"
#include "pktgen/port/whole_port.h"
#include "pktgen/worker/bridge.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr int kLookMs = 100;  // how often the end is looked for while nothing comes

using Clock = std::chrono::steady_clock;

struct BridgeOptions {
  std::string a, b;
  Seconds duration{0};  // 0: no end
  bool copy = false;
  bool quiet = false;

  std::vector<Option> table() {
    return {
        {"A", &a}, {"B", &b}, {"--duration", &duration}, {"--copy", &copy}, {"--quiet", &quiet}};
  }
};

Result<PortName> kernel_port_name(const std::string& text) {
  Result<PortName> name = parse_port_name(text);
  if (name && name->home != PortHome::kKernel)
    return fail("cannot bridge " + text, "only this process can use a hosted port",
                "use ports of the kernel's netmap, like netmap:eth0 or vale0:1");
  return name;
}

// The other side of a bridge with one argument: the host stack of the same interface.
Result<PortName> host_side(const PortName& a) {
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
  Clock::time_point shown_at = start;
  BridgeCounts shown[2];
  while (!stop.load(std::memory_order_relaxed)) {
    const int error = bridge.turn(kLookMs);
    if (error != 0 && error != EINTR)
      return error;
    const Clock::time_point now = Clock::now();
    const Seconds at = now - start;
    if (options.duration > Seconds(0) && at >= options.duration)
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

int run_bridge(const BridgeOptions& options) {
  if (options.a.empty())
    return complain("no port is given; name two, for example nmgen bridge netmap:eth0 netmap:eth1");
  Result<PortName> a = kernel_port_name(options.a);
  if (!a)
    return complain(a.error());
  Result<PortName> b = options.b.empty() ? host_side(*a) : kernel_port_name(options.b);
  if (!b)
    return complain(b.error());
  Result<std::unique_ptr<WholePort>> port_a = open_whole_kernel_port(*a);
  if (!port_a)
    return complain(port_a.error());
  Result<std::unique_ptr<WholePort>> port_b = open_whole_kernel_port(*b);
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
  if (error != 0) {
    complain(Error{"the bridge between " + a->text + " and " + b->text + " has ended",
                   std::generic_category().message(error),
                   "check that both interfaces exist and are up", error});
    return kExitFail;
  }
  return kExitPass;
}

}  // namespace

Command bridge_command() {
  return make_command(run_bridge);
}

}  // namespace nmgen
