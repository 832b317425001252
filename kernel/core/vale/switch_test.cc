// SPDX-License-Identifier: BSD-2-Clause
// Who is in a switch: the requests, their errors, ports that come and go, interfaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kernel/core/vale/testing/switch.h"
#include "kernel/hosted/testing/client.h"
#include "kernel/hosted/testing/null_port.h"

namespace {

using namespace nmgen::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Switch : public testing::Test {
 protected:
  template <typename Body>
  int request(uint16_t type, const std::string& name, Body* body) {
    nmreq_header h = Client::header(type, name.c_str(), body);
    const int error = control.control(&h);
    answer = h.nr_name;
    return error;
  }
  int attach(const std::string& name, uint32_t mode = NR_REG_ALL_NIC, uint16_t ringid = 0) {
    nmreq_vale_attach body = {};
    body.reg.nr_mode = mode;
    body.reg.nr_ringid = ringid;
    const int error = request(NETMAP_REQ_VALE_ATTACH, name, &body);
    index = body.port_index;
    return error;
  }
  int detach(const std::string& name) {
    nmreq_vale_detach body = {77, 0};
    const int error = request(NETMAP_REQ_VALE_DETACH, name, &body);
    index = body.port_index;
    return error;
  }
  int list(const std::string& name, uint16_t bridge, uint32_t port) {
    listed = {bridge, 0, port};
    return request(NETMAP_REQ_VALE_LIST, name, &listed);
  }
  int newif(const std::string& name, const nmreq_vale_newif& wanted = {}) {
    made = wanted;
    return request(NETMAP_REQ_VALE_NEWIF, name, &made);
  }
  int delif(const std::string& name) {
    return request(NETMAP_REQ_VALE_DELIF, name, static_cast<void*>(nullptr));
  }
  int hdr(uint16_t type, const std::string& name, uint32_t* len) {
    nmreq_port_hdr body = {*len, 0};
    const int error = request(type, name, &body);
    *len = body.nr_hdr_len;
    return error;
  }
  std::vector<std::string> all() {
    std::vector<std::string> names;
    uint16_t bridge = 0;
    uint32_t port = 0;
    while (list("", bridge, port) == 0) {
      names.push_back(answer);
      bridge = listed.nr_bridge_idx;
      port = listed.nr_port_idx + 1;
    }
    return names;
  }

  World world;
  Client control{world};
  std::string answer;
  uint32_t index = 0;
  nmreq_vale_list listed = {};
  nmreq_vale_newif made = {};
};

TEST_F(Switch, PortsOfRegisterAreAsAskedFor) {
  Peer plain(world, "vale0:a");
  EXPECT_EQ(plain.reg.nr_tx_rings, 1);
  EXPECT_EQ(plain.reg.nr_rx_slots, 1024u);
  EXPECT_EQ(plain.reg.nr_host_rx_rings, 0);
  EXPECT_EQ(plain.nif()->ni_host_rx_rings, 1u);
  EXPECT_GE(plain.reg.nr_mem_id, 2) << "its memory is its own";
  EXPECT_STREQ(plain.nif()->ni_name, "vale0:a");
  EXPECT_EQ(plain.nif()->ni_flags, u32{NI_PRIV_MEM});
  Peer large(world, "vale0:b", 99, 9999);
  EXPECT_EQ(large.reg.nr_tx_rings, 16);
  EXPECT_EQ(large.reg.nr_rx_slots, 4096u);
  EXPECT_NE(large.reg.nr_mem_id, plain.reg.nr_mem_id);
  Peer small(world, "vale0:c", 1, 1);
  EXPECT_EQ(small.reg.nr_tx_slots, 2u);
  Peer shared(world, "vale0:a");
  EXPECT_EQ(shared.error, 0) << "two files may open a port";
  EXPECT_EQ(shared.reg.nr_mem_id, plain.reg.nr_mem_id);
  Client in_region(world);
  in_region.reg.nr_mode = NR_REG_ALL_NIC;
  in_region.reg.nr_mem_id = plain.reg.nr_mem_id;
  EXPECT_EQ(in_region.bind_request("vale0:d"), 0) << in_region.reason();
  EXPECT_EQ(in_region.reg.nr_mem_id, plain.reg.nr_mem_id);
  Client nowhere(world);
  nowhere.reg.nr_mode = NR_REG_ALL_NIC;
  nowhere.reg.nr_mem_id = 999;
  EXPECT_EQ(nowhere.bind_request("vale0:e"), -EINVAL);
  EXPECT_THAT(nowhere.reason(), HasSubstr("999"));
  EXPECT_THAT(all(), ElementsAre("vale0:a", "vale0:b", "vale0:c", "vale0:d"));
}

TEST_F(Switch, NamesThatAreNone) {
  for (const char* name :
       {"vale", "vale0", "vale0:", "vale-0:a", "vale0123456789012:a", "vale0:abcdefghijklmnop"}) {
    Peer peer(world, name);
    EXPECT_EQ(peer.error, -EINVAL) << name;
    EXPECT_THAT(peer.reason(), HasSubstr("valeID:PORT")) << name;
    EXPECT_EQ(attach(name), -EINVAL) << name;
    EXPECT_EQ(detach(name), -EINVAL) << name;
    EXPECT_EQ(list(name, 0, 0), -EINVAL) << name;
  }
  EXPECT_THAT(all(), IsEmpty());
}

TEST_F(Switch, PortsGoWithTheirClientsAndSwitchesWithTheirPorts) {
  std::unique_ptr<Peer> a = std::make_unique<Peer>(world, "vale0:a");
  std::unique_ptr<Peer> again = std::make_unique<Peer>(world, "vale0:a");
  std::unique_ptr<Peer> b = std::make_unique<Peer>(world, "vale9:b");
  EXPECT_THAT(all(), ElementsAre("vale0:a", "vale9:b"));
  EXPECT_EQ(list("vale9:b", 0, 0), 0);
  EXPECT_EQ(listed.nr_bridge_idx, 1);
  EXPECT_EQ(listed.nr_port_idx, 0u);
  a.reset();
  EXPECT_EQ(list("vale0:a", 0, 0), 0) << "somebody has it";
  again.reset();
  EXPECT_EQ(list("vale0:a", 0, 0), -ENOENT);
  EXPECT_THAT(all(), ElementsAre("vale9:b"));
  b.reset();
  EXPECT_EQ(list("", 0, 0), -ENOENT);
  EXPECT_NE(control.reason(), "");
}

TEST_F(Switch, EightSwitches) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < NM_VALE_SWITCHES; ++i) {
    peers.push_back(std::make_unique<Peer>(world, "vale" + std::to_string(i) + ":a"));
    EXPECT_EQ(peers.back()->error, 0);
  }
  Peer more(world, "vale8:a");
  EXPECT_EQ(more.error, -ENOMEM);
  EXPECT_THAT(more.reason(), HasSubstr("8 switches"));
  EXPECT_EQ(all().size(), 8u);
  peers.erase(peers.begin() + 3);
  Peer now(world, "vale8:a");
  EXPECT_EQ(now.error, 0) << now.reason();
  EXPECT_EQ(list("vale8:a", 0, 0), 0);
  EXPECT_EQ(listed.nr_bridge_idx, 3);
}

