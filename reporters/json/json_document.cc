// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/json_document.h"

#include <fmt/format.h>

#include <cstddef>

namespace nmgen {
namespace {

using Json = nlohmann::ordered_json;

// A baseline, which has a record in it, is eight deep; what is deeper is none, and is not worth a
// parser's memory.
constexpr size_t kMaxDepth = 16;

// Whether brackets nest deeper than any record's. Brackets in strings do not count.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); i++) {
    const char letter = text[i];
    if (in_string) {
      if (letter == '\\')
        i++;
      else if (letter == '"')
        in_string = false;
      continue;
    }
    if (letter == '"')
      in_string = true;
    else if ((letter == '[' || letter == '{') && ++depth > kMaxDepth)
      return true;
    else if ((letter == ']' || letter == '}') && depth > 0)
      depth--;
  }
  return false;
}

}  // namespace

std::string DocumentKind::restore() const {
  return fmt::format("take the file as nmgen wrote it, or {}", again);
}

Result<Json> parse_document(std::string_view text, const std::string& name,
                            const DocumentKind& kind) {
  const std::string what = fmt::format("cannot read {} {}", kind.name, name);
  if (too_deep(text))
    return fail(what, fmt::format("it is nested more than {} deep", kMaxDepth), kind.restore());
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& error) {
    if (error.byte > text.size())
      return fail(what, fmt::format("it ends in the middle, after {} bytes", text.size()),
                  fmt::format("it was cut short: copy it again, or {}", kind.again));
    return fail(what, fmt::format("it is no JSON from byte {} on", error.byte), kind.restore());
  } catch (const Json::exception&) {
    return fail(what, "a number in it is out of range", kind.restore());
  }
  if (!document.is_object() || !document.contains("schema") || !document["schema"].is_string())
    return fail(what, "it does not say which schema it follows", "give a file that nmgen wrote");
  if (document["schema"] != kind.schema)
    return fail(what,
                fmt::format("it follows schema \"{:.40}\", not \"{}\"",
                            document["schema"].get<std::string>(), kind.schema),
                fmt::format("read it with the nmgen that wrote it, or {}", kind.again));
  return document;
}

}  // namespace nmgen
