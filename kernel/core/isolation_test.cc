// SPDX-License-Identifier: BSD-2-Clause
// What one namespace, or one user, cannot reach of another's: memory by its number, ports and
// switches by their names; and who may open at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

using testing::HasSubstr;

constexpr uint32_t kAlice = 1000, kBob = 1001;

// Two namespaces besides the one that the world begins with. A name of theirs is its address only.
struct Isolation : testing::Test {
  const char names[2] = {};
  const void* const red = &names[0];
  const void* const blue = &names[1];
  World world;

  std::unique_ptr<Client> open(const void* ns, uint32_t user = 0) {
    world.call_as(ns, user);
    return std::make_unique<Client>(world);
  }
  std::unique_ptr<TestPort> attach(const void* ns, const char* name) {
    world.call_as(ns);
    return std::make_unique<TestPort>(world, name, port_config(1, 64), Wire::kLoopback);
  }
  bool has_region(const void* ns, uint16_t id) {
    nm_core_lock(world.core());
    const bool found = nm_region_find(world.core(), ns, id) != nullptr;
    nm_core_unlock(world.core());
    return found;
  }
};

int bind_in(Client& client, const char* name, uint16_t mem_id, uint32_t mode = NR_REG_ALL_NIC,
            uint64_t flags = 0) {
  client.reg = {};
  client.reg.nr_mode = mode;
  client.reg.nr_flags = flags;
  client.reg.nr_mem_id = mem_id;
  return client.bind_request(name);
}

int ask(Client& client, uint16_t type, const char* name, void* body) {
  nmreq_header h = Client::header(type, name, body);
  return client.control(&h);
}

TEST_F(Isolation, OpeningNeedsTheRightToControlTheNamespace) {
  nm_client* client = nullptr;
  world.call_as(red, 0, false);
  EXPECT_EQ(nm_client_open(world.core(), nullptr, &client), -EPERM);
  EXPECT_EQ(client, nullptr);
  world.call_as(red);
  ASSERT_EQ(nm_client_open(world.core(), nullptr, &client), 0);
  EXPECT_EQ(world.os()->callers, 1u);
  nm_client_close(client);
}

// As a packet socket: whoever has the file uses the rights of whoever opened it, and no others.
TEST_F(Isolation, AClientStaysInTheNamespaceThatItWasOpenedIn) {
  auto red_eth0 = attach(red, "eth0"), blue_eth0 = attach(blue, "eth0");
  auto client = open(red);
  world.call_as(blue, kBob, false);
  ASSERT_EQ(client->bind("eth0"), 0) << client->reason();
  EXPECT_EQ(nm_client_ring(client->get(), NM_TX, 0)->port, red_eth0->port());
  nmreq_vale_newif newif = {};
  ASSERT_EQ(ask(*client, NETMAP_REQ_VALE_NEWIF, "p0", &newif), 0) << client->reason();
  EXPECT_TRUE(has_region(red, newif.nr_mem_id));
  EXPECT_FALSE(has_region(blue, newif.nr_mem_id));
  EXPECT_EQ(ask(*client, NETMAP_REQ_VALE_DELIF, "p0", nullptr), 0);
}