TEST_F(Switch, TwoHundredAndFiftyFourPorts) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < NM_VALE_PORTS; ++i) {
    peers.push_back(std::make_unique<Peer>(world, "vale0:" + std::to_string(i), 1, 16));
    ASSERT_EQ(peers.back()->error, 0) << peers.back()->reason();
  }
  Peer more(world, "vale0:more", 1, 16);
  EXPECT_EQ(more.error, -ENOMEM);
  ASSERT_TRUE(peers[0]->send(frame(kEverybody, station(1))));
  for (int i = 1; i < NM_VALE_PORTS; ++i)
    ASSERT_EQ(peers[i]->receive().size(), 1u) << i;
  ASSERT_TRUE(peers[253]->send(frame(station(1), station(2))));
  EXPECT_EQ(peers[0]->receive().size(), 1u);
  EXPECT_THAT(peers[252]->receive(), IsEmpty());
}

TEST_F(Switch, ClosingAndOpeningLeavesNothingBehind) {
  for (int i = 0; i < 50; ++i) {
    Peer a(world, "vale0:a", 2), b(world, "vale0:b", 2);
    ASSERT_EQ(a.error, 0) << a.reason();
    ASSERT_TRUE(a.send(frame(station(2), station(1))));
    ASSERT_EQ(b.receive().size(), 1u);
  }
  EXPECT_EQ(world.core()->regions.next->next, &world.core()->regions)
      << "only that of the interfaces";
}

TEST_F(Switch, StationsOfAPortThatLeftAreForgotten) {
  Peer a(world, "vale0:a"), c(world, "vale0:c");
  std::unique_ptr<Peer> b = std::make_unique<Peer>(world, "vale0:b");
  b->send(frame(kEverybody, station(2)));
  a.receive();
  c.receive();
  b.reset();
  ASSERT_TRUE(a.send(frame(station(2), station(1))));
  EXPECT_EQ(c.receive().size(), 1u) << "flooded, not sent to nobody";
}

