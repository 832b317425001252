// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/pcap_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "pktgen/refusal.h"

namespace nmgen {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

// The remedy names what such an error comes from in practice.
tl::unexpected<Error> write_error(const std::string& name, int code) {
  return fail_errno("cannot write " + name, code,
                    "choose a file in a writable directory with enough space");
}

tl::unexpected<Error> read_error(const std::string& name, const Refusal& refusal, int error) {
  return fail("cannot read " + name, refusal.cause(), refusal.remedy(), -error);
}

struct CloseReader {
  void operator()(nmh_capture_reader* reader) const { nmh_capture_close(reader); }
};

using Reader = std::unique_ptr<nmh_capture_reader, CloseReader>;

Result<Reader> open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno("cannot read " + path, errno, "give a pcap file that you may read");
  nmh_capture_reader* reader = nullptr;
  Refusal refusal;
  if (int error = nmh_capture_open(fd, &reader, refusal.get()); error != 0)
    return read_error(path, refusal, error);
  return Reader(reader);
}

// What `of` makes of each frame.
template <typename Value, typename Of>
Result<std::vector<Value>> read_each(const Reader& reader, const std::string& name,
                                     size_t max_frames, Of&& of) {
  std::vector<Value> values;
  while (values.size() < max_frames) {
    nmh_captured_frame frame{};
    Refusal refusal;
    const int got = nmh_capture_next(reader.get(), &frame, refusal.get());
    if (got < 0)
      return read_error(name, refusal, got);
    if (got == 0)
      break;
    values.push_back(of(frame));
  }
  return values;
}

CapturedFrame whole_frame(const nmh_captured_frame& frame) {
  return {frame.time_ns, frame.size, {frame.bytes, frame.bytes + frame.len}};
}

}  // namespace

void PcapWriter::Finish::operator()(nmh_capture_writer* writer) const {
  nmh_capture_finish(writer);
}

Result<PcapWriter> PcapWriter::open(const std::string& path) {
  // A copy, so that closing the writer does not close the process's standard output.
  const bool standard = path == "-";
  const int fd = standard ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                          : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  PcapWriter writer;
  writer.name_ = standard ? "standard output" : path;
  if (fd < 0)
    return write_error(writer.name_, errno);
  nmh_capture_writer* opened = nullptr;
  if (int error = nmh_capture_create(fd, nmh_capture_format_of(path.c_str()), &opened); error != 0)
    return write_error(writer.name_, -error);
  writer.writer_.reset(opened);
  return writer;
}

Result<void> PcapWriter::write(std::span<const uint8_t> frame, uint64_t time_ns) {
  if (writer_ == nullptr)
    return fail("cannot write " + name_, "it is closed", "open it again");
  uint8_t* bytes = nullptr;
  const uint32_t size = static_cast<uint32_t>(std::min<size_t>(frame.size(), UINT32_MAX));
  const int error = nmh_capture_add(writer_.get(), size, time_ns, &bytes);
  if (error == -EMSGSIZE)
    return fail("cannot write " + name_,
                fmt::format("a frame of {} bytes is more than a record's {}", frame.size(),
                            NMH_CAPTURE_MAX_FRAME),
                "use smaller frames");
  if (error == -EOVERFLOW)
    return fail("cannot write " + name_,
                fmt::format("a frame at {} s is later than a pcap record allows ({} s)",
                            time_ns / kNsPerSecond, UINT32_MAX),
                "use fewer frames or a higher rate");
  if (error != 0)
    return write_error(name_, -error);
  std::copy(frame.begin(), frame.end(), bytes);
  return {};
}

Result<void> PcapWriter::close() {
  if (writer_ == nullptr)
    return {};
  const int error = nmh_capture_flush(writer_.get());
  writer_.reset();
  if (error != 0)
    return write_error(name_, -error);
  return {};
}

Result<std::vector<CapturedFrame>> read_pcap(const std::string& path, size_t max_frames) {
  const Result<Reader> reader = open_file(path);
  if (!reader)
    return tl::unexpected<Error>(reader.error());
  return read_each<CapturedFrame>(*reader, path, max_frames, whole_frame);
}

Result<std::vector<uint64_t>> read_pcap_times(const std::string& path, size_t max_frames) {
  const Result<Reader> reader = open_file(path);
  if (!reader)
    return tl::unexpected<Error>(reader.error());
  return read_each<uint64_t>(*reader, path, max_frames,
                             [](const nmh_captured_frame& frame) { return frame.time_ns; });
}

Result<std::vector<CapturedFrame>> read_pcap_bytes(std::span<const uint8_t> file,
                                                   const std::string& name, size_t max_frames) {
  nmh_capture_reader* reader = nullptr;
  Refusal refusal;
  if (int error = nmh_capture_open_bytes(file.data(), file.size(), &reader, refusal.get());
      error != 0)
    return read_error(name, refusal, error);
  return read_each<CapturedFrame>(Reader(reader), name, max_frames, whole_frame);
}

}  // namespace nmgen
