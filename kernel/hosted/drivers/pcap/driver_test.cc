// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nmh_capture.h"
#include "nmh_driver.h"
#include "testing/end.h"

namespace {

using nmgen::test::Bytes;
using nmgen::test::End;
using nmgen::test::frame;
using testing::HasSubstr;

class Pcap : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "pcap-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  // Frames frame(0), ... of growing size, `gap_ns` apart.
  static Bytes numbered(uint32_t i) { return frame(i, 60 + i % 1455); }
  void write(const std::string& name, uint32_t frames, uint64_t gap_ns = 1000) const {
    nmh_capture_writer* writer = nullptr;
    const int fd = open(path(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    ASSERT_EQ(nmh_capture_create(fd, nmh_capture_format_of(name.c_str()), &writer), 0);
    for (uint32_t i = 0; i < frames; i++)
      add(writer, numbered(i), 1'700'000'000'000'000'000 + i * gap_ns);
    ASSERT_EQ(nmh_capture_flush(writer), 0);
    nmh_capture_finish(writer);
  }
  static void add(nmh_capture_writer* writer, const Bytes& bytes, uint64_t time_ns) {
    uint8_t* to = nullptr;
    ASSERT_EQ(nmh_capture_add(writer, static_cast<uint32_t>(bytes.size()), time_ns, &to), 0);
    std::copy(bytes.begin(), bytes.end(), to);
  }
  std::vector<Bytes> read(const std::string& name) const {
    nmh_capture_reader* reader = nullptr;
    nmh_captured_frame frame{};
    std::vector<Bytes> frames;
    EXPECT_EQ(nmh_capture_open(open(path(name).c_str(), O_RDONLY | O_CLOEXEC), &reader, nullptr),
              0);
    while (nmh_capture_next(reader, &frame, nullptr) == 1)
      frames.push_back({frame.bytes, frame.bytes + frame.len});
    nmh_capture_close(reader);
    return frames;
  }
  std::unique_ptr<End> port(const std::string& name, std::vector<nmh_option> options = {},
                            uint32_t buf_size = 2048) const {
    return std::make_unique<End>("pcap", path(name).c_str(), buf_size, std::move(options));
  }
  // Whether the port has no frame to give any more.
  static bool is_empty(End& end) {
    EXPECT_EQ(nmh_poll(const_cast<nmh_fd*>(end.get().fd), POLLIN, 0), 0);
    return end.rxsync() == 0;
  }

  std::string folder_;
};

TEST_F(Pcap, AFileThatExistsIsRead) {
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    write(name, 5000);
    const std::unique_ptr<End> in = port(name);
    EXPECT_EQ(in->get().reg.nr_tx_rings, 0);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < 5000; i++) {
      ASSERT_EQ(in->receive(), numbered(i)) << i;
      bytes += numbered(i).size() + 4;
    }
    EXPECT_TRUE(is_empty(*in));
    EXPECT_EQ(in->stats().rx_frames, 5000u);
    EXPECT_EQ(in->stats().rx_bytes, bytes);
    EXPECT_EQ(in->stats().missed, 0u);
  }
}

TEST_F(Pcap, AFileThatDoesNotExistIsWritten) {
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    {
      const std::unique_ptr<End> out = port(name);
      EXPECT_EQ(out->get().reg.nr_rx_rings, 0);
      for (uint32_t i = 0; i < 3000; i++)
        ASSERT_EQ(out->send(numbered(i), i % 3 == 0 ? 500 : 2048), 0);
      EXPECT_EQ(out->stats().tx_frames, 3000u);
    }
    const std::vector<Bytes> frames = read(name);
    ASSERT_EQ(frames.size(), 3000u);
    for (uint32_t i = 0; i < 3000; i++)
      ASSERT_EQ(frames[i], numbered(i)) << i;
  }
}

