// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/fingerprint.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "pktgen/measure/clock.h"
#include "pktgen/measure/cores.h"
#include "pktgen/measure/proc.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nmgen {
namespace {

constexpr char kUnknown[] = "unknown";

// A file's text without white space around it; empty where it cannot be read.
std::string read_line(const std::string& path) {
  std::optional<std::string> text = read_text(path);
  return text ? std::string(trimmed(*text)) : std::string();
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? kUnknown : text;
}

std::string kernel_name() {
  utsname names{};
  if (uname(&names) != 0)
    return kUnknown;
  return fmt::format("{} {} {} {}", names.sysname, names.release, names.version, names.machine);
}

}  // namespace

std::string governor_of(const std::vector<int>& cores, const std::string& cpu_dir) {
  std::set<std::string> names;
  for (int core : cores) {
    std::string name = read_line(fmt::format("{}/cpu{}/cpufreq/scaling_governor", cpu_dir, core));
    names.insert(name.empty() ? "none" : name);
  }
  if (names.empty())
    return "none";
  if (names.size() == 1)
    return *names.begin();
  return fmt::format("mixed: {}", fmt::join(names, ", "));
}

std::string kernel_parameters(const std::string& command_line) {
  static const std::set<std::string_view> kStart{"BOOT_IMAGE", "initrd", "root",
                                                 "resume",     "init",   "rdinit"};
  const std::string_view line = command_line;
  std::string kept;
  for (size_t at = line.find_first_not_of(' '); at < line.size();
       at = line.find_first_not_of(' ', at)) {
    // White space within quotes is the parameter's own.
    const size_t start = at;
    for (bool quoted = false; at < line.size() && (quoted || line[at] != ' '); at++)
      quoted ^= line[at] == '"';
    const std::string_view parameter = line.substr(start, at - start);
    if (parameter == "--")
      break;
    if (kStart.contains(parameter.substr(0, parameter.find('='))))
      continue;
    kept += kept.empty() ? "" : " ";
    kept += parameter;
  }
  return kept.empty() ? "none" : kept;
}

std::string summarise_mitigations(const std::vector<std::pair<std::string, std::string>>& entries) {
  if (entries.empty())
    return kUnknown;
  constexpr std::string_view kPrefix = "Mitigation: ";
  std::vector<std::string> parts;
  unsigned unaffected = 0;
  for (const std::pair<std::string, std::string>& entry : entries) {
    std::string_view text = trimmed(entry.second);
    if (text == "Not affected") {
      ++unaffected;
      continue;
    }
    if (text.starts_with(kPrefix))
      text.remove_prefix(kPrefix.size());
    parts.push_back(fmt::format("{}={}", entry.first, text));
  }
  if (unaffected > 0)
    parts.push_back(fmt::format("not affected by {} of {}", unaffected, entries.size()));
  return fmt::format("{}", fmt::join(parts, " | "));
}

std::string read_mitigations(const std::string& directory) {
  std::vector<std::pair<std::string, std::string>> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator file(directory, error), end; !error && file != end;
       file.increment(error))
    entries.emplace_back(file->path().filename().string(),
                         or_unknown(read_line(file->path().string())));
  std::sort(entries.begin(), entries.end());
  return summarise_mitigations(entries);
}

std::string describe_virtualisation(bool is_guest, const std::string& vendor,
                                    const std::string& dmi) {
  if (!is_guest)
    return "none";
  // The vendor leaf's 12 bytes, as each hypervisor's own documents give them.
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"KVMKVMKVM", "KVM"},
      {"TCGTCGTCGTCG", "QEMU TCG"},
      {"Microsoft Hv", "Hyper-V"},
      {"VMwareVMware", "VMware"},
      {"XenVMMXenVMM", "Xen"},
      {"VBoxVBoxVBox", "VirtualBox"},
      {"bhyve bhyve", "bhyve"},
      {"ACRNACRNACRN", "ACRN"},
      {"Linux KVM Hv", "KVM (Hyper-V API)"},
  };
  std::string name = vendor.empty() ? "hypervisor of unknown make" : vendor;
  for (const std::pair<std::string_view, std::string_view>& known : kNames)
    if (vendor == known.first)
      name = known.second;
  return dmi.empty() ? name : fmt::format("{}, {}", name, dmi);
}

std::string read_virtualisation() {
  std::string dmi = fmt::format("{} {}", read_line("/sys/class/dmi/id/sys_vendor"),
                                read_line("/sys/class/dmi/id/product_name"));
  dmi = std::string(trimmed(dmi));
#if defined(__x86_64__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  bool is_guest = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & (1U << 31)) != 0;
  std::string vendor;
  if (is_guest) {
    __cpuid(0x40000000, eax, ebx, ecx, edx);
    for (unsigned word : {ebx, ecx, edx})
      for (unsigned shift = 0; shift < 32; shift += 8) {
        char letter = static_cast<char>(word >> shift & 0xff);
        if (letter >= 0x20 && letter < 0x7f)
          vendor += letter;
      }
    vendor = std::string(trimmed(vendor));
  }
  return describe_virtualisation(is_guest, vendor, dmi);
#else
  // Arm has no such instruction: firmware says it in the device tree, or only in the DMI's names.
  std::string compatible = read_line("/proc/device-tree/hypervisor/compatible");
  if (!compatible.empty())
    return describe_virtualisation(true, compatible, dmi);
  return dmi.empty() ? kUnknown : fmt::format("not told; machine: {}", dmi);
#endif
}

Fingerprint take_fingerprint(double measured_tsc_hz) {
  const std::vector<int> allowed = allowed_cores();
  const std::string command_line = read_line("/proc/cmdline");
  Fingerprint print;
#define FINGERPRINT_FIELD(type, name, from, ...) print.name = from;
#include "pktgen/measure/figure_list.h"
  return print;
}

}  // namespace nmgen
