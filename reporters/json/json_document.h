// SPDX-License-Identifier: BSD-2-Clause
// What all of nmgen's JSON files have in common: a text that is JSON, and names its schema.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pktgen/error.h"

namespace nmgen {

// A kind of file. Its words stand in sentences: "cannot read record a.json", "or record it again".
struct DocumentKind {
  const char* name;    // "record"
  const char* schema;  // "nmgen-result/1"
  const char* again;   // how to come by another: "run the scenario again"

  // What to do about a file that is not as it was written.
  std::string restore() const;
};

// The document in `text`, which is an object with the kind's schema. `name` (a file) is for
// messages. Errors: no JSON or cut short, nested deeper than any file of ours, another schema.
// Any thread.
Result<nlohmann::ordered_json> parse_document(std::string_view text, const std::string& name,
                                              const DocumentKind& kind);

}  // namespace nmgen
