// SPDX-License-Identifier: BSD-2-Clause
// REGISTER in every mode, what it refuses, and that closing undoes it.
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

nm_port_config uneven() {
  nm_port_config config = {};
  config.num_rings[NM_TX] = 3;
  config.num_rings[NM_RX] = 2;
  config.num_host_rings[NM_TX] = 1;
  config.num_host_rings[NM_RX] = 2;
  config.num_slots[NM_TX] = 64;
  config.num_slots[NM_RX] = 32;
  return config;
}

struct Bind : testing::Test {
  // Which rings are bound, in the order of ring_ofs: "111 1 11 11" for all of them.
  static std::string bound(Client& client) {
    const netmap_if* nif = client.nif();
    const uint32_t counts[] = {nif->ni_tx_rings, nif->ni_host_tx_rings, nif->ni_rx_rings,
                               nif->ni_host_rx_rings};
    std::string text;
    uint32_t at = 0;
    for (uint32_t count : counts) {
      if (!text.empty())
        text += ' ';
      for (uint32_t i = 0; i < count; ++i)
        text += nif->ring_ofs[at++] ? '1' : '0';
    }
    return text;
  }
  // Which NIC rings are in netmap mode: TX, then RX.
  std::string on() {
    std::string text;
    for (nm_dir dir : {NM_TX, NM_RX}) {
      for (uint32_t i = 0; i < port.port()->config.num_rings[dir]; ++i)
        text += port.kring(dir, i)->on ? '1' : '0';
    }
    return text;
  }
  uint32_t users() {
    uint32_t sum = 0;
    for (nm_dir dir : {NM_TX, NM_RX}) {
      for (uint32_t i = 0; i < nm_port_total_rings(port.port(), dir); ++i)
        sum += port.kring(dir, i)->users;
    }
    return sum;
  }
  void expect_nothing_left() {
    EXPECT_EQ(on(), "00000");
    EXPECT_EQ(users(), 0u);
    EXPECT_EQ(world.region()->users, 0u);
    EXPECT_EQ(world.region()->mem.base, nullptr);
  }

  World world;
  TestPort port{world, "p", uneven(), Wire::kBlackHole};
};

struct Case {
  const char* name;
  uint32_t mode;
  uint64_t flags;
  uint16_t ringid;
  const char* bound;
  const char* on;
};

class Modes : public Bind, public testing::WithParamInterface<Case> {};

