// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "nmh_capture.h"

namespace {

using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

constexpr uint64_t kTimeNs = 1'700'000'000'123'456'789;

struct Frame {
  uint64_t time_ns;
  uint32_t size;
  Bytes bytes;
  bool operator==(const Frame&) const = default;
};

// What a file has.
struct Read {
  std::vector<Frame> frames;
  int error = 0;
  std::string reason;
};

Read read_all(nmh_capture_reader* reader) {
  Read read;
  char text[200] = "";
  nmh_refusal refusal{text, sizeof(text)};
  nmh_captured_frame frame{};
  int got = 0;
  while ((got = nmh_capture_next(reader, &frame, &refusal)) == 1)
    read.frames.push_back({frame.time_ns, frame.size, {frame.bytes, frame.bytes + frame.len}});
  read.error = got;
  read.reason = text;
  return read;
}

Read read_bytes(const Bytes& file) {
  Read read;
  char text[200] = "";
  nmh_refusal refusal{text, sizeof(text)};
  nmh_capture_reader* reader = nullptr;
  read.error = nmh_capture_open_bytes(file.data(), file.size(), &reader, &refusal);
  read.reason = text;
  if (read.error != 0)
    return read;
  read = read_all(reader);
  nmh_capture_close(reader);
  return read;
}

// A file, number by number.
class File {
 public:
  explicit File(bool big_endian) : big_endian_(big_endian) {}
  File& put(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
      bytes_.push_back(static_cast<uint8_t>(value >> 8 * (big_endian_ ? bytes - 1 - i : i)));
    return *this;
  }
  File& u16(uint32_t value) { return put(value, 2); }
  File& u32(uint64_t value) { return put(value, 4); }
  File& raw(const Bytes& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  bool big_endian_;
  Bytes bytes_;
};

File pcap(bool big_endian, uint32_t magic, uint32_t link = 1) {
  File file(big_endian);
  file.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(link);
  return file;
}

File section(bool big_endian) {
  File file(big_endian);
  file.u32(0x0a0d0d0a).u32(28).u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff);
  file.u32(28);
  return file;
}

// An interface description; `options` are a multiple of 4 bytes.
File& interface(File& file, uint32_t longest = 0, const Bytes& options = {}, uint32_t link = 1) {
  const uint32_t size = static_cast<uint32_t>(20 + options.size());
  return file.u32(1).u32(size).u16(link).u16(0).u32(longest).raw(options).u32(size);
}

File& packet(File& file, uint32_t number, uint64_t units, const Bytes& bytes, uint32_t size) {
  const size_t padding = (4 - bytes.size() % 4) % 4;
  const uint32_t block = static_cast<uint32_t>(32 + bytes.size() + padding);
  file.u32(6).u32(block).u32(number).u32(units >> 32).u32(static_cast<uint32_t>(units));
  return file.u32(bytes.size()).u32(size).raw(bytes).raw(Bytes(padding)).u32(block);
}

Bytes some_frame(size_t size = 60) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; i++)
    bytes[i] = static_cast<uint8_t>(i * 7 + 1);
  return bytes;
}

