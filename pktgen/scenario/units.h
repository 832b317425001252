// SPDX-License-Identifier: BSD-2-Clause
// Quantities as people write them: "30 s", "1 min", "10 Mpps", "2.5G", "99.9 %". The one table of
// units; scenarios/schema/ states the same forms as patterns, and a test compares the two.
#pragma once

#include <optional>
#include <string_view>

namespace nmgen {

// The value of `text` in the unit `own`, which is one of the table or one of its prefixes with it:
// ("1 min", "s") is 60, ("2 s", "ms") 2000. `text` is a number without a sign, and a unit of the
// same kind, perhaps after a space; without a unit it is in `own`, and with a prefix alone (k, M,
// G, T) in the kind's base unit: ("10M", "pps") is 10,000,000. Nothing: it is none of these.
std::optional<double> parse_quantity(std::string_view text, std::string_view own);

}  // namespace nmgen
