// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/traffic/plan.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nmgen {
namespace {

constexpr uint64_t kLongestCycle = uint64_t{1} << 20;

// After how many frames the streams take turns in the same order again.
uint64_t turn_length(const std::vector<const StreamSpec*>& streams) {
  if (streams.size() == 1)
    return 1;
  uint64_t total = 0;
  for (const StreamSpec* stream : streams)
    total += stream->weight;
  return total;
}

// The stream of each position of a cycle: always the one that is furthest behind its share,
// the first of equals.
std::vector<uint32_t> interleave(const std::vector<const StreamSpec*>& streams,
                                 uint64_t positions) {
  int64_t total = 0;
  for (const StreamSpec* stream : streams)
    total += stream->weight;
  std::vector<int64_t> credit(streams.size(), 0);
  std::vector<uint32_t> order(positions);
  for (uint32_t& position : order) {
    for (size_t i = 0; i < streams.size(); i++)
      credit[i] += streams[i]->weight;
    size_t most =
        static_cast<size_t>(std::max_element(credit.begin(), credit.end()) - credit.begin());
    credit[most] -= total;
    position = static_cast<uint32_t>(most);
  }
  return order;
}

// The shortest cycle in which every stream has been through all its flows, if that is not too long.
uint64_t cycle_length(const std::vector<const StreamSpec*>& streams) {
  if (streams.size() == 1)
    return std::min(streams[0]->flows, kLongestCycle);
  uint64_t total = 0, turns = 1;
  for (const StreamSpec* stream : streams) {
    const uint64_t weight = std::max(1U, stream->weight);
    total += weight;
    turns = std::max(turns, (stream->flows + weight - 1) / weight);
  }
  if (total == 0)
    return 0;
  return std::max(total, std::min(total * turns, kLongestCycle / total * total));
}

}  // namespace

Result<TrafficPlan> TrafficPlan::compile(const Scenario& scenario, const SenderSpec& sender) {
  TrafficPlan plan;
  plan.probe_every_ = scenario.probe_every;
  std::vector<const StreamSpec*> specs;
  for (const std::string& name : sender.streams) {
    const StreamSpec* spec = scenario.stream(name);
    if (spec == nullptr)
      return fail("cannot send stream " + name, "the scenario has no such stream",
                  "add it under \"streams\", or correct the name");
    specs.push_back(spec);

    const bool probed = scenario.probe_every != 0;
    Result<BuiltFrame> frame =
        build_frame(spec->frame, probed ? ProbeSpace::kReserved : ProbeSpace::kNone);
    if (!frame)
      return tl::unexpected<Error>(frame.error());
    Result<FrameVariations> variations = FrameVariations::prepare(*frame, spec->vary);
    if (!variations)
      return tl::unexpected<Error>(variations.error());
    PlannedStream stream;
    stream.number = static_cast<size_t>(spec - scenario.streams.data());
    stream.size_no_crc = static_cast<uint16_t>(spec->frame.size_no_crc);
    stream.probe_offset = probed ? frame->probe : uint16_t{0};
    stream.frame = std::move(*frame);
    stream.variations = std::move(*variations);
    plan.streams_.push_back(std::move(stream));
  }

  std::vector<uint32_t> order = interleave(specs, cycle_length(specs));
  plan.stream_order_ =
      StreamOrder({order.begin(), order.begin() + static_cast<ptrdiff_t>(turn_length(specs))},
                  specs.size(), plan.probe_every_);
  std::vector<uint64_t> next_flow(specs.size(), 0);
  uint64_t bytes = 0;
  for (uint32_t stream : order) {
    plan.cycle_.push_back({stream, static_cast<uint32_t>(next_flow[stream])});
    next_flow[stream] = (next_flow[stream] + 1) % specs[stream]->flows;
    plan.bytes_before_.push_back(bytes);
    bytes += plan.streams_[stream].size_no_crc + kCrcBytes;
  }
  plan.bytes_before_.push_back(bytes);
  return plan;
}

uint64_t TrafficPlan::bytes_with_crc(uint64_t frames) const {
  return frames / cycle_.size() * bytes_before_.back() + bytes_before_[frames % cycle_.size()];
}

double TrafficPlan::mean_size_with_crc() const {
  return static_cast<double>(bytes_before_.back()) / static_cast<double>(cycle_.size());
}

uint16_t TrafficPlan::largest_size_no_crc() const {
  uint16_t largest = 0;
  for (const PlannedStream& stream : streams_)
    largest = std::max(largest, stream.size_no_crc);
  return largest;
}

void TrafficPlan::write_frame(const PlannedFrame& frame, uint8_t* to) const {
  const PlannedStream& stream = streams_[frame.stream];
  std::memcpy(to, stream.frame.bytes.data(), stream.frame.bytes.size());
  stream.variations.set_flow(to, frame.flow);
}

std::vector<uint16_t> TrafficPlan::probe_offsets() const {
  std::vector<uint16_t> offsets;
  for (const PlannedStream& stream : streams_) {
    if (stream.probe_offset != 0 &&
        std::find(offsets.begin(), offsets.end(), stream.probe_offset) == offsets.end())
      offsets.push_back(stream.probe_offset);
  }
  return offsets;
}

}  // namespace nmgen
