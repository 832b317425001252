// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/schedule/schedule.h"

#include <nlohmann/json.hpp>

namespace nmgen {

std::span<const ScheduleKind* const> schedule_kinds() {
#define NMGEN_SCHEDULE(name) &name##_schedule,
  static constexpr const ScheduleKind* kKinds[] = {
#include "pktgen/traffic/schedule/schedule_list.h"
  };
#undef NMGEN_SCHEDULE
  return kKinds;
}

Rate rate_from_json(const nlohmann::json& rate) {
  for (const RateUnit& unit : rate_units())
    if (rate.is_object() && rate.contains(unit.key))
      return Rate{unit.unit, rate.at(unit.key).get<double>()};
  return Rate{};
}

Result<Timetable> ScheduleSpec::compile(const ScheduleRequest& request) const {
  for (const ScheduleKind* kind : schedule_kinds())
    if (name == kind->name)
      return kind->compile(request, nlohmann::json::parse(options));
  return fail("cannot compile the schedule " + name, "there is no such schedule",
              "use one of pktgen/traffic/schedule");
}

}  // namespace nmgen
