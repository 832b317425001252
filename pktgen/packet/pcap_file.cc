// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/pcap_file.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace nmgen {
namespace {

constexpr int kSnapBytes = 65535;
constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kLastSecond = UINT32_MAX;  // that a record can hold

// Only full: errno is of the failed call. The remedy names what such an error comes from in
// practice.
tl::unexpected<Error> write_error(const std::string& name, int code) {
  return fail_errno("cannot write " + name, code != 0 ? code : EIO,
                    "choose a file in a writable directory with enough space");
}

// libpcap's messages, but for a newline at the end, read as a cause.
std::string cause_of(const char* message) {
  std::string text = message;
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text.empty() ? "libpcap gives no reason" : text;
}

using PcapHandle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

// Takes `stream` over.
Result<std::vector<CapturedFrame>> read_stream(FILE* stream, const std::string& name,
                                               size_t max_frames) {
  const std::string what = "cannot read " + name;
  const char* remedy = "give a pcap or pcapng file of Ethernet frames";
  char message[PCAP_ERRBUF_SIZE] = "";
  PcapHandle handle(
      pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, message),
      pcap_close);
  if (handle == nullptr) {
    std::fclose(stream);
    return fail(what, cause_of(message), remedy);
  }
  if (pcap_datalink(handle.get()) != DLT_EN10MB) {
    const char* type = pcap_datalink_val_to_name(pcap_datalink(handle.get()));
    return fail(
        what,
        fmt::format(
            "its frames are {}, not Ethernet",
            type != nullptr ? type : fmt::format("link type {}", pcap_datalink(handle.get()))),
        remedy);
  }

  std::vector<CapturedFrame> frames;
  while (frames.size() < max_frames) {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    int status = pcap_next_ex(handle.get(), &header, &bytes);
    if (status == PCAP_ERROR_BREAK)  // the end of the file
      break;
    if (status != 1)
      return fail(what,
                  fmt::format("it is truncated or damaged after {} frame{} ({})", frames.size(),
                              frames.size() == 1 ? "" : "s", cause_of(pcap_geterr(handle.get()))),
                  "copy or capture it again");
    CapturedFrame frame;
    // tv_usec holds nanoseconds, as was asked for above.
    frame.time_ns = static_cast<uint64_t>(header->ts.tv_sec) * kNsPerSecond +
                    static_cast<uint64_t>(header->ts.tv_usec);
    frame.size_no_crc = header->len;
    frame.bytes.assign(bytes, bytes + header->caplen);
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace

void PcapWriter::ClosePcap::operator()(pcap_t* handle) const {
  pcap_close(handle);
}
void PcapWriter::CloseDumper::operator()(pcap_dumper_t* dumper) const {
  pcap_dump_close(dumper);
}

Result<PcapWriter> PcapWriter::open(const std::string& path) {
  if (path == "-") {
    // A copy, so that closing the writer does not close the process's standard output.
    int copy = dup(STDOUT_FILENO);
    FILE* stream = copy >= 0 ? fdopen(copy, "wb") : nullptr;
    if (stream == nullptr) {
      int code = errno;
      if (copy >= 0)
        ::close(copy);
      return write_error("standard output", code);
    }
    return open_stream(stream, "standard output");
  }
  FILE* stream = std::fopen(path.c_str(), "wbe");
  if (stream == nullptr)
    return write_error(path, errno);
  return open_stream(stream, path);
}

Result<PcapWriter> PcapWriter::open_stream(FILE* stream, const std::string& name) {
  PcapWriter writer;
  writer.name_ = name;
  writer.pcap_.reset(
      pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapBytes, PCAP_TSTAMP_PRECISION_NANO));
  if (writer.pcap_ != nullptr)
    writer.dumper_.reset(pcap_dump_fopen(writer.pcap_.get(), stream));
  if (writer.dumper_ == nullptr) {
    // pcap_dump_fopen() closes the stream when it fails to write the file's header.
    if (writer.pcap_ == nullptr)
      std::fclose(stream);
    return write_error(name, errno);
  }
  return writer;
}

Result<void> PcapWriter::write(std::span<const uint8_t> frame, uint64_t time_ns) {
  if (dumper_ == nullptr)
    return fail("cannot write " + name_, "it is closed", "open it again");
  if (frame.size() > kSnapBytes)
    return fail("cannot write " + name_,
                fmt::format("a frame of {} bytes is more than a pcap record's {}", frame.size(),
                            kSnapBytes),
                "use smaller frames");
  if (time_ns / kNsPerSecond > kLastSecond)
    return fail("cannot write " + name_,
                fmt::format("a frame at {} s is later than a pcap record allows ({} s)",
                            time_ns / kNsPerSecond, kLastSecond),
                "use fewer frames or a higher rate");
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<time_t>(time_ns / kNsPerSecond);
  header.ts.tv_usec = static_cast<suseconds_t>(time_ns % kNsPerSecond);
  header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
  errno = 0;
  pcap_dump(reinterpret_cast<u_char*>(dumper_.get()), &header, frame.data());
  if (std::ferror(pcap_dump_file(dumper_.get())))
    return write_error(name_, errno);
  return {};
}

Result<void> PcapWriter::close() {
  if (dumper_ == nullptr)
    return {};
  errno = 0;
  bool flushed = pcap_dump_flush(dumper_.get()) == 0 && !std::ferror(pcap_dump_file(dumper_.get()));
  int code = errno;
  dumper_.reset();
  pcap_.reset();
  if (!flushed)
    return write_error(name_, code);
  return {};
}

Result<std::vector<CapturedFrame>> read_pcap(const std::string& path, size_t max_frames) {
  FILE* stream = std::fopen(path.c_str(), "rbe");
  if (stream == nullptr)
    return fail_errno("cannot read " + path, errno, "give a pcap file that you may read");
  return read_stream(stream, path, max_frames);
}

Result<std::vector<CapturedFrame>> read_pcap_bytes(std::span<const uint8_t> file,
                                                   const std::string& name, size_t max_frames) {
  if (file.empty())
    return fail("cannot read " + name, "it is empty",
                "give a pcap or pcapng file of Ethernet frames");
  // fmemopen's mode "r" never writes to the bytes.
  FILE* stream = fmemopen(const_cast<uint8_t*>(file.data()), file.size(), "rb");
  if (stream == nullptr)
    return fail_errno("cannot read " + name, errno, "free some memory");
  return read_stream(stream, name, max_frames);
}

}  // namespace nmgen
