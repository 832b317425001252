// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace nmgen {
namespace {

// Those of comma-separated `names` that start with `dashes` and no further one.
std::vector<std::string> names_after(std::string_view names, std::string_view dashes) {
  std::vector<std::string> found;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const size_t dash_count = std::min(name.find_first_not_of('-'), name.size());
    if (dash_count == dashes.size())
      found.emplace_back(name.substr(dash_count));
  }
  return found;
}

}  // namespace

bool Option::is_flag() const {
  return std::holds_alternative<bool*>(target) || std::holds_alternative<Action>(target);
}

std::vector<std::string> Option::short_names() const {
  return names_after(names, "-");
}

std::vector<std::string> Option::long_names() const {
  return names_after(names, "--");
}

std::string Option::value_words() const {
  std::string words = value;
  if (bounds)
    words += fmt::format(":{} in [{:g} - {:g}]",
                         std::holds_alternative<Seconds*>(target) ? "SECONDS" : "INT",
                         bounds->least, bounds->most);
  if (!choices.empty())
    words += fmt::format(":{{{}}}", fmt::join(choices, ","));
  return words;
}

int complain(const std::string& sentence) {
  std::string line = sentence;
  std::replace(line.begin(), line.end(), '\n', ' ');
  fmt::print(stderr, "nmgen: {}\n", line);
  return kExitBadUse;
}

int complain(const Error& error) {
  return complain(error.sentence());
}

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace nmgen
