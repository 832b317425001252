// SPDX-License-Identifier: BSD-2-Clause
// Captures that nobody has checked. A file reads the same in memory and through a descriptor, and
// what was read and is written again reads the same, in both formats.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "nmh_capture.h"

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

struct Frame {
  uint64_t time_ns;
  uint32_t size;
  std::vector<uint8_t> bytes;
  bool operator==(const Frame&) const = default;
};

struct Read {
  std::vector<Frame> frames;
  int error = 0;
  char text[200] = "";
};

void read_all(nmh_capture_reader* reader, Read* read) {
  nmh_refusal reason{read->text, sizeof(read->text)};
  nmh_captured_frame frame{};
  while ((read->error = nmh_capture_next(reader, &frame, &reason)) == 1)
    read->frames.push_back({frame.time_ns, frame.size, {frame.bytes, frame.bytes + frame.len}});
}

Read read_memory(const uint8_t* data, size_t size) {
  Read read;
  nmh_refusal reason{read.text, sizeof(read.text)};
  nmh_capture_reader* reader = nullptr;
  read.error = nmh_capture_open_bytes(data, size, &reader, &reason);
  if (read.error == 0) {
    read_all(reader, &read);
    nmh_capture_close(reader);
  }
  return read;
}

// Takes `fd` over.
Read read_file(int fd) {
  Read read;
  nmh_refusal reason{read.text, sizeof(read.text)};
  nmh_capture_reader* reader = nullptr;
  require(lseek(fd, 0, SEEK_SET) == 0);
  read.error = nmh_capture_open(fd, &reader, &reason);
  if (read.error != 0)
    return read;
  read_all(reader, &read);
  const size_t frames = read.frames.size();
  if (nmh_capture_rewind(reader, &reason) == 0) {
    Read again;
    read_all(reader, &again);
    require(again.frames == read.frames && again.error == read.error &&
            frames == read.frames.size());
  }
  nmh_capture_close(reader);
  return read;
}

void write_again(const std::vector<Frame>& frames, nmh_capture_format format) {
  const int fd = memfd_create("again", MFD_CLOEXEC);
  nmh_capture_writer* writer = nullptr;
  std::vector<Frame> kept;
  require(nmh_capture_create(dup(fd), format, &writer) == 0);
  for (const Frame& frame : frames) {
    uint8_t* bytes = nullptr;
    const uint32_t len = static_cast<uint32_t>(frame.bytes.size());
    if (nmh_capture_add(writer, len, frame.time_ns, &bytes) != 0)
      continue;
    std::copy(frame.bytes.begin(), frame.bytes.end(), bytes);
    kept.push_back({frame.time_ns, len, frame.bytes});
  }
  require(nmh_capture_flush(writer) == 0 && nmh_capture_frames(writer) == kept.size());
  nmh_capture_finish(writer);
  const Read read = read_file(fd);
  require(read.error == 0 && read.frames == kept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Read memory = read_memory(data, size);
  require(memory.error == 0 || std::strstr(memory.text, "; ") != nullptr);
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  require(write(fd, data, size) == static_cast<ssize_t>(size));
  const Read file = read_file(fd);
  require(file.error == memory.error && file.frames == memory.frames);
  require(std::strcmp(file.text, memory.text) == 0);
  write_again(memory.frames, size % 2 == 0 ? NMH_CAPTURE_PCAP : NMH_CAPTURE_PCAPNG);
  return 0;
}
