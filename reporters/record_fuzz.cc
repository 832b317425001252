// SPDX-License-Identifier: BSD-2-Clause
// Any bytes as a record: refused with a sentence, or read, and then written and read again as they
// were, and told by every report.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reporters/console/summary.h"
#include "reporters/json/json_record.h"
#include "reporters/report.h"

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
  for (const Report* report : reports())
    if (const Result<std::string> told = report->text(*record); !told || told->empty())
      std::abort();
  Result<std::string> written = record_to_json(*record);
  if (!written)
    std::abort();
  Result<Record> again = record_from_json(*written, "fuzz");
  if (!again || *record_to_json(*again) != *written)
    std::abort();
  return 0;
}
