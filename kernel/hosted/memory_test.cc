// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "hosted.h"

namespace nmgen {
namespace {

constexpr u64 kPage = 4096;
constexpr u64 kHugePage = u64{2} << 20;

class Memory : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { ASSERT_EQ(nmh_os_init(&os_, GetParam()), 0); }
  void TearDown() override {
    EXPECT_EQ(os_.used_windows, 0u) << "a device address window was left behind";
    nmh_os_destroy(&os_);
  }

  nm_os os_;
};

INSTANTIATE_TEST_SUITE_P(Backing, Memory, testing::Bool(), [](const auto& backing) {
  return std::string(backing.param ? "Shared" : "Private");
});

TEST_P(Memory, IsZeroedWritableAndAligned) {
  nm_os_mem mem;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, 5 * kPage, 5 * kPage), 0);
  EXPECT_EQ(mem.size, 5 * kPage);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(mem.base) % kHugePage, 0u);
  EXPECT_EQ(std::count(mem.base, mem.base + mem.size, 0), static_cast<ptrdiff_t>(mem.size));
  mem.base[mem.size - 1] = 7;
  EXPECT_EQ(*static_cast<u8*>(nm_os_mem_at(&mem, mem.size - 1)), 7);
  nm_os_mem_destroy(&mem);
}

TEST_P(Memory, SaysItsKind) {
  EXPECT_THAT(os_.memory_kind, testing::AnyOf(testing::StartsWith("2 MiB pages ("),
                                              testing::StartsWith("4 KiB pages (no huge pages: ")));
}

TEST_P(Memory, GrowsInPlaceAndNotBeyondItsLimit) {
  nm_os_mem mem;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, kPage, 3 * kHugePage), 0);
  u8* const base = mem.base;
  const u64 dma = mem.dma_base;
  base[kPage - 1] = 42;
  const u32 generation = nmh_dma_generation(&os_);

  EXPECT_EQ(nmh_dma_resolve(&os_, dma + kPage, 1), nullptr);
  for (const u64 size : {kPage + 64, kHugePage, kHugePage + kPage, 3 * kHugePage}) {
    ASSERT_EQ(nm_os_mem_grow(&mem, size), 0) << size;
    EXPECT_EQ(mem.size, size);
    EXPECT_EQ(mem.base, base);
    EXPECT_EQ(mem.dma_base, dma);
    EXPECT_EQ(nmh_dma_resolve(&os_, dma + size - 1, 1), base + size - 1);
    EXPECT_EQ(nmh_dma_resolve(&os_, dma + size - 1, 2), nullptr);
    EXPECT_EQ(base[size - 1], size == kPage ? 42 : 0);
    base[size - 1] = 1;
  }
  EXPECT_EQ(base[kPage - 1], 42);
  EXPECT_NE(nmh_dma_generation(&os_), generation) << "a model would keep the smaller window";

  EXPECT_EQ(nm_os_mem_grow(&mem, 3 * kHugePage + 1), -ENOMEM);
  EXPECT_EQ(nm_os_mem_grow(&mem, kPage), 0) << "it never shrinks, and that is no error";
  EXPECT_EQ(mem.size, 3 * kHugePage);
  nm_os_mem_destroy(&mem);
}

TEST_P(Memory, RefusesNothingAndTooMuch) {
  nm_os_mem mem;
  EXPECT_EQ(nm_os_mem_create(&os_, &mem, 0, 0), -ENOMEM);
  EXPECT_EQ(nm_os_mem_create(&os_, &mem, kPage, (u64{1} << NMH_DMA_WINDOW_BITS) + 1), -ENOMEM);
  EXPECT_EQ(nm_os_mem_create(&os_, &mem, ~u64{0} - 1, 0), -ENOMEM);
}

