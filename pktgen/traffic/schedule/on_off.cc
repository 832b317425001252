// SPDX-License-Identifier: BSD-2-Clause
// Frames at a rate for a time, then none for a time, and again.
#include <nlohmann/json.hpp>

#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

constexpr const char* kWhat = "cannot send on and off";

Result<Timetable> compile(const ScheduleRequest& request, const nlohmann::json& options) {
  const Rate rate = rate_from_json(options.value("rate", nlohmann::json()));
  const Result<double> pps = part_pps(kWhat, request, rate);
  if (!pps)
    return tl::unexpected<Error>(pps.error());
  StretchList parts(kWhat, request);
  parts.add(*pps, options.at("on_s").get<double>());
  parts.add(0, options.at("off_s").get<double>());
  return parts.finish();
}

}  // namespace

const ScheduleKind on_off_schedule = {
    .name = "on_off",
    .schema = R"({
      "description": "Frames at a rate for a time, then none for a time, and again.",
      "type": "object",
      "additionalProperties": false,
      "required": ["on_s", "off_s"],
      "properties": {
        "rate": {
          "description": "Rate while it is on. Default \"max\", the line's.",
          "$ref": "#/definitions/rate"
        },
        "on_s": { "$ref": "#/definitions/part_time" },
        "off_s": { "$ref": "#/definitions/part_time" }
      }
    })",
    .example = R"({"rate": {"pps": 5000}, "on_s": 0.1, "off_s": 0.9})",
    .has_rates = true,
    .compile = compile,
};

}  // namespace nmgen