TEST_F(Switch, VnetHeaders) {
  std::unique_ptr<Peer> a = std::make_unique<Peer>(world, "vale0:a");
  uint32_t len = 5;
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_GET, "vale0:a", &len), 0);
  EXPECT_EQ(len, 0u);
  for (const uint32_t good : {10u, 12u, 0u, 12u}) {
    len = good;
    EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_SET, "vale0:a", &len), 0);
    len = 99;
    EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_GET, "vale0:a", &len), 0);
    EXPECT_EQ(len, good);
  }
  len = 11;
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_SET, "vale0:a", &len), -EINVAL);
  len = 0;
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_SET, "vale0:none", &len), -ENXIO);
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_GET, "vale0:none", &len), -ENXIO);
  TestPort nic(world, "eth0", port_config(1, 64), Wire::kLoopback);
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_SET, "eth0", &len), -ENXIO) << "not a port of a switch";
  len = 5;
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_GET, "eth0", &len), 0);
  EXPECT_EQ(len, 0u);
  EXPECT_EQ(hdr(NETMAP_REQ_PORT_HDR_GET, "eth9", &len), -ENXIO);
  // Who opens such a port has to know.
  Peer blind(world, "vale0:a");
  EXPECT_EQ(blind.error, -EIO);
  EXPECT_THAT(blind.reason(), HasSubstr("12 bytes"));
  Peer seeing(world, "vale0:a", 0, 0, NR_ACCEPT_VNET_HDR);
  EXPECT_EQ(seeing.error, 0) << seeing.reason();
}

// Persistent ports go with their namespace; who has one open keeps it, but nobody finds it any
// more, nor the switch that it was in.
TEST_F(Switch, ANamespaceEnds) {
  ASSERT_EQ(newif("v0"), 0);
  ASSERT_EQ(newif("v1"), 0);
  ASSERT_EQ(attach("vale0:v0"), 0);
  Peer p(world, "vale0:v0"), a(world, "vale0:a");
  ASSERT_EQ(p.error, 0) << p.reason();
  nm_core_namespace_gone(world.core(), nullptr);
  EXPECT_EQ(delif("v0"), -ENXIO);
  EXPECT_EQ(delif("v1"), -ENXIO);
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_TRUE(p.send(frame(kEverybody, station(1)))) << "to nowhere";
  EXPECT_THAT(a.receive(), IsEmpty());
  ASSERT_EQ(newif("v0"), 0) << "the name is free";
  Peer b(world, "vale0:b"), c(world, "vale0:c");
  ASSERT_TRUE(b.send(frame(kEverybody, station(1))));
  EXPECT_EQ(c.receive().size(), 1u);
  EXPECT_THAT(a.receive(), IsEmpty()) << "it is another switch";
  EXPECT_EQ(delif("v0"), 0);
}

TEST_F(Switch, PersistentPorts) {
  EXPECT_EQ(newif("v0", {64, 128, 2, 3, 0, 0}), 0) << control.reason();
  EXPECT_GE(made.nr_mem_id, 2);
  EXPECT_EQ(newif("v0"), -EEXIST);
  for (const char* name : {"", "vale0:a", "vale", "abcdefghijklmnop"})
    EXPECT_EQ(newif(name), -EINVAL) << name;
  EXPECT_EQ(newif("v1", {0, 0, 0, 0, 999, 0}), -EINVAL);
  EXPECT_EQ(delif("v1"), -ENXIO);
  TestPort nic(world, "eth0", port_config(1, 64), Wire::kLoopback);
  EXPECT_EQ(delif("eth0"), -EINVAL);
  EXPECT_EQ(newif("eth0"), -EEXIST);

  // Opened by its own name it is in no switch.
  std::unique_ptr<Peer> v = std::make_unique<Peer>(world, "v0");
  ASSERT_EQ(v->error, 0) << v->reason();
  EXPECT_EQ(v->reg.nr_tx_slots, 64u);
  EXPECT_EQ(v->reg.nr_rx_rings, 3);
  EXPECT_TRUE(v->send(frame(kEverybody, station(1))));
  EXPECT_EQ(delif("v0"), -EBUSY);
  EXPECT_EQ(attach("vale0:v0"), -EBUSY) << "it is open";
  v.reset();

  EXPECT_EQ(attach("vale0:v0"), 0) << control.reason();
  EXPECT_EQ(attach("vale1:v0"), -EBUSY);
  EXPECT_EQ(delif("v0"), -EBUSY) << "it is in a switch";
  EXPECT_THAT(all(), ElementsAre("vale0:v0"));
  {
    Peer p(world, "vale0:v0"), a(world, "vale0:a");
    ASSERT_EQ(p.error, 0) << p.reason();
    ASSERT_TRUE(p.send(frame(kEverybody, station(1))));
    EXPECT_EQ(a.receive().size(), 1u);
    EXPECT_EQ(detach("vale0:v0"), -EBUSY) << "it is open";
    Peer elsewhere(world, "vale1:v0");
    EXPECT_EQ(elsewhere.error, -EBUSY);
  }
  EXPECT_THAT(all(), ElementsAre("vale0:v0")) << "it stays where it was attached";
  EXPECT_EQ(detach("vale0:v0"), 0);
  EXPECT_THAT(all(), IsEmpty());
  {
    // By a REGISTER it joins for as long as it is open.
    Peer p(world, "vale3:v0");
    EXPECT_EQ(p.error, 0) << p.reason();
    EXPECT_THAT(all(), ElementsAre("vale3:v0"));
  }
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_EQ(delif("v0"), 0) << control.reason();
  EXPECT_EQ(delif("v0"), -ENXIO);
  Peer gone(world, "v0");
  EXPECT_EQ(gone.error, -ENXIO);
}

