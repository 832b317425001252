// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

#include "nmh_driver.h"

namespace nmgen {

// What the hosted core refuses: its sentence has the cause, a semicolon and the remedy.
class Refusal {
 public:
  nmh_refusal* get() { return &refusal_; }

  std::string cause() const {
    const std::string_view text = text_;
    return std::string(text.substr(0, text.rfind("; ")));
  }
  std::string remedy() const {
    const std::string_view text = text_;
    const size_t remedy = text.rfind("; ");
    return remedy == std::string_view::npos ? "" : std::string(text.substr(remedy + 2));
  }

 private:
  char text_[256] = "";
  nmh_refusal refusal_{text_, sizeof(text_)};
};

}  // namespace nmgen
