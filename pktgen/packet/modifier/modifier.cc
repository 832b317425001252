// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/modifier/modifier.h"

namespace nmgen {

std::span<const ModifierKind* const> modifier_kinds() {
#define NMGEN_MODIFIER(name) &name##_modifier,
  static constexpr const ModifierKind* kKinds[] = {
#include "pktgen/packet/modifier/modifier_list.h"
  };
#undef NMGEN_MODIFIER
  return kKinds;
}

}  // namespace nmgen
