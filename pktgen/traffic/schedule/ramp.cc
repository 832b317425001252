// SPDX-License-Identifier: BSD-2-Clause
// A rate that rises or falls evenly, then begins again.
#include <nlohmann/json.hpp>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make a ramp";

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  const Result<double> from = part_pps(kWhat, request, options, "from");
  if (!from)
    return tl::unexpected<Error>(from.error());
  const Result<double> to = part_pps(kWhat, request, options, "to");
  if (!to)
    return tl::unexpected<Error>(to.error());
  StretchList parts(kWhat, request);
  if (*from + *to > 0)
    parts.add_ramp(*from, *to, options.at("for_s").get<double>());
  return parts.finish();
}

}  // namespace

const ScheduleKind ramp_schedule = {
    .name = "ramp",
    .schema = R"({
      "description": "A rate that rises or falls evenly, then begins again.",
      "type": "object",
      "additionalProperties": false,
      "required": ["for_s"],
      "properties": {
        "from": {
          "description": "Rate at the start. Default: none.",
          "$ref": "#/definitions/rate"
        },
        "to": {
          "description": "Rate at the end. Default: none.",
          "$ref": "#/definitions/rate"
        },
        "for_s": { "$ref": "#/definitions/part_time" }
      }
    })",
    .example = R"({"from": {"pps": 100}, "to": {"pps": 10000}, "for_s": 5})",
    .has_rates = true,
    .compile = compile,
};

}  // namespace nmgen