TEST_P(Modes, BindsItsRingsAndLeavesTheOthers) {
  const Case& c = GetParam();
  Client client(world);
  ASSERT_EQ(client.bind("p", c.mode, c.flags, c.ringid), 0) << client.reason();
  EXPECT_EQ(bound(client), c.bound);
  EXPECT_EQ(on(), c.on);
  EXPECT_EQ(port.reg_calls, std::string(c.on).find('1') == std::string::npos ? 0 : 1);

  EXPECT_EQ(client.reg.nr_tx_rings, 3);
  EXPECT_EQ(client.reg.nr_rx_rings, 2);
  EXPECT_EQ(client.reg.nr_host_tx_rings, 1);
  EXPECT_EQ(client.reg.nr_host_rx_rings, 2);
  EXPECT_EQ(client.reg.nr_tx_slots, 64u);
  EXPECT_EQ(client.reg.nr_rx_slots, 32u);
  EXPECT_EQ(client.reg.nr_mem_id, 1);
  EXPECT_EQ(client.reg.nr_extra_bufs, 0u);
  EXPECT_EQ(client.reg.nr_memsize, nm_region_memsize(world.region()));

  const netmap_if* nif = client.nif();
  EXPECT_STREQ(nif->ni_name, "p");
  EXPECT_EQ(nif->ni_version, static_cast<uint32_t>(NETMAP_API));
  EXPECT_EQ(nif->ni_flags, 0u);
  EXPECT_EQ(nif->ni_bufs_head, 0u);

  // Each ring is the one that its place says, and empty.
  std::set<uint32_t> bufs;
  size_t nic_slots = 0;
  for (uint32_t at = 0; at < 8; ++at) {
    netmap_ring* ring = client.ring_at(at);
    if (!ring)
      continue;
    const bool tx = at < 4;
    const bool host = at == 3 || at >= 6;
    static constexpr uint16_t kIds[] = {0, 1, 2, 0, 0, 1, 0, 1};
    EXPECT_EQ(ring->ringid, kIds[at]);
    EXPECT_EQ(ring->dir, tx ? NETMAP_DIR_TX : NETMAP_DIR_RX);
    EXPECT_EQ(ring->num_slots, tx ? 64u : 32u);
    EXPECT_EQ(ring->nr_buf_size, 2048u);
    EXPECT_EQ(ring->head, 0u);
    EXPECT_EQ(ring->cur, 0u);
    EXPECT_EQ(ring->tail, tx ? 63u : 0u) << "one slot of a TX ring stays empty";
    EXPECT_EQ(ring->offset_mask, 0u);
    EXPECT_EQ(ring->flags, 0u);
    EXPECT_EQ(client.buffer(ring, 5), nm_region_buf(world.region(), 5));
    for (uint32_t i = 0; i < ring->num_slots && !host; ++i)
      bufs.insert(ring->slot[i].buf_idx);
    nic_slots += host ? 0 : ring->num_slots;
  }
  EXPECT_EQ(bufs.size(), nic_slots) << "every slot has a buffer of its own";
  EXPECT_TRUE(bufs.empty() || *bufs.begin() >= NM_RESERVED_BUFS);

  client.close();
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(
    All, Modes,
    testing::Values(Case{"AllNic", NR_REG_ALL_NIC, 0, 0, "111 0 11 00", "11111"},
                    Case{"Sw", NR_REG_SW, 0, 0, "000 1 00 11", "00000"},
                    Case{"NicSw", NR_REG_NIC_SW, 0, 0, "111 1 11 11", "11111"},
                    Case{"OneNicFirst", NR_REG_ONE_NIC, 0, 0, "100 0 10 00", "10010"},
                    Case{"OneNicSecond", NR_REG_ONE_NIC, 0, 1, "010 0 01 00", "01001"},
                    // There is no third receive ring: the pair's other side is the first one.
                    Case{"OneNicThird", NR_REG_ONE_NIC, 0, 2, "001 0 10 00", "00110"},
                    Case{"OneSwFirst", NR_REG_ONE_SW, 0, 0, "000 1 00 10", "00000"},
                    Case{"OneSwSecond", NR_REG_ONE_SW, 0, 1, "000 1 00 01", "00000"},
                    Case{"RxOnly", NR_REG_ALL_NIC, NR_RX_RINGS_ONLY, 0, "000 0 11 00", "00011"},
                    Case{"TxOnly", NR_REG_ALL_NIC, NR_TX_RINGS_ONLY, 0, "111 0 00 00", "11100"},
                    Case{"OneRx", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 1, "000 0 01 00", "00001"},
                    Case{"OneTx", NR_REG_ONE_NIC, NR_TX_RINGS_ONLY, 2, "001 0 00 00", "00100"},
                    Case{"NicSwRx", NR_REG_NIC_SW, NR_RX_RINGS_ONLY, 0, "000 0 11 11", "00011"},
                    Case{"SwTx", NR_REG_SW, NR_TX_RINGS_ONLY, 0, "000 1 00 00", "00000"},
                    Case{"Exclusive", NR_REG_ALL_NIC, NR_EXCLUSIVE, 0, "111 0 11 00", "11111"},
                    Case{"VnetAccepted", NR_REG_ALL_NIC, NR_ACCEPT_VNET_HDR, 0, "111 0 11 00",
                         "11111"}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

TEST_F(Bind, RefusesWhatTheDocumentSays) {
  struct Bad {
    const char* name;
    uint32_t mode;
    uint64_t flags;
    uint16_t ringid, mem_id;
    int error;
  };
  const Bad cases[] = {
      {"nowhere", NR_REG_ALL_NIC, 0, 0, 0, -ENXIO},
      {"", NR_REG_ALL_NIC, 0, 0, 0, -ENXIO},
      {"p", NR_REG_DEFAULT, 0, 0, 0, -EINVAL},
      {"p", NR_REG_PIPE_MASTER, 0, 0, 0, -EINVAL},
      {"p", NR_REG_PIPE_SLAVE, 0, 0, 0, -EINVAL},
      {"p", 9, 0, 0, 0, -EINVAL},
      {"p", 0xffffffff, 0, 0, 0, -EINVAL},
      {"p", NR_REG_ONE_NIC, 0, 3, 0, -EINVAL},
      {"p", NR_REG_ONE_NIC, 0, 0xffff, 0, -EINVAL},
      {"p", NR_REG_ONE_SW, 0, 2, 0, -EINVAL},
      {"p", NR_REG_ALL_NIC, 0, 0, 2, -EINVAL},
      {"p", NR_REG_ALL_NIC, NR_RX_RINGS_ONLY | NR_TX_RINGS_ONLY, 0, 0, -EINVAL},
      {"p", NR_REG_ALL_NIC, NR_MONITOR_TX, 0, 0, -EINVAL},
      {"p", NR_REG_ALL_NIC, NR_MONITOR_RX | NR_ZCOPY_MON, 0, 0, -EINVAL},
      {"null", NR_REG_NULL, 0, 0, 0, -EINVAL},
      {"null", NR_REG_NULL, 0, 0, 7, -EINVAL},
  };
  Client client(world);
  for (const Bad& bad : cases) {
    client.reg = {};
    client.reg.nr_mode = bad.mode;
    client.reg.nr_flags = bad.flags;
    client.reg.nr_ringid = bad.ringid;
    client.reg.nr_mem_id = bad.mem_id;
    const nmreq_register before = client.reg;
    EXPECT_EQ(client.bind_request(bad.name), bad.error)
        << bad.name << " mode " << bad.mode << " ring " << bad.ringid << " mem " << bad.mem_id;
    EXPECT_EQ(std::memcmp(&before, &client.reg, sizeof(before)), 0) << "no body on failure";
    EXPECT_GT(client.reason().size(), 20u) << "a sentence says why";
  }
  EXPECT_EQ(port.reg_calls, 0);
  expect_nothing_left();
  EXPECT_EQ(client.bind("p"), 0);
}

TEST_F(Bind, HeadersThatAreWrong) {
  Client client(world);
  nmreq_register body = {};
  const auto answer = [&](auto&& change) {
    nmreq_header h = Client::header(NETMAP_REQ_REGISTER, "p", &body);
    change(h);
    return client.control(&h);
  };
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_version = NETMAP_MIN_API - 1; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_version = NETMAP_MAX_API + 1; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_reserved = 1; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_reqtype = 0; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_reqtype = 16; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_reqtype = 0xffff; }), -EINVAL);
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_body = 0; }), -EINVAL);
  for (uint16_t type : {NETMAP_REQ_VALE_DELIF, NETMAP_REQ_SYNC_KLOOP_STOP, NETMAP_REQ_CSB_ENABLE}) {
    EXPECT_EQ(answer([&](nmreq_header& h) { h.nr_reqtype = type; }), -EINVAL) << "it has no body";
  }
  // Types that nobody handles are refused whatever their body is.
  for (uint16_t type : {NETMAP_REQ_VALE_POLLING_ENABLE, NETMAP_REQ_VALE_POLLING_DISABLE,
                        NETMAP_REQ_SYNC_KLOOP_START}) {
    EXPECT_EQ(answer([&](nmreq_header& h) { h.nr_reqtype = type; }), -EOPNOTSUPP) << type;
  }
  body.nr_mode = NR_REG_ALL_NIC;
  EXPECT_EQ(answer([](nmreq_header& h) { h.nr_version = NETMAP_MAX_API; }), 0);
}