TEST_F(Isolation, InterfacesOfTwoNamespacesShareNoMemory) {
  auto home_eth0 = attach(nullptr, "eth0"), red_eth0 = attach(red, "eth0"),
       blue_eth0 = attach(blue, "eth0");
  auto home_client = open(nullptr), red_client = open(red), blue_client = open(blue);
  for (Client* client : {home_client.get(), red_client.get(), blue_client.get()}) {
    ASSERT_EQ(bind_in(*client, "eth0", 1), 0) << client->reason();
    EXPECT_EQ(client->nif()->ni_flags, 0u) << "not private";
  }
  EXPECT_EQ(home_client->reg.nr_mem_id, 1);
  // A client that has files of two namespaces must not take their memory for one.
  EXPECT_NE(red_client->reg.nr_mem_id, 1);
  EXPECT_NE(red_client->reg.nr_mem_id, blue_client->reg.nr_mem_id);
  EXPECT_NE(red_client->memory(), home_client->memory());
  EXPECT_NE(red_client->memory(), blue_client->memory());

  // By number: one's own, by either of its numbers; never another's.
  auto guest = open(blue), same = open(blue), also = open(blue);
  for (uint16_t id : {red_client->reg.nr_mem_id, uint16_t{999}}) {
    EXPECT_EQ(bind_in(*guest, "null", id, NR_REG_NULL), -EINVAL);
    EXPECT_THAT(guest->reason(),
                HasSubstr("no memory region " + std::to_string(id) + " in this network namespace"));
    EXPECT_EQ(bind_in(*guest, "eth0", id), -EINVAL);
    EXPECT_EQ(bind_in(*guest, "vale0:a", id), -EINVAL);
    nmreq_port_info_get info = {};
    info.nr_mem_id = id;
    EXPECT_EQ(ask(*guest, NETMAP_REQ_PORT_INFO_GET, "", &info), -EINVAL);
  }
  ASSERT_EQ(bind_in(*guest, "null", 1, NR_REG_NULL), 0) << guest->reason();
  ASSERT_EQ(bind_in(*same, "null", blue_client->reg.nr_mem_id, NR_REG_NULL), 0) << same->reason();
  ASSERT_EQ(bind_in(*also, "eth0", blue_client->reg.nr_mem_id), 0) << also->reason();
  for (Client* client : {guest.get(), same.get(), also.get()}) {
    EXPECT_EQ(client->reg.nr_mem_id, blue_client->reg.nr_mem_id);
    EXPECT_EQ(client->memory(), blue_client->memory());
  }
}

TEST_F(Isolation, ASharedRegionIsThereWhileItHasPortsOrClients) {
  auto client = open(red);
  nmreq_port_info_get info = {};
  ASSERT_EQ(ask(*client, NETMAP_REQ_PORT_INFO_GET, "", &info), 0) << client->reason();
  EXPECT_GT(info.nr_memsize, 0u);
  EXPECT_FALSE(has_region(red, 1)) << "it was made for the moment";
  ASSERT_EQ(bind_in(*client, "null", 1, NR_REG_NULL), 0) << client->reason();
  EXPECT_TRUE(has_region(red, 1));
  auto eth0 = attach(red, "eth0");
  client->close();
  EXPECT_TRUE(has_region(red, 1));
  eth0.reset();
  EXPECT_FALSE(has_region(red, 1));
  EXPECT_TRUE(has_region(nullptr, 1)) << "that of the first namespace is there for ever";
}

