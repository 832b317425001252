// SPDX-License-Identifier: BSD-2-Clause
// What a record says, as text of at most 80 columns (but for words that are longer by themselves).
#pragma once

#include <string>
#include <string_view>

#include "pktgen/measure/record.h"

namespace nmgen {

// Colours by ANSI escape sequences (ECMA-48, SGR), or none.
class Paint {
 public:
  explicit Paint(bool colour) : colour_(colour) {}

  std::string good(std::string_view text) const { return paint("1;32", text); }
  std::string bad(std::string_view text) const { return paint("1;31", text); }
  std::string doubtful(std::string_view text) const { return paint("1;33", text); }
  std::string strong(std::string_view text) const { return paint("1", text); }
  std::string faint(std::string_view text) const { return paint("2", text); }

 private:
  std::string paint(const char* code, std::string_view text) const;
  bool colour_;
};

// The verdict, the scenario, the device, and under them the reasons. Several lines.
std::string verdict_text(const Record& record, Paint paint);

// All of it: verdict_text(), the figures, the workers, the machine. Ends with a line end.
std::string summary_text(const Record& record, Paint paint);

}  // namespace nmgen
