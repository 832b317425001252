// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/csv.h"

#include <fmt/format.h>

#include "reporters/record_fields.h"

namespace nmgen {
namespace {

struct Names {
  static constexpr bool kWrites = true;
  std::string text = "run";

  template <class T>
  void operator()(const char* name, const T&) {
    text += fmt::format(",{}", name);
  }
};

struct Cells {
  static constexpr bool kWrites = true;
  std::string text;

  template <class T>
  void operator()(const char*, const T& value) {
    // The shortest text that is read back as the same number.
    text += fmt::format(",{}", value);
  }
};

}  // namespace

std::string csv_text(const Record& record) {
  Names names;
  visit_fields(names, IntervalRecord{});
  std::string text = names.text + "\n";
  for (size_t run = 0; run < record.runs.size(); run++) {
    for (const IntervalRecord& interval : record.runs[run].intervals) {
      Cells cells{fmt::format("{}", run + 1)};
      visit_fields(cells, interval);
      text += cells.text + "\n";
    }
  }
  return text;
}

}  // namespace nmgen
