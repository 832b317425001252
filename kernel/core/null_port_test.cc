// SPDX-License-Identifier: BSD-2-Clause
// Null ports: memory of a region, and no ring.
#include <gtest/gtest.h>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

struct NullPort : testing::Test {
  World world;
};

TEST_F(NullPort, ANullPortIsMemoryAndNothingElse) {
  Client client(world);
  client.reg.nr_mode = NR_REG_NULL;
  client.reg.nr_mem_id = 1;
  client.reg.nr_extra_bufs = 5;
  ASSERT_EQ(client.bind_request("anything"), 0);
  EXPECT_EQ(client.reg.nr_extra_bufs, 5u);
  EXPECT_EQ(client.reg.nr_tx_rings, 0);
  EXPECT_EQ(client.nif()->ni_tx_rings, 0u);
  EXPECT_EQ(client.nif()->ni_host_rx_rings, 0u);
  EXPECT_STREQ(client.nif()->ni_name, "anything");
  // It is bound, to no ring: a sync has nothing to do, and nothing is ever ready.
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(client.rxsync(), 0);
  EXPECT_EQ(client.poll(POLLIN | POLLOUT, true), 0u);
  EXPECT_EQ(nm_client_deadline(client.get(), POLLIN), 0u);
  client.close();
  EXPECT_EQ(world.region()->users, 0u);
  EXPECT_EQ(world.region()->mem.base, nullptr);
}

// What it is asked to be comes back, and is in its netmap_if, with no ring behind it.
TEST_F(NullPort, ANullPortSaysWhatItWasAskedFor) {
  Client client(world);
  client.reg.nr_mode = NR_REG_NULL;
  client.reg.nr_mem_id = 1;
  client.reg.nr_tx_rings = 10;
  client.reg.nr_rx_rings = 5;
  client.reg.nr_host_tx_rings = 3;
  client.reg.nr_host_rx_rings = 2;
  client.reg.nr_tx_slots = 256;
  client.reg.nr_rx_slots = 100;
  ASSERT_EQ(client.bind_request("anything"), 0) << client.reason();
  EXPECT_EQ(client.reg.nr_tx_rings, 10);
  EXPECT_EQ(client.reg.nr_rx_rings, 5);
  EXPECT_EQ(client.reg.nr_host_tx_rings, 3);
  EXPECT_EQ(client.reg.nr_host_rx_rings, 2);
  EXPECT_EQ(client.reg.nr_tx_slots, 256u);
  EXPECT_EQ(client.reg.nr_rx_slots, 100u);
  EXPECT_EQ(client.nif()->ni_tx_rings, 10u);
  EXPECT_EQ(client.nif()->ni_host_rx_rings, 2u);
  for (uint32_t i = 0; i < 20; ++i)
    EXPECT_EQ(client.ring_at(i), nullptr);
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(client.rxsync(), 0);
  client.close();
  Client other(world);
  for (uint16_t nmreq_register::*field :
       {&nmreq_register::nr_tx_rings, &nmreq_register::nr_rx_rings,
        &nmreq_register::nr_host_tx_rings, &nmreq_register::nr_host_rx_rings}) {
    other.reg = {};
    other.reg.nr_mode = NR_REG_NULL;
    other.reg.nr_mem_id = 1;
    other.reg.*field = 0xffff;
    EXPECT_EQ(other.bind_request("anything"), -EINVAL);
  }
  EXPECT_EQ(world.region()->users, 0u);
  EXPECT_EQ(world.region()->mem.base, nullptr);
}

}  // namespace
}  // namespace nmgen::test
