// SPDX-License-Identifier: BSD-2-Clause
// Frames in bursts, with gaps between them: the mean rate is kept. Of a burst all frames are due at
// its start, or evenly spaced at a rate of their own.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make bursts";
constexpr double kLineTolerance = 1e-9;  // a line's rate written with 10 digits is the line's rate

// Ticks between the frames of a burst; 0: all at once.
Result<FixedTicks> spacing(const ScheduleRequest& request, const nlohmann::json& options) {
  if (!options.contains("rate"))
    return FixedTicks{0};
  const Rate rate = rate_from_json(options.at("rate"));
  const std::optional<double> pps = rate_pps(rate, request.size_with_crc, request.speed_bps);
  if (!pps)
    return fail(kWhat, "the speed of the link is not known",
                "give the rate of the burst in pps, bps_l1 or bps_l2, or leave it out");
  if (*pps == 0)  // "max"
    return FixedTicks{0};
  if (*pps < request.pps)
    return fail(
        kWhat,
        fmt::format("{:g} frames/s in a burst are below the mean rate of {:g}", *pps, request.pps),
        "raise the rate of the burst, or leave it out");
  if (request.speed_bps > 0 &&
      *pps > line_rate_pps(request.speed_bps, request.size_with_crc) * (1 + kLineTolerance))
    return fail(kWhat, fmt::format("{:g} frames/s in a burst are more than the line carries", *pps),
                "leave the rate of the burst out, for bursts as fast as the line");
  return ticks_ratio(request.hz, *pps);
}

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  const uint32_t frames = options.at("frames").get<uint32_t>();
  if (request.pps <= 0)
    return fail(kWhat, "a sender that is as fast as possible has no gaps",
                "set the sender's rate: it is the mean of bursts and gaps");
  const Result<FixedTicks> step = spacing(request, options);
  if (!step)
    return tl::unexpected<Error>(step.error());
  const FixedTicks mean = ticks_ratio(request.hz, request.pps);
  if (mean > kMostTicks / frames)
    return fail(kWhat, "the time from burst to burst is longer than a clock holds",
                "use fewer frames in a burst, or a higher rate");
  std::vector<uint64_t> offsets(frames, 0);
  for (uint32_t i = 0; i < frames; i++)
    offsets[i] = static_cast<uint64_t>((*step * i) >> 64);
  return Timetable::repeating(std::move(offsets), mean * frames);
}

}  // namespace

const ScheduleKind burst_schedule = {
    .name = "burst",
    .schema = R"({
      "description": "Frames in bursts, with gaps between them; the mean rate is the sender's.",
      "type": "object",
      "additionalProperties": false,
      "required": ["frames"],
      "properties": {
        "frames": {
          "description": "Frames of a burst.",
          "type": "integer",
          "minimum": 1,
          "maximum": 1048576
        },
        "rate": {
          "description": "Rate in a burst, at least the sender's. Default \"max\": all frames of a burst are due at its start, and the line spaces them.",
          "$ref": "#/definitions/rate"
        }
      }
    })",
    .example = R"({"frames": 64, "rate": {"percent": 100}})",
    .compile = compile,
};

}  // namespace nmgen