TEST_F(Bind, OtherIoctlsAreNotSupported) {
  Client client(world);
  char legacy[512] = {};
  for (uint32_t cmd : {0u, 0x6993u, 0xffffffffu})
    EXPECT_EQ(nm_client_control(client.get(), cmd, reinterpret_cast<uintptr_t>(legacy)),
              -EOPNOTSUPP);
}

TEST_F(Bind, ASecondRegisterIsBusy) {
  Client client(world);
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC), 0);
  EXPECT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 1), -EBUSY);
  EXPECT_EQ(client.bind("nowhere"), -EBUSY);
  EXPECT_EQ(on(), "10010");
  Client null(world);
  null.reg.nr_mode = NR_REG_NULL;
  null.reg.nr_mem_id = 1;
  ASSERT_EQ(null.bind_request("x"), 0);
  EXPECT_EQ(null.bind("p"), -EBUSY);
}

TEST_F(Bind, ExclusiveKeepsOthersOutOfItsRingsOnly) {
  Client first(world), second(world), third(world);
  ASSERT_EQ(first.bind("p", NR_REG_ONE_NIC, NR_EXCLUSIVE | NR_RX_RINGS_ONLY, 0), 0);
  EXPECT_EQ(second.bind("p", NR_REG_ONE_NIC, 0, 0), -EBUSY);
  EXPECT_EQ(second.bind("p", NR_REG_ALL_NIC), -EBUSY);
  EXPECT_EQ(second.bind("p", NR_REG_ONE_NIC, NR_EXCLUSIVE, 0), -EBUSY);
  EXPECT_EQ(on(), "00010") << "a refused REGISTER changes nothing";
  EXPECT_EQ(second.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
  EXPECT_EQ(third.bind("p", NR_REG_ONE_NIC, NR_EXCLUSIVE, 1), -EBUSY) << "it is in use";
  EXPECT_EQ(third.bind("p", NR_REG_ONE_NIC, NR_EXCLUSIVE | NR_TX_RINGS_ONLY, 0), 0);
  first.close();
  Client fourth(world);
  EXPECT_EQ(fourth.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), 0);
}

