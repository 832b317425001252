// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pktgen/error.h"

namespace nmgen {

// Puts plain numbers in place of quantities with a unit ("1 min" for duration_s: 60), wherever the
// schema has a key with a unit, and {"pps": N} and the like in place of a rate's short forms. So
// what is checked, recorded and hashed does not depend on how a value was written. What is no
// quantity's string is left alone. Error: a string that is none of the key's forms. Any thread.
Result<void> make_values_plain(nlohmann::json& document, const std::string& file);

}  // namespace nmgen
