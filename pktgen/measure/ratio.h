// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace nmgen {

// `part` of `whole`, which may be counts or not; 0 where there is no whole.
template <typename Part, typename Whole>
constexpr double ratio(Part part, Whole whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace nmgen
