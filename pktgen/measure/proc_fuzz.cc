// SPDX-License-Identifier: BSD-2-Clause
// Any text through the parsers of /proc: no crash, no read outside the text, no absurd value.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "pktgen/measure/proc.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy on the heap of exactly this size, so that a read behind it is seen.
  std::unique_ptr<char[]> copy(new char[size]);
  for (size_t i = 0; i < size; ++i)
    copy[i] = static_cast<char>(data[i]);
  std::string_view text(copy.get(), size);

  nmgen::parse_schedstat(text);
  nmgen::parse_status_number(text, "nonvoluntary_ctxt_switches");
  for (int cpu : {-1, 0, 1, 1023})
    nmgen::parse_steal_ticks(text, cpu);
  if (nmgen::parse_cpu_model(text).empty())
    std::abort();
  std::optional<double> load = nmgen::parse_load(text);
  if (load && !(*load >= 0 && std::isfinite(*load)))
    std::abort();
  if (nmgen::trimmed(text).size() > size)
    std::abort();
  return 0;
}
