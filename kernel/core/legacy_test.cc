// SPDX-License-Identifier: BSD-2-Clause
// The ioctls from before NIOCCTRL: what each field means, and every command.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

struct Legacy : testing::Test {
  World world;
  TestPort port{world, "p", port_config(3, 32, 2), Wire::kLoopback};
  std::unique_ptr<Client> client = std::make_unique<Client>(world);
  nmreq req = {};

  int call(unsigned long cmd, const char* name) {
    std::snprintf(req.nr_name, sizeof(req.nr_name), "%s", name);
    if (!req.nr_version)
      req.nr_version = NETMAP_API;
    return nm_client_control(client->get(), static_cast<u32>(cmd),
                             reinterpret_cast<uintptr_t>(&req));
  }
  // A descriptor and a request of its own, what is bound as letters: n NIC rings, h host rings.
  std::string bind(uint32_t flags, uint16_t ringid, const char* name = "p") {
    client = std::make_unique<Client>(world);
    req = {};
    req.nr_flags = flags;
    req.nr_ringid = ringid;
    if (int error = call(NIOCREGIF, name); error != 0)
      return std::to_string(error);
    std::string text;
    for (nm_dir dir : {NM_TX, NM_RX}) {
      for (u32 i = 0; i < 5; ++i) {
        if (nm_client_ring(client->get(), dir, i))
          text += static_cast<char>((dir == NM_TX ? 'a' : 'A') + i);
      }
    }
    return text;
  }
};

TEST_F(Legacy, ModesAndRingNumbers) {
  EXPECT_EQ(bind(0, 0), "abcABC");
  EXPECT_EQ(bind(0, NETMAP_SW_RING), "deDE");
  EXPECT_EQ(bind(0, NETMAP_HW_RING | 2), "cC");
  EXPECT_EQ(bind(0, NETMAP_HW_RING | 3), "-22");
  EXPECT_EQ(bind(NR_REG_ALL_NIC, NETMAP_HW_RING | 2), "abcABC") << "the mode counts";
  EXPECT_EQ(bind(NR_REG_SW, 0), "deDE");
  EXPECT_EQ(bind(NR_REG_NIC_SW, 0), "abcdeABCDE");
  EXPECT_EQ(bind(NR_REG_ONE_NIC, 1), "bB");
  EXPECT_EQ(bind(NR_REG_ONE_SW, 1), "eE");
  EXPECT_EQ(bind(NR_REG_ONE_NIC | NR_RX_RINGS_ONLY, 1), "B");
  EXPECT_EQ(bind(9, 0), "-22");
  EXPECT_EQ(bind(0, 0, "nowhere"), "-6");
}

TEST_F(Legacy, TheAnswerHasItsPlace) {
  req.nr_arg3 = 7;
  ASSERT_EQ(call(NIOCREGIF, "p"), 0) << client->reason();
  EXPECT_EQ(req.nr_tx_rings, 3);
  EXPECT_EQ(req.nr_rx_rings, 3);
  EXPECT_EQ(req.nr_tx_slots, 32u);
  EXPECT_EQ(req.nr_rx_slots, 32u);
  EXPECT_EQ(req.nr_arg2, 1) << "the region";
  EXPECT_EQ(req.nr_arg3, 7u) << "extra buffers";
  EXPECT_EQ(req.nr_memsize, nm_region_memsize(world.region()));
  const netmap_if* nif = reinterpret_cast<netmap_if*>(client->memory() + req.nr_offset);
  EXPECT_STREQ(nif->ni_name, "p");
  EXPECT_NE(nif->ni_bufs_head, 0u);
  EXPECT_EQ(call(NIOCREGIF, "p"), -EBUSY);
  EXPECT_EQ(client->txsync(), 0);
}

