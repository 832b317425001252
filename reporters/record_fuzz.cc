// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a record: refused with a sentence, or read, and then written and read again as they
// were.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reporters/json_record.h"
#include "reporters/summary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nmgen;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Record> record = record_from_json(text, "fuzz");
  if (!record) {
    if (record.error().sentence().empty())
      std::abort();
    return 0;
  }
  if (summary_text(*record, Paint(true)).empty())
    std::abort();
  Result<std::string> written = record_to_json(*record);
  if (!written)
    std::abort();
  Result<Record> again = record_from_json(*written, "fuzz");
  if (!again || *record_to_json(*again) != *written)
    std::abort();
  return 0;
}
