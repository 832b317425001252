// SPDX-License-Identifier: BSD-2-Clause
// What holds of every schedule.
#include "pktgen/traffic/schedule/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace nmgen {
namespace {

using nlohmann::json;

Timetable compile(const ScheduleKind& kind, const ScheduleRequest& request) {
  const ScheduleSpec spec{kind.name, kind.example};
  Result<Timetable> table = spec.compile(request);
  EXPECT_TRUE(table) << kind.name << ": " << table.error().sentence();
  return table ? *table : Timetable();
}

TEST(Schedule, TheFirstIsConstant) {
  EXPECT_EQ(ScheduleSpec().name, "constant");
}

TEST(Schedule, AnUnknownNameIsASentence) {
  const Result<Timetable> table = ScheduleSpec{"never", "{}"}.compile({});
  ASSERT_FALSE(table);
  EXPECT_NE(table.error().sentence().find("never"), std::string::npos);
}

TEST(Schedule, EachKeepsItsMeanRate) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    for (double pps : {10.0, 12'345.678}) {
      const ScheduleRequest request{pps, 64, 10e9, 2.7e9};
      const Timetable table = compile(*kind, request);
      ASSERT_TRUE(table.paced()) << kind->name;
      EXPECT_NEAR(table.mean_ticks(), request.hz / pps, 1e-9 * request.hz / pps) << kind->name;
      EXPECT_EQ(table.due_tsc(0), 0u) << kind->name;
      const double seconds = 3600;
      EXPECT_NEAR(static_cast<double>(table.due_within(seconds * request.hz)), pps * seconds,
                  table.most_ahead() + 1)
          << kind->name;
    }
  }
}

// In any clock's ticks a frame is due at the same time.
TEST(Schedule, EachHasTheSameTimesInEveryClock) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    const Timetable ns = compile(*kind, {1000, 64, 10e9, 1e9});
    const Timetable ticks = compile(*kind, {1000, 64, 10e9, 2.5e9});
    for (uint64_t i = 0; i < 1000; i++)
      ASSERT_NEAR(static_cast<double>(ticks.due_tsc(i)), 2.5 * static_cast<double>(ns.due_tsc(i)),
                  6)
          << kind->name << " frame " << i;
  }
}

TEST(Schedule, EachHasItsExampleInItsSchemaAndItsPage) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    const json schema = json::parse(kind->schema);
    const json example = json::parse(kind->example);
    EXPECT_EQ(schema.at("additionalProperties"), false) << kind->name;
    for (const auto& key : schema.at("properties").items())
      EXPECT_TRUE(example.contains(key.key())) << kind->name << " " << key.key();
    EXPECT_TRUE(
        std::filesystem::exists("pktgen/traffic/schedule/" + std::string(kind->name) + ".md"))
        << kind->name;
  }
}

}  // namespace
}  // namespace nmgen