// The old request has 32 bits for the size of the memory. A client that is refused for it was bound
// at no moment: other threads that have the descriptor may be in a call.
TEST_F(Legacy, MemoryThatItCannotTellOf) {
  std::atomic<bool> done = false, bound = false;
  std::thread watcher([&] {
    while (!done) {
      if (nm_client_mem(client->get()) || nm_client_sync(client->get(), NM_TX) != -ENXIO)
        bound = true;
    }
  });
  for (int i = 0; i < 5; ++i) {
    req = {};
    req.nr_arg3 = 1u << 21;
    EXPECT_EQ(call(NIOCREGIF, "vale0:large"), -EOVERFLOW);
  }
  done = true;
  watcher.join();
  EXPECT_FALSE(bound);
  req = {};
  EXPECT_EQ(call(NIOCREGIF, "vale0:large"), 0) << client->reason();
}

TEST_F(Legacy, PollBitsAreFlags) {
  bind(0, NETMAP_NO_TX_POLL | NETMAP_DO_RX_POLL);
  EXPECT_EQ(client->get()->flags, uint64_t{NR_NO_TX_POLL | NR_DO_RX_POLL});
  bind(NR_EXCLUSIVE, 0);
  EXPECT_EQ(client->get()->flags, uint64_t{NR_EXCLUSIVE});
}

TEST_F(Legacy, PipesHaveNumbers) {
  EXPECT_EQ(bind(NR_REG_PIPE_MASTER, 12), "aA");
  Client slave(world), other(world);
  ASSERT_EQ(slave.bind("p}12"), 0);
  EXPECT_EQ(nm_client_ring(slave.get(), NM_TX, 0)->users, 1u);
  EXPECT_EQ(world.region()->users, 3u) << "the same pipe";
  EXPECT_EQ(bind(NR_REG_PIPE_SLAVE, 13), "aA");
  EXPECT_EQ(bind(0, 0, "p{twelve"), "aA") << "a name does as well";
}

TEST_F(Legacy, ANullPort) {
  req.nr_flags = NR_REG_NULL;
  req.nr_arg2 = 1;
  req.nr_arg3 = 3;
  ASSERT_EQ(call(NIOCREGIF, "null"), 0) << client->reason();
  EXPECT_EQ(req.nr_tx_rings, 0);
  EXPECT_EQ(req.nr_arg3, 3u);
}

TEST_F(Legacy, Information) {
  ASSERT_EQ(call(NIOCGINFO, "p"), 0);
  EXPECT_EQ(req.nr_tx_rings, 3);
  EXPECT_EQ(req.nr_rx_slots, 32u);
  EXPECT_EQ(req.nr_arg2, 1);
  EXPECT_GT(req.nr_memsize, 0u);
  req = {};
  ASSERT_EQ(call(NIOCGINFO, ""), 0);
  EXPECT_GT(req.nr_memsize, 0u);
  req = {};
  EXPECT_EQ(call(NIOCGINFO, "nowhere"), -ENXIO);
  req.nr_cmd = NETMAP_BDG_ATTACH;
  EXPECT_EQ(call(NIOCGINFO, "p"), -EINVAL);
}

TEST_F(Legacy, Versions) {
  for (uint32_t version : {0u, 13u}) {
    req = {};
    std::snprintf(req.nr_name, sizeof(req.nr_name), "p");
    req.nr_version = version;
    EXPECT_EQ(nm_client_control(client->get(), static_cast<u32>(NIOCGINFO),
                                reinterpret_cast<uintptr_t>(&req)),
              -EINVAL);
  }
  for (uint32_t version : {14u, 15u, 99u}) {
    req = {};
    req.nr_version = version;
    EXPECT_EQ(call(NIOCGINFO, "p"), 0);
  }
}