TEST_F(Bind, SharedRingsLiveUntilTheirLastUser) {
  Client first(world), second(world);
  ASSERT_EQ(first.bind("p", NR_REG_ALL_NIC), 0);
  netmap_ring* tx = first.tx();
  advance(tx, 5);
  for (uint32_t i = 0; i < 5; ++i)
    tx->slot[i].len = 60;
  ASSERT_EQ(first.txsync(), 0);
  ASSERT_EQ(second.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  EXPECT_EQ(port.reg_calls, 1) << "the rings are on already";
  EXPECT_EQ(second.tx(), tx) << "the same ring";
  EXPECT_EQ(tx->head, 5u) << "which goes on as it was";
  first.close();
  EXPECT_EQ(on(), "10010");
  EXPECT_EQ(second.txsync(), 0);
  EXPECT_EQ(second.rxsync(), 0);
  second.close();
  expect_nothing_left();
  EXPECT_EQ(port.reg_calls, 3);
}

TEST_F(Bind, ADriverSaysWhyItFails) {
  Client client(world);
  port.reg_results = {-EIO, -EIO};
  port.reg_why = "p: its cable is cut; mend it";
  EXPECT_EQ(client.bind("p"), -EIO);
  EXPECT_EQ(client.reason(), "p: its cable is cut; mend it");
  EXPECT_EQ(client.bind("p"), -EIO);
  EXPECT_EQ(client.reason().find("its cable"), std::string::npos) << client.reason();
}

TEST_F(Bind, ADriverThatFailsUnwindsWholly) {
  Client keeper(world), client(world);
  ASSERT_EQ(keeper.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  const nm_region* region = world.region();
  const u32 ifs = region->ifs.num_free, rings = region->rings.num_free,
            bufs = region->bufs.num_free;
  for (int error : {-EIO, -ENOMEM, -EBUSY}) {
    port.reg_results = {error};
    EXPECT_EQ(client.bind("p", NR_REG_NIC_SW, 0, 0, 10), error);
    EXPECT_EQ(on(), "10010");
    EXPECT_EQ(users(), 2u);
    EXPECT_EQ(region->ifs.num_free, ifs);
    EXPECT_EQ(region->rings.num_free, rings);
    EXPECT_EQ(region->bufs.num_free, bufs);
    EXPECT_EQ(keeper.txsync(), 0) << "the ring that was on goes on";
  }
  EXPECT_EQ(client.bind("p", NR_REG_NIC_SW), 0);
}

// What a program is told is what has happened: its interface may go away while it opens it.
TEST_F(Bind, ADriverThatFailsIsSaidWhy) {
  Client client(world);
  port.reg_results = {-ENXIO};
  EXPECT_EQ(client.bind("p"), -ENXIO);
  EXPECT_NE(client.reason().find("p went away"), std::string::npos) << client.reason();
  port.reg_results = {-ENOMEM};
  EXPECT_EQ(client.bind("p"), -ENOMEM);
  EXPECT_NE(client.reason().find("not enough memory"), std::string::npos) << client.reason();
  port.reg_results = {-EBUSY};
  EXPECT_EQ(client.bind("p"), -EBUSY);
  EXPECT_NE(client.reason().find("its driver"), std::string::npos) << client.reason();
  EXPECT_EQ(client.reason().find("memory"), std::string::npos) << client.reason();
}

TEST_F(Bind, NoRoomForARingUnwindsWholly) {
  World tiny({.ring_num = 4});
  TestPort first(tiny, "first", port_config(1, 16), Wire::kBlackHole);
  Client keeper(tiny);
  ASSERT_EQ(keeper.bind("first"), 0);
  TestPort late(tiny, "late", port_config(8, 16), Wire::kBlackHole);
  nm_region* region = tiny.region();
  region->max_bufs = region->bufs.num;  // the pools cannot grow
  const u32 rings = region->rings.num_free, bufs = region->bufs.num_free;
  Client client(tiny);
  EXPECT_EQ(client.bind("late"), -ENOMEM);
  EXPECT_EQ(late.reg_calls, 0);
  EXPECT_EQ(region->rings.num_free, rings);
  EXPECT_EQ(region->bufs.num_free, bufs);
  EXPECT_EQ(client.bind("late", NR_REG_ONE_NIC), 0);
}

TEST_F(Bind, NoRoomForANetmapIfUnwindsWholly) {
  World tiny({.if_num = 2});
  TestPort p(tiny, "p", port_config(2, 16), Wire::kBlackHole);
  Client a(tiny), b(tiny), c(tiny);
  ASSERT_EQ(a.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  ASSERT_EQ(b.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  tiny.region()->max_bufs = tiny.region()->bufs.num;  // the pools cannot grow
  const u32 rings = tiny.region()->rings.num_free;
  EXPECT_EQ(c.bind("p", NR_REG_ONE_NIC, 0, 1), -ENOMEM);
  EXPECT_FALSE(p.kring(NM_TX, 1)->on);
  EXPECT_EQ(tiny.region()->rings.num_free, rings);
  a.close();
  EXPECT_EQ(c.bind("p", NR_REG_ONE_NIC, 0, 1), 0);
}

// A port that comes after the region was made, with more rings than the pool has left, and more
// clients than there are netmap_ifs.
TEST_F(Bind, PoolsGrowForPortsThatComeLate) {
  World tiny({.if_num = 2, .ring_num = 4});
  TestPort first(tiny, "first", port_config(1, 16), Wire::kLoopback);
  Client keeper(tiny);
  ASSERT_EQ(keeper.bind("first"), 0);
  nm_region* region = tiny.region();
  const uint8_t* base = keeper.memory();
  TestPort late(tiny, "late", port_config(64, 4096), Wire::kLoopback);
  std::vector<std::unique_ptr<Client>> clients;
  for (uint16_t i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<Client>(tiny));
    Client& c = *clients.back();
    ASSERT_EQ(c.bind("late", NR_REG_ONE_NIC, 0, i, i == 0 ? 10 : 0), 0) << c.reason();
    ASSERT_EQ(c.memory(), base) << "the region stays where it is";
    netmap_ring* tx = c.tx(i);
    ASSERT_NE(tx, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tx) % 128, 0u);
    EXPECT_LE(reinterpret_cast<uint8_t*>(&tx->slot[4096]), c.memory() + c.reg.nr_memsize);
    // A frame finds its way: no ring lies in another's buffers.
    std::memset(c.buffer(tx, tx->slot[0].buf_idx), i + 1, 60);
    tx->slot[0].len = 60;
    advance(tx, 1);
    ASSERT_EQ(c.txsync(), 0);
    ASSERT_EQ(c.rxsync(), 0);
    netmap_ring* rx = c.rx(i);
    ASSERT_EQ(space(rx), 1u);
    EXPECT_EQ(c.buffer(rx, rx->slot[0].buf_idx)[59], i + 1);
  }
  // Who names the place of a ring as a buffer of its own does not get it freed.
  const u32 place = static_cast<u32>((region->more[0].offset - region->bufs.offset) / 2048 + 1);
  clients[0]->nif()->ni_bufs_head = place;
  const u32 free_bufs = region->bufs.num_free;
  EXPECT_FALSE(nm_region_free_buf(region, place));
  clients.clear();
  EXPECT_GT(region->bufs.num_free, free_bufs);
  EXPECT_FALSE(nm_region_free_buf(region, place));
  EXPECT_EQ(region->rings.num_free, region->rings.num - 2);
  for (u32 i = 0; i < region->num_more; ++i)
    EXPECT_EQ(region->more[i].num_free, region->more[i].num);
  EXPECT_EQ(space(keeper.tx()), 15u);
}

// A driver that cannot leave netmap mode may still write to its buffers: they are not given to
// anyone until it has left.
TEST_F(Bind, ADriverThatCannotStopKeepsItsBuffers) {
  Client keeper(world);
  keeper.reg.nr_mode = NR_REG_NULL;
  keeper.reg.nr_mem_id = 1;
  ASSERT_EQ(keeper.bind_request("null"), 0);
  nm_region* region = world.region();
  const u32 bufs = region->bufs.num_free;
  Client client(world);
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), 0);
  std::vector<uint32_t> held;
  for (uint32_t i = 0; i < 32; ++i)
    held.push_back(client.rx()->slot[i].buf_idx);
  port.reg_results = {-EIO};
  client.close();
  EXPECT_EQ(on(), "00010");
  EXPECT_EQ(region->bufs.num_free, bufs - 32);

  // It is asked again when somebody wants the ring.
  Client second(world), third(world);
  port.reg_results = {-EIO};
  EXPECT_EQ(second.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), -EIO);
  EXPECT_EQ(region->bufs.num_free, bufs - 32);
  EXPECT_EQ(second.bind("p", NR_REG_ONE_NIC, NR_RX_RINGS_ONLY, 0), 0) << second.reason();
  EXPECT_EQ(region->bufs.num_free, bufs - 32);
  uint8_t frame[60] = {1, 2, 3};
  EXPECT_TRUE(port.receive(0, frame, 60));
  EXPECT_EQ(second.rxsync(), 0);
  EXPECT_EQ(space(second.rx()), 1u);
  EXPECT_EQ(second.buffer(second.rx(), second.rx()->slot[0].buf_idx)[2], 3);
  second.close();
  EXPECT_EQ(region->bufs.num_free, bufs);
  EXPECT_EQ(on(), "00000");

  // Nor does the memory go away under it.
  ASSERT_EQ(third.bind("p"), 0);
  keeper.close();
  port.reg_results = {-EIO};
  third.close();
  EXPECT_NE(region->mem.base, nullptr);
  port.detach();
  EXPECT_EQ(region->mem.base, nullptr);
  EXPECT_EQ(region->users, 0u);
}

