// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/pcap_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pktgen/packet/testing/frames.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

class PcapFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "nmgen-pcap-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return folder_ + "/" + name; }

  std::string write_frames(const std::vector<std::vector<uint8_t>>& frames) const {
    Result<PcapWriter> writer = PcapWriter::open(path("frames.pcap"));
    EXPECT_TRUE(writer);
    for (size_t i = 0; i < frames.size(); i++)
      EXPECT_TRUE(writer->write(frames[i], 1'700'000'000'123'456'789 + i));
    EXPECT_TRUE(writer->close());
    return path("frames.pcap");
  }

  static std::vector<uint8_t> file_bytes(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
};

TEST_F(PcapFile, ReadsBackWhatWasWritten) {
  std::mt19937_64 random(7);
  std::vector<std::vector<uint8_t>> frames;
  for (size_t size : {60, 61, 1514, 9216, 0, 262144})
    frames.push_back(test::random_bytes(&random, size));
  Result<std::vector<CapturedFrame>> read = read_pcap(write_frames(frames));
  ASSERT_TRUE(read) << read.error().sentence();
  ASSERT_EQ(read->size(), frames.size());
  for (size_t i = 0; i < frames.size(); i++) {
    EXPECT_EQ((*read)[i].bytes, frames[i]);
    EXPECT_EQ((*read)[i].size_no_crc, frames[i].size());
    EXPECT_EQ((*read)[i].time_ns, 1'700'000'000'123'456'789 + i);
  }
  EXPECT_EQ(read_pcap(path("frames.pcap"), 2)->size(), 2u);
}

TEST_F(PcapFile, HeaderIsThatOfANanosecondEthernetCapture) {
  std::vector<uint8_t> file = file_bytes(write_frames({}));
  ASSERT_EQ(file.size(), 24u);
  EXPECT_EQ((std::vector<uint8_t>(file.begin(), file.begin() + 8)),
            (std::vector<uint8_t>{0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0}));
  EXPECT_EQ(file[20], 1);  // LINKTYPE_ETHERNET
}

TEST_F(PcapFile, TheNameSaysWhichFormat) {
  const std::string file = path("frames.pcapng");
  Result<PcapWriter> writer = PcapWriter::open(file);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(std::vector<uint8_t>(61, 0x5a), 1'700'000'000'123'456'789));
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(file_bytes(file)[0], 0x0a);
  Result<std::vector<CapturedFrame>> read = read_pcap(file);
  ASSERT_TRUE(read) << read.error().sentence();
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().time_ns, 1'700'000'000'123'456'789u);
  EXPECT_EQ(read->front().bytes, std::vector<uint8_t>(61, 0x5a));
}

// Cut anywhere, the file is read up to a whole frame or refused; never more frames than were whole.
TEST_F(PcapFile, EveryTruncationIsAnErrorOrAWholeNumberOfFrames) {
  std::vector<uint8_t> file = file_bytes(write_frames({3, std::vector<uint8_t>(60, 0x5a)}));
  ASSERT_EQ(file.size(), 24u + 3 * 76);
  for (size_t size = 0; size <= file.size(); size++) {
    std::span<const uint8_t> cut(file.data(), size);
    Result<std::vector<CapturedFrame>> read = read_pcap_bytes(cut, "cut.pcap");
    bool whole = size >= 24 && (size - 24) % 76 == 0;
    ASSERT_EQ(read.has_value(), whole) << size;
    if (read) {
      EXPECT_EQ(read->size(), (size - 24) / 76);
    } else {
      EXPECT_THAT(read.error().sentence(), HasSubstr("cannot read cut.pcap: "));
      EXPECT_FALSE(read.error().remedy.empty());
    }
  }
  EXPECT_THAT(read_pcap_bytes({file.data(), 24 + 76 + 20}, "cut.pcap").error().sentence(),
              HasSubstr("truncated or damaged after 1 frame ("));
}

TEST_F(PcapFile, OtherFilesAreRefused) {
  std::ofstream(path("text.pcap")) << "this is no capture, but a longer text than a header has";
  EXPECT_THAT(read_pcap(path("text.pcap")).error().sentence(),
              HasSubstr("give a pcap or pcapng file of Ethernet frames"));
  EXPECT_THAT(read_pcap(path("none.pcap")).error().sentence(),
              HasSubstr("No such file or directory"));
  EXPECT_THAT(read_pcap_bytes({}, "empty.pcap").error().sentence(), HasSubstr("it is empty"));
  std::vector<uint8_t> file = file_bytes(write_frames({}));
  file[20] = 105;  // LINKTYPE_IEEE802_11
  EXPECT_THAT(read_pcap_bytes(file, "wifi.pcap").error().sentence(),
              HasSubstr("its frames are IEEE802_11, not Ethernet"));
}

TEST_F(PcapFile, WriteErrors) {
  EXPECT_THAT(PcapWriter::open(path("no/such/folder.pcap")).error().sentence(),
              HasSubstr("No such file or directory; choose a file"));
  Result<PcapWriter> writer = PcapWriter::open(path("frames.pcap"));
  ASSERT_TRUE(writer);
  EXPECT_THAT(writer->write(std::vector<uint8_t>(NMH_CAPTURE_MAX_FRAME + 1), 0).error().sentence(),
              HasSubstr("a frame of 262145 bytes is more than a record's 262144"));
  // A record has 32 bits for the second.
  constexpr uint64_t kEndNs = (uint64_t{1} << 32) * 1'000'000'000;
  EXPECT_THAT(writer->write(std::vector<uint8_t>(60), kEndNs).error().sentence(),
              HasSubstr("a frame at 4294967296 s is later than a pcap record allows"));
  EXPECT_TRUE(writer->write(std::vector<uint8_t>(60), kEndNs - 1));
  EXPECT_TRUE(writer->close());
  EXPECT_TRUE(writer->close());
  EXPECT_THAT(writer->write(std::vector<uint8_t>(60), 0).error().sentence(),
              HasSubstr("it is closed"));
}

TEST_F(PcapFile, AFullDiskIsAnError) {
  if (access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "this machine has no /dev/full";
  Result<PcapWriter> writer = PcapWriter::open("/dev/full");
  ASSERT_TRUE(writer);
  EXPECT_TRUE(writer->write(std::vector<uint8_t>(60), 0));  // buffered
  EXPECT_THAT(writer->close().error().sentence(), HasSubstr("No space left on device"));
}

TEST_F(PcapFile, StandardOutputStaysOpen) {
  int saved = dup(STDOUT_FILENO);
  fflush(stdout);
  ASSERT_NE(freopen(path("out.pcap").c_str(), "wb", stdout), nullptr);
  Result<PcapWriter> writer = PcapWriter::open("-");
  bool closed = writer && writer->close();
  bool still_open = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  EXPECT_TRUE(closed);
  EXPECT_TRUE(still_open);
  EXPECT_EQ(file_bytes(path("out.pcap")).size(), 24u);
}

}  // namespace
}  // namespace nmgen
