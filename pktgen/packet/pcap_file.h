// SPDX-License-Identifier: BSD-2-Clause
// Frames to and from pcap files, by libpcap. Ethernet frames without CRC, timestamps in
// nanoseconds.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pktgen/error.h"

struct pcap;
struct pcap_dumper;

namespace nmgen {

struct CapturedFrame {
  uint64_t time_ns = 0;      // since 1970
  uint32_t size_no_crc = 0;  // on the wire; more than bytes.size() where the capture cut it short
  std::vector<uint8_t> bytes;
};

// Writes a pcap file with nanosecond timestamps (magic 0xa1b23c4d). Of one thread.
class PcapWriter {
 public:
  // "-" is standard output. Error: the file cannot be written.
  static Result<PcapWriter> open(const std::string& path);
  // Takes `stream` over and closes it; `name` is for messages.
  static Result<PcapWriter> open_stream(FILE* stream, const std::string& name);

  // One frame of at most 65535 bytes, at a time of at most 2^32 - 1 s. Error: the file cannot take
  // it (a full disk, a closed pipe).
  Result<void> write(std::span<const uint8_t> frame, uint64_t time_ns);

  // Writes out what is buffered and closes. Error as write(). Without it the destructor closes and
  // an error is lost.
  Result<void> close();

 private:
  struct ClosePcap {
    void operator()(struct pcap* handle) const;
  };
  struct CloseDumper {
    void operator()(struct pcap_dumper* dumper) const;
  };

  std::string name_;
  std::unique_ptr<struct pcap, ClosePcap> pcap_;
  std::unique_ptr<struct pcap_dumper, CloseDumper> dumper_;  // before pcap_ goes
};

// All frames of a pcap or pcapng file, at most `max_frames` from its start. Errors: no such file,
// not a capture, not of Ethernet frames, cut short or damaged (the sentence says after how many
// frames).
Result<std::vector<CapturedFrame>> read_pcap(const std::string& path, size_t max_frames = SIZE_MAX);

// The same from a file's bytes; `name` is for messages.
Result<std::vector<CapturedFrame>> read_pcap_bytes(std::span<const uint8_t> file,
                                                   const std::string& name,
                                                   size_t max_frames = SIZE_MAX);

}  // namespace nmgen
