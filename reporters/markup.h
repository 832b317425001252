// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

namespace nmgen {

// Text between tags, or in a quoted attribute, of XML 1.0 and of HTML. What no XML document may
// hold (control characters, bytes that are no UTF-8) becomes U+FFFD.
std::string escape_markup(std::string_view text);

}  // namespace nmgen