TEST_F(Isolation, ANameReachesNoPortOfAnotherNamespace) {
  auto eth0 = attach(red, "eth0");
  auto owner = open(red), end = open(red), a = open(red), control = open(red);
  ASSERT_EQ(owner->bind("eth0"), 0);
  ASSERT_EQ(end->bind("eth0{1"), 0);
  ASSERT_EQ(a->bind("vale0:a"), 0);
  nmreq_vale_newif newif = {};
  ASSERT_EQ(ask(*control, NETMAP_REQ_VALE_NEWIF, "p0", &newif), 0);

  auto other = open(blue);
  EXPECT_EQ(other->bind("eth0"), -ENXIO);
  EXPECT_EQ(other->bind("p0"), -ENXIO);
  EXPECT_EQ(other->bind("eth0", NR_REG_ALL_NIC, NR_MONITOR_RX), -ENXIO);
  EXPECT_EQ(other->bind("eth0", NR_REG_ALL_NIC, NR_ZCOPY_MON), -ENXIO);
  EXPECT_EQ(other->bind("p0", NR_REG_ALL_NIC, NR_MONITOR_RX), -ENXIO);
  // A switch of that name would be a new one, and nobody is there to be monitored.
  EXPECT_EQ(other->bind("vale0:a", NR_REG_ALL_NIC, NR_MONITOR_RX), -EINVAL);
  nmreq_vale_attach attach_to = {};
  attach_to.reg.nr_mode = NR_REG_ALL_NIC;
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_ATTACH, "vale0:eth0", &attach_to), -ENXIO);
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_ATTACH, "vale0:p0", &attach_to), -ENXIO);
  nmreq_vale_detach detach = {};
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_DETACH, "vale0:a", &detach), -ENXIO);
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_DELIF, "p0", nullptr), -ENXIO);
  nmreq_vale_list list = {};
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_LIST, "", &list), -ENOENT);
  EXPECT_EQ(ask(*other, NETMAP_REQ_VALE_LIST, "vale0:a", &list), -ENOENT);
  nmreq_port_hdr hdr = {};
  for (const char* name : {"eth0", "p0", "vale0:a"}) {
    EXPECT_EQ(ask(*other, NETMAP_REQ_PORT_HDR_SET, name, &hdr), -ENXIO) << name;
    EXPECT_EQ(ask(*other, NETMAP_REQ_PORT_HDR_GET, name, &hdr), -ENXIO) << name;
  }
  nmreq_port_info_get info = {};
  EXPECT_EQ(ask(*other, NETMAP_REQ_PORT_INFO_GET, "eth0", &info), -ENXIO);
  nmreq_pools_info pools = {};
  EXPECT_EQ(ask(*other, NETMAP_REQ_POOLS_INFO_GET, "p0", &pools), -ENXIO);
  // The other end of a pipe with that name is another pipe's, of a parent made for it.
  ASSERT_EQ(other->bind("eth0}1"), 0) << other->reason();
  EXPECT_NE(other->memory(), end->memory());
  end->tx()->slot[0].len = 60;
  advance(end->tx(), 1);
  ASSERT_EQ(end->txsync(), 0);
  ASSERT_EQ(other->rxsync(), 0);
  EXPECT_EQ(space(other->rx()), 0u);
  EXPECT_EQ(ask(*control, NETMAP_REQ_VALE_DELIF, "p0", nullptr), 0);
}

// Each way to a private region by its number: its user's clients of its namespace may, whichever
// process they are; nobody else.
TEST_F(Isolation, APrivateRegionIsJoinedByTheClientsOfItsUser) {
  auto owner = open(red, kAlice);
  ASSERT_EQ(owner->bind("vale0:a"), 0);
  const uint16_t id = owner->reg.nr_mem_id;
  const struct {
    const char* what;
    std::function<int(Client&)> join;
  } ways[] = {
      {"null port", [&](Client& c) { return bind_in(c, "null", id, NR_REG_NULL); }},
      {"VALE port", [&](Client& c) { return bind_in(c, "vale1:b", id); }},
      {"monitor", [&](Client& c) { return bind_in(c, "eth0", id, NR_REG_ALL_NIC, NR_MONITOR_RX); }},
      {"pipe", [&](Client& c) { return bind_in(c, "q{1", id); }},
      {"memory info",
       [&](Client& c) {
         nmreq_port_info_get info = {};
         info.nr_mem_id = id;
         return ask(c, NETMAP_REQ_PORT_INFO_GET, "", &info);
       }},
      {"persistent port",
       [&](Client& c) {
         nmreq_vale_newif body = {};
         body.nr_mem_id = id;
         const int error = ask(c, NETMAP_REQ_VALE_NEWIF, "p0", &body);
         if (error)
           return error;
         EXPECT_EQ(body.nr_mem_id, id);
         return ask(c, NETMAP_REQ_VALE_DELIF, "p0", nullptr);
       }},
  };
  // Something that can be monitored in either namespace.
  auto red_eth0 = attach(red, "eth0"), blue_eth0 = attach(blue, "eth0");
  auto red_user = open(red), blue_user = open(blue);
  ASSERT_EQ(red_user->bind("eth0"), 0);
  ASSERT_EQ(blue_user->bind("eth0"), 0);
  for (const auto& way : ways) {
    auto friendly = open(red, kAlice), stranger = open(red, kBob), outside = open(blue, kAlice);
    EXPECT_EQ(way.join(*friendly), 0) << way.what << ": " << friendly->reason();
    if (nm_client_mem(friendly->get())) {
      EXPECT_EQ(friendly->memory(), owner->memory()) << way.what;
      EXPECT_EQ(friendly->reg.nr_mem_id, id) << way.what;
    }
    // Else the stranger would find what it has made, by its name.
    friendly->close();
    EXPECT_EQ(way.join(*stranger), -EPERM) << way.what;
    EXPECT_THAT(stranger->reason(),
                HasSubstr("memory region " + std::to_string(id) + " belongs to another user"))
        << way.what;
    EXPECT_EQ(way.join(*outside), -EINVAL) << way.what;
    EXPECT_THAT(outside->reason(), HasSubstr("no memory region " + std::to_string(id))) << way.what;
  }
}