TEST_F(Legacy, SwitchCommands) {
  req.nr_cmd = NETMAP_BDG_NEWIF;
  ASSERT_EQ(call(NIOCREGIF, "v1"), 0) << client->reason();
  req = {};
  req.nr_cmd = NETMAP_BDG_ATTACH;
  ASSERT_EQ(call(NIOCREGIF, "vale0:v1"), 0) << client->reason();
  EXPECT_EQ(call(NIOCREGIF, "vale0:v1"), -EBUSY);
  req = {};
  req.nr_cmd = NETMAP_BDG_ATTACH;
  ASSERT_EQ(call(NIOCREGIF, "vale0:p"), 0) << client->reason();
  // By name, and by number.
  req = {};
  req.nr_cmd = NETMAP_BDG_LIST;
  ASSERT_EQ(call(NIOCGINFO, "vale0:p"), 0) << client->reason();
  const uint16_t bridge = req.nr_arg1, index = req.nr_arg2;
  req = {};
  req.nr_cmd = NETMAP_BDG_LIST;
  req.nr_arg1 = bridge;
  req.nr_arg2 = index;
  ASSERT_EQ(call(NIOCGINFO, ""), 0);
  EXPECT_STREQ(req.nr_name, "vale0:p");
  req.nr_arg2 = static_cast<uint16_t>(req.nr_arg2 + 1);
  EXPECT_EQ(call(NIOCGINFO, ""), -ENOENT);
  req = {};
  req.nr_cmd = NETMAP_BDG_VNET_HDR;
  req.nr_arg1 = 12;
  ASSERT_EQ(call(NIOCREGIF, "vale0:v1"), 0) << client->reason();
  req = {};
  req.nr_cmd = NETMAP_VNET_HDR_GET;
  ASSERT_EQ(call(NIOCREGIF, "vale0:v1"), 0);
  EXPECT_EQ(req.nr_arg1, 12);
  for (const char* name : {"vale0:v1", "vale0:p"}) {
    req = {};
    req.nr_cmd = NETMAP_BDG_DETACH;
    EXPECT_EQ(call(NIOCREGIF, name), 0) << client->reason();
  }
  req = {};
  req.nr_cmd = NETMAP_BDG_DELIF;
  EXPECT_EQ(call(NIOCREGIF, "v1"), 0) << client->reason();
  EXPECT_EQ(call(NIOCREGIF, "v1"), -ENXIO);
}

TEST_F(Legacy, CommandsThatAreNone) {
  for (uint16_t cmd : {3, 4, 8, 9, 13, 0xffff}) {
    req = {};
    req.nr_cmd = cmd;
    EXPECT_EQ(call(NIOCREGIF, "p"), -EINVAL) << cmd;
  }
  for (uint16_t cmd : {NETMAP_BDG_POLLING_ON, NETMAP_BDG_POLLING_OFF}) {
    req = {};
    req.nr_cmd = cmd;
    EXPECT_EQ(call(NIOCREGIF, "vale0:p"), -EOPNOTSUPP);
    EXPECT_GT(client->reason().size(), 20u);
  }
}

TEST_F(Legacy, Config) {
  nm_ifreq config = {};
  const auto call_config = [&](const char* name) {
    std::snprintf(config.nifr_name, sizeof(config.nifr_name), "%s", name);
    return nm_client_control(client->get(), static_cast<u32>(NIOCCONFIG),
                             reinterpret_cast<uintptr_t>(&config));
  };
  EXPECT_EQ(call_config("p"), -EINVAL);
  EXPECT_EQ(call_config("vale0:1"), -EOPNOTSUPP);
  EXPECT_EQ(nm_client_control(client->get(), static_cast<u32>(NIOCCONFIG), 16), -EFAULT);
}

TEST_F(Legacy, WildPointersBindNobody) {
  EXPECT_EQ(nm_client_control(client->get(), static_cast<u32>(NIOCREGIF), 16), -EFAULT);
  EXPECT_EQ(nm_client_control(client->get(), static_cast<u32>(NIOCGINFO), 16), -EFAULT);
  EXPECT_EQ(world.region()->users, 0u);
}

}  // namespace
}  // namespace nmgen::test
