// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/error_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace nmgen {
namespace {

constexpr size_t kQuotedChars = 48;
constexpr size_t kPathChars = 200;

// Levenshtein's distance, with the swap of two neighbours as one step (optimal string alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({change, last[j] + 1, now[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

// Cuts at a character's border, so that the message stays UTF-8.
std::string cut(std::string_view text, size_t limit) {
  if (text.size() <= limit)
    return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
    --limit;
  return std::string(text.substr(0, limit)) + "...";
}

std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return text;
}

}  // namespace

tl::unexpected<Error> fail_at(const std::string& file, const std::string& path, std::string cause,
                              std::string remedy) {
  std::string what = "scenario " + (file.empty() ? std::string("text") : file);
  if (!path.empty())
    what += ", " + printable(cut(path, kPathChars));
  return fail(std::move(what), std::move(cause), std::move(remedy));
}

std::string child_path(const std::string& path, std::string_view key) {
  std::string child = path + "/";
  for (char c : key) {
    if (c == '~')
      child += "~0";
    else if (c == '/')
      child += "~1";
    else
      child += c;
  }
  return child;
}

std::string child_path(const std::string& path, size_t index) {
  return path + "/" + std::to_string(index);
}

std::string in_quotes(std::string_view text) {
  return "\"" + printable(cut(text, kQuotedChars)) + "\"";
}

std::string listed(const std::vector<std::string>& words, const char* last) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0)
      text += i + 1 == words.size() ? fmt::format(" {} ", last) : std::string(", ");
    text += words[i];
  }
  return text;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongest = 64;  // no key or name is longer
  if (word.empty() || word.size() > kLongest)
    return "";
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  best_distance = std::min(best_distance, word.size());
  for (const std::string& candidate : candidates) {
    size_t steps = distance(word, candidate);
    if (steps < best_distance) {
      best_distance = steps;
      best = candidate;
    }
  }
  if (!best.empty() || word.size() < 3)
    return best;
  for (const std::string& candidate : candidates)
    if (candidate.starts_with(word) || word.starts_with(candidate))
      return candidate;
  return "";
}

std::string number_text(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::floor(value) == value && std::fabs(value) < kExact)
    return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

}  // namespace nmgen