// Only shared memory is the same in another process.
TEST_P(Memory, IsSharedIfAskedFor) {
  nm_os_mem mem;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, kPage, 2 * kHugePage), 0);
  ASSERT_EQ(nm_os_mem_grow(&mem, 2 * kHugePage), 0);
  const bool huge = std::string(os_.memory_kind).find("hugetlb") != std::string::npos;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    mem.base[0] = 1;
    mem.base[2 * kHugePage - 1] = 2;
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const bool shared = GetParam() || huge;
  EXPECT_EQ(mem.base[0], shared ? 1 : 0);
  EXPECT_EQ(mem.base[2 * kHugePage - 1], shared ? 2 : 0);
  nm_os_mem_destroy(&mem);
}

TEST_P(Memory, WindowsLieFarApart) {
  nm_os_mem mem;
  nm_os_dma ring;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, 2 * kPage, 2 * kPage), 0);
  ASSERT_EQ(nm_os_dma_alloc(&os_.device, &ring, 512 * 16), 0);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(ring.virt) % 128, 0u);
  EXPECT_EQ(ring.dma % 128, 0u);
  EXPECT_GE(std::max(ring.dma, mem.dma_base) - std::min(ring.dma, mem.dma_base),
            u64{1} << NMH_DMA_WINDOW_BITS);

  // In the window.
  EXPECT_EQ(nmh_dma_resolve(&os_, mem.dma_base, 2 * kPage), mem.base);
  EXPECT_EQ(nmh_dma_resolve(&os_, mem.dma_base + kPage, kPage), mem.base + kPage);
  EXPECT_EQ(nmh_dma_resolve(&os_, ring.dma, ring.size), ring.virt);
  // Across its end, before its beginning, and where nothing ever is.
  EXPECT_EQ(nmh_dma_resolve(&os_, mem.dma_base + kPage, kPage + 1), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, mem.dma_base - 1, 2), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, ring.dma + ring.size, 1), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, ring.dma, ring.size + 1), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, 0, 1), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, ~u64{0}, 1), nullptr);
  EXPECT_EQ(nmh_dma_resolve(&os_, ring.dma, ~size_t{0}), nullptr);
  // The address that a program knows is not the one that the device knows.
  EXPECT_EQ(nmh_dma_resolve(&os_, reinterpret_cast<uintptr_t>(mem.base), 1), nullptr);

  nm_os_dma_free(&ring);
  nm_os_mem_destroy(&mem);
}

TEST_P(Memory, FreedAddressesAreGoneAndComeBackLate) {
  std::set<u64> seen;
  for (int i = 0; i < 20; i++) {
    nm_os_dma ring;
    ASSERT_EQ(nm_os_dma_alloc(&os_.device, &ring, 128), 0);
    EXPECT_TRUE(seen.insert(ring.dma).second) << "an address came back at once";
    const u32 generation = nmh_dma_generation(&os_);
    nm_os_dma_free(&ring);
    EXPECT_EQ(nmh_dma_resolve(&os_, *seen.rbegin(), 1), nullptr);
    EXPECT_NE(nmh_dma_generation(&os_), generation);
  }
}

TEST_P(Memory, ManyWindowsAtOnce) {
  std::vector<nm_os_dma> rings(500);
  for (size_t i = 0; i < rings.size(); i++) {
    ASSERT_EQ(nm_os_dma_alloc(&os_.device, &rings[i], 64 + i), 0);
  }
  for (size_t i = 0; i < rings.size(); i++) {
    EXPECT_EQ(nmh_dma_resolve(&os_, rings[i].dma, rings[i].size), rings[i].virt);
    EXPECT_EQ(nmh_dma_resolve(&os_, rings[i].dma, rings[i].size + 1), nullptr);
  }
  for (nm_os_dma& ring : rings) {
    nm_os_dma_free(&ring);
  }
  nm_os_dma none = {};
  nm_os_dma_free(&none);
}

