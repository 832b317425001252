// SPDX-License-Identifier: BSD-2-Clause
// Rings of a port whose device gets others.
#include <gtest/gtest.h>

#include <cerrno>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

struct Port : testing::Test {
  nmreq_port_info_get info() {
    Client client(world);
    nmreq_port_info_get body = {};
    nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p", &body);
    EXPECT_EQ(client.control(&h), 0);
    return body;
  }

  World world;
  TestPort port{world, "p", port_config(2, 64, 3), Wire::kLoopback, true};
};

TEST_F(Port, RingsFollowTheDriverWhenNobodyHasThePort) {
  Client keeper(world), client(world);
  ASSERT_EQ(keeper.bind("p", NR_REG_ONE_NIC), 0);
  port.change(port_config(5, 128));
  ASSERT_EQ(client.bind("p"), 0);
  EXPECT_EQ(client.nif()->ni_tx_rings, 2u) << "somebody has it";
  client.close();
  keeper.close();

  const nmreq_port_info_get now = info();
  EXPECT_EQ(now.nr_tx_rings, 5);
  EXPECT_EQ(now.nr_rx_rings, 5);
  EXPECT_EQ(now.nr_tx_slots, 128u);
  EXPECT_EQ(now.nr_rx_slots, 128u);
  EXPECT_EQ(now.nr_host_tx_rings, 3) << "these are no matter of the device";
  EXPECT_EQ(now.nr_host_rx_rings, 3);

  Client next(world);
  ASSERT_EQ(next.bind("p", NR_REG_NIC_SW), 0);
  EXPECT_EQ(next.nif()->ni_tx_rings, 5u);
  EXPECT_EQ(next.nif()->ni_host_rx_rings, 3u);
  for (nm_dir dir : {NM_TX, NM_RX}) {
    for (uint32_t i = 0; i < 5; ++i)
      EXPECT_TRUE(port.kring(dir, i)->on);
  }
  EXPECT_EQ(port.stack_sends(2, "up"), 0);
  EXPECT_EQ(next.txsync(), 0);
  EXPECT_EQ(next.rxsync(), 0);
  next.close();

  port.change(port_config(1, 16));
  Client last(world);
  EXPECT_EQ(last.bind("p", NR_REG_ONE_NIC, 0, 1), -EINVAL);
  EXPECT_EQ(last.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
}

TEST_F(Port, RingsThatCannotBeAreNotTakenUp) {
  for (const nm_port_config& wrong : {port_config(0, 64), port_config(NM_MAX_NIC_RINGS + 1, 64),
                                      port_config(2, 0), port_config(2, 1u << 20)}) {
    port.change(wrong);
    EXPECT_EQ(info().nr_tx_rings, 2);
    EXPECT_EQ(info().nr_tx_slots, 64u);
  }
}

// It could not be taken out of netmap mode when its last user left.
TEST_F(Port, RingsStayWhileTheDriverHasOne) {
  Client client(world);
  ASSERT_EQ(client.bind("p"), 0);
  port.reg_results = {-EIO};
  client.close();
  port.change(port_config(1, 16));
  Client next(world);
  EXPECT_EQ(next.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
}

}  // namespace
}  // namespace nmgen::test
