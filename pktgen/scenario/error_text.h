// SPDX-License-Identifier: BSD-2-Clause
// How this room's errors say where they are and what to write instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pktgen/error.h"

namespace nmgen {

// An Error that reads "scenario FILE, PATH: cause; remedy". `path` is a JSON pointer (RFC 6901),
// empty for the whole document.
tl::unexpected<Error> fail_at(const std::string& file, const std::string& path, std::string cause,
                              std::string remedy);

// `path` + "/" + key, escaped as RFC 6901 asks.
std::string child_path(const std::string& path, std::string_view key);
std::string child_path(const std::string& path, size_t index);

// `text` in double quotes, fit for a line of a message: control characters replaced, long text cut.
std::string in_quotes(std::string_view text);

// "a", "a or b", "a, b or c".
std::string listed(const std::vector<std::string>& words, const char* last = "or");

// The candidate a user most likely meant by `word` (a few letters wrong, or the beginning of it);
// empty where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// A number as a person writes it: no exponent where it is whole and below 2^53.
std::string number_text(double value);

}  // namespace nmgen