// What a model keeps: one lookup, then addresses in the window and out of it.
TEST_P(Memory, KeptWindow) {
  nm_os_mem mem;
  nmh_dma_window window;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, kPage, kPage), 0);
  ASSERT_TRUE(nmh_dma_find(&os_, mem.dma_base + 100, &window));
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base, kPage), mem.base);
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base + kPage - 1, 1), mem.base + kPage - 1);
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base + kPage - 1, 2), nullptr);
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base - 1, 1), nullptr);
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base + kPage, 1), nullptr);
  EXPECT_FALSE(nmh_dma_find(&os_, mem.dma_base + kPage, &window));
  EXPECT_EQ(nmh_dma_at(&window, mem.dma_base, 1), nullptr);
  nm_os_mem_destroy(&mem);
}

// Asks for more than there is in huge pages, whatever that is: it must work all the same.
TEST_P(Memory, LackOfHugePagesIsNoError) {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  u64 free_pages = 0;
  file >> free_pages;
  nm_os_mem mem;
  const u64 size = (free_pages + 1) * kHugePage;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, size, size + kHugePage), 0);
  EXPECT_THAT(os_.memory_kind, testing::Not(testing::HasSubstr("hugetlb")));
  ASSERT_EQ(nm_os_mem_grow(&mem, size + kHugePage), 0);
  mem.base[size + kHugePage - 1] = 1;
  nm_os_mem_destroy(&mem);
}

TEST_P(Memory, TakesHugePagesThatAreFree) {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  u64 free_pages = 0;
  file >> free_pages;
  if (free_pages < 3) {
    GTEST_SKIP() << "fewer than 3 huge pages are free; set vm.nr_hugepages";
  }
  nm_os_mem mem;
  ASSERT_EQ(nm_os_mem_create(&os_, &mem, kPage, 2 * kHugePage), 0);
  EXPECT_STREQ(os_.memory_kind, "2 MiB pages (hugetlb)");
  ASSERT_EQ(nm_os_mem_grow(&mem, 2 * kHugePage), 0);
  mem.base[0] = 1;
  mem.base[2 * kHugePage - 1] = 1;
  nm_os_mem_destroy(&mem);
}

// What a driver's own file would be.
int make_file(uint64_t size, uint32_t buf_size) {
  EXPECT_EQ(buf_size, 4096u);
  const int fd = memfd_create("of a driver", MFD_CLOEXEC);
  return fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) == 0 ? fd : -ENOMEM;
}

TEST(MemoryFile, BacksTheMemoryAndIsFoundByItsDevice) {
  nm_os os;
  ASSERT_EQ(nmh_os_init(&os, false), 0);
  os.memory_file = make_file;
  os.buf_size = 4096;
  nm_os_mem mem;
  ASSERT_EQ(nm_os_mem_create(&os, &mem, 5 * kPage, 5 * kPage), 0);
  nmh_dma_window window;
  ASSERT_TRUE(nmh_dma_find(&os, mem.dma_base + kPage, &window));
  EXPECT_EQ(window.memory, mem.base);
  mem.base[3 * kPage] = 42;
  u8 byte = 0;
  EXPECT_EQ(pread(window.fd, &byte, 1, 3 * kPage), 1);
  EXPECT_EQ(byte, 42);
  nm_os_mem_destroy(&mem);
  EXPECT_LT(fcntl(window.fd, F_GETFD), 0) << "the file goes with the memory";

  os.memory_file = [](uint64_t, uint32_t) { return -EPERM; };
  EXPECT_EQ(nm_os_mem_create(&os, &mem, kPage, kPage), -ENOMEM);
  os.memory_file = nullptr;
  ASSERT_EQ(nm_os_mem_create(&os, &mem, kPage, kPage), 0);
  ASSERT_TRUE(nmh_dma_find(&os, mem.dma_base, &window));
  EXPECT_EQ(window.fd, -1);
  nm_os_mem_destroy(&mem);
  nmh_os_destroy(&os);
}

}  // namespace
}  // namespace nmgen
