// SPDX-License-Identifier: BSD-2-Clause
// Frames in bursts, with gaps between them: the mean rate is kept. Of a burst all frames are due at
// its start, or evenly spaced at a rate of their own.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make bursts";

// Ticks between the frames of a burst; 0: all at once.
Result<FixedTicks> spacing(const ScheduleRequest& request, const nlohmann::json& options) {
  const Rate rate = rate_from_json(options.value("rate", nlohmann::json()));
  if (rate.unit == Rate::Unit::kMax)
    return FixedTicks{0};
  const Result<double> pps = part_pps(kWhat, request, rate);
  if (!pps)
    return tl::unexpected<Error>(pps.error());
  if (*pps < request.pps)
    return fail(
        kWhat,
        fmt::format("{:g} frames/s in a burst are below the mean rate of {:g}", *pps, request.pps),
        "raise the rate of the burst, or leave it out");
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
  return Timetable::repeating(std::vector<Stretch>{{0, frames, *step}}, mean * frames);
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
    .has_rates = false,
    .compile = compile,
};

}  // namespace nmgen
