// SPDX-License-Identifier: BSD-2-Clause
// Frame k is due at k / rate.
#include <nlohmann/json.hpp>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json&) {
  return request.pps > 0 ? Timetable::even(ticks_ratio(request.hz, request.pps)) : Timetable();
}

}  // namespace

const ScheduleKind constant_schedule = {
    .name = "constant",
    .schema = R"({
      "description": "Frames evenly spaced, or as fast as possible where the rate is \"max\".",
      "type": "object",
      "additionalProperties": false,
      "properties": {}
    })",
    .example = "{}",
    .has_rates = false,
    .compile = compile,
};

}  // namespace nmgen
