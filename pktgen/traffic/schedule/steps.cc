// SPDX-License-Identifier: BSD-2-Clause
// Rates one after the other, each for a time; with pauses and ramps between them.
#include <nlohmann/json.hpp>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make steps";

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  StretchList parts(kWhat, request);
  for (const nlohmann::json& step : options.at("list")) {
    const double seconds = step.at("for_s").get<double>();
    const Result<double> from = part_pps(kWhat, request, step, "rate");
    if (!from)
      return tl::unexpected<Error>(from.error());
    const Result<double> to = part_pps(kWhat, request, step, "to");
    if (!to)
      return tl::unexpected<Error>(to.error());
    if (step.contains("to"))
      parts.add_ramp(*from, *to, seconds);
    else
      parts.add(*from, seconds);
  }
  return parts.finish();
}

}  // namespace

const ScheduleKind steps_schedule = {
    .name = "steps",
    .schema = R"({
      "description": "Rates one after the other, each for a time, then all of them again.",
      "type": "object",
      "additionalProperties": false,
      "required": ["list"],
      "properties": {
        "list": {
          "description": "The steps in turn.",
          "type": "array",
          "minItems": 1,
          "maxItems": 1024,
          "items": {
            "description": "A rate for a time; without a rate it is a pause, with two a ramp.",
            "type": "object",
            "additionalProperties": false,
            "required": ["for_s"],
            "properties": {
              "rate": {
                "description": "Rate of the step. Default: none, a pause.",
                "$ref": "#/definitions/rate"
              },
              "to": {
                "description": "Rate at the end of the step, which it reaches evenly. Default: the same.",
                "$ref": "#/definitions/rate"
              },
              "for_s": { "$ref": "#/definitions/part_time" }
            }
          }
        }
      }
    })",
    .example = R"({"list": [{"rate": {"pps": 1000}, "for_s": 1},
                            {"rate": {"pps": 1000}, "to": {"pps": 5000}, "for_s": 1},
                            {"for_s": 0.5}]})",
    .has_rates = true,
    .compile = compile,
};

}  // namespace nmgen