TEST_F(Pcap, TheFileMayBeAnOptionToo) {
  write("a.pcap", 1);
  const std::string in = path("a.pcap"), out = path("b.pcap");
  {
    End reader("pcap", "in", 2048, {{"read", in.c_str(), 0}});
    EXPECT_EQ(reader.receive(), numbered(0));
    End writer("pcap", "out", 2048, {{"write", out.c_str(), 0}});
    EXPECT_EQ(writer.send(numbered(7)), 0);
  }
  EXPECT_EQ(read("b.pcap"), std::vector<Bytes>{numbered(7)});
}

TEST_F(Pcap, AFileIsReadAsOftenAsAsked) {
  write("a.pcap", 700);
  const std::unique_ptr<End> in = port("a.pcap", {{"loops", nullptr, 3}});
  for (int lap = 0; lap < 3; lap++)
    for (uint32_t i = 0; i < 700; i++)
      ASSERT_EQ(in->receive(), numbered(i));
  EXPECT_TRUE(is_empty(*in));
  const std::unique_ptr<End> endless = port("a.pcap", {{"loops", nullptr, 0}});
  for (uint32_t i = 0; i < 10'000; i++)
    ASSERT_EQ(endless->receive(), numbered(i % 700));
}

// Not before their time; how much later, the machine says.
TEST_F(Pcap, AtRecordedTimesFramesComeAsFarApartAsTheyWereCaptured) {
  constexpr uint64_t kGapNs = 10'000'000;
  write("a.pcap", 4, kGapNs);
  const std::unique_ptr<End> in =
      port("a.pcap", {{"timing", "recorded", 0}, {"loops", nullptr, 2}});
  const auto start = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < 8; i++) {
    ASSERT_EQ(in->receive(), numbered(i % 4));
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::nanoseconds(i * kGapNs)) << i;
  }
  EXPECT_TRUE(is_empty(*in));
}

