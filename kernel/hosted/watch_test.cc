// SPDX-License-Identifier: BSD-2-Clause
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "hosted.h"

namespace {

class Watch : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(nmh_os_init(&os_, false), 0);
    ASSERT_EQ(pipe(ends_), 0);
    watch_.fd = ends_[0];
    watch_.ready = [](void* arg) { ++*static_cast<std::atomic<int>*>(arg); };
    watch_.arg = &told_;
  }
  void TearDown() override {
    nmh_os_destroy(&os_);
    close(ends_[0]);
    close(ends_[1]);
  }
  void write_byte() const { ASSERT_EQ(write(ends_[1], "", 1), 1); }
  void wait_until_told(int times) const {
    while (told_ < times)
      std::this_thread::yield();
  }

  nm_os os_{};
  int ends_[2] = {-1, -1};
  nmh_watch watch_{};
  std::atomic<int> told_{0};
};

TEST_F(Watch, TellsOnceForEachTimeThatItIsAsked) {
  ASSERT_EQ(nmh_watch_add(&os_, &watch_), 0);
  write_byte();
  EXPECT_EQ(told_, 0);
  // What came before the question is told, too.
  for (int i = 1; i <= 100; i++) {
    nmh_watch_ask(&watch_, EPOLLIN);
    wait_until_told(i);
  }
  EXPECT_EQ(told_, 100);
  nmh_watch_remove(&watch_);
}

TEST_F(Watch, TellsOfWhatComesLater) {
  ASSERT_EQ(nmh_watch_add(&os_, &watch_), 0);
  nmh_watch_ask(&watch_, EPOLLIN);
  EXPECT_EQ(told_, 0);
  write_byte();
  wait_until_told(1);
  nmh_watch_remove(&watch_);
}

TEST_F(Watch, AfterItIsRemovedNobodyIsTold) {
  for (int i = 0; i < 200; i++) {
    auto* watch = new nmh_watch(watch_);
    ASSERT_EQ(nmh_watch_add(&os_, watch), 0);
    write_byte();
    nmh_watch_ask(watch, EPOLLIN);
    nmh_watch_remove(watch);
    delete watch;
    const int told = told_;
    EXPECT_EQ(told_, told);
  }
}

TEST_F(Watch, ADescriptorThatIsNoneIsRefused) {
  watch_.fd = -1;
  EXPECT_EQ(nmh_watch_add(&os_, &watch_), -EBADF);
  watch_.fd = ends_[0];
  EXPECT_EQ(nmh_watch_add(&os_, &watch_), 0);
  nmh_watch_remove(&watch_);
}

}  // namespace