TEST_F(Switch, EphemeralPortsAreNotDetached) {
  Peer a(world, "vale0:a");
  EXPECT_EQ(detach("vale0:a"), -EINVAL);
  EXPECT_EQ(detach("vale0:b"), -ENXIO);
  EXPECT_EQ(attach("vale0:a"), -EBUSY) << "the name is taken";
  EXPECT_EQ(attach("vale0:eth7"), -ENXIO);
}

TEST_F(Switch, AttachedInterfaces) {
  TestPort nic(world, "eth0", port_config(2, 64), Wire::kBlackHole);
  Peer a(world, "vale0:a");
  EXPECT_EQ(attach("vale0:eth0", NR_REG_ONE_NIC), -EINVAL);
  EXPECT_EQ(attach("vale0:eth0", NR_REG_ALL_NIC, 1), -EINVAL);
  {
    Peer user(world, "eth0");
    ASSERT_EQ(user.error, 0);
    EXPECT_EQ(attach("vale0:eth0"), -EBUSY) << "it is open";
  }
  ASSERT_EQ(attach("vale0:eth0"), 0) << control.reason();
  EXPECT_EQ(index, 1u);
  EXPECT_EQ(attach("vale0:eth0"), -EBUSY);
  EXPECT_EQ(attach("vale1:eth0"), -EBUSY);
  Peer user(world, "eth0"), other(world, "vale0:eth0");
  EXPECT_EQ(user.error, -EBUSY);
  EXPECT_EQ(other.error, -EBUSY);
  EXPECT_THAT(all(), ElementsAre("vale0:a", "vale0:eth0"));

  // In, on either ring; and out: the device says how many slots it was given.
  const Bytes in = frame(kEverybody, station(5), 100);
  ASSERT_TRUE(nic.receive(0, in.data(), 100));
  ASSERT_TRUE(nic.receive(1, in.data(), 100));
  EXPECT_THAT(a.receive(), ElementsAre(in, in));
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(a.send(frame(station(5), station(1))));
  EXPECT_EQ(nic.kring(NM_TX, 0)->stats.frames, 200u);
  EXPECT_EQ(counters(world, "vale0:eth0").rx[0].frames, 200u);
  EXPECT_EQ(counters(world, "vale0:eth0").rx[0].full, 0u);
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(nic.receive(0, in.data(), 100)) << "slots are given back";
  EXPECT_EQ(a.receive().size(), 200u);

  EXPECT_EQ(detach("vale0:eth0"), 0);
  EXPECT_EQ(index, 1u);
  EXPECT_FALSE(nic.receive(0, in.data(), 100)) << "the driver has left netmap mode";
  EXPECT_EQ(detach("vale0:eth0"), -ENXIO);
  Peer now(world, "eth0");
  EXPECT_EQ(now.error, 0) << now.reason();
}

// Of more rings than a port that clients open can have.
TEST_F(Switch, InterfacesOfManyRings) {
  constexpr uint32_t kRings = 40;
  TestPort left(world, "eth0", port_config(kRings, 16, 20), Wire::kBlackHole);
  TestPort right(world, "eth1", port_config(kRings, 16), Wire::kBlackHole);
  Peer a(world, "vale0:a", 16);
  ASSERT_EQ(attach("vale0:eth0", NR_REG_NIC_SW), 0) << control.reason();
  ASSERT_EQ(attach("vale0:eth1"), 0) << control.reason();
  const Bytes in = frame(kEverybody, station(5));
  for (uint32_t ring = 0; ring < kRings; ++ring)
    ASSERT_TRUE(left.receive(ring, in.data(), 60));
  for (uint32_t ring = 0; ring < kRings; ++ring)
    EXPECT_EQ(right.kring(NM_TX, ring)->stats.frames, 1u) << ring << " goes to its like";
  EXPECT_EQ(a.receive(0).size(), 3u) << "of rings 0, 16 and 32";
  EXPECT_EQ(a.receive(15).size(), 2u);
  const Counters all = counters(world, "vale0:eth0");
  ASSERT_EQ(all.tx.size(), kRings);
  EXPECT_EQ(all.tx[39].frames, 1u);
  EXPECT_EQ(all.tx[39].flooded, 1u);
  ASSERT_TRUE(a.send(frame(station(5), station(1)), 0, 15));
  EXPECT_EQ(left.kring(NM_TX, 15)->stats.frames, 1u);
  EXPECT_EQ(detach("vale0:eth0"), 0) << control.reason();
}