TEST_F(Bind, PortInfoGet) {
  Client client(world);
  nmreq_port_info_get info = {};
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "p", &info);
  ASSERT_EQ(client.control(&h), 0);
  EXPECT_EQ(info.nr_tx_rings, 3);
  EXPECT_EQ(info.nr_rx_rings, 2);
  EXPECT_EQ(info.nr_host_tx_rings, 1);
  EXPECT_EQ(info.nr_host_rx_rings, 2);
  EXPECT_EQ(info.nr_tx_slots, 64u);
  EXPECT_EQ(info.nr_rx_slots, 32u);
  EXPECT_EQ(info.nr_mem_id, 1);
  EXPECT_GT(info.nr_memsize, u64{4096} * 2048);
  expect_nothing_left();

  // It is what REGISTER gives then.
  ASSERT_EQ(client.bind("p"), 0);
  EXPECT_EQ(client.reg.nr_memsize, info.nr_memsize);

  h = Client::header(NETMAP_REQ_PORT_INFO_GET, "nowhere", &info);
  EXPECT_EQ(client.control(&h), -ENXIO);
  // An empty name asks for memory.
  for (uint16_t id : {0, 1}) {
    info = {};
    info.nr_mem_id = id;
    h = Client::header(NETMAP_REQ_PORT_INFO_GET, "", &info);
    EXPECT_EQ(client.control(&h), 0);
    EXPECT_EQ(info.nr_mem_id, 1);
    EXPECT_EQ(info.nr_memsize, client.reg.nr_memsize);
    EXPECT_EQ(info.nr_tx_rings, 0);
  }
  info.nr_mem_id = 2;
  EXPECT_EQ(client.control(&h), -EINVAL);
}