TEST_F(Pcap, TimesThatGoBackAreDueAtOnce) {
  nmh_capture_writer* writer = nullptr;
  ASSERT_EQ(nmh_capture_create(open(path("a.pcap").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
                               NMH_CAPTURE_PCAP, &writer),
            0);
  add(writer, frame(0), 1'000'000'000'000);
  add(writer, frame(1), 0);
  nmh_capture_finish(writer);
  const std::unique_ptr<End> in = port("a.pcap", {{"timing", "recorded", 0}});
  EXPECT_EQ(in->receive(), frame(0));
  EXPECT_EQ(in->receive(), frame(1));
}

TEST_F(Pcap, AFrameLongerThanABufferIsMissedAndTakesNoSlot) {
  nmh_capture_writer* writer = nullptr;
  ASSERT_EQ(nmh_capture_create(open(path("a.pcap").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
                               NMH_CAPTURE_PCAP, &writer),
            0);
  for (const size_t size : {60, 2048, 2049, 100'000, 61})
    add(writer, frame(1, size), 0);
  nmh_capture_finish(writer);
  const std::unique_ptr<End> in = port("a.pcap");
  for (const size_t size : {60, 2048, 61})
    EXPECT_EQ(in->receive(), frame(1, size));
  EXPECT_EQ(in->stats().missed, 2u);
}

TEST_F(Pcap, ATruncatedFileIsReadToItsLastWholeFrame) {
  write("a.pcap", 10);
  ASSERT_EQ(truncate(path("a.pcap").c_str(),
                     static_cast<off_t>(std::filesystem::file_size(path("a.pcap")) - 1)),
            0);
  const std::unique_ptr<End> in = port("a.pcap");
  EXPECT_EQ(in->rxsync(), 0);
  for (uint32_t i = 0; i < 9; i++)
    EXPECT_EQ(in->receive(), numbered(i));
  for (int i = 0; i < 3; i++)
    EXPECT_EQ(in->rxsync(), -EBADMSG);
}

TEST_F(Pcap, AFullDiskEndsTheFileWithAWholeFrame) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100'000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  uint64_t counted = 0;
  {
    const std::unique_ptr<End> out = port("a.pcap");
    setrlimit(RLIMIT_FSIZE, &small);
    int error = 0;
    for (uint32_t i = 0; error == 0; i++)
      error = out->send(numbered(i));
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(error, -EFBIG);
    counted = out->stats().tx_frames;
  }
  EXPECT_EQ(read("a.pcap").size(), counted);
}

TEST_F(Pcap, AFileThatNobodySentToIsRemovedUnlessItWasOpened) {
  nmh_config config{};
  config.buf_num = 4000;
  nmh* world = nullptr;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  const std::string file = path("a.pcap");
  const nmh_port_request request{file.c_str(), nullptr, 0};
  nmh_port* made = nullptr;
  ASSERT_EQ(nmh_port_create(world, nmh_driver_find("pcap", 4), &request, &made, nullptr), 0);
  EXPECT_TRUE(std::filesystem::exists(file));
  nmh_port_destroy(made);
  nmh_destroy(world);
  EXPECT_FALSE(std::filesystem::exists(file));
  port("a.pcap").reset();
  EXPECT_EQ(read("a.pcap").size(), 0u);
}

TEST_F(Pcap, RefusesWhatCannotBe) {
  write("none.pcap", 0);
  std::ofstream(path("empty.pcap"));
  std::ofstream(path("text.pcap")) << "this is no capture, but a longer text than a header has";
  write("cut.pcap", 1);
  ASSERT_EQ(truncate(path("cut.pcap").c_str(), 50), 0);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  nmh_config config{};
  config.buf_num = 4000;
  nmh* world = nullptr;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  const std::string folder = folder_, cut = path("cut.pcap"), pipe = path("pipe"),
                    none = path("none.pcap"), empty = path("empty.pcap"), text = path("text.pcap"),
                    missing = path("no.pcap"), deep = path("no/such.pcap");
  const struct {
    std::string name;
    std::vector<nmh_option> options;
    int error;
    const char* words;
  } kCases[] = {
      {"a", {{"read", none.c_str(), 0}}, -ENODATA, "none.pcap has no frames; capture some"},
      {"a", {{"read", empty.c_str(), 0}}, -EPROTO, "empty.pcap: it is empty; give a pcap"},
      {"a", {{"read", text.c_str(), 0}}, -EPROTO, "text.pcap: it does not begin as a capture"},
      {"a", {{"read", cut.c_str(), 0}}, -EBADMSG, "cut.pcap: it is truncated or damaged after 0"},
      {"a", {{"read", pipe.c_str(), 0}}, -EINVAL, "pipe is no regular file; copy it to one"},
      {"a", {{"read", folder.c_str(), 0}}, -EINVAL, "is no regular file; copy it to one"},
      {"a", {{"read", missing.c_str(), 0}}, -ENOENT, "no.pcap cannot be read (No such file"},
      {"a", {{"write", text.c_str(), 0}}, -EEXIST, "text.pcap exists; move it away, or choose"},
      {"a", {{"write", deep.c_str(), 0}}, -ENOENT, "such.pcap cannot be written (No such file"},
      {"a", {{"read", "x", 0}, {"write", "y", 0}}, -EINVAL, "a port reads or writes one file; "},
      {"a", {{"timing", "slow", 0}}, -EINVAL, "there is no timing \"slow\"; use \"fast\" or"},
      {"a", {{"slots", nullptr, 1}}, -EINVAL, "rings of 1 slots are not possible"},
      {"vale0", {}, -EINVAL, "vale0 would be a switch; write ./vale0"},
      {std::string(70, 'a'), {{"write", missing.c_str(), 0}}, -EINVAL, "choose a shorter"},
  };
  for (const auto& item : kCases) {
    const nmh_port_request asked{item.name.c_str(), item.options.data(), item.options.size()};
    char reason[300] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    nmh_port* port = nullptr;
    EXPECT_EQ(nmh_port_create(world, nmh_driver_find("pcap", 4), &asked, &port, &refusal),
              item.error)
        << item.words;
    EXPECT_THAT(reason, HasSubstr(item.words));
  }
  EXPECT_FALSE(std::filesystem::exists(missing)) << "the port could not be made";
  nmh_destroy(world);
}

}  // namespace
