// SPDX-License-Identifier: BSD-2-Clause
// A record as JSON, nmgen-result/1; reporters/schema/ describes it.
#pragma once

#include <string>
#include <string_view>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"

namespace nmgen {

// The record as a JSON text with a line end, laid out for people too: a line for each interval and
// worker. Error: a figure that is not finite, which JSON cannot say and a record must not have.
// Bytes of strings that are no UTF-8 are replaced. Any thread.
Result<std::string> record_to_json(const Record& record);

// Reads such a text back, and is as strict as the schema. `name` (a file) is for messages. Errors:
// no JSON or cut short, another schema version, a field that is missing, unknown, of the wrong type
// or out of its range. Any thread.
Result<Record> record_from_json(std::string_view text, const std::string& name);

}  // namespace nmgen
