// SPDX-License-Identifier: BSD-2-Clause
// A rate that rises or falls evenly, then begins again.
#include <nlohmann/json.hpp>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot make a ramp";

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  double pps[2] = {0, 0};  // a rate that is left out
  const char* const keys[2] = {"from", "to"};
  for (int i = 0; i < 2; i++) {
    if (!options.contains(keys[i]))
      continue;
    const Result<double> end = part_pps(kWhat, request, rate_from_json(options.at(keys[i])));
    if (!end)
      return tl::unexpected<Error>(end.error());
    pps[i] = *end;
  }
  StretchList parts(kWhat, request);
  if (pps[0] + pps[1] > 0)
    parts.add_ramp(pps[0], pps[1], options.at("for_s").get<double>());
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
