// SPDX-License-Identifier: BSD-2-Clause
// Region memory: pools, rows of objects, growth, what is freed twice, and that everything comes
// back.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

// The region's memory exists while there is a client; a null port is the plainest one.
struct Pools : testing::Test {
  void make(const Sizes& sizes = {}) {
    world = std::make_unique<World>(sizes);
    keeper = std::make_unique<Client>(*world);
    keeper->reg = {};
    keeper->reg.nr_mode = NR_REG_NULL;
    keeper->reg.nr_mem_id = 1;
    ASSERT_EQ(keeper->bind_request("null"), 0);
    region = world->region();
  }
  std::unique_ptr<World> world;
  std::unique_ptr<Client> keeper;
  nm_region* region = nullptr;
};

TEST_F(Pools, AreWhereTheyShouldBe) {
  make();
  EXPECT_EQ(region->ifs.offset, 0u);
  EXPECT_GE(region->rings.offset, u64{region->ifs.size} * region->ifs.num);
  EXPECT_GE(region->bufs.offset,
            region->rings.offset + u64{region->rings.size} * region->rings.num);
  EXPECT_EQ(region->rings.offset % 128, 0u);
  EXPECT_EQ(region->bufs.offset % 4096, 0u);
  EXPECT_EQ(region->rings.size, 36864u);
  EXPECT_EQ(region->rings.num, 200u);
  EXPECT_EQ(region->bufs.num, 4096u);
  EXPECT_EQ(nm_region_memsize(region), region->bufs.offset + u64{4096} * 2048);
  EXPECT_EQ(keeper->reg.nr_memsize, nm_region_memsize(region));
  // The last byte is there.
  static_cast<uint8_t*>(nm_region_buf(region, 4095))[2047] = 1;
}

TEST(Region, ItsBuffersLeaveRoomForADevice) {
  World world({}, [](nm_core_config& config) { config.buf_headroom = 256; });
  Client client(world);
  client.reg = {};
  client.reg.nr_mode = NR_REG_NULL;
  client.reg.nr_mem_id = 1;
  ASSERT_EQ(client.bind_request("null"), 0);
  const nm_region& region = *world.region();
  EXPECT_EQ(region.bufs.offset % 4096, 256u);
  EXPECT_GE(region.bufs.offset - 256,
            region.rings.offset + u64{region.rings.size} * region.rings.num);
  EXPECT_EQ(nm_region_memsize(&region), region.bufs.offset + u64{4096} * 2048);
}

TEST_F(Pools, ReservedBuffersAreNeverGivenNorFreed) {
  make();
  std::set<u32> seen;
  for (;;) {
    u32 index = nm_region_alloc_buf(region, 0, false);
    if (!index)
      break;
    ASSERT_GE(index, NM_RESERVED_BUFS);
    ASSERT_LT(index, region->bufs.num);
    ASSERT_TRUE(seen.insert(index).second) << "given twice: " << index;
  }
  EXPECT_EQ(seen.size(), 4096u - NM_RESERVED_BUFS);
  for (u32 index = 0; index < NM_RESERVED_BUFS; ++index)
    EXPECT_FALSE(nm_region_free_buf(region, index));
  EXPECT_EQ(nm_region_alloc_buf(region, 0, false), 0u);
  for (u32 index : seen)
    EXPECT_TRUE(nm_region_free_buf(region, index));
  EXPECT_EQ(region->bufs.num_free, seen.size());
}

TEST_F(Pools, ABufferIsFreedOnce) {
  make();
  const u32 index = nm_region_alloc_buf(region, 0, false);
  const u32 before = region->bufs.num_free;
  EXPECT_TRUE(nm_region_free_buf(region, index));
  EXPECT_FALSE(nm_region_free_buf(region, index));
  EXPECT_EQ(region->bufs.num_free, before + 1);
  EXPECT_FALSE(nm_region_free_buf(region, region->bufs.num));
  EXPECT_FALSE(nm_region_free_buf(region, 0xffffffff));
  EXPECT_FALSE(nm_region_free_buf(region, index + 1)) << "it was never given away";
  EXPECT_EQ(region->bufs.num_free, before + 1);
}