TEST(CaptureReader, ReadsPcapInBothByteOrdersAndResolutions) {
  for (const bool big_endian : {false, true})
    for (const bool nanoseconds : {false, true}) {
      File file = pcap(big_endian, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
      const uint32_t fraction = nanoseconds ? 123'456'789 : 123'456;
      file.u32(1'700'000'000).u32(fraction).u32(60).u32(1514).raw(some_frame());
      file.u32(1'700'000'001).u32(0).u32(0).u32(0);
      const Read read = read_bytes(file.bytes());
      EXPECT_EQ(read.error, 0) << read.reason;
      ASSERT_EQ(read.frames.size(), 2u);
      EXPECT_EQ(read.frames[0],
                (Frame{nanoseconds ? kTimeNs : kTimeNs / 1000 * 1000, 1514, some_frame()}));
      EXPECT_EQ(read.frames[1], (Frame{1'700'000'001'000'000'000, 0, {}}));
    }
}

// The length of a CRC, which some write beside the link type, is none of it.
TEST(CaptureReader, BitsBesideTheLinkTypeAreLeftOut) {
  EXPECT_EQ(read_bytes(pcap(false, 0xa1b2c3d4, 0x24000001).bytes()).error, 0);
}

TEST(CaptureReader, ReadsPcapngInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    File file = section(big_endian);
    // A block of another kind, longer than any buffer, is left out.
    file.u32(0xbad).u32(3 << 20).raw(Bytes((3 << 20) - 12)).u32(3 << 20);
    // Microseconds; nanoseconds, from a day later; 2^-32 s; picoseconds.
    interface(file);
    Bytes day =
        File(big_endian).u16(9).u16(1).raw({9, 0, 0, 0}).u16(14).u16(8).put(86400, 8).bytes();
    interface(file, 0, day);
    interface(file, 0, File(big_endian).u16(9).u16(1).raw({0xa0, 0, 0, 0}).u32(0).bytes());
    interface(file, 40,
              File(big_endian)
                  .u16(1)
                  .u16(3)
                  .raw({'a', 'b', 'c', 0})
                  .u16(9)
                  .u16(1)
                  .raw({12, 0, 0, 0})
                  .bytes());
    packet(file, 0, 1'700'000'000'123'456, some_frame(61), 1514);
    packet(file, 1, kTimeNs, some_frame(60), 60);
    packet(file, 2, uint64_t{1'700'000'000} << 32 | 0x80000000, some_frame(1), 1);
    packet(file, 3, 1'700'000'123'456'789, {}, 60);
    // The old kind of packet, and the simple one, which has no time and is cut as interface 0 says.
    file.u32(2).u32(32 + 4).u16(1).u16(0).u32(0).u32(5).u32(2).u32(2).raw({1, 2, 0, 0}).u32(32 + 4);
    file.u32(3).u32(16 + 4).u32(3).raw({1, 2, 3, 0}).u32(16 + 4);
    // Another section has its own order and interfaces.
    File other = section(!big_endian);
    interface(other, 2);
    other.u32(3).u32(16 + 4).u32(60).raw({4, 5, 0, 0}).u32(16 + 4);
    file.raw(other.bytes());
    const Read read = read_bytes(file.bytes());
    EXPECT_EQ(read.error, 0) << read.reason;
    const std::vector<Frame> wanted = {
        {1'700'000'000'123'456'000, 1514, some_frame(61)},
        {kTimeNs + 86'400'000'000'000, 60, some_frame(60)},
        {1'700'000'000'500'000'000, 1, some_frame(1)},
        {1'700'000'123'456, 60, {}},
        {86'400'000'000'005, 2, {1, 2}},
        {0, 3, {1, 2, 3}},
        {0, 60, {4, 5}},
    };
    EXPECT_EQ(read.frames, wanted);
  }
}

TEST(CaptureReader, ATruncatedFileIsReadToItsLastWholeFrame) {
  File ng = section(false);
  interface(ng);
  const size_t header = ng.bytes().size();
  packet(packet(ng, 0, 1, some_frame(), 60), 0, 2, some_frame(), 60);
  const size_t record = (ng.bytes().size() - header) / 2;
  for (size_t size = 0; size <= ng.bytes().size(); size++) {
    const Read read =
        read_bytes({ng.bytes().begin(), ng.bytes().begin() + static_cast<long>(size)});
    const bool whole = size == 28 || (size >= header && (size - header) % record == 0);
    EXPECT_EQ(read.error == 0, whole) << size;
    EXPECT_EQ(read.frames.size(), size < header ? 0 : (size - header) / record) << size;
    EXPECT_EQ(read.reason.find("; ") != std::string::npos, !whole) << size;
  }
}

TEST(CaptureReader, WhatIsNoCaptureOfEthernetFramesIsRefused) {
  File swapped_link = section(false);
  interface(swapped_link, 0, {}, 113);
  File version = section(false);
  Bytes version_bytes = version.bytes();
  version_bytes[12] = 2;
  Bytes pcap_version = pcap(false, 0xa1b2c3d4).bytes();
  pcap_version[4] = 1;
  const struct {
    Bytes file;
    const char* words;
  } kCases[] = {
      {{}, "it is empty; give a pcap or pcapng file of Ethernet frames"},
      {{0xd4, 0xc3}, "it is too short for a capture; give"},
      {Bytes(100, 'x'), "it does not begin as a capture does; give"},
      {pcap_version, "it is of another version of pcap than 2; give"},
      {version_bytes, "it is of another version of pcapng than 1; give"},
      {pcap(true, 0xa1b23c4d, 105).bytes(), "its frames are IEEE802_11, not Ethernet; give"},
      {pcap(true, 0xa1b23c4d, 4711).bytes(), "its frames are of link type 4711, not Ethernet; "},
      {swapped_link.bytes(), "its frames are LINUX_SLL, not Ethernet; give"},
  };
  for (const auto& item : kCases) {
    const Read read = read_bytes(item.file);
    EXPECT_EQ(read.error, -EPROTO);
    EXPECT_THAT(read.reason, HasSubstr(item.words));
  }
}

TEST(CaptureReader, DamageIsToldWithTheNumberOfFramesBeforeIt) {
  File whole = pcap(false, 0xa1b2c3d4);
  whole.u32(1).u32(0).u32(60).u32(60).raw(some_frame());
  const auto with_packet = [](uint32_t number, uint32_t block, uint32_t len, uint32_t end) {
    File file = section(false);
    interface(file);
    file.u32(6).u32(block).u32(number).u32(0).u32(0).u32(len).u32(60).raw(Bytes(60)).u32(end);
    return file.bytes();
  };
  const auto with_options = [](const Bytes& options) {
    File file = section(false);
    return interface(file, 0, options).bytes();
  };
  const struct {
    Bytes file;
    const char* words;
  } kCases[] = {
      {File(whole).u32(1).u32(0).u32(262145).u32(60).bytes(),
       "damaged after 1 frame (a frame is longer than any can be); copy or capture it again"},
      {File(whole).u32(1).u32(0).bytes(), "after 1 frame (in the header of a record)"},
      {with_packet(1, 92, 60, 92), "after 0 frames (a frame is of an interface that is not desc"},
      {with_packet(0, 92, 61, 92), "(a frame is longer than its block)"},
      {with_packet(0, 92, 60, 96), "(a block does not end as it begins)"},
      {with_packet(0, 93, 60, 93), "(a block has a length that none can have)"},
      {with_packet(0, 8, 60, 8), "(a block has a length that none can have)"},
      {with_packet(0, 1 << 30, 60, 92), "(in a frame)"},
      {with_options({9, 0, 1, 0, 20, 0, 0, 0}), "(in the description of an interface)"},
      {with_options({9, 0, 1, 0, 0xc0, 0, 0, 0}), "(in the description of an interface)"},
      {with_options({14, 0, 4, 0, 0, 0, 0, 0}), "(in the description of an interface)"},
      {with_options({1, 0, 9, 0, 0, 0, 0, 0}), "(in the description of an interface)"},
  };
  for (const auto& item : kCases) {
    const Read read = read_bytes(item.file);
    EXPECT_EQ(read.error, -EBADMSG);
    EXPECT_THAT(read.reason, HasSubstr(item.words));
  }
}

class Capture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "nmgen-capture-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  // Frames of growing size, a microsecond and a nanosecond apart.
  static uint32_t size_of(uint32_t i) { return 60 + i % 1455; }
  static Frame frame(uint32_t i) {
    return {kTimeNs + 1001 * i, size_of(i), some_frame(size_of(i))};
  }

  static int add(nmh_capture_writer* writer, uint32_t i) {
    uint8_t* bytes = nullptr;
    const Frame wanted = frame(i);
    const int error = nmh_capture_add(writer, wanted.size, wanted.time_ns, &bytes);
    if (error == 0)
      std::copy(wanted.bytes.begin(), wanted.bytes.end(), bytes);
    return error;
  }

  nmh_capture_writer* create(const std::string& name) const {
    nmh_capture_writer* writer = nullptr;
    const int fd = open(path(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    EXPECT_EQ(nmh_capture_create(fd, nmh_capture_format_of(name.c_str()), &writer), 0);
    return writer;
  }
  nmh_capture_reader* open_reader(const std::string& name) const {
    nmh_capture_reader* reader = nullptr;
    EXPECT_EQ(nmh_capture_open(open(path(name).c_str(), O_RDONLY | O_CLOEXEC), &reader, nullptr),
              0);
    return reader;
  }
  void write(const std::string& name, uint32_t frames) const {
    nmh_capture_writer* writer = create(name);
    for (uint32_t i = 0; i < frames; i++)
      ASSERT_EQ(add(writer, i), 0);
    ASSERT_EQ(nmh_capture_flush(writer), 0);
    EXPECT_EQ(nmh_capture_frames(writer), frames);
    nmh_capture_finish(writer);
  }
  static void expect_frames(const Read& read, uint32_t frames) {
    EXPECT_EQ(read.error, 0) << read.reason;
    ASSERT_EQ(read.frames.size(), frames);
    for (uint32_t i = 0; i < frames; i++)
      ASSERT_EQ(read.frames[i], frame(i)) << i;
  }

  std::string folder_;
};

// More than the buffers hold.
TEST_F(Capture, ReadsBackWhatWasWrittenAgainAndAgain) {
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    write(name, 3000);
    nmh_capture_reader* reader = open_reader(name);
    for (int lap = 0; lap < 3; lap++) {
      expect_frames(read_all(reader), 3000);
      ASSERT_EQ(nmh_capture_rewind(reader, nullptr), 0);
    }
    nmh_capture_close(reader);
  }
}

TEST_F(Capture, APipeIsReadOnce) {
  write("a.pcap", 100);
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(std::system(("cat " + path("a.pcap") + " >" + path("pipe") + " &").c_str()), 0);
  nmh_capture_reader* reader = open_reader("pipe");
  expect_frames(read_all(reader), 100);
  char text[200] = "";
  nmh_refusal refusal{text, sizeof(text)};
  EXPECT_EQ(nmh_capture_rewind(reader, &refusal), -ESPIPE);
  EXPECT_STREQ(text, "it cannot be read again from its start; copy it to a file");
  nmh_capture_close(reader);
}

// What another program reads in our files, and we in its.
TEST_F(Capture, AgreesWithAnotherProgram) {
  if (std::system("editcap --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no editcap: apt-get install tshark";
  constexpr uint32_t kFrames = 50;
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    write(name, kFrames);
    for (const char* format : {"pcapng", "nsecpcap", "pcap"}) {
      const std::string made = std::string(name) + "." + format;
      ASSERT_EQ(std::system(("editcap -F " + std::string(format) + " " + path(name) + " " +
                             path(made) + " 2>&1")
                                .c_str()),
                0);
      nmh_capture_reader* reader = open_reader(made);
      Read read = read_all(reader);
      nmh_capture_close(reader);
      EXPECT_EQ(read.error, 0) << read.reason;
      ASSERT_EQ(read.frames.size(), kFrames);
      for (uint32_t i = 0; i < kFrames; i++) {
        Frame wanted = frame(i);
        if (format == std::string("pcap"))
          wanted.time_ns = wanted.time_ns / 1000 * 1000;
        EXPECT_EQ(read.frames[i], wanted) << made << " " << i;
      }
    }
  }
}

TEST_F(Capture, AFullDiskLeavesWholeFrames) {
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    for (const rlim_t limit : {10u, 100u, 50'000u}) {
      nmh_capture_writer* writer = create(name);
      uint32_t added = 0;
      while (added < 100)
        ASSERT_EQ(add(writer, added++), 0);
      // The kernel refuses to let the file grow, after what fits was written: as a full disk does.
      const rlimit before = [] {
        rlimit now{};
        getrlimit(RLIMIT_FSIZE, &now);
        return now;
      }();
      const rlimit small{limit, before.rlim_max};
      std::signal(SIGXFSZ, SIG_IGN);
      setrlimit(RLIMIT_FSIZE, &small);
      int error = 0;
      while (error == 0) {
        error = nmh_capture_flush(writer);
        if (error == 0)
          error = add(writer, added++);
      }
      setrlimit(RLIMIT_FSIZE, &before);
      EXPECT_EQ(error, -EFBIG);
      EXPECT_EQ(add(writer, 0), -EFBIG) << "nothing is written after it";
      const uint64_t frames = nmh_capture_frames(writer);
      nmh_capture_finish(writer);
      if (limit > 60) {
        nmh_capture_reader* reader = open_reader(name);
        expect_frames(read_all(reader), static_cast<uint32_t>(frames));
        nmh_capture_close(reader);
      } else {
        EXPECT_EQ(std::filesystem::file_size(path(name)), 0u);
        EXPECT_EQ(frames, 0u);
      }
      std::filesystem::remove(path(name));
    }
  }
}

TEST_F(Capture, WhatIsAppendedToStaysWhenTheDiskIsFull) {
  std::ofstream(path("a.pcap")) << std::string(100, 'x');
  const int fd = open(path("a.pcap").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  nmh_capture_writer* writer = nullptr;
  ASSERT_EQ(nmh_capture_create(fd, NMH_CAPTURE_PCAP, &writer), 0);
  ASSERT_EQ(add(writer, 0), 0);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{150, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_EQ(nmh_capture_flush(writer), -EFBIG);
  setrlimit(RLIMIT_FSIZE, &before);
  nmh_capture_finish(writer);
  std::ifstream file(path("a.pcap"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}).substr(0, 100),
            std::string(100, 'x'));
  EXPECT_EQ(std::filesystem::file_size(path("a.pcap")), 124u) << "the header is whole";
}

TEST_F(Capture, WhatARecordCannotHoldIsRefused) {
  nmh_capture_writer* writer = create("a.pcap");
  uint8_t* bytes = nullptr;
  EXPECT_EQ(nmh_capture_add(writer, NMH_CAPTURE_MAX_FRAME + 1, 0, &bytes), -EMSGSIZE);
  EXPECT_EQ(nmh_capture_add(writer, 60, uint64_t{1'000'000'000} << 32, &bytes), -EOVERFLOW);
  EXPECT_EQ(nmh_capture_add(writer, 0, 0, &bytes), 0);
  nmh_capture_finish(writer);
}

// Of a file of a terabyte only the buffer is in memory.
TEST_F(Capture, AHugeFileIsReadFromItsStart) {
  write("a.pcap", 10);
  if (truncate(path("a.pcap").c_str(), off_t{1} << 40) != 0)
    GTEST_SKIP() << "the file system has no room for a sparse file of a terabyte: "
                 << std::strerror(errno);
  nmh_capture_reader* reader = open_reader("a.pcap");
  nmh_captured_frame frame{};
  for (uint32_t i = 0; i < 10; i++) {
    ASSERT_EQ(nmh_capture_next(reader, &frame, nullptr), 1);
    EXPECT_EQ(frame.size, size_of(i));
  }
  for (uint32_t i = 0; i < 100'000; i++)
    ASSERT_EQ(nmh_capture_next(reader, &frame, nullptr), 1) << "records of no bytes";
  nmh_capture_close(reader);
}

}  // namespace
