// SPDX-License-Identifier: BSD-2-Clause
// What a run's figures depend on besides the code, read from the machine. Anything that cannot be
// read says "unknown"; nothing here fails.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pktgen/measure/record.h"

namespace nmgen {

// `measured_tsc_hz`: TscClock::hz. Takes about a millisecond; call before the run.
Fingerprint take_fingerprint(double measured_tsc_hz);

// The cpufreq governor of these cores: its name, "mixed: a, b" where they differ, "none" where the
// machine has no frequency scaling.
std::string governor_of(const std::vector<int>& cores,
                        const std::string& cpu_dir = "/sys/devices/system/cpu");

// Of a kernel's command line what tells how the machine runs: without what only says where it
// starts from (BOOT_IMAGE, initrd, root, resume, init and rdinit) and without what comes after
// "--", which is for init. "none" where nothing is left.
std::string kernel_parameters(const std::string& command_line);

// One line of (name, text) pairs as in /sys/devices/system/cpu/vulnerabilities: what affects the
// machine and what is done about it, and how many do not affect it.
std::string summarise_mitigations(const std::vector<std::pair<std::string, std::string>>& entries);
std::string read_mitigations(
    const std::string& directory = "/sys/devices/system/cpu/vulnerabilities");

// "none" on bare metal, else the hypervisor's name. `vendor` is CPUID leaf 0x40000000's, empty
// where the hypervisor hides it; `dmi` is the machine's maker and product, empty where unknown.
std::string describe_virtualisation(bool is_guest, const std::string& vendor,
                                    const std::string& dmi);
std::string read_virtualisation();

// The commit this program was built from, "unknown" outside a checkout, and whether files that git
// tracks differed from it.
std::string built_from_commit();
bool built_from_dirty_tree();

}  // namespace nmgen
