// SPDX-License-Identifier: BSD-2-Clause
// A frame at each of a list of times, then all of them again.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot send at these times";

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  const nlohmann::json& times = options.at("at_s");
  const double period = options.at("period_s").get<double>();
  std::vector<uint64_t> offsets;
  double last = 0;
  for (size_t i = 0; i < times.size(); i++) {
    const double time = times[i].get<double>();
    if (time < last)
      return fail(kWhat,
                  fmt::format("time {} of the list, {:g} s, is before {:g} s", i, time, last),
                  "sort the list");
    if (time >= period)
      return fail(kWhat,
                  fmt::format("time {} of the list, {:g} s, is not within the period of {:g} s", i,
                              time, period),
                  "raise period_s");
    offsets.push_back(static_cast<uint64_t>(time * request.hz));
    last = time;
  }
  return Timetable::repeating(std::move(offsets), ticks_ratio(period * request.hz, 1));
}

}  // namespace

const ScheduleKind times_schedule = {
    .name = "times",
    .schema = R"({
      "description": "A frame at each of a list of times, then all of them again.",
      "type": "object",
      "additionalProperties": false,
      "required": ["at_s", "period_s"],
      "properties": {
        "at_s": {
          "description": "Times from the start of the period, not falling.",
          "type": "array",
          "minItems": 1,
          "maxItems": 65536,
          "items": {
            "description": "A time: seconds, or a string with a unit.",
            "unit": "s",
            "oneOf": [
              {"type": "number", "minimum": 0, "maximum": 604800},
              {"$ref": "#/definitions/time"}
            ]
          }
        },
        "period_s": { "$ref": "#/definitions/part_time" }
      }
    })",
    .example = R"({"at_s": [0, 0.0005, 0.0005, 0.01], "period_s": 0.02})",
    .has_rates = true,
    .compile = compile,
};

}  // namespace nmgen
