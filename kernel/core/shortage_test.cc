// SPDX-License-Identifier: BSD-2-Clause
// No memory: of each request, one allocation after the other fails, alone and with all that follow
// it. The request then says -ENOMEM and why, or does with less; and nothing of it is left.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include "kernel/core/testing/port.h"
#include "kernel/core/vale/nm_vale.h"

// What the core asks of its residence comes here first: the linker is told so (--wrap). The real
// functions have no context, so what is known of them has none either.
namespace {

struct Memory {
  uint64_t calls = 0;    // since arm()
  uint64_t fail_at = 0;  // which of them fails, from 1; 0: none
  bool fail_rest = false;
  uint64_t failed = 0;
  int64_t live = 0;  // pieces that have not been given back

  void arm(uint64_t at, bool rest) {
    calls = failed = 0;
    fail_at = at;
    fail_rest = rest;
  }
  bool fails() {
    const uint64_t call = ++calls;
    const bool now = fail_at && (fail_rest ? call >= fail_at : call == fail_at);
    failed += now;
    return now;
  }
};
Memory memory;

}  // namespace

extern "C" {
void* real_alloc(size_t size) __asm__("__real_nm_os_alloc");
void real_free(void* p) __asm__("__real_nm_os_free");
int real_create(nm_os* os, nm_os_mem* mem, u64 size, u64 max) __asm__("__real_nm_os_mem_create");
int real_grow(nm_os_mem* mem, u64 size) __asm__("__real_nm_os_mem_grow");
void real_destroy(nm_os_mem* mem) __asm__("__real_nm_os_mem_destroy");

void* test_alloc(size_t size) __asm__("__wrap_nm_os_alloc");
void test_free(void* p) __asm__("__wrap_nm_os_free");
int test_create(nm_os* os, nm_os_mem* mem, u64 size, u64 max) __asm__("__wrap_nm_os_mem_create");
int test_grow(nm_os_mem* mem, u64 size) __asm__("__wrap_nm_os_mem_grow");
void test_destroy(nm_os_mem* mem) __asm__("__wrap_nm_os_mem_destroy");

void* test_alloc(size_t size) {
  void* p = memory.fails() ? nullptr : real_alloc(size);
  memory.live += p != nullptr;
  return p;
}

void test_free(void* p) {
  memory.live -= p != nullptr;
  real_free(p);
}

int test_create(nm_os* os, nm_os_mem* mem, u64 size, u64 max) {
  const int error = memory.fails() ? -ENOMEM : real_create(os, mem, size, max);
  memory.live += error == 0;
  return error;
}

int test_grow(nm_os_mem* mem, u64 size) {
  return memory.fails() ? -ENOMEM : real_grow(mem, size);
}

void test_destroy(nm_os_mem* mem) {
  memory.live--;
  real_destroy(mem);
}
}  // extern "C"

