// SPDX-License-Identifier: BSD-2-Clause
// A frame at each time of a capture, as far apart as they were recorded, then all of them again.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "pktgen/packet/pcap_file.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot send at recorded times";
constexpr size_t kMostFrames = size_t{1} << 24;  // 128 MiB of times

Result<std::vector<uint64_t>> times_of(const std::string& path) {
  const auto wrong = [&path](const std::string& cause, const std::string& remedy) {
    return fail(kWhat, path + ": " + cause, remedy);
  };
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored))
    return wrong("it is no file, which can be read more than once", "give a pcap or pcapng file");
  Result<std::vector<uint64_t>> times = read_pcap_times(path, kMostFrames + 1);
  if (!times)
    return wrong(times.error().cause, times.error().remedy);
  if (times->size() > kMostFrames)
    return wrong(fmt::format("it has more than {} frames", kMostFrames),
                 "cut it in pieces, for example with editcap -c");
  if (times->size() < 2)
    return wrong(times->empty() ? "it has no frame" : "it has one frame, which is no distance",
                 "give a capture of at least two frames");
  for (size_t i = 1; i < times->size(); i++) {
    if ((*times)[i] < (*times)[i - 1])
      return wrong(fmt::format("frame {} is {} ns before the frame before it", i + 1,
                               (*times)[i - 1] - (*times)[i]),
                   "sort it, for example with reordercap");
  }
  if (times->back() == times->front())
    return wrong("all its frames have one time", "give a capture with times");
  return times;
}

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  const std::filesystem::path directory(request.directory);
  const Result<std::vector<uint64_t>> times =
      times_of((directory / options.at("file").get<std::string>()).string());
  if (!times)
    return tl::unexpected<Error>(times.error());
  const double ticks_per_ns = request.hz / 1e9 / options.value("speed", 1.0);
  std::vector<uint64_t> offsets;
  offsets.reserve(times->size());
  for (const uint64_t time : *times)
    offsets.push_back(
        static_cast<uint64_t>(static_cast<double>(time - times->front()) * ticks_per_ns));
  // From the last frame to the first one again it is the mean distance of two.
  const double frames = static_cast<double>(offsets.size());
  const double ns = static_cast<double>(times->back() - times->front()) * frames / (frames - 1);
  return Timetable::repeating(std::move(offsets), ticks_ratio(ns * ticks_per_ns, 1));
}

}  // namespace

const ScheduleKind recorded_schedule = {
    .name = "recorded",
    .schema = R"({
      "description": "A frame at each time of a capture, as far apart as they were recorded, then all of them again.",
      "type": "object",
      "additionalProperties": false,
      "required": ["file"],
      "properties": {
        "file": {
          "description": "The capture, pcap or pcapng, by its path from the scenario's directory. Only its times are used.",
          "type": "string",
          "minLength": 1,
          "maxLength": 4095,
          "examples": ["in.pcap"]
        },
        "speed": {
          "description": "How many times as fast as recorded. Default 1.",
          "type": "number",
          "minimum": 0.001,
          "maximum": 1000
        }
      }
    })",
    .example = R"({"file": "scenarios/requests.pcap", "speed": 2})",
    .has_rates = true,
    .compile = compile,
};

}  // namespace nmgen