TEST_F(Pools, LargeObjectsTakeSeveralInARow) {
  make();
  const u32 size = region->rings.size;
  const u64 a = nm_region_alloc_ring(region, size);
  const u64 b = nm_region_alloc_ring(region, size);
  const u64 c = nm_region_alloc_ring(region, size);
  EXPECT_EQ(b, a + size);
  EXPECT_EQ(c, b + size);
  nm_region_free_ring(region, b, size);
  // One hole is too small for two.
  const u64 two = nm_region_alloc_ring(region, size + 1);
  EXPECT_EQ(two, c + size);
  const u64 next = nm_region_alloc_ring(region, 3 * size);
  EXPECT_EQ(next, two + u64{2} * size);
  EXPECT_EQ(nm_region_alloc_ring(region, size), b);
  EXPECT_EQ(region->rings.num_free, 200u - 8);
  EXPECT_EQ(nm_region_alloc_ring(region, 193 * size), 0u);
  const u64 rest = nm_region_alloc_ring(region, 192 * size);
  EXPECT_EQ(rest, next + u64{3} * size);
  EXPECT_EQ(nm_region_alloc_ring(region, 1), 0u);
  nm_region_free_ring(region, rest, 192 * size);
  EXPECT_EQ(region->rings.num_free, 192u);
}

// Regions of one port: numbers from 2 up, the lowest free one first; memory with the first user;
// gone with the last reference.
TEST_F(Pools, PrivateRegionsHaveNumbersOfTheirOwn) {
  make();
  nm_core* core = world->core();
  nm_region *two = nullptr, *three = nullptr, *again = nullptr;
  const nm_os_caller nobody = {};
  nm_mutex_lock(&core->lock);
  ASSERT_EQ(nm_region_create_private(core, &nobody, 0, &two), 0);
  ASSERT_EQ(nm_region_create_private(core, &nobody, 100, &three), 0);
  EXPECT_EQ(two->id, 2);
  EXPECT_EQ(three->id, 3);
  EXPECT_EQ(nm_region_find(core, nullptr, 1), region);
  EXPECT_EQ(nm_region_find(core, nullptr, 3), three);
  EXPECT_EQ(nm_region_find(core, nullptr, 4), nullptr);
  nm_region_unref(two);
  EXPECT_EQ(nm_region_find(core, nullptr, 2), nullptr);
  ASSERT_EQ(nm_region_create_private(core, &nobody, 0, &again), 0);
  EXPECT_EQ(again->id, 2);
  EXPECT_EQ(nm_region_find(core, nullptr, 3), three);
  nm_region_unref(again);
  nm_mutex_unlock(&core->lock);

  // A null port may live there, and keeps it.
  Client null(*world);
  null.reg.nr_mode = NR_REG_NULL;
  null.reg.nr_mem_id = 3;
  null.reg.nr_extra_bufs = 5000;
  ASSERT_EQ(null.bind_request("null"), 0) << null.reason();
  EXPECT_EQ(null.reg.nr_mem_id, 3);
  EXPECT_EQ(null.reg.nr_extra_bufs, 5000u) << "the region grows";
  EXPECT_EQ(null.nif()->ni_flags, u32{NI_PRIV_MEM});
  EXPECT_EQ(three->rings.size, 20480u);
  EXPECT_EQ(three->bufs.size, 2048u);
  nm_mutex_lock(&core->lock);
  nm_region_unref(three);
  EXPECT_EQ(nm_region_find(core, nullptr, 3), three);
  nm_mutex_unlock(&core->lock);
  null.close();
  nm_mutex_lock(&core->lock);
  EXPECT_EQ(nm_region_find(core, nullptr, 3), nullptr);
  nm_mutex_unlock(&core->lock);
}

TEST_F(Pools, OffsetZeroIsNeverGiven) {
  make();
  const u64 offset = nm_region_alloc_if(region, 1);
  EXPECT_GT(offset, 0u);
  EXPECT_GT(keeper->reg.nr_offset, 0u);
  nm_region_free_if(region, offset, 1);
}