namespace nmgen::test {
namespace {

// More allocations than any request makes.
constexpr uint64_t kEnough = 10000;

// All that a request can leave behind: ports and who has them, rings, regions, switches; and what
// is free in the pools, which may have grown where others have the region.
std::string state(World& world, bool pools) {
  std::string text;
  for (nm_list* item = world.core()->regions.next; item != &world.core()->regions;
       item = item->next) {
    const nm_region* region = nm_entry(item, nm_region, link);
    text += fmt::format("region {}: {} users, {} refs\n", region->id, region->users, region->refs);
    if (region->users && pools)
      text += fmt::format("  free: {} ifs, {} rings, {} of {} buffers\n", region->ifs.num_free,
                          region->rings.num_free, region->bufs.num_free, region->bufs.num);
  }
  for (nm_list* item = world.core()->ports.next; item != &world.core()->ports; item = item->next) {
    const nm_port* port = nm_entry(item, nm_port, link);
    text += fmt::format("port {}: {} refs, owner {}, {} and {} host rings\n", port->name,
                        port->refs, port->owner ? port->owner->name : "nobody",
                        port->config.num_host_rings[NM_TX], port->config.num_host_rings[NM_RX]);
    for (const nm_kring* krings : port->krings) {
      for (u32 i = 0; i < port->max_rings[krings->dir]; ++i)
        if (krings[i].ring || krings[i].users || krings[i].pins || krings[i].on || krings[i].watch)
          text += fmt::format("  {} ring {}: {} users, {} pins, on {}, watched {}\n",
                              krings->dir == NM_TX ? "tx" : "rx", i, krings[i].users,
                              krings[i].pins, krings[i].on, krings[i].watch != nullptr);
    }
  }
  nm_vale_ports(
      world.core(),
      [](const nm_vale_view* view, void* arg) {
        *static_cast<std::string*>(arg) += fmt::format("switch port {}\n", view->name);
      },
      &text);
  return text;
}

class Shortage : public testing::Test {
 protected:
  // As little as may be in the pools, so that they have to grow.
  explicit Shortage(const Sizes& sizes = Sizes{.if_num = 1, .ring_num = 1, .buf_num = 8})
      : world(sizes) {
    // What the first switch makes stays.
    Client client(world);
    require(client.bind("vale7:x") == 0, "a switch can be made");
  }

  using Step = std::function<int(Client&)>;

  // `attempt` answers as a request does; `undo` takes back what it has made, beyond what goes with
  // its client.
  void every_failure(const Step& attempt, const Step& undo = {}) {
    for (const bool rest : {false, true})
      one_after_the_other(attempt, undo, rest);
  }

  void one_after_the_other(const Step& attempt, const Step& undo, bool rest) {
    const bool alone = others == 0;
    const std::string before = state(world, alone);
    const int64_t live = memory.live;
    for (uint64_t at = 1; at < kEnough; ++at) {
      SCOPED_TRACE(fmt::format("allocation {}{}", at, rest ? " and those after it" : ""));
      Client client(world);
      const int64_t with_client = memory.live;
      memory.arm(at, rest);
      const int error = attempt(client);
      const uint64_t failed = memory.failed;
      memory.arm(0, false);
      if (error) {
        EXPECT_EQ(error, -ENOMEM) << client.reason();
        EXPECT_GT(failed, 0u) << client.reason();
        EXPECT_NE(client.reason(), "");
        EXPECT_EQ(state(world, alone), before);
        if (alone) {
          EXPECT_EQ(memory.live, with_client);
        }
      } else if (undo) {
        EXPECT_EQ(undo(client), 0) << client.reason();
      }
      client.close();
      EXPECT_EQ(state(world, alone), before);
      if (alone) {
        EXPECT_EQ(memory.live, live);
      }
      if (HasFailure())
        return;
      if (!failed) {
        EXPECT_EQ(error, 0);
        EXPECT_GT(at, 1u) << "something is allocated";
        return;
      }
    }
    ADD_FAILURE() << "there is no end";
  }

  template <typename Body>
  static int request(Client& client, uint16_t type, const char* name, Body* body) {
    nmreq_header h = Client::header(type, name, body);
    return client.control(&h);
  }
  static int attach(Client& client, const char* name, uint32_t mode) {
    nmreq_vale_attach body = {};
    body.reg.nr_mode = mode;
    return request(client, NETMAP_REQ_VALE_ATTACH, name, &body);
  }
  static int detach(Client& client, const char* name) {
    nmreq_vale_detach body = {};
    return request(client, NETMAP_REQ_VALE_DETACH, name, &body);
  }
  static int newif(Client& client, const char* name) {
    nmreq_vale_newif body = {};
    return request(client, NETMAP_REQ_VALE_NEWIF, name, &body);
  }
  static int delif(Client& client, const char* name) {
    return request(client, NETMAP_REQ_VALE_DELIF, name, static_cast<void*>(nullptr));
  }
  static int info(Client& client, const char* name) {
    nmreq_port_info_get body = {};
    return request(client, NETMAP_REQ_PORT_INFO_GET, name, &body);
  }
  static int legacy(Client& client, u32 cmd, const char* name, uint16_t command) {
    nmreq old = {};
    old.nr_version = NETMAP_API;
    old.nr_cmd = command;
    std::snprintf(old.nr_name, sizeof(old.nr_name), "%s", name);
    return nm_client_control(client.get(), cmd, reinterpret_cast<uintptr_t>(&old));
  }