TEST_F(Switch, TwoInterfacesAreABridge) {
  TestPort left(world, "eth0", port_config(1, 64), Wire::kBlackHole);
  TestPort right(world, "eth1", port_config(1, 64), Wire::kBlackHole);
  ASSERT_EQ(attach("vale0:eth0"), 0) << control.reason();
  ASSERT_EQ(attach("vale0:eth1"), 0) << control.reason();
  const Bytes there = frame(station(2), station(1)), back = frame(station(1), station(2));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(left.receive(0, there.data(), 60));
    ASSERT_TRUE(right.receive(0, back.data(), 60));
  }
  EXPECT_EQ(right.kring(NM_TX, 0)->stats.frames, 300u);
  EXPECT_EQ(left.kring(NM_TX, 0)->stats.frames, 300u);
}

// A device that is done with nothing fills up: its frames are dropped, nobody else's.
TEST_F(Switch, AStuckInterfaceDropsItsOwn) {
  TestPort nic(world, "eth0", port_config(1, 16), Wire::kStuck);
  Peer a(world, "vale0:a"), b(world, "vale0:b");
  ASSERT_EQ(attach("vale0:eth0"), 0);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(a.send(frame(kEverybody, station(1))));
  EXPECT_EQ(b.receive().size(), 100u);
  EXPECT_EQ(counters(world, "vale0:eth0").rx[0].frames, 15u);
  EXPECT_EQ(counters(world, "vale0:eth0").rx[0].full, 85u);
}

TEST_F(Switch, ADeviceThatGoesAwayLeavesTheSwitch) {
  TestPort nic(world, "eth0", port_config(1, 64), Wire::kBlackHole);
  Peer a(world, "vale0:a");
  ASSERT_EQ(attach("vale0:eth0", NR_REG_NIC_SW), 0);
  EXPECT_THAT(all(), ElementsAre("vale0:a", "vale0:eth0", "vale0:eth0^"));
  nic.detach();
  EXPECT_THAT(all(), ElementsAre("vale0:a"));
  EXPECT_TRUE(a.send(frame(kEverybody, station(1))));
}

TEST_F(Switch, HowManySwitchesThereMayBe) {
  nm_core_config config = Sizes{}.config(world.os());
  config.max_switches = 2;
  ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
  Peer a(world, "vale0:a"), b(world, "vale1:a"), c(world, "vale2:a");
  EXPECT_EQ(b.error, 0);
  EXPECT_EQ(c.error, -ENOMEM);
  EXPECT_THAT(c.reason(), HasSubstr("at most 2 switches"));
  config.max_switches = NM_VALE_MAX_SWITCHES + 1;
  ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
  std::vector<std::unique_ptr<Peer>> more;
  for (int i = 2; i < NM_VALE_MAX_SWITCHES; ++i) {
    more.push_back(std::make_unique<Peer>(world, "vale" + std::to_string(i) + ":a"));
    ASSERT_EQ(more.back()->error, 0) << more.back()->reason();
  }
  Peer last(world, "vale99:a");
  EXPECT_EQ(last.error, -ENOMEM);
}

TEST_F(Switch, HowOftenAFullInterfaceIsAsked) {
  TestPort nic(world, "eth0", port_config(1, 16), Wire::kStuck);
  Peer a(world, "vale0:a");
  ASSERT_EQ(attach("vale0:eth0"), 0);
  const Bytes bytes = frame(kEverybody, station(1));
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(a.send(bytes));
  const nm_kring_stats& stats = nic.kring(NM_TX, 0)->stats;
  std::vector<uint64_t> syncs;
  for (const uint32_t tries : {1u, 5u}) {
    nm_core_config config = Sizes{}.config(world.os());
    config.txsync_tries = tries;
    ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
    const uint64_t before = stats.syncs;
    ASSERT_TRUE(a.send(bytes));
    syncs.push_back(stats.syncs - before);
  }
  EXPECT_EQ(syncs[1], syncs[0] + 4);
}