// A name is not a guess: who may open the port, monitor it with no copy, or make a pipe at it, has
// its memory too.
TEST_F(Isolation, InOneNamespaceAPortsMemoryIsForAllWhoOpenItByName) {
  auto owner = open(red, kAlice);
  ASSERT_EQ(owner->bind("vale0:a"), 0);
  for (const char* name : {"vale0:a", "vale0:a{1"}) {
    auto other = open(red, kBob);
    ASSERT_EQ(bind_in(*other, name, owner->reg.nr_mem_id), 0) << other->reason();
    EXPECT_EQ(other->memory(), owner->memory()) << name;
  }
  auto monitor = open(red, kBob);
  ASSERT_EQ(monitor->bind("vale0:a", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0) << monitor->reason();
  EXPECT_EQ(monitor->memory(), owner->memory());
  owner->close();
  auto exclusive = open(red, kAlice), other = open(red, kBob);
  monitor->close();
  ASSERT_EQ(exclusive->bind("vale0:b", NR_REG_ALL_NIC, NR_EXCLUSIVE), 0);
  EXPECT_EQ(other->bind("vale0:b"), -EBUSY) << "but where its owner does not share it";
}

// Its address may be the next one's: nothing of the old is found by it.
TEST_F(Isolation, ANamespaceEnds) {
  auto eth0 = attach(red, "eth0");
  auto old = open(red), vale = open(red);
  ASSERT_EQ(old->bind("eth0"), 0);
  ASSERT_EQ(vale->bind("vale0:a"), 0);
  nm_core_namespace_gone(world.core(), red);
  auto next = open(red), guess = open(red);
  EXPECT_EQ(next->bind("eth0"), -ENXIO);
  EXPECT_EQ(bind_in(*next, "null", old->reg.nr_mem_id, NR_REG_NULL), -EINVAL);
  EXPECT_EQ(bind_in(*next, "null", vale->reg.nr_mem_id, NR_REG_NULL), -EINVAL);
  auto again = attach(red, "eth0");
  ASSERT_EQ(next->bind("eth0"), 0) << next->reason();
  EXPECT_NE(next->memory(), old->memory());
  ASSERT_EQ(guess->bind("vale0:a"), 0) << guess->reason();
  EXPECT_NE(guess->memory(), vale->memory());
}

TEST_F(Isolation, SizesAreOfAllNamespacesAndWhatIsUsedIsTheCallers) {
  auto eth0 = attach(red, "eth0");
  nm_core_config config = Sizes{.buf_num = 512}.config(world.os());
  ASSERT_EQ(nm_core_configure(world.core(), &config), 0);
  auto client = open(red), other = open(blue);
  ASSERT_EQ(client->bind("eth0"), 0);
  nmreq_pools_info pools = {};
  world.call_as(red);
  nm_core_pools(world.core(), &pools);
  EXPECT_EQ(pools.nr_buf_pool_objtotal, 512u) << "its region was there before";
  world.call_as(blue);
  nm_core_pools(world.core(), &pools);
  EXPECT_EQ(pools.nr_buf_pool_objtotal, 0u);
  ASSERT_EQ(bind_in(*other, "null", 1, NR_REG_NULL), 0);
  nm_core_pools(world.core(), &pools);
  EXPECT_EQ(pools.nr_buf_pool_objtotal, 512u) << "and its was not";
}

}  // namespace
}  // namespace nmgen::test
