// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/schedule/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

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

Result<double> part_pps(const char* what, const ScheduleRequest& request, const Rate& rate) {
  constexpr double kLineTolerance =
      1e-9;  // a line's rate written with 10 digits is the line's rate
  const std::optional<double> pps = rate_pps(rate, request.size_with_crc, request.speed_bps);
  const bool is_max = rate.unit == Rate::Unit::kMax;
  if (!pps || (is_max && !(request.speed_bps > 0)))
    return fail(
        what, "the speed of the link is not known",
        is_max ? "give a rate in pps, bps_l1 or bps_l2" : "give the rate in pps, bps_l1 or bps_l2");
  if (!(request.speed_bps > 0))
    return *pps;
  const double line = line_rate_pps(request.speed_bps, request.size_with_crc);
  if (*pps > line * (1 + kLineTolerance))
    return fail(what, fmt::format("{:g} frames/s are more than the line carries", *pps),
                fmt::format("use {:.0f} pps or less, or \"max\"", std::floor(line)));
  return is_max ? line : *pps;
}

Result<double> part_pps(const char* what, const ScheduleRequest& request,
                        const nlohmann::json& options, const char* key) {
  if (!options.contains(key))
    return 0;
  return part_pps(what, request, rate_from_json(options.at(key)));
}

namespace {

// Frames that are due in a time in which `count` would be, the first at once. A frame that is due
// at the end belongs to what follows; a whole number is that number, however it was rounded.
uint64_t whole_frames(double count) {
  constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();
  return static_cast<uint64_t>(std::max(1.0, std::ceil(count * (1 - kRounding) - 1e-9)));
}

}  // namespace

void StretchList::add_frames(double start_s, uint64_t frames, FixedTicks spacing) {
  stretches_.push_back({static_cast<uint64_t>(start_s * request_.hz), frames, spacing});
  frames_ += frames;
}

void StretchList::add(double pps, double seconds) {
  if (pps > 0)
    add_frames(seconds_, whole_frames(seconds * pps), ticks_ratio(request_.hz, pps));
  seconds_ += seconds;
}

void StretchList::add_ramp(double from_pps, double to_pps, double seconds) {
  // As many pieces of constant rate, of one length, where there are more frames.
  constexpr int kPieces = 4096;
  const double slope = (to_pps - from_pps) / seconds;
  // Frames due before t, and their inverse: the time of frame n.
  const auto frames_at = [&](double t) { return from_pps * t + slope * t * t / 2; };
  const auto time_of = [&](double n) {
    // The root of slope/2 t^2 + from t - n that lies in the ramp, without cancellation.
    const double root = std::sqrt(std::max(0.0, from_pps * from_pps + 2 * slope * n));
    return n > 0 ? 2 * n / (from_pps + root) : 0;
  };
  const double total = static_cast<double>(whole_frames(frames_at(seconds)));
  double first = 0;
  for (int piece = 1; piece <= kPieces; piece++) {
    const double end = piece == kPieces
                           ? total
                           : std::min(total, std::round(frames_at(seconds * piece / kPieces)));
    if (end <= first)
      continue;
    const double start_s = time_of(first), end_s = std::min(seconds, time_of(end));
    add_frames(seconds_ + start_s, static_cast<uint64_t>(end - first),
               ticks_ratio((end_s - start_s) * request_.hz, end - first));
    first = end;
  }
  seconds_ += seconds;
}

Result<Timetable> StretchList::finish() const {
  if (stretches_.empty())
    return fail(what_, "no frame is due in all its time", "give a part a rate");
  if (frames_ > Timetable::kMostFrames)
    return fail(what_, fmt::format("{} frames until it begins again are too many", frames_),
                "use shorter times, or lower rates");
  return Timetable::repeating(stretches_, ticks_ratio(seconds_ * request_.hz, 1));
}

const ScheduleKind* ScheduleSpec::kind() const {
  for (const ScheduleKind* each : schedule_kinds())
    if (name == each->name)
      return each;
  return nullptr;
}

Result<Timetable> ScheduleSpec::compile(const ScheduleRequest& request) const {
  const ScheduleKind* found = kind();
  if (found == nullptr)
    return fail("cannot compile the schedule " + name, "there is no such schedule",
                "use one of pktgen/traffic/schedule");
  if (found->has_rates && request.pps > 0)
    return fail("cannot use the schedule " + name, "it has rates of its own",
                "remove the sender's rate");
  return found->compile(request, nlohmann::json::parse(options));
}

}  // namespace nmgen
