// SPDX-License-Identifier: BSD-2-Clause
// Reads JSON that nobody has looked at yet.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "pktgen/error.h"

namespace nmgen {

inline constexpr size_t kMaxScenarioBytes = 16 << 20;
inline constexpr size_t kMaxJsonDepth = 64;

// The document in `text`, which is UTF-8 JSON (RFC 8259) of at most kMaxScenarioBytes, nested at
// most kMaxJsonDepth deep, without a key twice in one object and without a number beyond a double's
// range. Time and memory grow with the text's length only, whatever is in it. Any thread.
Result<nlohmann::json> parse_json_text(std::string_view text, const std::string& file);

// Whether the text is UTF-8 (RFC 3629) without NUL.
bool is_utf8(std::string_view text);

// What messages call it: the file's path, or words for "-".
std::string name_of_scenario(const std::string& file);

// The whole of a file (or pipe), of at most kMaxScenarioBytes; never empty. "-" is standard input.
Result<std::string> read_text_file(const std::string& file);

}  // namespace nmgen
