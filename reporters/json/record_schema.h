// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <string>

namespace nmgen {

// The JSON Schema (draft 7) of records, made from the list of their fields: every field is
// described, and no other is allowed. It is kept in reporters/schema/nmgen-result-1.json, for
// people and other programs: after a change of the list the build's target `record_schema` writes
// that file anew, and a test fails until then.
std::string record_schema();

}  // namespace nmgen
