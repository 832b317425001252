// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

// Its transport sum's field, or 0.
uint16_t covering_sum(const BuiltFrame& frame, const FrameField& field) {
  const bool has_pseudo_header = frame.l4 != 0 && !(frame.is_ip4 && frame.is_icmp);
  const bool is_covered = (field.sums & kTransportSum) != 0 ||
                          ((field.sums & kPseudoHeaderSum) != 0 && has_pseudo_header);
  return is_covered ? frame.l4_checksum : 0;
}

}  // namespace

Result<FieldPatcher> FieldPatcher::prepare(const BuiltFrame& frame, const FrameField& field) {
  if (!field.layer->is_in(frame))
    return fail(fmt::format("cannot vary {}", field.name), "the frame has no such field",
                fmt::format("add \"{}\" to the frame, or vary another field", field.layer->name));
  constexpr unsigned kWord = 4;
  const unsigned layer = field.layer->offset(frame), end = layer + field.end;
  FieldPatcher patcher;
  patcher.ip_checksum_ = (field.sums & kIpHeaderSum) != 0 ? frame.ip_checksum : 0;
  patcher.l4_checksum_ = covering_sum(frame, field);
  // A field at the start of a header that has a sum is patched with what is behind it in the same
  // four bytes, so that the four bytes never begin in another header's part of a sum.
  const bool starts_sum = (field.sums & kTransportSum) != 0 && field.end < kWord;
  patcher.offset_ = static_cast<uint16_t>(starts_sum ? layer : end - kWord);
  patcher.shift_ = static_cast<uint8_t>(starts_sum ? 8 * (kWord - field.end) : 0);
  patcher.mask_ = static_cast<uint32_t>((field.values() - 1) << patcher.shift_);
  patcher.own_ = (get32(frame.bytes.data() + patcher.offset_) & patcher.mask_) >> patcher.shift_;
  patcher.is_udp_ = frame.is_udp;
  return patcher;
}

Result<FrameVariations> FrameVariations::prepare(const BuiltFrame& frame,
                                                 std::span<const FieldModifier> modifiers) {
  FrameVariations result;
  result.bytes_ = frame.bytes;
  for (size_t i = 0; i < modifiers.size(); i++) {
    const FieldModifier& modifier = modifiers[i];
    const std::string what = fmt::format("cannot vary {}", modifier.field->name);
    const bool twice =
        std::any_of(modifiers.begin(), modifiers.begin() + static_cast<ptrdiff_t>(i),
                    [&](const FieldModifier& before) { return before.field == modifier.field; });
    if (twice)
      return fail(what, "it is listed twice", "list it once, with the product of the counts");
    if (modifier.count == 0)
      return fail(what, "it would take no values", "use a count of 1 or more");
    Result<FieldPatcher> patcher = FieldPatcher::prepare(frame, *modifier.field);
    if (!patcher)
      return tl::unexpected(patcher.error());
    result.digits_.push_back({*patcher, modifier});
    if (__builtin_mul_overflow(result.flows_, uint64_t{modifier.count}, &result.flows_))
      return fail(what, "there are more than 2^64 flows", "use smaller counts");
  }
  return result;
}

void FrameVariations::set_flow(uint8_t* bytes, uint64_t flow) const {
  for (const Digit& digit : digits_) {
    const FieldModifier& modifier = digit.modifier;
    const uint32_t k = static_cast<uint32_t>(flow % modifier.count);
    digit.patcher.set(bytes, modifier.values->at(k, digit.patcher.own()));
    flow /= modifier.count;
  }
}

std::vector<uint8_t> FrameVariations::flow_bytes(uint64_t flow) const {
  std::vector<uint8_t> bytes = bytes_;
  set_flow(bytes.data(), flow);
  return bytes;
}

}  // namespace nmgen
