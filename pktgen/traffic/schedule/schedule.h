// SPDX-License-Identifier: BSD-2-Clause
// The schedules that a sender entry may have. Each is a source of this folder with its page, and a
// line of schedule_list.h; the scenario's schema, its errors and the documentation follow from the
// schedule's row.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/measure/rate.h"
#include "pktgen/traffic/schedule/timetable.h"

namespace nmgen {

// What a schedule is compiled for: a sender entry, all its workers together.
struct ScheduleRequest {
  double pps = 0;              // the mean rate; 0: as fast as possible
  double size_with_crc = 0;    // mean of the frames
  double speed_bps = 0;        // of the line; 0: not known
  double hz = 1e9;             // ticks a second of the clock that the times are for
  std::string directory = {};  // of the scenario, for files that it names; empty: the current one
};

struct ScheduleKind {
  const char* name;     // its key in a scenario: {"burst": {...}}
  const char* schema;   // JSON Schema of the object behind that key, with `unit` for quantities
  const char* example;  // such an object, with every key that it may have
  // It says how fast: a sender entry that has it has no rate. The others keep the mean rate.
  bool has_rates;

  // `options`: as the schema has it, quantities as plain numbers. The table begins at 0. Errors:
  // the cause and the remedy; the caller says where.
  Result<Timetable> (*compile)(const ScheduleRequest& request, const nlohmann::json& options);
};

// A rate of the schema, as an object with a unit, or "max"; what is left out (null) is "max" too.
Rate rate_from_json(const nlohmann::json& rate);

// The rate of a part of a schedule in frames a second; "max" is the line's. Errors: it is more than
// the line carries, or the line's speed is needed and not known.
Result<double> part_pps(const char* what, const ScheduleRequest& request, const Rate& rate);

// The same of the rate `key` of `options`; 0 where it is left out.
Result<double> part_pps(const char* what, const ScheduleRequest& request,
                        const nlohmann::json& options, const char* key);

// Stretches one after the other, as a schedule's parts are, in seconds.
class StretchList {
 public:
  StretchList(const char* what, const ScheduleRequest& request) : what_(what), request_(request) {}

  // For `seconds` frames at `pps`, the first at once; at 0, none.
  void add(double pps, double seconds);
  // The same at rates that change evenly from `from_pps` to `to_pps`.
  void add_ramp(double from_pps, double to_pps, double seconds);

  // Errors: no frame is due in all that time, or too many.
  Result<Timetable> finish() const;

 private:
  void add_frames(double start_s, uint64_t frames, FixedTicks spacing);

  const char* what_;
  const ScheduleRequest& request_;
  double seconds_ = 0;
  uint64_t frames_ = 0;
  std::vector<Stretch> stretches_;
};

#define NMGEN_SCHEDULE(name) extern const ScheduleKind name##_schedule;
#include "pktgen/traffic/schedule/schedule_list.h"
#undef NMGEN_SCHEDULE

// All of them, in the order of the list; the first is that of an entry which names none.
std::span<const ScheduleKind* const> schedule_kinds();

// The schedule of a sender entry, as its scenario has it.
struct ScheduleSpec {
  std::string name = schedule_kinds().front()->name;
  std::string options = "{}";  // JSON

  // Null: there is no schedule of that name.
  const ScheduleKind* kind() const;
  Result<Timetable> compile(const ScheduleRequest& request) const;
};

}  // namespace nmgen
