// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/show/frame_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "pktgen/measure/rate.h"
#include "pktgen/packet/probe.h"
#include "pktgen/scenario/error_text.h"

namespace nmgen {
namespace {

// Some 292 years: what is due later is shown as due then.
constexpr double kLastNs = 9.2e18;
constexpr double kTicksPerNs = 2;    // times are rounded to the nearest ns
constexpr double kUnknownPps = 1e6;  // shown where a rate is not known

// 0 where only the open port can tell.
double speed_bps(const Scenario& scenario, const std::string& name) {
  const PortSpec* port = scenario.port(name);
  return port == nullptr ? 0 : port->speed_bps;
}

// 0 where it is not known.
double entry_pps(const Rate& rate, double size_with_crc, double speed) {
  if (rate.unit == Rate::Unit::kMax)
    return line_rate_pps(speed, size_with_crc);
  return rate_pps(rate, size_with_crc, speed).value_or(0);
}

}  // namespace

uint32_t FrameWalk::magic() {
  return probe_magic(0);
}

uint64_t FrameWalk::Source::time_ns() const {
  if (static_cast<double>(index) * due.mean_ticks() >= kLastNs * kTicksPerNs)
    return static_cast<uint64_t>(kLastNs);
  const uint64_t half_ns = due.due_tsc(index);
  return half_ns / 2 + half_ns % 2;
}

void FrameWalk::Source::skip_unwanted() {
  const std::vector<PlannedFrame>& cycle = plan.cycle();
  while (!wanted[cycle[index % cycle.size()].stream])
    index++;
}

Result<FrameWalk> FrameWalk::prepare(const Scenario& scenario, uint64_t count,
                                     const std::string& stream) {
  FrameWalk walk;
  uint16_t number = 0;
  bool found = stream.empty();
  for (const SenderSpec& sender : scenario.senders) {
    Result<TrafficPlan> plan = TrafficPlan::compile(scenario, sender);
    if (!plan)
      return tl::unexpected<Error>(plan.error());
    Source source;
    bool any = false;
    for (const std::string& name : sender.streams) {
      source.wanted.push_back(stream.empty() || name == stream);
      any = any || source.wanted.back();
    }
    found = found || any;
    source.plan = std::move(*plan);
    const double size = source.plan.mean_size_with_crc();
    const double speed = speed_bps(scenario, sender.port);
    const bool has_rates = sender.schedule.kind()->has_rates;
    double entry = has_rates ? 0 : entry_pps(sender.rate, size, speed);
    const double compiled = has_rates || entry > 0 ? entry : kUnknownPps;
    Result<Timetable> due =
        sender.schedule.compile({compiled, size, speed, kTicksPerNs * 1e9, scenario.directory()});
    if (!due)
      return tl::unexpected<Error>(due.error());
    if (has_rates)
      entry = kTicksPerNs * 1e9 / due->mean_ticks();
    source.due = due->lane(0, sender.workers);
    source.pps = entry / sender.workers;
    source.number = number;
    source.left = any ? count : 0;
    if (any)
      source.skip_unwanted();
    number = static_cast<uint16_t>(number + sender.workers);
    walk.sources_.push_back(std::move(source));
  }
  if (!found) {
    std::vector<std::string> names;
    for (const StreamSpec& spec : scenario.streams)
      names.push_back(spec.name);
    const std::string near = nearest(stream, names);
    return fail("cannot show stream " + in_quotes(stream), "no sender has a stream with that name",
                near.empty() || near == stream
                    ? "the scenario's streams are " + listed(names, "and")
                    : fmt::format("did you mean {}?", near));
  }
  return walk;
}

bool FrameWalk::next(WalkedFrame* frame) {
  Source* source = nullptr;
  for (Source& candidate : sources_)
    if (candidate.left > 0 && (source == nullptr || candidate.time_ns() < source->time_ns()))
      source = &candidate;
  if (source == nullptr)
    return false;

  const std::vector<PlannedFrame>& cycle = source->plan.cycle();
  const PlannedFrame& planned = cycle[source->index % cycle.size()];
  frame->sender = static_cast<unsigned>(source - sources_.data());
  frame->index = source->index;
  frame->time_ns = source->time_ns();
  frame->stream = &source->plan.streams()[planned.stream];
  frame->bytes.resize(frame->stream->size_no_crc);
  source->plan.write_frame(planned, frame->bytes.data());
  const uint32_t every = source->plan.probe_every();
  if (every != 0 && source->index % every == 0)
    write_probe(frame->bytes.data() + frame->stream->probe_offset,
                make_probe_template(magic(), source->number),
                static_cast<uint32_t>(source->index / every), 0);
  source->left--;
  source->index++;
  source->skip_unwanted();
  return true;
}

std::string rate_words(const SenderSpec& sender) {
  const Rate& rate = sender.rate;
  if (sender.schedule.kind()->has_rates)
    return "of its schedule";
  if (rate.unit == Rate::Unit::kMax)
    return "max";
  return number_text(rate.value) + " " + rate_unit(rate.unit).meaning;
}

}  // namespace nmgen