TEST_F(Switch, HowManySlotsAreForwardedAtATime) {
  TestPort nic(world, "eth0", port_config(1, 512), Wire::kBlackHole);
  Peer a(world, "vale0:a");
  ASSERT_EQ(attach("vale0:eth0"), 0);
  std::vector<uint64_t> syncs;
  // The least is 65, so that a frame of 64 slots has its end in a batch.
  for (const uint32_t batch : {0u, 100u, 1u}) {
    nm_core_config config = Sizes{}.config(world.os());
    config.vale_batch = batch;
    ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
    const uint64_t before = nic.kring(NM_TX, 0)->stats.syncs;
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(a.put(frame(kEverybody, station(1))));
    ASSERT_EQ(a.txsync(), 0);
    syncs.push_back(nic.kring(NM_TX, 0)->stats.syncs - before);
  }
  EXPECT_EQ(syncs[1], syncs[0] + 1);
  EXPECT_EQ(syncs[2], syncs[0] + 3);
  EXPECT_EQ(nic.kring(NM_TX, 0)->stats.frames, 600u);
}

// What a system has that shows persistent ports as interfaces, with a host stack behind each.
struct Interface {
  nm_port* port = nullptr;
  std::vector<Bytes> got;
  bool made = false;
};

Interface* the_interface = nullptr;

int interface_make(nm_core*, const void*, nm_port* port, void** interface) {
  if (the_interface->made)
    return -EEXIST;
  the_interface->made = true;
  the_interface->port = port;
  *interface = the_interface;
  return 0;
}

void interface_unmake(nm_core*, void* interface) {
  static_cast<Interface*>(interface)->made = false;
}

bool interface_up(void* interface, u32, const nm_frag* frags, u32 num) {
  Bytes bytes;
  for (u32 i = 0; i < num; ++i)
    bytes.insert(bytes.end(), frags[i].data, frags[i].data + frags[i].len);
  static_cast<Interface*>(interface)->got.push_back(bytes);
  return true;
}

class PersistentWithStack : public testing::Test {
 protected:
  PersistentWithStack() { the_interface = &interface; }
  ~PersistentWithStack() override { the_interface = nullptr; }

  int request(uint16_t type, const char* name, void* body) {
    nmreq_header h = Client::header(type, name, body);
    return control.control(&h);
  }
  int attach(const char* name, uint32_t mode) {
    nmreq_vale_attach body = {};
    body.reg.nr_mode = mode;
    return request(NETMAP_REQ_VALE_ATTACH, name, &body);
  }
  int detach(const char* name) {
    nmreq_vale_detach body = {};
    return request(NETMAP_REQ_VALE_DETACH, name, &body);
  }
  int newif(const char* name) {
    nmreq_vale_newif body = {};
    return request(NETMAP_REQ_VALE_NEWIF, name, &body);
  }
  int stack_sends(const Bytes& bytes) {
    return nm_host_queue(
        interface.port, 0, static_cast<u32>(bytes.size()),
        [](void* arg, u32 offset, void* to, u32 len) {
          std::memcpy(to, static_cast<const uint8_t*>(arg) + offset, len);
        },
        const_cast<uint8_t*>(bytes.data()));
  }

  Interface interface;
  World world{{}, [](nm_core_config& config) {
                config.interface_make = interface_make;
                config.interface_unmake = interface_unmake;
                config.interface_up = interface_up;
              }};
  Client control{world};
};

TEST_F(PersistentWithStack, ItsStackIsAPortOfTheSwitch) {
  const Bytes out = frame(kEverybody, station(1)), in = frame(kEverybody, station(2));
  ASSERT_EQ(newif("p0"), 0) << control.reason();
  EXPECT_NE(newif("p1"), 0) << "the system says no";
  Peer none(world, "p1");
  EXPECT_EQ(none.error, -ENXIO) << "and then there is nothing";
  EXPECT_EQ(stack_sends(out), -ENXIO) << "nobody has its host rings";
  ASSERT_EQ(attach("vale0:p0", NR_REG_NIC_SW), 0) << control.reason();
  {
    Peer a(world, "vale0:a"), p(world, "p0"), host(world, "p0", 0, 0, 0, NR_REG_SW);
    EXPECT_EQ(host.error, -EBUSY) << "the switch has them";
    EXPECT_THAT(host.reason(), HasSubstr("host rings belong to vale0"));
    ASSERT_EQ(stack_sends(out), 0);
    EXPECT_THAT(a.receive(), ElementsAre(out));
    EXPECT_THAT(p.receive(), ElementsAre(out)) << "the port and its stack are two ports";
    ASSERT_TRUE(a.send(in));
    EXPECT_THAT(interface.got, ElementsAre(in));
    EXPECT_THAT(p.receive(), ElementsAre(in));
    EXPECT_EQ(detach("vale0:p0"), -EBUSY) << "it is open";
  }
  EXPECT_EQ(request(NETMAP_REQ_VALE_DELIF, "p0", nullptr), -EBUSY);
  EXPECT_EQ(detach("vale0:p0"), 0) << control.reason();
  EXPECT_EQ(stack_sends(out), -ENXIO);
  {
    // With no switch they are for clients.
    Peer host(world, "p0", 0, 0, 0, NR_REG_SW);
    ASSERT_EQ(host.error, 0) << host.reason();
    ASSERT_EQ(stack_sends(out), 0);
    ASSERT_EQ(host.rxsync(), 0);
    EXPECT_EQ(space(host.rx(host.reg.nr_rx_rings)), 1u);
  }
  ASSERT_EQ(attach("vale0:p0", NR_REG_ALL_NIC), 0) << control.reason();
  EXPECT_EQ(stack_sends(out), -ENXIO) << "attached without its stack";
  EXPECT_EQ(detach("vale0:p0"), 0);
  EXPECT_EQ(request(NETMAP_REQ_VALE_DELIF, "p0", nullptr), 0) << control.reason();
  EXPECT_FALSE(interface.made);
}

