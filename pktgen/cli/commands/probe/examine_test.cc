// SPDX-License-Identifier: BSD-2-Clause
// In a network namespace of this process, and of interfaces made of files.
#include "pktgen/cli/commands/probe/examine.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nmh_netif.h"
#include "pktgen/cli/commands/probe/ethtool.h"
#include "pktgen/cli/commands/probe/netdev.h"
#include "testing/network.h"

namespace nmgen {
namespace {

using ::testing::HasSubstr;
using State = Finding::State;
using test::ip;

Finding find(const std::vector<Finding>& findings, const std::string& name) {
  for (const Finding& finding : findings)
    if (finding.name == name)
      return finding;
  ADD_FAILURE() << "no finding " << name;
  return {};
}

class Probe : public test::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped())
      return;
    ASSERT_TRUE(ip("link add pa type veth peer name pb") && ip("link set pa up"));
  }

  static Finding find(const std::string& interface, const std::string& name) {
    const Result<std::vector<Finding>> findings = examine_interface(interface);
    EXPECT_TRUE(findings);
    return nmgen::find(*findings, name);
  }
  // Whether the remedy, a command of a shell, mends it.
  static void expect_mends(const std::string& interface, const std::string& name) {
    const Finding before = find(interface, name);
    ASSERT_EQ(before.state, State::kLack) << name << ": " << before.value;
    ASSERT_EQ(std::system((before.remedy.substr(0, before.remedy.find(';')) + " >&2").c_str()), 0);
    const Result<std::vector<Finding>> findings = examine_interface(interface);
    ASSERT_TRUE(findings);
    for (const Finding& after : *findings) {
      EXPECT_FALSE(after.name == name && after.state == State::kLack) << name << after.value;
    }
  }
  static bool has_ethtool() { return std::system("ethtool --version >/dev/null 2>&1") == 0; }
};

TEST_F(Probe, EveryLackHasARemedyAndOnlyLacksHave) {
  ASSERT_TRUE(ip("tuntap add ta mode tap"));
  for (const char* name : {"pa", "pb", "ta", "lo"}) {
    const Result<std::vector<Finding>> findings = examine_interface(name);
    ASSERT_TRUE(findings);
    EXPECT_GE(findings->size(), 14u);
    for (const Finding& finding : *findings) {
      EXPECT_FALSE(finding.value.empty()) << finding.name;
      EXPECT_EQ(finding.state == State::kLack, !finding.remedy.empty()) << finding.name;
    }
  }
}

TEST_F(Probe, RemediesMendWhatTheyAreFor) {
  EXPECT_THAT(find("pa", "link").value, HasSubstr("no carrier, as its peer pb is down"));
  expect_mends("pa", "link");
  EXPECT_EQ(find("pa", "link").state, State::kGood);
  ASSERT_TRUE(ip("link set pa down"));
  expect_mends("pa", "link");
  if (!has_ethtool())
    GTEST_SKIP() << "there is no ethtool: apt-get install ethtool";
  EXPECT_THAT(find("pa", "peer").value, HasSubstr("pb, without GRO or an XDP program"));
  expect_mends("pa", "peer");
  EXPECT_THAT(find("pa", "peer offloads").value, HasSubstr("TSO, checksum of pb on"));
  expect_mends("pa", "peer offloads");
}

TEST_F(Probe, SaysWhatAnotherProgramSays) {
  if (!has_ethtool())
    GTEST_SKIP() << "there is no ethtool: apt-get install ethtool";
  ASSERT_EQ(std::system("ethtool -K pa gro on tso off >/dev/null 2>&1"), 0);
  const EthtoolView view = read_ethtool("pa");
  EXPECT_EQ(view.driver, "veth");
  EXPECT_TRUE(view.has("rx-gro"));
  EXPECT_FALSE(view.has("tx-tcp-segmentation"));
  // Each of the features, by its name.
  FILE* other = popen("ethtool -k pa", "r");
  ASSERT_NE(other, nullptr);
  char line[200];
  size_t compared = 0;
  while (std::fgets(line, sizeof(line), other) != nullptr) {
    const std::string text = line;
    const size_t colon = text.find(": ");
    const size_t start = text.find_first_not_of("\t ");
    if (colon == std::string::npos || start == std::string::npos)
      continue;
    const auto found = view.features.find(text.substr(start, colon - start));
    if (found == view.features.end())
      continue;
    EXPECT_EQ(found->second, text.compare(colon + 2, 2, "on") == 0) << text;
    compared++;
  }
  pclose(other);
  EXPECT_GT(compared, 30u);
}

TEST_F(Probe, ATapWithoutAnotherEndHasNoCarrier) {
  ASSERT_TRUE(ip("tuntap add ta mode tap") && ip("link set ta up"));
  EXPECT_THAT(find("ta", "link").value, HasSubstr("no program has its other end"));
  const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  ifreq request{};
  std::strcpy(request.ifr_name, "ta");
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  ASSERT_EQ(ioctl(fd, TUNSETIFF, &request), 0);
  EXPECT_EQ(find("ta", "link").state, State::kGood);
  close(fd);
}

