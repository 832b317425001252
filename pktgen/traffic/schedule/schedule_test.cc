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
    if (kind->has_rates)
      continue;
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

// Then there is one rate only.
TEST(Schedule, OneWithRatesTakesNoOther) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    if (!kind->has_rates)
      continue;
    const ScheduleSpec spec{kind->name, kind->example};
    const Result<Timetable> twice = spec.compile({1000, 64, 10e9, 1e9});
    ASSERT_FALSE(twice) << kind->name;
    EXPECT_EQ(twice.error().cause, "it has rates of its own");
    const Result<Timetable> table = spec.compile({0, 64, 10e9, 2.7e9});
    ASSERT_TRUE(table) << kind->name;
    ASSERT_TRUE(table->paced()) << kind->name;
    // Hours later the mean is still the mean of a period.
    EXPECT_NEAR(static_cast<double>(table->due_within(3600 * 2.7e9)),
                3600 * 2.7e9 / table->mean_ticks(), table->most_ahead() + 1)
        << kind->name;
  }
}

// Workers that share a schedule have its frames, each of them once and at its time.
TEST(Schedule, LanesHaveTheFramesOfTheWhole) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    const Timetable whole = compile(*kind, {kind->has_rates ? 0 : 12'345.678, 64, 10e9, 2.7e9});
    for (unsigned lanes : {2u, 3u, 16u}) {
      for (unsigned lane = 0; lane < lanes; lane++) {
        const Timetable part = whole.lane(lane, lanes).starting(999);
        for (uint64_t i = 0; i < 3000; i++)
          ASSERT_NEAR(static_cast<double>(part.due_tsc(i)),
                      static_cast<double>(999 + whole.due_tsc(lane + i * lanes)), 2)
              << kind->name << " " << lane << " of " << lanes << ", frame " << i;
        for (uint64_t ms = 0; ms < 3000; ms += 7) {
          const uint64_t now = 999 + ms * 2'700'000, due = whole.due(now - 999);
          ASSERT_NEAR(static_cast<double>(part.due(now)),
                      static_cast<double>((due + lanes - 1 - lane) / lanes), 1)
              << kind->name;
        }
      }
    }
  }
}

// What is due never falls, and agrees with the times of the frames.
TEST(Schedule, EachCountsAsItsTimesSay) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    const Timetable table = compile(*kind, {kind->has_rates ? 0 : 1000.0, 64, 10e9, 2.7e9});
    for (uint64_t i = 1; i < 20'000; i++) {
      const uint64_t at = table.due_tsc(i);
      ASSERT_GE(at, table.due_tsc(i - 1)) << kind->name << " frame " << i;
      ASSERT_GE(table.due(at + 2), i + 1) << kind->name << " frame " << i;
      if (at > 2) {
        ASSERT_LE(table.due(at - 3), i) << kind->name << " frame " << i;
      }
    }
  }
}

// In any clock's ticks a frame is due at the same time.
TEST(Schedule, EachHasTheSameTimesInEveryClock) {
  for (const ScheduleKind* kind : schedule_kinds()) {
    const double pps = kind->has_rates ? 0 : 1000;
    const Timetable ns = compile(*kind, {pps, 64, 10e9, 1e9});
    const Timetable ticks = compile(*kind, {pps, 64, 10e9, 2.5e9});
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