TEST_F(Pools, BuffersGrowAndKeepTheirPlace) {
  make({.buf_num = 64});
  std::vector<u32> all;
  for (u32 i = 0; i < 64 - NM_RESERVED_BUFS; ++i)
    all.push_back(nm_region_alloc_buf(region, 0, true));
  EXPECT_EQ(region->bufs.num, 64u);
  void* first = nm_region_buf(region, all[0]);
  std::memset(first, 0x5a, 2048);
  for (int i = 0; i < 1000; ++i) {
    all.push_back(nm_region_alloc_buf(region, 0, true));
    ASSERT_NE(all.back(), 0u);
    std::memset(nm_region_buf(region, all.back()), i, 2048);
  }
  EXPECT_GE(region->bufs.num, 1064u);
  EXPECT_EQ(nm_region_buf(region, all[0]), first);
  EXPECT_EQ(static_cast<uint8_t*>(first)[2047], 0x5a);
  EXPECT_EQ(std::set<u32>(all.begin(), all.end()).size(), all.size());
  for (u32 index : all)
    EXPECT_TRUE(nm_region_free_buf(region, index));
  EXPECT_EQ(region->bufs.num_free, region->bufs.num - NM_RESERVED_BUFS);
}

TEST_F(Pools, StopGrowingAtTheirLimit) {
  make({.buf_num = 64});
  region->max_bufs = 100;
  u32 count = 0;
  while (nm_region_alloc_buf(region, 0, true))
    ++count;
  EXPECT_EQ(count, 100u - NM_RESERVED_BUFS);
  EXPECT_EQ(region->bufs.num, 100u);
}

TEST_F(Pools, TheLastCloseReleasesTheMemory) {
  make();
  Client second(*world);
  TestPort port(*world, "p", port_config(1, 64), Wire::kBlackHole);
  const u32 windows = world->os()->used_windows;
  ASSERT_EQ(second.bind("p"), 0);
  keeper->close();
  EXPECT_NE(region->mem.base, nullptr);
  EXPECT_EQ(world->os()->used_windows, windows);
  second.close();
  EXPECT_EQ(region->users, 0u);
  EXPECT_EQ(region->mem.base, nullptr);
  EXPECT_EQ(region->free_bufs, nullptr);
  EXPECT_EQ(world->os()->used_windows, windows - 1);
}

struct Size {
  uint32_t queues, slots;
};
class LargePort : public testing::TestWithParam<Size> {};

// The default pools hold 2288 slots a ring and fewer buffers than this: the port makes them larger.
TEST_P(LargePort, Fits) {
  const Size size = GetParam();
  World world({.buf_num = 1024});
  TestPort port(world, "large", port_config(size.queues, size.slots), Wire::kLoopback);
  Client client(world);
  ASSERT_EQ(client.bind("large", NR_REG_NIC_SW), 0) << client.reason();
  std::set<uint32_t> seen;
  for (uint32_t i = 0; i < size.queues; ++i) {
    for (netmap_ring* ring : {client.tx(i), client.rx(i)}) {
      ASSERT_NE(ring, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(ring) % 128, 0u);
      ASSERT_EQ(ring->num_slots, size.slots);
      for (uint32_t s = 0; s < size.slots; ++s)
        ASSERT_TRUE(seen.insert(ring->slot[s].buf_idx).second);
    }
  }
  EXPECT_EQ(seen.size(), size_t{2} * size.queues * size.slots);
  EXPECT_GE(*seen.begin(), NM_RESERVED_BUFS);
  EXPECT_LT(*seen.rbegin(), world.region()->bufs.num);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LargePort,
                         testing::Values(Size{16, 4096}, Size{16, 8192}, Size{1, 16384},
                                         Size{64, 512}, Size{1, 2}),
                         [](const testing::TestParamInfo<Size>& info) {
                           return std::to_string(info.param.queues) + "x" +
                                  std::to_string(info.param.slots);
                         });