TEST_F(PersistentWithStack, ItEndsWithItsNamespace) {
  ASSERT_EQ(newif("p0"), 0) << control.reason();
  ASSERT_EQ(attach("vale0:p0", NR_REG_NIC_SW), 0) << control.reason();
  Peer a(world, "vale0:a"), p(world, "p0");
  ASSERT_EQ(p.error, 0) << p.reason();
  nm_core_namespace_gone(world.core(), nullptr);
  EXPECT_FALSE(interface.made);
  EXPECT_EQ(p.rxsync(), -EIO);
  EXPECT_EQ(p.poll(POLLIN) & POLLERR, u32{POLLERR});
  EXPECT_TRUE(a.send(frame(kEverybody, station(1)))) << "the switch goes on for who is in it";
  EXPECT_TRUE(interface.got.empty());
  Peer again(world, "p0"), b(world, "vale0:b");
  EXPECT_EQ(again.error, -ENXIO);
  ASSERT_EQ(b.error, 0) << b.reason();
  ASSERT_TRUE(b.send(frame(kEverybody, station(2))));
  EXPECT_THAT(a.receive(), IsEmpty()) << "the next namespace has switches of its own";
}

// A model of a wire tells nobody when a frame is back: the client's poll lets it go on, and sleeps
// until then.
TEST(SwitchModel, AModelIsRunByTheClientsOfItsSwitch) {
  nmh* world = nullptr;
  const nmh_config config = {};
  ASSERT_EQ(nmh_create(&config, &world), 0);
  nmh_port* loop = nullptr;
  ASSERT_EQ(null_port_create(world, "loop0", 1, 64, 2000, &loop), 0);
  client c;
  ASSERT_EQ(client_open(&c, world, "vale0:a", NR_REG_ALL_NIC, 0, 0), 0);
  nmreq_vale_attach body = {};
  body.reg.nr_mode = NR_REG_ALL_NIC;
  nmreq_header h = Client::header(NETMAP_REQ_VALE_ATTACH, "vale0:loop0", &body);
  ASSERT_EQ(nmh_ioctl(c.fd, NIOCCTRL, &h), 0) << nmh_reason(c.fd);
  netmap_ring* tx = client_tx(&c, 0);
  netmap_ring* rx = client_rx(&c, 0);
  const Bytes bytes = frame(kEverybody, station(1));
  for (int round = 0; round < 3; ++round) {
    std::copy(bytes.begin(), bytes.end(),
              reinterpret_cast<uint8_t*>(tx) + tx->buf_ofs +
                  static_cast<size_t>(tx->slot[tx->head].buf_idx) * tx->nr_buf_size);
    tx->slot[tx->head].len = static_cast<uint16_t>(bytes.size());
    advance(tx, 1);
    ASSERT_EQ(nmh_txsync(c.fd), 0);
    ASSERT_EQ(nmh_poll(c.fd, POLLIN, -1), POLLIN);
    ASSERT_EQ(space(rx), 1u);
    EXPECT_EQ(rx->slot[rx->head].len, bytes.size());
    advance(rx, 1);
  }
  nmreq_vale_detach gone = {};
  h = Client::header(NETMAP_REQ_VALE_DETACH, "vale0:loop0", &gone);
  EXPECT_EQ(nmh_ioctl(c.fd, NIOCCTRL, &h), 0) << nmh_reason(c.fd);
  EXPECT_EQ(nmh_poll(c.fd, POLLIN, 0), 0);
  client_close(&c);
  nmh_port_destroy(loop);
  nmh_destroy(world);
}