  World world;
  TestPort nic{world, "eth0", port_config(2, 64), Wire::kLoopback, true};
  // Clients that stay: what the pools have grown by for a request that failed stays with them.
  int others = 0;
};

TEST_F(Shortage, Register) {
  every_failure([](Client& client) { return client.bind("eth0"); });
  every_failure([](Client& client) { return client.bind("eth0", NR_REG_ONE_NIC, 0, 1); });
  // Host rings stay as many as the last one wanted who got them.
  const auto bind = [](Client& client, uint16_t host_rings) {
    client.reg = {};
    client.reg.nr_mode = NR_REG_NIC_SW;
    client.reg.nr_extra_bufs = 300;
    client.reg.nr_host_tx_rings = client.reg.nr_host_rx_rings = host_rings;
    return client.bind_request("eth0");
  };
  every_failure([bind](Client& client) { return bind(client, 5); },
                [this, bind](Client& client) {
                  client.close();
                  Client next(world);
                  return bind(next, 1);
                });
}

TEST_F(Shortage, MoreRings) {
  every_failure(
      [this](Client& client) {
        nic.change(port_config(3, 64));
        return client.bind("eth0");
      },
      [this](Client& client) {
        client.close();
        nic.change(port_config(2, 64));
        Client next(world);
        return info(next, "eth0");
      });
}

TEST_F(Shortage, NullPort) {
  every_failure([](Client& client) {
    client.reg = {};
    client.reg.nr_mode = NR_REG_NULL;
    client.reg.nr_mem_id = 1;
    client.reg.nr_extra_bufs = 100;
    return client.bind_request("null");
  });
}

TEST_F(Shortage, Pipes) {
  every_failure([](Client& client) { return client.bind("eth0{1"); });
  every_failure([](Client& client) { return client.bind("eth0}1"); });
  every_failure([](Client& client) { return client.bind("nobody{1"); });
  every_failure([](Client& client) { return client.bind("vale0:a{1"); });
  ASSERT_EQ(newif(*std::make_unique<Client>(world), "v0"), 0);
  every_failure([](Client& client) { return client.bind("v0{1"); });
  every_failure([](Client& client) { return client.bind("vale0:v0{1"); });
  EXPECT_EQ(delif(*std::make_unique<Client>(world), "v0"), 0);
}

TEST_F(Shortage, SwitchPorts) {
  every_failure([](Client& client) { return client.bind("vale0:a"); });
  Client other(world);
  ASSERT_EQ(other.bind("vale0:b"), 0);
  every_failure([](Client& client) { return client.bind("vale0:a"); });
  every_failure([](Client& client) {
    client.reg = {};
    client.reg.nr_mode = NR_REG_ALL_NIC;
    client.reg.nr_tx_rings = client.reg.nr_rx_rings = 16;
    client.reg.nr_tx_slots = 4096;
    client.reg.nr_extra_bufs = 5000;
    return client.bind_request("vale0:c");
  });
}

TEST_F(Shortage, PersistentPorts) {
  Client control(world);
  every_failure([](Client& client) { return newif(client, "v0"); },
                [](Client& client) { return delif(client, "v0"); });
  ASSERT_EQ(newif(control, "v0"), 0);
  every_failure([](Client& client) { return client.bind("v0"); });
  every_failure([](Client& client) { return client.bind("vale0:v0"); });
  every_failure([](Client& client) { return attach(client, "vale0:v0", NR_REG_ALL_NIC); },
                [](Client& client) { return detach(client, "vale0:v0"); });
  every_failure([](Client& client) { return info(client, "vale0:v0"); });
  EXPECT_EQ(delif(control, "v0"), 0) << control.reason();
}

TEST_F(Shortage, Interfaces) {
  for (const uint32_t mode : {NR_REG_ALL_NIC, NR_REG_NIC_SW})
    every_failure([mode](Client& client) { return attach(client, "vale0:eth0", mode); },
                  [](Client& client) { return detach(client, "vale0:eth0"); });
  Client other(world);
  ASSERT_EQ(other.bind("vale0:b"), 0);
  every_failure([](Client& client) { return attach(client, "vale0:eth0", NR_REG_NIC_SW); },
                [](Client& client) { return detach(client, "vale0:eth0"); });
}

TEST_F(Shortage, Monitors) {
  Client target(world), first(world);
  ASSERT_EQ(target.bind("vale0:a"), 0);
  const auto monitor = [](uint64_t flags) {
    return [flags](Client& client) { return client.bind("vale0:a", NR_REG_ALL_NIC, flags); };
  };
  every_failure(monitor(NR_MONITOR_TX));
  every_failure(monitor(NR_MONITOR_TX | NR_MONITOR_RX));
  others = 1;
  every_failure(monitor(NR_ZCOPY_MON));
  ASSERT_EQ(first.bind("vale0:a", NR_REG_ALL_NIC, NR_ZCOPY_MON), 0);
  every_failure(monitor(NR_ZCOPY_MON));
  every_failure(monitor(NR_MONITOR_RX));
}

// The second client of a region finds its pools empty.
TEST_F(Shortage, GrowingPools) {
  const int64_t live = memory.live;
  for (uint64_t at = 1;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_LT(at, kEnough);
    Client other(world), client(world), next(world);
    ASSERT_EQ(other.bind("eth0"), 0);
    memory.arm(at, false);
    const int error = client.bind("eth0", NR_REG_NIC_SW, 0, 0, 5000);
    const uint64_t failed = memory.failed;
    memory.arm(0, false);
    if (error) {
      EXPECT_EQ(error, -ENOMEM);
      EXPECT_NE(client.reason(), "");
      EXPECT_EQ(nic.kring(NM_TX, 0)->users, 1u);
      EXPECT_EQ(nic.kring(NM_RX, 2)->users, 0u);
      EXPECT_EQ(world.region()->users, 1u);
      EXPECT_EQ(next.bind("eth0", NR_REG_NIC_SW, 0, 0, 5000), 0) << next.reason();
    }
    // What has grown goes with the last client.
    next.close();
    client.close();
    other.close();
    EXPECT_EQ(memory.live, live);
    if (!failed)
      break;
  }
}

TEST_F(Shortage, RequestsThatOnlyAsk) {
  for (const char* name : {"eth0", "nobody{1", "vale0:a", ""})
    every_failure([name](Client& client) { return info(client, name); });
  every_failure([](Client& client) {
    nmreq_pools_info pools = {};
    return request(client, NETMAP_REQ_POOLS_INFO_GET, "eth0", &pools);
  });
}

TEST_F(Shortage, RequestsOfOld) {
  every_failure([](Client& client) { return legacy(client, NIOCREGIF, "eth0", 0); });
  every_failure([](Client& client) { return legacy(client, NIOCREGIF, "vale0:a", 0); });
  every_failure([](Client& client) { return legacy(client, NIOCGINFO, "eth0", 0); });
  every_failure(
      [](Client& client) { return legacy(client, NIOCREGIF, "vale0:eth0", NETMAP_BDG_ATTACH); },
      [](Client& client) { return legacy(client, NIOCREGIF, "vale0:eth0", NETMAP_BDG_DETACH); });
  every_failure([](Client& client) { return legacy(client, NIOCREGIF, "v0", NETMAP_BDG_NEWIF); },
                [](Client& client) { return legacy(client, NIOCREGIF, "v0", NETMAP_BDG_DELIF); });
}

TEST_F(Shortage, PortsOfDrivers) {
  const nm_port_config config = port_config(2, 64);
  const nm_driver_ops& ops = *nic.port()->ops;
  const std::string before = state(world, true);
  const int64_t live = memory.live;
  for (uint64_t at = 1;; ++at) {
    ASSERT_LT(at, kEnough);
    nm_port* port = nullptr;
    memory.arm(at, false);
    const int error = nm_port_attach(world.core(), "eth1", &ops, &config, nullptr, &port);
    const uint64_t failed = memory.failed;
    memory.arm(0, false);
    EXPECT_EQ(error, failed ? -ENOMEM : 0);
    if (!error)
      nm_port_detach(port);
    EXPECT_EQ(state(world, true), before);
    EXPECT_EQ(memory.live, live);
    if (!failed)
      break;
  }
}

TEST_F(Shortage, InstancesAndClients) {
  const int64_t live = memory.live;
  const nm_core_config config = Sizes{}.config(world.os());
  for (uint64_t at = 1;; ++at) {
    ASSERT_LT(at, kEnough);
    nm_core* core = nullptr;
    nm_client* client = nullptr;
    memory.arm(at, false);
    int error = nm_core_create(&config, &core);
    if (!error)
      error = nm_client_open(core, nullptr, &client);
    const uint64_t failed = memory.failed;
    memory.arm(0, false);
    EXPECT_EQ(error, failed ? -ENOMEM : 0);
    if (client)
      nm_client_close(client);
    if (core)
      nm_core_destroy(core);
    EXPECT_EQ(memory.live, live);
    if (!failed)
      break;
  }
}

// Asking is no use of memory: a port that nobody has may have a region of hundreds of MB.
TEST_F(Shortage, InformationMakesNoRegion) {
  Client client(world);
  nmreq_port_info_get info = {};
  nmreq_pools_info pools = {};
  const int64_t live = memory.live;
  nmreq_header h = Client::header(NETMAP_REQ_PORT_INFO_GET, "eth0", &info);
  memory.arm(0, false);
  ASSERT_EQ(client.control(&h), 0) << client.reason();
  const uint64_t of_any_request = memory.calls;
  EXPECT_EQ(of_any_request, 1u) << "the request itself is copied";
  h = Client::header(NETMAP_REQ_POOLS_INFO_GET, "eth0", &pools);
  memory.arm(0, false);
  ASSERT_EQ(client.control(&h), 0) << client.reason();
  EXPECT_EQ(memory.calls, of_any_request);
  EXPECT_EQ(memory.live, live);
  // And it is right.
  EXPECT_EQ(info.nr_memsize, pools.nr_memsize);
  ASSERT_EQ(client.bind("eth0"), 0);
  EXPECT_EQ(client.reg.nr_memsize, info.nr_memsize);
  nmreq_pools_info now = {};
  h = Client::header(NETMAP_REQ_POOLS_INFO_GET, "eth0", &now);
  ASSERT_EQ(client.control(&h), 0);
  EXPECT_EQ(std::memcmp(&now, &pools, sizeof(now)), 0);
}

// A region that cannot grow, as the kernel's beyond its headroom: what was asked for in buffers
// comes in part, a ring that finds no place does not come at all.
TEST_F(Shortage, ARegionThatCannotGrow) {
  Client first(world), second(world);
  ASSERT_EQ(first.bind("eth0"), 0);
  const std::string before = state(world, true);
  memory.arm(1, true);
  EXPECT_EQ(second.bind("eth0"), -ENOMEM);
  memory.arm(0, false);
  EXPECT_NE(second.reason(), "");
  EXPECT_EQ(state(world, true), before);
}

}  // namespace
}  // namespace nmgen::test
