// SPDX-License-Identifier: BSD-2-Clause
// Varying header fields of a built frame, with its checksums repaired and not computed anew (RFC
// 1624).
//
// A stream's variations are an odometer: flow k sets the first field to value k mod its count of
// its modifier, the second to value k / (the first count) mod its count, and so on. Values are cut
// off to the bits of the field that may vary (field_table.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pktgen/error.h"
#include "pktgen/packet/builder.h"
#include "pktgen/packet/checksum.h"
#include "pktgen/packet/modifier/modifier.h"

namespace nmgen {

// Where one field of a frame is, and which checksums cover it. Plain data, made once; set() works
// on any copy of the frame it was made for.
class FieldPatcher {
 public:
  // Error: the frame has no such field.
  static Result<FieldPatcher> prepare(const BuiltFrame& frame, const FrameField& field);

  // What the built frame has in the field.
  uint32_t own() const { return own_; }

  // Sets the field in the frame at `bytes` to `value` and repairs the checksums that cover it,
  // whatever value the field had. A few loads and stores; no division, no allocation. Thread-safe
  // on distinct frames.
  void set(uint8_t* bytes, uint32_t value) const {
    // The field lies in four bytes, big endian, whose other bits (`mask_` 0) are kept.
    uint32_t old_word = load32(bytes + offset_);
    uint32_t old_value = __builtin_bswap32(old_word);
    uint32_t word = __builtin_bswap32((old_value & ~mask_) | ((value << shift_) & mask_));
    store32(bytes + offset_, word);
    if (ip_checksum_ != 0)
      store16(bytes + ip_checksum_,
              checksum_update32(load16(bytes + ip_checksum_), old_word, word));
    if (l4_checksum_ != 0) {
      uint16_t repaired = checksum_update32(load16(bytes + l4_checksum_), old_word, word);
      store16(bytes + l4_checksum_, is_udp_ ? udp_checksum_field(repaired) : repaired);
    }
  }

 private:
  uint16_t offset_ = 0;       // of the four bytes, even
  uint16_t ip_checksum_ = 0;  // offsets of the checksums to repair, or 0
  uint16_t l4_checksum_ = 0;
  bool is_udp_ = false;
  uint8_t shift_ = 0;  // of the field in the four bytes as a number
  uint32_t mask_ = 0;
  uint32_t own_ = 0;
};

// All variations of a stream over its built frame.
class FrameVariations {
 public:
  // Errors: a field that the frame has not, or that comes twice; a count of 0; 2^64 flows or more.
  static Result<FrameVariations> prepare(const BuiltFrame& frame,
                                         std::span<const FieldModifier> modifiers);

  // The product of the counts, 1 without any.
  uint64_t flows() const { return flows_; }

  // Turns any flow's bytes (the frame's size) into those of `flow`, taken modulo flows(). Leaves
  // the payload alone. Divides: for frames that are prepared before a run.
  void set_flow(uint8_t* bytes, uint64_t flow) const;

  // A copy of the built frame as `flow`.
  std::vector<uint8_t> flow_bytes(uint64_t flow) const;

 private:
  struct Digit {
    FieldPatcher patcher;
    FieldModifier modifier;
  };

  std::vector<uint8_t> bytes_;
  std::vector<Digit> digits_;
  uint64_t flows_ = 1;
};

}  // namespace nmgen
