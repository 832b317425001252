// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/live_segment.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace nmgen {
namespace {

using testing::HasSubstr;

class LiveSegmentTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "nmgen-live-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::shared_ptr<LiveSegment> published() {
    std::shared_ptr<LiveSegment> segment = LiveSegment::create({1, 2, 1, 1}, directory_);
    EXPECT_EQ(segment->why_private(), "");
    segment->header().scenario.set("example");
    segment->publish();
    return segment;
  }
  std::string refusal(pid_t pid) const {
    Result<std::shared_ptr<LiveSegment>> segment = LiveSegment::open(pid, directory_);
    return segment ? "" : segment.error().sentence();
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }
  std::string path() const { return directory_ + "/nmgen." + std::to_string(getpid()); }

  std::string directory_;
};

TEST_F(LiveSegmentTest, AnotherMappingSeesWhatTheWorkersCount) {
  std::shared_ptr<LiveSegment> run = published();
  Result<std::shared_ptr<LiveSegment>> watcher = LiveSegment::open(getpid(), directory_);
  ASSERT_TRUE(watcher) << watcher.error().sentence();
  run->worker(1).counters.frames.add(42);
  Histogram latency(run->latency(0));
  latency.record_n(1000, 7);
  run->port(0).counters.missed.set(3);
  EXPECT_EQ((*watcher)->worker(1).counters.frames.get(), 42U);
  EXPECT_EQ((*watcher)->port(0).counters.missed.get(), 3U);
  EXPECT_EQ(snapshot_of((*watcher)->latency(0)).count(), 7U);
  EXPECT_EQ(snapshot_of((*watcher)->latency_intended(0)).count(), 0U);
  EXPECT_EQ((*watcher)->header().scenario.view(), "example");
  (*watcher)->header().rate_order.store(500);
  EXPECT_EQ(run->header().rate_order.load(), 500U);
}

TEST_F(LiveSegmentTest, ARunIsListedFromItsPublicationToItsEnd) {
  std::shared_ptr<LiveSegment> run = LiveSegment::create({1, 1, 0, 0}, directory_);
  EXPECT_TRUE(LiveSegment::list(directory_).empty());
  run->header().scenario.set("a");
  run->publish();
  const std::vector<LiveRunName> runs = LiveSegment::list(directory_);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].pid, getpid());
  EXPECT_EQ(runs[0].scenario, "a");
  Result<std::shared_ptr<LiveSegment>> watcher = LiveSegment::open(getpid(), directory_);
  ASSERT_TRUE(watcher);
  EXPECT_TRUE((*watcher)->is_alive());
  run.reset();
  EXPECT_FALSE((*watcher)->is_alive());
  EXPECT_TRUE(LiveSegment::list(directory_).empty());
  EXPECT_EQ(files(), 0U);
}

TEST_F(LiveSegmentTest, WithoutPublicationNothingStays) {
  LiveSegment::create({1, 1, 0, 0}, directory_).reset();
  EXPECT_EQ(files(), 0U);
}

TEST_F(LiveSegmentTest, WhatAKilledRunLeftIsRemoved) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::shared_ptr<LiveSegment> run = LiveSegment::create({1, 1, 0, 0}, directory_);
    run->publish();
    _exit(0);
  }
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(files(), 1U);
  EXPECT_THAT(refusal(child), HasSubstr("it has ended"));
  EXPECT_TRUE(LiveSegment::list(directory_).empty());
  EXPECT_EQ(files(), 0U);
}

// With its name or before it had one, and by the next run as well as by a watcher.
TEST_F(LiveSegmentTest, TheNextRunRemovesWhatKilledOnesLeft) {
  for (const bool named : {true, false}) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::shared_ptr<LiveSegment> run = LiveSegment::create({1, 1, 0, 0}, directory_);
      if (named)
        run->publish();
      _exit(0);
    }
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(files(), 1U);
    const std::shared_ptr<LiveSegment> next = LiveSegment::create({1, 1, 0, 0}, directory_);
    EXPECT_EQ(files(), 1U) << "the next run's own";
  }
  EXPECT_EQ(files(), 0U);
}

TEST_F(LiveSegmentTest, StrangeFilesAreRefused) {
  EXPECT_THAT(refusal(getpid()), HasSubstr("there is no such run"));
  std::shared_ptr<LiveSegment> run = published();
  const LiveHeader& header = run->header();
  LiveHeader& edited = const_cast<LiveHeader&>(header);
  edited.layout++;
  EXPECT_THAT(refusal(getpid()), HasSubstr("another layout"));
  edited.layout--;
  edited.workers = 1000;
  EXPECT_THAT(refusal(getpid()), HasSubstr("truncated"));
  edited.workers = 0xffffffff;
  EXPECT_THAT(refusal(getpid()), HasSubstr("damaged"));
  edited.workers = 2;
  run->worker(0).port = 1;
  EXPECT_THAT(refusal(getpid()), HasSubstr("damaged"));
  run->worker(0).port = 0;
  EXPECT_EQ(refusal(getpid()), "");
}

TEST_F(LiveSegmentTest, WhereItCannotBeSharedItIsPrivate) {
  std::shared_ptr<LiveSegment> run = LiveSegment::create({1, 1, 1, 1}, directory_ + "/none");
  EXPECT_THAT(run->why_private(), HasSubstr("No such file or directory"));
  run->publish();
  run->worker(0).counters.frames.add(1);
  EXPECT_EQ(run->worker(0).counters.frames.get(), 1U);
}

TEST(LiveText, CutsWhatDoesNotFitAndTrustsNobody) {
  LiveText<4> text;
  text.set("abcdef");
  EXPECT_EQ(text.view(), "abc");
  text.bytes[3] = 'x';
  EXPECT_EQ(text.view(), "abcx");
}

}  // namespace
}  // namespace nmgen