TEST_F(Bind, PoolsInfoGet) {
  Client client(world);
  nmreq_pools_info pools = {};
  nmreq_header h = Client::header(NETMAP_REQ_POOLS_INFO_GET, "p", &pools);
  ASSERT_EQ(client.control(&h), 0);
  EXPECT_EQ(pools.nr_mem_id, 1);
  EXPECT_EQ(pools.nr_if_pool_offset, 0u);
  EXPECT_EQ(pools.nr_if_pool_objsize, 1024u);
  EXPECT_EQ(pools.nr_ring_pool_objsize, 36864u);
  EXPECT_EQ(pools.nr_ring_pool_objtotal, 200u);
  EXPECT_EQ(pools.nr_buf_pool_objsize, 2048u);
  EXPECT_EQ(pools.nr_buf_pool_objtotal, 4096u);
  EXPECT_EQ(pools.nr_memsize, pools.nr_buf_pool_offset + u64{4096} * 2048);
  ASSERT_EQ(client.bind("p"), 0);
  // Rings and buffers are where it says.
  EXPECT_EQ(client.buffer(client.tx(), 0), client.memory() + pools.nr_buf_pool_offset);
  EXPECT_GE(reinterpret_cast<uint8_t*>(client.tx()), client.memory() + pools.nr_ring_pool_offset);

  h = Client::header(NETMAP_REQ_POOLS_INFO_GET, "", &pools);
  EXPECT_EQ(client.control(&h), -EINVAL);
  h = Client::header(NETMAP_REQ_POOLS_INFO_GET, "nowhere", &pools);
  EXPECT_EQ(client.control(&h), -ENXIO);
}

TEST_F(Bind, PortsAreListedAndNamesAreTaken) {
  TestPort other(world, "other", port_config(1, 16, 0), Wire::kBlackHole);
  std::vector<std::string> names;
  const auto visit = [](const nm_port_view* view, void* arg) {
    static_cast<std::vector<std::string>*>(arg)->push_back(view->name);
    EXPECT_STREQ(view->driver, "test");
    EXPECT_EQ(view->config.speed_mbps, 40000u) << "asked anew of the driver";
    EXPECT_GE(view->config.num_host_rings[NM_TX], 1u) << "clients always see host rings";
  };
  EXPECT_EQ(nm_core_ports(world.core(), visit, &names), 2);
  EXPECT_EQ(names, (std::vector<std::string>{"p", "other"}));

  nm_port* twin = nullptr;
  const nm_port_config config = port_config(1, 16);
  const nm_driver_ops* ops = port.port()->ops;
  EXPECT_EQ(nm_port_attach(world.core(), "p", ops, &config, nullptr, &twin), -EEXIST);
  EXPECT_EQ(nm_port_attach(world.core(), "", ops, &config, nullptr, &twin), -EINVAL);
  const std::string long_name(NM_NAME_SIZE, 'x');
  EXPECT_EQ(nm_port_attach(world.core(), long_name.c_str(), ops, &config, nullptr, &twin), -EINVAL);
  for (const nm_port_config& bad :
       {port_config(NM_MAX_NIC_RINGS + 1, 16), port_config(0, 16), port_config(1, 1),
        port_config(1, NM_MAX_SLOTS + 1), port_config(1, 16, 65)})
    EXPECT_EQ(nm_port_attach(world.core(), "bad", ops, &bad, nullptr, &twin), -EINVAL);
}

TEST_F(Bind, ADetachedPortIsGoneForOldAndNew) {
  Client client(world), late(world);
  ASSERT_EQ(client.bind("p", NR_REG_NIC_SW), 0);
  port.detach();
  EXPECT_EQ(client.txsync(), -EIO);
  EXPECT_EQ(client.rxsync(), -EIO);
  EXPECT_EQ(client.poll(POLLIN | POLLOUT) & POLLERR, u32{POLLERR});
  EXPECT_EQ(late.bind("p"), -ENXIO);
  EXPECT_EQ(client.tx()->num_slots, 64u) << "the memory stays until the client closes";
  // The name is free, even with a client on the old port.
  TestPort again(world, "p", port_config(1, 16), Wire::kBlackHole);
  EXPECT_EQ(late.bind("p"), 0);
  EXPECT_EQ(late.txsync(), 0);
  client.close();
  late.close();
  EXPECT_EQ(world.region()->users, 0u);
}

