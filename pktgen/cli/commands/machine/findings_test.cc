// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/machine/findings.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace nmgen {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

// A machine made of files.
class MachineFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "nmgen-machine-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& text) {
    const fs::path file = root_ + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  Finding find(const std::string& name) {
    for (const Finding& finding : examine_machine(root_))
      if (finding.name == name)
        return finding;
    ADD_FAILURE() << "no finding " << name;
    return {};
  }

  std::string root_;
};

TEST_F(MachineFiles, EveryLackHasARemedyAndOnlyLacksHave) {
  for (const std::string& root : {root_, std::string()}) {
    const std::vector<Finding> findings = examine_machine(root);
    EXPECT_GE(findings.size(), 12U);
    for (const Finding& finding : findings) {
      EXPECT_FALSE(finding.value.empty()) << finding.name;
      EXPECT_EQ(finding.state == State::kLack, !finding.remedy.empty()) << finding.name;
    }
  }
}

TEST_F(MachineFiles, NetmapModule) {
  EXPECT_EQ(find("netmap module").state, State::kLack);
  put("/dev/netmap", "");
  EXPECT_EQ(find("netmap module").state, State::kGood);
}

TEST_F(MachineFiles, Privileges) {
  put("/proc/self/status", "Name:\tnmgen\nCapEff:\t0000000000000000\n");
  EXPECT_EQ(find("privileges").value, "without CAP_NET_ADMIN and CAP_SYS_NICE");
  put("/proc/self/status", "Name:\tnmgen\nCapEff:\t0000000000001000\n");
  EXPECT_EQ(find("privileges").value, "without CAP_SYS_NICE");
  put("/proc/self/status", "Name:\tnmgen\nCapEff:\t000001ffffffffff\n");
  EXPECT_EQ(find("privileges").state, State::kGood);
}

TEST_F(MachineFiles, HugePages) {
  EXPECT_EQ(find("huge pages").value, "this kernel has no huge pages");
  put("/proc/meminfo",
      "MemTotal: 1 kB\nHugePages_Total:  4\nHugePages_Free:  0\nHugepagesize: 2048 kB\n");
  EXPECT_EQ(find("huge pages").value, "none free, 4 of 2048 kB in all");
  put("/proc/meminfo", "HugePages_Total:  4\nHugePages_Free:  3\nHugepagesize: 2048 kB\n");
  EXPECT_EQ(find("huge pages").value, "3 of 4 of 2048 kB free");
  EXPECT_EQ(find("huge pages").state, State::kGood);
}

TEST_F(MachineFiles, QuotaOfBothControlGroupVersions) {
  EXPECT_EQ(find("CPU quota").state, State::kGood);
  put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(find("CPU quota").state, State::kGood);
  put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(find("CPU quota").state, State::kLack);
  fs::remove(root_ + "/sys/fs/cgroup/cpu.max");
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(find("CPU quota").state, State::kGood);
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  EXPECT_EQ(find("CPU quota").state, State::kLack);
}

// A limit holds for all groups below it, and what other groups may do is not told.
TEST_F(MachineFiles, QuotaIsThatOfItsOwnControlGroup) {
  put("/proc/self/cgroup", "0::/user.slice/run.scope\n");
  put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/other/cpu.max", "10000 100000\n");
  EXPECT_EQ(find("CPU quota").state, State::kGood);
  put("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  EXPECT_EQ(find("CPU quota").value, "1.5 cores, set by control group /user.slice");
  put("/sys/fs/cgroup/user.slice/run.scope/cpu.max", "50000 200000\n");
  EXPECT_EQ(find("CPU quota").value, "0.25 cores, set by control group /user.slice/run.scope");
  put("/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/a/b\n0::/\n");
  EXPECT_EQ(find("CPU quota").state, State::kGood);
  put("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "30000\n");
  put("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "60000\n");
  EXPECT_EQ(find("CPU quota").value, "0.5 cores, set by control group /a");
}

TEST_F(MachineFiles, LoadAndSiblings) {
  EXPECT_EQ(find("load").value, "unknown");
  put("/proc/loadavg", "0.05 0.1 0.2 1/100 1\n");
  EXPECT_EQ(find("load").state, State::kGood);
  put("/proc/loadavg", "1.50 0.1 0.2 1/100 1\n");
  EXPECT_EQ(find("load").state, State::kLack);
  put("/sys/devices/system/cpu/smt/active", "1\n");
  EXPECT_THAT(find("hyper-threads").value, testing::StartsWith("on"));
}

}  // namespace
}  // namespace nmgen
