// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/port_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmgen {
namespace {

using testing::HasSubstr;

struct Case {
  const char* text;
  PortHome home;
  const char* name;
  uint32_t mode;
  uint16_t ring_id;
  uint64_t flags;
  uint16_t mem_id;
};

class GoodName : public testing::TestWithParam<Case> {};

TEST_P(GoodName, IsTakenApart) {
  const Case& want = GetParam();
  Result<PortName> name = parse_port_name(want.text);
  ASSERT_TRUE(name) << name.error().sentence();
  EXPECT_EQ(name->home, want.home);
  EXPECT_EQ(name->name, want.name);
  EXPECT_EQ(name->mode, want.mode);
  EXPECT_EQ(name->ring_id, want.ring_id);
  EXPECT_EQ(name->flags, want.flags);
  EXPECT_EQ(name->mem_id, want.mem_id);
  EXPECT_EQ(name->text, want.text);
}

constexpr PortHome kSim = PortHome::kDriver, kHosted = PortHome::kHosted,
                   kKernel = PortHome::kKernel;

INSTANTIATE_TEST_SUITE_P(
    Names, GoodName,
    testing::Values(Case{"sim:left", kSim, "left", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"netmap:eth0", kKernel, "eth0", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"netmap:eth0^", kKernel, "eth0", NR_REG_SW, 0, 0, 0},
                    Case{"netmap:eth0^3", kKernel, "eth0", NR_REG_ONE_SW, 3, 0, 0},
                    Case{"netmap:eth0*", kKernel, "eth0", NR_REG_NIC_SW, 0, 0, 0},
                    Case{"netmap:eth0-12", kKernel, "eth0", NR_REG_ONE_NIC, 12, 0, 0},
                    Case{"netmap:eth0-1/R", kKernel, "eth0", NR_REG_ONE_NIC, 1, NR_RX_RINGS_ONLY,
                         0},
                    Case{"netmap:eth0/xT@2", kKernel, "eth0", NR_REG_ALL_NIC, 0,
                         NR_EXCLUSIVE | NR_TX_RINGS_ONLY, 2},
                    Case{"netmap:eth0/ztr", kKernel, "eth0", NR_REG_ALL_NIC, 0,
                         NR_ZCOPY_MON | NR_MONITOR_TX | NR_MONITOR_RX, 0},
                    Case{"netmap:veth-a", kKernel, "veth-a", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"netmap:veth-a-0", kKernel, "veth-a", NR_REG_ONE_NIC, 0, 0, 0},
                    Case{"netmap:eth0{1", kKernel, "eth0{1", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"netmap:x}ctl", kKernel, "x}ctl", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"vale0:1", kKernel, "vale0:1", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"vale0:1-2/x", kKernel, "vale0:1", NR_REG_ONE_NIC, 2, NR_EXCLUSIVE, 0},
                    Case{"pcap:/tmp/a-7.pcap", kSim, "/tmp/a-7.pcap", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"pcap:a@1/R", kSim, "a@1/R", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"hosted:vale0:a", kHosted, "vale0:a", NR_REG_ALL_NIC, 0, 0, 0},
                    Case{"hosted:left{1", kHosted, "left{1", NR_REG_ALL_NIC, 0, 0, 0}));

TEST(PortName, SaysWhatItIs) {
  EXPECT_TRUE(parse_port_name("vale0:1")->is_vale());
  EXPECT_FALSE(parse_port_name("netmap:valentine")->is_vale());
  EXPECT_TRUE(parse_port_name("netmap:x}1")->is_pipe());
  EXPECT_EQ(parse_port_name("netmap:eth0{1")->interface(), "eth0");
  EXPECT_EQ(parse_port_name("vale0:1")->interface(), "");
  EXPECT_TRUE(parse_port_name("netmap:eth0/R")->chooses_rings());
  EXPECT_FALSE(parse_port_name("netmap:eth0@1")->chooses_rings());
}

struct BadCase {
  const char* text;
  const char* part;
};

class BadName : public testing::TestWithParam<BadCase> {};

TEST_P(BadName, IsRefusedWithTheReason) {
  Result<PortName> name = parse_port_name(GetParam().text);
  ASSERT_FALSE(name);
  EXPECT_THAT(name.error().sentence(), HasSubstr(GetParam().part));
  EXPECT_FALSE(name.error().remedy.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Names, BadName,
    testing::Values(
        BadCase{"", "kind is not known"}, BadCase{"eth0", "kind is not known"},
        BadCase{"vale0", "kind is not known"}, BadCase{"netmap:", "has no name"},
        BadCase{"netmap:^", "has no name"}, BadCase{"netmap:{1", "has no name"},
        BadCase{"netmap:a b", "space"}, BadCase{"netmap:eth0^^", "'^' is not allowed there"},
        BadCase{"netmap:eth0/q", "no flag 'q'"},
        BadCase{"netmap:eth0@x", "not followed by a memory region"},
        BadCase{"netmap:eth0@0", "not followed by a memory region"},
        BadCase{"netmap:eth0@65536", "not followed by a memory region"},
        BadCase{"netmap:eth0-4096", "too large"}, BadCase{"netmap:eth0-99999999999", "too large"},
        BadCase{"pcap:", "has no name"}, BadCase{"pcap:x{1", "'{' is not allowed there"},
        BadCase{"pcap:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "name the file in an option of the port"},
        BadCase{"netmap:x{", "pipe has no name"}, BadCase{"netmap:x{1}2", "pipe has no name"},
        BadCase{"vale0:", "switch's port"}, BadCase{"hosted:left", "VALE ports and pipes"},
        BadCase{"netmap:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "too long"}));

}  // namespace
}  // namespace nmgen
