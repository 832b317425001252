// SPDX-License-Identifier: BSD-2-Clause
// Gaps between frames that are independent and exponential, as those of many independent users.
// A number of gaps is drawn, and used again and again. They are scaled so that their mean is exact:
// what comes of it is a Poisson process of which the number of events in a period is given.
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pktgen/packet/mix.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make random gaps";
constexpr uint32_t kFrames = 65536;

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  if (request.pps <= 0)
    return fail(kWhat, "a sender that is as fast as possible has no gaps",
                "set the sender's rate: it is the mean");
  const uint32_t frames = options.value("frames", kFrames);
  const FixedTicks mean = ticks_ratio(request.hz, request.pps);
  if (mean > kMostTicks / frames)
    return fail(kWhat, "the time of all gaps is longer than a clock holds",
                "use fewer frames, or a higher rate");
  const uint64_t seed = mix64(options.value("seed", uint64_t{1}));
  std::vector<double> times(frames);
  double sum = 0;
  for (uint32_t i = 0; i < frames; i++) {
    times[i] = sum;
    // Uniform over (0, 1], 53 bits.
    const double share = static_cast<double>((mix64_of(seed, i) >> 11) + 1) * 0x1p-53;
    sum -= std::log(share);
  }
  const double scale = std::ldexp(static_cast<double>(mean), -64) * frames / sum;
  std::vector<uint64_t> offsets(frames);
  for (uint32_t i = 0; i < frames; i++)
    offsets[i] = static_cast<uint64_t>(times[i] * scale);
  return Timetable::repeating(std::move(offsets), mean * frames);
}

}  // namespace

const ScheduleKind poisson_schedule = {
    .name = "poisson",
    .schema = R"({
      "description": "Gaps between frames that are random, independent and exponential; the mean rate is the sender's.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "seed": {
          "description": "Which gaps. Default 1.",
          "$ref": "#/definitions/uint32"
        },
        "frames": {
          "description": "How many gaps are drawn; then they come again. Default 65536.",
          "type": "integer",
          "minimum": 2,
          "maximum": 1048576
        }
      }
    })",
    .example = R"({"seed": 7, "frames": 4096})",
    .has_rates = false,
    .compile = compile,
};

}  // namespace nmgen