// No op of a driver is looked at once it has gone.
TEST_F(Bind, NothingOfADetachedDriverIsUsed) {
  std::unique_ptr<nm_driver_ops> ops = std::make_unique<nm_driver_ops>(*port.port()->ops);
  TestPort device(world, "device", port_config(1, 16), Wire::kBlackHole);
  nm_port* gone = nullptr;
  const nm_port_config config = port_config(1, 16);
  // The same driver by a table of its own, which goes away with it.
  device.detach();
  ASSERT_EQ(nm_port_attach(world.core(), "gone", ops.get(), &config, &device, &gone), 0);
  Client client(world);
  ASSERT_EQ(client.bind("gone", NR_REG_NIC_SW), 0) << "host rings have a driver too";
  device.deadline_ns = 1234;
  EXPECT_EQ(nm_client_deadline(client.get(), POLLIN), 1234u);
  nm_port_detach(gone);
  ops.reset();
  EXPECT_EQ(nm_client_deadline(client.get(), POLLIN | POLLOUT), 0u);
  EXPECT_EQ(client.txsync(), -EIO);
  client.close();
}

TEST_F(Bind, ExtraBuffersAreAChain) {
  Client client(world);
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 0, 100), 0);
  EXPECT_EQ(client.reg.nr_extra_bufs, 100u);
  std::set<uint32_t> chain;
  for (uint32_t i = client.nif()->ni_bufs_head; i;) {
    ASSERT_TRUE(chain.insert(i).second);
    uint32_t next;
    std::memcpy(&next, client.buffer(client.tx(), i), sizeof(next));
    i = next;
  }
  EXPECT_EQ(chain.size(), 100u);
  for (netmap_ring* ring : {client.tx(), client.rx()}) {
    for (uint32_t s = 0; s < ring->num_slots; ++s)
      EXPECT_EQ(chain.count(ring->slot[s].buf_idx), 0u);
  }
}

TEST_F(Bind, ExtraBuffersMayBeFewerThanAsked) {
  Client keeper(world), client(world);
  ASSERT_EQ(keeper.bind("p", NR_REG_ONE_NIC), 0);
  world.region()->max_bufs = 4096;
  ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 0, 0xffffffff), 0);
  EXPECT_EQ(client.reg.nr_extra_bufs, 4096u - NM_RESERVED_BUFS - 64 - 32);
  EXPECT_EQ(world.region()->bufs.num_free, 0u);
  client.close();
  EXPECT_EQ(world.region()->bufs.num_free, 4096u - NM_RESERVED_BUFS - 64 - 32);
}

// A region that grew for one client serves the rings of all.
TEST_F(Bind, ExtraBuffersMakeTheRegionGrow) {
  Client first(world), second(world);
  ASSERT_EQ(first.bind("p", NR_REG_ONE_NIC), 0);
  const uint64_t before = first.reg.nr_memsize;
  ASSERT_EQ(second.bind("p", NR_REG_ONE_NIC, 0, 1, 10000), 0);
  EXPECT_EQ(second.reg.nr_extra_bufs, 10000u);
  EXPECT_GT(second.reg.nr_memsize, before);
  // The head of the chain is the youngest of them: past the old end.
  const uint32_t young = second.nif()->ni_bufs_head;
  ASSERT_GT(young, 4096u);
  first.tx()->slot[0].buf_idx = young;
  first.tx()->slot[0].len = 60;
  advance(first.tx(), 1);
  EXPECT_EQ(first.txsync(), 0);
  EXPECT_EQ(first.tx()->head, 1u);
}