// A port that comes when the region is made already finds buffers by growth.
TEST(Region, ALatePortGetsBuffers) {
  World world({.buf_num = 256});
  TestPort small(world, "small", port_config(1, 64), Wire::kLoopback);
  Client first(world);
  ASSERT_EQ(first.bind("small"), 0);
  TestPort large(world, "large", port_config(4, 1024), Wire::kLoopback);
  Client second(world);
  ASSERT_EQ(second.bind("large"), 0) << second.reason();
  EXPECT_GE(world.region()->bufs.num, 8192u + 128);
  // The ring that was there before may name the new buffers.
  netmap_ring* tx = first.tx();
  std::swap(tx->slot[0].buf_idx, second.tx(3)->slot[1023].buf_idx);
  ASSERT_GE(tx->slot[0].buf_idx, 256u);
  tx->slot[0].len = 60;
  tx->slot[0].flags = NS_BUF_CHANGED;
  advance(tx, 1);
  EXPECT_EQ(first.txsync(), 0);
  EXPECT_EQ(tx->head, 1u) << "no re-initialisation";
  EXPECT_EQ(small.kring(NM_TX, 0)->stats.reinits, 0u);
}

// What is taken of each pool, for whoever looks for leaks from outside.
TEST(Region, AreListedWithWhatIsTaken) {
  World world;
  TestPort port(world, "p", port_config(1, 32), Wire::kLoopback);
  std::vector<nm_region_view> seen;
  const auto look = [&] {
    seen.clear();
    return nm_core_regions(
        world.core(),
        [](const nm_region_view* view, void* arg) {
          static_cast<std::vector<nm_region_view>*>(arg)->push_back(*view);
        },
        &seen);
  };
  ASSERT_EQ(look(), 1);
  EXPECT_EQ(seen[0].id, 1);
  EXPECT_EQ(seen[0].users, 0u);
  EXPECT_EQ(seen[0].ports, 1u);
  EXPECT_EQ(seen[0].bufs, 0u) << "the memory is not there";
  Client client(world), other(world);
  ASSERT_EQ(client.bind("p", NR_REG_ALL_NIC), 0) << client.reason();
  ASSERT_EQ(other.bind("vale0:a", NR_REG_ALL_NIC), 0) << other.reason();
  ASSERT_EQ(look(), 2);
  EXPECT_EQ(seen[0].users, 1u);
  EXPECT_EQ(seen[0].rings_used, 2u);
  EXPECT_EQ(seen[0].ifs_used, 2u) << "the first one is never given away";
  EXPECT_EQ(seen[0].bufs_used, NM_RESERVED_BUFS + 2 * 32u);
  EXPECT_EQ(seen[0].bufs, world.region()->bufs.num);
  EXPECT_EQ(seen[1].bufs_used, NM_RESERVED_BUFS + 2 * 1024u);
}

TEST(Region, OddSizesAreRefused) {
  for (const Sizes& bad :
       {Sizes{.buf_size = 63}, Sizes{.buf_size = 2049}, Sizes{.buf_size = 65536},
        Sizes{.ring_size = 1000}, Sizes{.ring_size = 64}, Sizes{.if_size = 100}}) {
    const nm_core_config config = bad.config(nullptr);
    nm_core* core = nullptr;
    EXPECT_EQ(nm_core_create(&config, &core), -EINVAL)
        << bad.buf_size << " " << bad.ring_size << " " << bad.if_size;
  }
  const nm_core_config odd =
      Sizes{.if_size = 64, .ring_size = 128, .buf_size = 2112}.config(nullptr);
  nm_core* core = nullptr;
  ASSERT_EQ(nm_core_create(&odd, &core), 0);
  nm_core_destroy(core);
}

// Rings of many objects each, and netmap_ifs of several.
TEST(Region, SmallObjectsWorkToo) {
  World world({.if_size = 64, .if_num = 64, .ring_size = 128, .ring_num = 8, .buf_size = 64});
  TestPort port(world, "p", port_config(8, 100), Wire::kLoopback);
  Client client(world);
  ASSERT_EQ(client.bind("p", NR_REG_NIC_SW), 0) << client.reason();
  for (uint32_t i = 0; i < 8; ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(client.tx(i)) % 128, 0u);
    EXPECT_EQ(client.rx(i)->num_slots, 100u);
  }
  EXPECT_EQ(client.tx()->nr_buf_size, 64u);
}