// Senders, receivers, and ports that come and go beside them. Frames carry sender and number: at
// each receiver they come in order, and whole.
TEST_F(Switch, PortsComeAndGoWhileOthersSend) {
  constexpr int kSenders = 3;
  constexpr uint32_t kFrames = 3000;
  std::atomic<bool> stop = false;
  std::atomic<int> sending = kSenders;
  Peer sink(world, "vale0:sink", 2);
  ASSERT_EQ(sink.error, 0);
  sink.send(frame(kEverybody, station(100)));
  std::vector<std::thread> threads;
  for (int s = 0; s < kSenders; ++s) {
    threads.emplace_back([this, s, &sending] {
      Peer sender(world, "vale0:s" + std::to_string(s), 2);
      for (uint32_t i = 0; i < kFrames; ++i) {
        // Every eighth goes to all; stations move between senders.
        Bytes bytes = frame(i % 8 ? station(100) : kEverybody, station(i % 5), 60 + i % 100);
        bytes[14] = static_cast<uint8_t>(s);
        std::memcpy(&bytes[15], &i, sizeof(i));
        bytes.back() = bytes[15];
        while (!sender.put(bytes, 0, s % 2))
          ASSERT_EQ(sender.txsync(), 0);
        if (i % 32 == 31) {
          ASSERT_EQ(sender.txsync(), 0);
          sender.receive(0);
          sender.receive(1);
        }
      }
      ASSERT_EQ(sender.txsync(), 0);
      --sending;
    });
  }
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([this, t, &stop] {
      for (int i = 0; !stop; ++i) {
        // At times only one of its rings.
        Peer guest(world, "vale0:g" + std::to_string(t), 4, 64, 0,
                   i % 3 ? NR_REG_ALL_NIC : NR_REG_ONE_NIC, static_cast<uint16_t>(i % 4));
        ASSERT_EQ(guest.error, 0) << guest.reason();
        if (i % 3) {
          guest.send(frame(kEverybody, station(200 + t)));
          guest.receive(i % 4);
        }
      }
    });
  }
  std::thread lister([this, &stop] {
    while (!stop) {
      for (const std::string& name : all())
        EXPECT_THAT(name, HasSubstr("vale0:"));
    }
  });
  std::vector<int64_t> last(kSenders, -1);
  uint64_t received = 0;
  for (bool more = true; more;) {
    more = sending > 0;
    for (uint32_t ring = 0; ring < 2; ++ring) {
      for (const Bytes& bytes : sink.receive(ring)) {
        if (bytes[14] >= kSenders || bytes.size() < 60)
          continue;  // a guest's
        uint32_t number = 0;
        std::memcpy(&number, &bytes[15], sizeof(number));
        if (bytes.back() != bytes[15] || number >= kFrames)
          continue;
        const int s = bytes[14];
        EXPECT_EQ(bytes.size(), 60 + number % 100);
        EXPECT_GT(number, last[s]);
        last[s] = number;
        received++;
      }
    }
  }
  stop = true;
  for (std::thread& thread : threads)
    thread.join();
  lister.join();
  const Counters c = counters(world, "vale0:sink");
  EXPECT_GE(c.rx[0].frames + c.rx[1].frames, received);
  EXPECT_GT(received, 0u);
}

// Many senders to one receiver that empties its ring now and then: what was sent was delivered or
// counted as dropped, to the frame.
TEST_F(Switch, EveryFrameIsDeliveredOrCounted) {
  constexpr uint64_t kSenders = 4, kFrames = 5000;
  Peer sink(world, "vale0:sink", 1, 128);
  std::vector<std::unique_ptr<Peer>> senders;
  for (uint64_t s = 0; s < kSenders; ++s)
    senders.push_back(std::make_unique<Peer>(world, "vale0:" + std::to_string(s), 1, 256));
  sink.send(frame(kEverybody, station(100)));
  for (const std::unique_ptr<Peer>& sender : senders)
    sender->receive();
  std::atomic<uint64_t> running = kSenders;
  std::vector<std::thread> threads;
  for (uint64_t s = 0; s < kSenders; ++s) {
    threads.emplace_back([&sender = *senders[s], s, &running] {
      for (uint64_t i = 0; i < kFrames; ++i) {
        const Bytes bytes = frame(station(100), station(s), 70);
        // One in seven in two slots.
        while (space(sender.tx()) < 2)
          ASSERT_EQ(sender.txsync(), 0);
        ASSERT_TRUE(sender.put_pieces(bytes, i % 7 ? 70 : 35));
        if (i % 50 == 49) {
          ASSERT_EQ(sender.txsync(), 0);
        }
      }
      ASSERT_EQ(sender.txsync(), 0);
      --running;
    });
  }
  uint64_t received = 0;
  while (running) {
    received += sink.receive().size();
    std::this_thread::yield();
  }
  for (std::thread& thread : threads)
    thread.join();
  received += sink.receive().size();
  const Counters c = counters(world, "vale0:sink");
  EXPECT_EQ(c.rx[0].frames, received);
  EXPECT_EQ(c.rx[0].frames + c.rx[0].full, kSenders * kFrames);
  EXPECT_EQ(c.rx[0].misfit, 0u);
}

}  // namespace