struct Hostile : Bind {
  void SetUp() override {
    ASSERT_EQ(keeper.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
    free_before = world.region()->bufs.num_free;
    ASSERT_EQ(client.bind("p", NR_REG_ONE_NIC, 0, 1, 8), 0);
    for (uint32_t i = client.nif()->ni_bufs_head; i;) {
      chain.push_back(i);
      std::memcpy(&i, at(i), sizeof(i));
    }
    ASSERT_EQ(chain.size(), 8u);
  }
  void* at(uint32_t index) { return nm_region_buf(world.region(), index); }
  void point(uint32_t index, uint32_t next) { std::memcpy(at(index), &next, sizeof(next)); }
  // How many buffers of the client have not come back.
  uint32_t lost() { return free_before - world.region()->bufs.num_free; }
  void expect_sound() {
    nm_region* region = world.region();
    std::set<u32> indexes(region->free_bufs, region->free_bufs + region->bufs.num_free);
    EXPECT_EQ(indexes.size(), region->bufs.num_free) << "an index is on the stack twice";
    for (u32 i : indexes) {
      EXPECT_GE(i, NM_RESERVED_BUFS);
      EXPECT_LT(i, region->bufs.num);
    }
    for (netmap_ring* ring : {keeper.tx(), keeper.rx()}) {
      for (uint32_t s = 0; s < ring->num_slots; ++s)
        EXPECT_EQ(indexes.count(ring->slot[s].buf_idx), 0u) << "a buffer of another client";
    }
  }
  Client keeper{world}, client{world};
  std::vector<uint32_t> chain;
  uint32_t free_before = 0;
};

TEST_F(Hostile, AWholeListIsFreed) {
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, AListThatBitesItsTail) {
  point(chain[7], chain[0]);
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, AListThatLoopsInTheMiddle) {
  point(chain[3], chain[3]);
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, AListThatLeavesTheRegion) {
  for (uint32_t wild : {world.region()->bufs.num, 0x7fffffffu, 0xffffffffu}) {
    Client other(world);
    const uint32_t before = world.region()->bufs.num_free;
    ASSERT_EQ(other.bind("p", NR_REG_ONE_NIC, NR_TX_RINGS_ONLY, 2, 3), 0);
    point(other.nif()->ni_bufs_head, wild);
    other.close();
    EXPECT_EQ(world.region()->bufs.num_free, before);
  }
  client.nif()->ni_bufs_head = 0xffffffff;
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, AListOfReservedOrFreeBuffers) {
  point(chain[2], 1);
  point(1, chain[3]);
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, AListOfOthersBuffersFreesNone) {
  point(chain[0], keeper.tx()->slot[3].buf_idx);
  point(keeper.tx()->slot[3].buf_idx, keeper.rx()->slot[1].buf_idx);
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

TEST_F(Hostile, SlotsThatNameOthersBuffersFreeNone) {
  netmap_ring* tx = client.tx(1);
  for (uint32_t s = 0; s < 10; ++s)
    tx->slot[s].buf_idx = keeper.tx()->slot[s].buf_idx;
  tx->slot[10].buf_idx = 0;
  tx->slot[11].buf_idx = 0xffffffff;
  tx->slot[12].buf_idx = tx->slot[13].buf_idx;
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
  keeper.close();
  ASSERT_EQ(world.region()->users, 0u);
  Client again(world);
  ASSERT_EQ(again.bind("p", NR_REG_NIC_SW), 0);
  EXPECT_EQ(world.region()->bufs.num_free, 4096u - NM_RESERVED_BUFS - 3 * 64 - 2 * 32);
}

TEST_F(Hostile, ANetmapIfFullOfNonsense) {
  std::memset(client.nif(), 0xff, sizeof(netmap_if) + 8 * sizeof(ssize_t));
  EXPECT_EQ(client.txsync(), 0);
  EXPECT_EQ(client.rxsync(), 0);
  client.close();
  EXPECT_EQ(lost(), 0u);
  expect_sound();
}

// What one port received leaves through another with no copy.
TEST_F(Bind, BuffersSwapBetweenPortsOfARegion) {
  TestPort q(world, "q", port_config(1, 32), Wire::kLoopback);
  Client from(world), to(world);
  ASSERT_EQ(from.bind("p", NR_REG_ONE_NIC, 0, 0), 0);
  ASSERT_EQ(to.bind("q"), 0);
  for (int round = 0; round < 500; ++round) {
    uint8_t frame[60];
    for (size_t i = 0; i < sizeof(frame); ++i)
      frame[i] = static_cast<uint8_t>(round + static_cast<int>(i));
    ASSERT_TRUE(port.receive(0, frame, 60));
    ASSERT_EQ(from.rxsync(), 0);
    netmap_ring* rx = from.rx();
    netmap_ring* tx = to.tx();
    ASSERT_EQ(space(rx), 1u);
    netmap_slot& in = rx->slot[rx->head];
    netmap_slot& out = tx->slot[tx->head];
    const uint32_t carried = in.buf_idx;
    std::swap(in.buf_idx, out.buf_idx);
    out.len = in.len;
    in.flags |= NS_BUF_CHANGED;
    out.flags |= NS_BUF_CHANGED;
    advance(rx, 1);
    advance(tx, 1);
    ASSERT_EQ(to.txsync(), 0);
    ASSERT_EQ(to.rxsync(), 0);
    ASSERT_EQ(from.rxsync(), 0);
    netmap_ring* back = to.rx();
    ASSERT_EQ(space(back), 1u);
    ASSERT_EQ(back->slot[back->head].buf_idx, carried) << "the very buffer";
    ASSERT_EQ(back->slot[back->head].len, 60);
    ASSERT_EQ(std::memcmp(to.buffer(back, carried), frame, 60), 0);
    advance(back, 1);
  }
  EXPECT_EQ(port.kring(NM_RX, 0)->stats.reinits, 0u);
  EXPECT_EQ(q.kring(NM_TX, 0)->stats.frames, 500u);
  // Every buffer is in exactly one slot.
  std::set<uint32_t> all;
  for (netmap_ring* ring : {from.tx(), from.rx(), to.tx(), to.rx()}) {
    for (uint32_t s = 0; s < ring->num_slots; ++s)
      EXPECT_TRUE(all.insert(ring->slot[s].buf_idx).second);
  }
}

}  // namespace
}  // namespace nmgen::test
