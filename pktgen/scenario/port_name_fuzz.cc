// SPDX-License-Identifier: BSD-2-Clause
// Any text as a port's name: it is refused with a sentence, or what was read holds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pktgen/scenario/port_name.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const nmgen::Result<nmgen::PortName> name = nmgen::parse_port_name(text);
  if (!name) {
    if (name.error().cause.empty() || name.error().remedy.empty())
      std::abort();
    return 0;
  }
  if (name->name.empty() || name->name.size() >= NETMAP_REQ_IFNAMSIZ || name->ring_id > 4095)
    std::abort();
  return 0;
}