TEST_F(Probe, APeerInAnotherNamespaceIsNotOurs) {
  ASSERT_TRUE(ip("link set pb netns 1"));
  EXPECT_THAT(find("pa", "peer").value, HasSubstr("in another network namespace; probe it there"));
  EXPECT_THAT(find("pa", "link").remedy, HasSubstr("where it is"));
}

TEST_F(Probe, PromiscuityIsSeen) {
  EXPECT_THAT(find("pa", "promiscuity").value, HasSubstr("off; what has no hardware"));
  ASSERT_TRUE(ip("link set pa promisc on"));
  EXPECT_THAT(find("pa", "promiscuity").value, HasSubstr("on: frames for any address"));
}

TEST_F(Probe, TheFeaturesOfXdpAreThoseOfTheDriver) {
  const std::optional<XdpFeatures> features =
      read_xdp_features(static_cast<int>(if_nametoindex("pa")));
  if (!features)
    GTEST_SKIP() << "this kernel does not tell them: it is older than 6.3";
  EXPECT_TRUE(features->basic && features->redirect);
  EXPECT_FALSE(features->zero_copy);
  EXPECT_FALSE(read_xdp_features(4711));
  EXPECT_EQ(to_text(XdpFeatures{}), "none");
}

TEST_F(Probe, LockedMemoryAndNoSuchInterface) {
  EXPECT_EQ(find("pa", "locked memory").state, State::kGood);
  const Result<std::vector<Finding>> none = examine_interface("nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().sentence(),
            "cannot probe nowhere: there is no such interface; see ip link");
}

// A NIC whose files are the test's.
class ProbeFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "nmgen-probe-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    std::strcpy(netif_.name, "nonic0");
    std::strcpy(netif_.parent, "0000:01:00.0");
    netif_.flags = IFF_UP | IFF_RUNNING;
    netif_.mtu = 1500;
    netif_.peer_namespace = -1;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  Finding find(const std::string& name) const {
    return nmgen::find(examine_interface(netif_, root_), name);
  }

  std::string root_;
  nmh_netif netif_{};
};

TEST_F(ProbeFiles, InterruptsAreOnTheCoresThatTheKernelTells) {
  EXPECT_EQ(find("interrupts").value, "not told by the kernel");
  for (const char* irq : {"33", "34", "35"})
    put(std::string("/sys/class/net/nonic0/device/msi_irqs/") + irq, "msix");
  put("/proc/irq/33/smp_affinity_list", "0-3");
  put("/proc/irq/33/effective_affinity_list", "2");
  put("/proc/irq/34/effective_affinity_list", "2");
  put("/proc/irq/35/smp_affinity_list", "5");
  EXPECT_EQ(find("interrupts").value, "2 on core 2, 1 on core 5");
}

TEST_F(ProbeFiles, TheNumaNodeNamesItsCores) {
  EXPECT_EQ(find("NUMA node").value, "none");
  put("/sys/class/net/nonic0/device/numa_node", "1\n");
  put("/sys/devices/system/node/node1/cpulist", "8-15\n");
  EXPECT_EQ(find("NUMA node").value, "1, with cores 8-15: give these to its workers");
}

TEST_F(ProbeFiles, PrivilegesAreThoseOfTheProcess) {
  put("/proc/self/status", "Name:\tnmgen\nCapEff:\t0000000000000000\n");
  EXPECT_THAT(find("privileges").value,
              HasSubstr("no CAP_NET_RAW, for packet: and xdp:; no CAP_NET_"));
  EXPECT_THAT(find("privileges").remedy, HasSubstr("setcap cap_net_raw,cap_net_admin,cap_bpf+ep"));
  rlimit before{};
  getrlimit(RLIMIT_MEMLOCK, &before);
  const rlimit small{65536, before.rlim_max};
  setrlimit(RLIMIT_MEMLOCK, &small);
  EXPECT_EQ(find("locked memory").value, "64 kiB: too little for xdp:");
  setrlimit(RLIMIT_MEMLOCK, &before);
  put("/proc/self/status", "CapEff:\t000001ffffffffff\n");
  EXPECT_EQ(find("privileges").state, State::kGood);
  EXPECT_EQ(find("locked memory").value, "no limit, with CAP_IPC_LOCK");
}

TEST_F(ProbeFiles, AnotherProgramsXdpAndADownLinkAreLacks) {
  EXPECT_EQ(find("XDP program").state, State::kGood);
  EXPECT_EQ(find("link").state, State::kGood);
  netif_.xdp_mode = 1;
  netif_.flags = IFF_UP;
  EXPECT_THAT(find("XDP program").remedy, HasSubstr("ip link set nonic0 xdp off"));
  EXPECT_EQ(find("link").remedy, "connect its cable, and set the port at the other end up");
}

}  // namespace
}  // namespace nmgen
