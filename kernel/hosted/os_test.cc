// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "hosted.h"
#include "testing/pages.h"

namespace nmgen {
namespace {

u64 address_of(const void* p) {
  return reinterpret_cast<uintptr_t>(p);
}

// A readable page, a page that only may be read, and one that is not there.
class ClientMemory : public testing::Test {
 protected:
  ClientMemory() { pages_.make_read_only(1); }

  const test::Pages pages_{2};
};

TEST_F(ClientMemory, CopiesBothWays) {
  const std::array<u8, 5> out = {1, 2, 3, 4, 5};
  std::array<u8, 5> in = {};
  ASSERT_EQ(nm_os_copy_out(address_of(pages_.begin() + 10), out.data(), out.size()), 0);
  ASSERT_EQ(nm_os_copy_in(in.data(), address_of(pages_.begin() + 10), in.size()), 0);
  EXPECT_EQ(in, out);
  EXPECT_EQ(pages_.begin()[15], 0);
  EXPECT_EQ(nm_os_copy_in(in.data(), address_of(pages_.begin()), 0), 0);
}

TEST_F(ClientMemory, WildPointersAreFaults) {
  std::array<u8, 64> buf = {};
  const u64 gone = address_of(pages_.end());
  EXPECT_EQ(nm_os_copy_in(buf.data(), 0, 1), -EFAULT);
  EXPECT_EQ(nm_os_copy_in(buf.data(), 8, 64), -EFAULT);
  EXPECT_EQ(nm_os_copy_in(buf.data(), ~u64{0} - 3, 64), -EFAULT);
  EXPECT_EQ(nm_os_copy_in(buf.data(), gone, 1), -EFAULT);
  EXPECT_EQ(nm_os_copy_in(buf.data(), gone - 32, 64), -EFAULT) << "half of it is there";
  EXPECT_EQ(nm_os_copy_out(gone, buf.data(), 64), -EFAULT);
  EXPECT_EQ(nm_os_copy_out(0, buf.data(), 64), -EFAULT);
  EXPECT_EQ(nm_os_copy_in(buf.data(), gone - 64, 64), 0);
  EXPECT_EQ(nm_os_copy_out(gone - 64, buf.data(), 64), -EFAULT) << "may only be read";
}

TEST(Alloc, IsZeroedAndAligned) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65}, size_t{1000000}}) {
    u8* p = static_cast<u8*>(nm_os_alloc(size));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(address_of(p) % NM_CACHE_LINE, 0u);
    EXPECT_EQ(std::count(p, p + size, 0), static_cast<ptrdiff_t>(size));
    nm_os_free(p);
  }
  nm_os_free(nullptr);
}

class Log : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(nmh_os_init(&os_, false), 0); }
  void TearDown() override { nmh_os_destroy(&os_); }

  std::string text(size_t size = size_t{NMH_LOG_LINES} * NMH_LOG_LINE_SIZE) {
    std::string text(size, '#');
    text.resize(nmh_log_copy(&os_, text.data(), text.size()));
    return text;
  }

  nm_os os_;
};

TEST_F(Log, KeepsSentencesInOrder) {
  EXPECT_EQ(text(), "");
  nm_os_log(&os_, "the %s of %d", "first", 2);
  nm_os_log(&os_, "the second");
  EXPECT_EQ(text(), "the first of 2\nthe second\n");
  EXPECT_EQ(text(8), "the fir");
  EXPECT_EQ(nmh_log_copy(&os_, nullptr, 0), 0u);
}

TEST_F(Log, CutsLongSentences) {
  nm_os_log(&os_, "%s", std::string(5000, 'x').c_str());
  EXPECT_EQ(text(), std::string(NMH_LOG_LINE_SIZE - 1, 'x') + "\n");
}

// However the seconds fall, each has its budget, and what is dropped is counted and told.
TEST_F(Log, IsRateLimited) {
  const u64 begin_ns = nm_os_now_ns();
  for (int i = 0; os_.log.dropped == 0; i++) {
    nm_os_log(&os_, "sentence %d", i);
  }
  const u64 seconds = (nm_os_now_ns() - begin_ns) / 1000000000 + 2;
  EXPECT_LE(os_.log.written, seconds * (NMH_LOG_PER_SECOND + 1));
  os_.log.second--;
  nm_os_log(&os_, "later");
  EXPECT_THAT(text(), testing::StartsWith("sentence "));
  EXPECT_THAT(text(), testing::HasSubstr("\n1 more messages were dropped"));
  EXPECT_THAT(text(), testing::EndsWith("later\n"));
}

TEST_F(Log, TakesManyThreads) {
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([this] {
      for (int i = 0; i < 200; i++) {
        nm_os_log(&os_, "sentence %d", i);
        text();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(text(), testing::HasSubstr("sentence 0\n"));
}

TEST(Spin, ExcludesOthers) {
  nm_spin lock;
  nm_spin_init(&lock);
  ASSERT_TRUE(nm_spin_trylock(&lock));
  EXPECT_FALSE(nm_spin_trylock(&lock));
  nm_spin_unlock(&lock);

  constexpr int kThreads = 4;
  constexpr int kRounds = 20000;
  long sum = 0;  // plain, so that ThreadSanitizer and the sum both tell if two are in at once
  std::array<std::thread, kThreads> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&lock, &sum] {
      for (int i = 0; i < kRounds; i++) {
        nm_spin_lock(&lock);
        sum++;
        nm_spin_unlock(&lock);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(sum, long{kThreads} * kRounds);
}

TEST(Time, OnlyGoesForward) {
  u64 last_ns = nm_os_now_ns();
  u64 last_ticks = nm_os_tsc_ticks();
  for (int i = 0; i < 1000; i++) {
    const u64 ns = nm_os_now_ns();
    const u64 ticks = nm_os_tsc_ticks();
    ASSERT_GE(ns, last_ns);
    ASSERT_GE(ticks, last_ticks);
    last_ns = ns;
    last_ticks = ticks;
  }
}

}  // namespace
}  // namespace nmgen
