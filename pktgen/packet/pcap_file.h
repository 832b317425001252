// SPDX-License-Identifier: BSD-2-Clause
// Frames to and from capture files, as C++ has them (nmh_capture.h). Ethernet frames without CRC,
// timestamps in nanoseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nmh_capture.h"
#include "pktgen/error.h"

namespace nmgen {

struct CapturedFrame {
  uint64_t time_ns = 0;      // since 1970
  uint32_t size_no_crc = 0;  // on the wire; more than bytes.size() where the capture cut it short
  std::vector<uint8_t> bytes;
};

// Writes a capture with nanosecond timestamps: pcap (magic 0xa1b23c4d), or pcapng where the file's
// name ends so. Of one thread.
class PcapWriter {
 public:
  // "-" is standard output. Error: the file cannot be written.
  static Result<PcapWriter> open(const std::string& path);

  // One frame of at most NMH_CAPTURE_MAX_FRAME bytes, at a time of at most 2^32 - 1 s. Error: the
  // file cannot take it (a full disk, a closed pipe).
  Result<void> write(std::span<const uint8_t> frame, uint64_t time_ns);

  // Writes out what is buffered and closes. Error as write(). Without it the destructor closes and
  // an error is lost.
  Result<void> close();

 private:
  struct Finish {
    void operator()(nmh_capture_writer* writer) const;
  };

  std::string name_;
  std::unique_ptr<nmh_capture_writer, Finish> writer_;
};

// All frames of a pcap or pcapng file, at most `max_frames` from its start. Errors: no such file,
// not a capture, not of Ethernet frames, cut short or damaged (the sentence says after how many
// frames).
Result<std::vector<CapturedFrame>> read_pcap(const std::string& path, size_t max_frames = SIZE_MAX);

// The times of its frames alone, in ns since 1970; 0 where the file has none for a frame. Errors as
// read_pcap().
Result<std::vector<uint64_t>> read_pcap_times(const std::string& path,
                                              size_t max_frames = SIZE_MAX);

// The frames from a file's bytes; `name` is for messages.
Result<std::vector<CapturedFrame>> read_pcap_bytes(std::span<const uint8_t> file,
                                                   const std::string& name,
                                                   size_t max_frames = SIZE_MAX);

}  // namespace nmgen