// Random clients come and go, swap their buffers, take extra ones; in the end everything is back.
TEST(Region, RandomOpenAndClosePropertyNothingIsLost) {
  std::mt19937 random(20261121);
  World world({.buf_num = 700});
  TestPort a(world, "a", port_config(4, 16, 2), Wire::kLoopback);
  TestPort b(world, "b", port_config(2, 64), Wire::kBlackHole);
  Client keeper(world);
  keeper.reg.nr_mode = NR_REG_NULL;
  keeper.reg.nr_mem_id = 1;
  ASSERT_EQ(keeper.bind_request("null"), 0);
  nm_region* region = world.region();
  const u32 ifs = region->ifs.num_free, rings = region->rings.num_free;

  std::vector<std::unique_ptr<Client>> clients;
  uint32_t bound = 0;
  for (int round = 0; round < 3000; ++round) {
    if (clients.size() < 12 && random() % 2) {
      static const uint32_t modes[] = {NR_REG_ALL_NIC, NR_REG_ONE_NIC, NR_REG_SW, NR_REG_NIC_SW,
                                       NR_REG_ONE_SW};
      static const uint64_t flags[] = {0, 0, NR_RX_RINGS_ONLY, NR_TX_RINGS_ONLY, NR_EXCLUSIVE};
      std::unique_ptr<Client> client = std::make_unique<Client>(world);
      TestPort& port = random() % 2 ? a : b;
      if (random() % 4 == 0)
        port.reg_results = {-EIO};
      const int error =
          client->bind(&port == &a ? "a" : "b", modes[random() % 5], flags[random() % 5],
                       static_cast<uint16_t>(random() % 5), random() % 8 ? 0 : random() % 50);
      port.reg_results.clear();
      ASSERT_TRUE(error == 0 || error == -EBUSY || error == -EIO || error == -EINVAL) << error;
      bound += error == 0;
      clients.push_back(std::move(client));
    } else if (!clients.empty()) {
      const size_t i = random() % clients.size();
      std::swap(clients[i], clients.back());
      clients.pop_back();
    }
    // Slots of any two rings in use swap their buffers.
    std::vector<netmap_ring*> in_use;
    for (TestPort* port : {&a, &b}) {
      for (nm_dir dir : {NM_RX, NM_TX}) {
        for (uint32_t i = 0; i < port->port()->config.num_rings[dir]; ++i) {
          if (port->kring(dir, i)->ring)
            in_use.push_back(port->kring(dir, i)->ring);
        }
      }
    }
    for (size_t i = 0; in_use.size() > 1 && i < 20; ++i) {
      netmap_ring* x = in_use[random() % in_use.size()];
      netmap_ring* y = in_use[random() % in_use.size()];
      std::swap(x->slot[random() % x->num_slots].buf_idx, y->slot[random() % y->num_slots].buf_idx);
    }
  }
  EXPECT_GT(bound, 500u);
  clients.clear();
  EXPECT_EQ(region->ifs.num_free, ifs);
  EXPECT_EQ(region->rings.num_free, rings);
  EXPECT_EQ(region->bufs.num_free, region->bufs.num - NM_RESERVED_BUFS);
  std::set<u32> free_bufs(region->free_bufs, region->free_bufs + region->bufs.num_free);
  EXPECT_EQ(free_bufs.size(), region->bufs.num_free) << "no index is on the stack twice";
  for (TestPort* port : {&a, &b}) {
    for (nm_dir dir : {NM_RX, NM_TX}) {
      for (uint32_t i = 0; i < nm_port_total_rings(port->port(), dir); ++i) {
        EXPECT_EQ(port->kring(dir, i)->users, 0u);
        EXPECT_FALSE(port->kring(dir, i)->on);
        EXPECT_FALSE(port->kring(dir, i)->exclusive);
      }
    }
  }
}

}  // namespace
}  // namespace nmgen::test
