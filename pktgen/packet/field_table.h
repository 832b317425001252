// SPDX-License-Identifier: BSD-2-Clause
// The header fields that a stream may vary: a row each. Their names in a scenario, its schema and
// all errors about them are made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "pktgen/packet/builder.h"
#include "pktgen/packet/frame.h"

namespace nmgen {

// A header, by its key in a scenario.
struct FrameLayer {
  std::string_view name;
  bool (*is_in)(const BuiltFrame& frame);
  unsigned (*offset)(const BuiltFrame& frame);  // of its first byte, where it is in the frame
};

// Checksums that cover a field, one or more.
enum FieldSums : uint8_t {
  kNoSum = 0,
  kIpHeaderSum = 1,   // IPv4's
  kTransportSum = 2,  // of the header that the field lies in
  // The transport's, through its pseudo-header: of every transport but ICMP over IPv4.
  kPseudoHeaderSum = 4,
};

struct FrameField {
  std::string_view name;  // "udp.source_port"
  const FrameLayer* layer;
  uint8_t end;   // from the layer's first byte to the one after the field's last
  uint8_t bits;  // that vary, at most 32: the field's lowest
  uint8_t sums;  // FieldSums

  // How many values it can take.
  uint64_t values() const { return uint64_t{1} << bits; }
};

std::span<const FrameField> field_table();

// Null: there is no such field. The row lives as long as the program.
const FrameField* find_field(std::string_view name);

}  // namespace nmgen
