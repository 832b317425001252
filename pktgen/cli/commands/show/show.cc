// SPDX-License-Identifier: BSD-2-Clause
// nmgen show FILE
#include <fmt/format.h>

#include <charconv>
#include <string>
#include <system_error>
#include <vector>

#include "pktgen/cli/command.h"
#include "pktgen/cli/commands/show/frame_walk.h"
#include "pktgen/packet/pcap_file.h"
#include "pktgen/packet/summary.h"
#include "pktgen/scenario/error_text.h"
#include "pktgen/scenario/parse.h"
#include "reporters/overwrite.h"
#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr uint64_t kMaxCount = 10'000'000;

struct ShowOptions {
  std::string file, stream, count = "10", pcap;
  std::vector<std::string> overrides;
  bool hex = false, force = false;

  std::vector<Option> table() {
    return {{"FILE", &file},     {"--stream", &stream},
            {"--count", &count}, {"--set", &overrides},
            {"--hex", &hex},     {.names = "--pcap", .target = &pcap, .excludes = "--hex"},
            {"--force", &force}};
  }
};

Result<uint64_t> parse_count(const std::string& text) {
  uint64_t count = 0;
  const char* end = text.data() + text.size();
  std::from_chars_result result = std::from_chars(text.data(), end, count);
  if (result.ec != std::errc() || result.ptr != end || count < 1 || count > kMaxCount)
    return fail(fmt::format("cannot take --count \"{:.40}\"", text), "it is not a number of frames",
                fmt::format("use a whole number from 1 to {}", kMaxCount));
  return count;
}

// What each sender entry would do, in a line.
std::string sender_lines(const Scenario& scenario, const FrameWalk& walk) {
  std::string text;
  for (unsigned i = 0; i < scenario.senders.size(); i++) {
    const SenderSpec& sender = scenario.senders[i];
    std::vector<std::string> streams;
    for (const std::string& name : sender.streams) {
      const StreamSpec* stream = scenario.stream(name);
      streams.push_back(fmt::format("{} ({} B without CRC, {})", name, stream->frame.size_no_crc,
                                    plural(stream->flows, "flow")));
    }
    std::string rate = rate_words(sender);
    if (walk.worker_pps(i) > 0)
      rate += fmt::format(", {}pps", si_rate(walk.worker_pps(i) * sender.workers));
    if (sender.schedule.name != ScheduleSpec().name)
      rate += ", schedule " + sender.schedule.name;
    text += fmt::format(
        "sender {}: {}, {}{}, rate {}: {}\n", i, sender.port, plural(sender.workers, "worker"),
        sender.workers > 1 ? " each with these frames" : "", rate, listed(streams, "and"));
  }
  text += scenario.probe_every == 0 ? "no probes\n"
          : scenario.probe_every == 1
              ? "a probe in every frame; a run adds its own mark and the time\n"
              : fmt::format("a probe in one frame of {}; a run adds its own mark and the time\n",
                            grouped(scenario.probe_every));
  return text;
}

int show_text(const Scenario& scenario, FrameWalk& walk, bool hex) {
  if (!print(sender_lines(scenario, walk)))
    return kExitPass;
  WalkedFrame frame;
  while (walk.next(&frame)) {
    std::string text = fmt::format("{}.{} +{}.{:09} s  {}\n", frame.sender, frame.index,
                                   frame.time_ns / 1'000'000'000, frame.time_ns % 1'000'000'000,
                                   summarise(frame.bytes, FrameWalk::magic()));
    if (hex)
      text += hex_dump(frame.bytes) + "\n";
    if (!print(text))
      break;  // `nmgen show FILE | head`: the reader has seen enough
  }
  return kExitPass;
}

int show_pcap(FrameWalk& walk, const ShowOptions& options) {
  const std::string& path = options.pcap;
  const Overwrite allowed{.inputs = {options.file}, .force = options.force};
  if (Result<void> may = check_overwrite(path, "", allowed); !may)
    return complain(may.error());
  Result<PcapWriter> writer = PcapWriter::open(path);
  if (!writer)
    return complain(writer.error());
  WalkedFrame frame;
  uint64_t count = 0;
  for (; walk.next(&frame); count++) {
    Result<void> written = writer->write(frame.bytes, frame.time_ns);
    if (!written)
      return complain(written.error());
  }
  Result<void> closed = writer->close();
  if (!closed)
    return complain(closed.error());
  if (path != "-")
    print(fmt::format("{} written to {}\n", plural(count, "frame"), path));
  return kExitPass;
}

int show(const ShowOptions& options) {
  if (options.file.empty())
    return complain(
        "no scenario is given; name its file, for example nmgen show scenarios/64b-10g.json");
  Result<uint64_t> count = parse_count(options.count);
  if (!count)
    return complain(count.error());
  Result<Scenario> scenario = load_scenario(options.file, options.overrides);
  if (!scenario)
    return complain(scenario.error());
  Result<FrameWalk> walk = FrameWalk::prepare(*scenario, *count, options.stream);
  if (!walk)
    return complain(walk.error());
  return options.pcap.empty() ? show_text(*scenario, *walk, options.hex)
                              : show_pcap(*walk, options);
}

}  // namespace

Command show_command() {
  return make_command(show);
}

}  // namespace nmgen
