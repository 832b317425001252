// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/machine/findings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/cores.h"
#include "pktgen/measure/fingerprint.h"
#include "pktgen/measure/proc.h"
#include "pktgen/port/port.h"
#include "pktgen/scenario/check.h"

namespace nmgen {
namespace {

using State = Finding::State;

// include/uapi/linux/capability.h
constexpr unsigned kCapNetAdmin = 12;
constexpr unsigned kCapSysNice = 23;

// A load that takes time from workers: a tenth of a core.
constexpr double kQuietLoad = 0.1;

std::string read_word(const std::string& path) {
  return std::string(trimmed(read_text(path, 4096).value_or("")));
}

// The number in a line "key:   123 kB" of /proc/meminfo.
std::optional<uint64_t> meminfo(const std::string& text, std::string_view key) {
  const std::string line_start = fmt::format("\n{}:", key);
  const size_t at = ("\n" + text).find(line_start);
  if (at == std::string::npos)
    return std::nullopt;
  return std::strtoull(text.c_str() + at + line_start.size() - 1, nullptr, 10);
}

Finding netmap_module(const std::string& root) {
  const std::string device = root + "/dev/netmap";
  if (access(device.c_str(), F_OK) != 0)
    return {"netmap module", State::kLack, "/dev/netmap is missing",
            "load the netmap module for netmap: ports; sim: ports work without it"};
  if (access(device.c_str(), R_OK | W_OK) != 0)
    return {"netmap module", State::kLack, "this user may not open /dev/netmap",
            "run as root for netmap: ports; sim: ports work without it"};
  return {"netmap module", State::kGood, "/dev/netmap exists", ""};
}

Finding interfaces() {
  std::string names;
  for (const PortListing& port : list_kernel_ports())
    names += fmt::format("{}{} ({}{})", names.empty() ? "" : ", ",
                         port.name.substr(port.name.find(':') + 1), port.driver,
                         port.link_up ? ", up" : "");
  return {"interfaces", State::kFact, names.empty() ? "none" : names, ""};
}

Finding privileges(const std::string& root) {
  const std::string status = read_text(root + "/proc/self/status").value_or("");
  const size_t at = status.find("CapEff:");
  const uint64_t effective =
      at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + 7, nullptr, 16);
  std::string lacking;
  if ((effective >> kCapNetAdmin & 1) == 0)
    lacking = "CAP_NET_ADMIN";
  if ((effective >> kCapSysNice & 1) == 0)
    lacking += lacking.empty() ? "CAP_SYS_NICE" : " and CAP_SYS_NICE";
  if (lacking.empty())
    return {"privileges", State::kGood, "CAP_NET_ADMIN and CAP_SYS_NICE", ""};
  return {"privileges", State::kLack, "without " + lacking,
          "run as root for netmap: ports; sim: ports work without it"};
}

Finding huge_pages(const std::string& root) {
  const std::string text = read_text(root + "/proc/meminfo").value_or("");
  const uint64_t total = meminfo(text, "HugePages_Total").value_or(0);
  const uint64_t free = meminfo(text, "HugePages_Free").value_or(0);
  const uint64_t size_kb = meminfo(text, "Hugepagesize").value_or(0);
  if (size_kb == 0)
    return {"huge pages", State::kLack, "this kernel has no huge pages",
            "use a kernel with CONFIG_HUGETLBFS for more stable figures"};
  if (free == 0)
    return {"huge pages", State::kLack,
            fmt::format("none free, {} of {} kB in all", total, size_kb),
            "as root, echo 128 > /proc/sys/vm/nr_hugepages; without them packet memory takes more "
            "TLB entries"};
  return {"huge pages", State::kGood, fmt::format("{} of {} of {} kB free", free, total, size_kb),
          ""};
}

Finding clock_finding(const std::string& root) {
  const std::string source =
      read_word(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  const std::string named = source.empty() ? "unknown" : source;
  if (!has_invariant_tsc() && source != "tsc")
    return {"clock", State::kLack, fmt::format("source {}, TSC not invariant", named),
            "use a processor with an invariant TSC, or make the hypervisor expose it"};
  Result<TscClock> clock = TscClock::calibrate(20'000'000);
  if (!clock)
    return {"clock", State::kLack, fmt::format("source {}, {}", named, clock.error().cause),
            clock.error().remedy};
  return {"clock", State::kGood,
          fmt::format("TSC {} at {:.3f} GHz, kernel's source {}",
                      has_invariant_tsc() ? "invariant" : "trusted by the kernel", clock->hz / 1e9,
                      named),
          ""};
}

Finding cores() {
  const std::vector<int> allowed = allowed_cores();
  const std::string value = fmt::format("{} usable: {}", allowed.size(), core_list(allowed));
  if (allowed.size() < 2)
    return {"cores", State::kLack, value,
            "give the process a second core; sender and receiver share one now"};
  if (allowed.size() == 2)
    return {"cores", State::kFact, value + "; a sender and a receiver use both", ""};
  return {"cores", State::kGood, value, ""};
}

Finding isolated_cores(const std::string& root) {
  const std::string isolated = read_word(root + "/sys/devices/system/cpu/isolated");
  if (!isolated.empty())
    return {"isolated cores", State::kGood, isolated, ""};
  if (allowed_cores().size() < 4)
    return {"isolated cores", State::kFact, "none", ""};
  return {"isolated cores", State::kLack, "none",
          "boot with isolcpus= and nohz_full= for the workers' cores, for runs without gaps"};
}

Finding siblings(const std::string& root) {
  const bool active = read_word(root + "/sys/devices/system/cpu/smt/active") == "1";
  return {"hyper-threads", State::kFact,
          active ? "on: two workers on threads of one core slow each other down" : "off", ""};
}

// The control group of this process for CPU time, from /proc/self/cgroup: version 2 where the list
// of controllers is empty. "/" where it is not told.
std::string control_group(const std::string& root, bool version_2) {
  std::istringstream lines(read_text(root + "/proc/self/cgroup").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (version_2 ? controllers == ",," : controllers.find(",cpu,") != std::string::npos)
      return line.substr(second + 1);
  }
  return "/";
}

// The tightest limit of this process's control group and all above it; each holds.
Finding quota(const std::string& root) {
  double least_cores = 0;
  std::string where;
  for (const bool version_2 : {true, false}) {
    const std::string base = root + (version_2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu");
    std::string group = control_group(root, version_2);
    while (true) {
      if (group == "/")
        group.clear();
      const std::string directory = base + group;
      std::istringstream text(version_2
                                  ? read_text(directory + "/cpu.max").value_or("")
                                  : read_text(directory + "/cpu.cfs_quota_us").value_or("") + " " +
                                        read_text(directory + "/cpu.cfs_period_us").value_or(""));
      // "max" and -1 are no limit.
      double quota_us = 0, period_us = 0;
      if (text >> quota_us && quota_us > 0) {
        if (!(text >> period_us) || !(period_us > 0))
          period_us = 100'000;
        const double cores = quota_us / period_us;
        if (where.empty() || cores < least_cores) {
          least_cores = cores;
          where = group.empty() ? "/" : group;
        }
      }
      if (group.empty())
        break;
      group.erase(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
    }
  }
  if (where.empty())
    return {"CPU quota", State::kGood, "none", ""};
  return {"CPU quota", State::kLack,
          fmt::format("{:g} cores, set by control group {}", least_cores, where),
          "remove the CPU limit of the control group: it takes workers off their cores"};
}

Finding governor(const std::string& root) {
  const std::string name = governor_of(allowed_cores(), root + "/sys/devices/system/cpu");
  if (name == "none")
    return {"governor", State::kFact, "none: no frequency scaling on this machine", ""};
  if (name == "performance")
    return {"governor", State::kGood, name, ""};
  return {"governor", State::kLack, name, "as root, cpupower frequency-set -g performance"};
}

Finding virtualisation() {
  const std::string name = read_virtualisation();
  if (name == "none")
    return {"virtualisation", State::kGood, "none", ""};
  return {"virtualisation", State::kFact, name + ": the host can take cores away", ""};
}

Finding load(const std::string& root) {
  const std::optional<double> load = parse_load(read_text(root + "/proc/loadavg").value_or(""));
  if (!load)
    return {"load", State::kFact, "unknown", ""};
  const std::string value = fmt::format("{:.2f} in the last minute", *load);
  if (*load <= kQuietLoad)
    return {"load", State::kGood, value, ""};
  return {"load", State::kLack, value, "stop other programs before a run"};
}

}  // namespace

std::vector<Finding> examine_machine(const std::string& root) {
  return {
      {"processor", State::kFact, parse_cpu_model(read_text(root + "/proc/cpuinfo").value_or("")),
       ""},
      cores(),
      isolated_cores(root),
      siblings(root),
      quota(root),
      governor(root),
      load(root),
      clock_finding(root),
      virtualisation(),
      {"mitigations", State::kFact,
       read_mitigations(root + "/sys/devices/system/cpu/vulnerabilities"), ""},
      huge_pages(root),
      privileges(root),
      netmap_module(root),
      interfaces(),
  };
}

}  // namespace nmgen
