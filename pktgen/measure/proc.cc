// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/proc.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <system_error>

namespace nmgen {
namespace {

constexpr std::string_view kSpace(" \t\r\n\0", 5);

// Takes the text up to `end` (or all of it) off the front.
std::string_view take_until(std::string_view& text, char end) {
  size_t length = text.find(end);
  std::string_view head = text.substr(0, length);
  text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  return head;
}

// Takes the next word off the front; empty at the end.
std::string_view take_word(std::string_view& text) {
  size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) {
    text = {};
    return {};
  }
  text.remove_prefix(start);
  size_t length = text.find_first_of(kSpace);
  std::string_view word = text.substr(0, length);
  text.remove_prefix(word.size());
  return word;
}

std::optional<uint64_t> to_number(std::string_view word) {
  uint64_t value = 0;
  const char* end = word.data() + word.size();
  std::from_chars_result result = std::from_chars(word.data(), end, value);
  if (word.empty() || result.ec != std::errc() || result.ptr != end)
    return std::nullopt;
  return value;
}

// The value of the first "key : value" line.
std::string_view find_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (!line.starts_with(key))
      continue;
    std::string_view rest = line.substr(key.size());
    size_t colon = rest.find_first_not_of(" \t");
    if (colon != std::string_view::npos && rest[colon] == ':')
      return trimmed(rest.substr(colon + 1));
  }
  return {};
}

}  // namespace

std::optional<std::string> read_text(const std::string& path, size_t limit) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (file == nullptr)
    return std::nullopt;
  std::string text;
  char piece[4096];
  while (text.size() < limit) {
    size_t count = std::fread(piece, 1, std::min(sizeof(piece), limit - text.size()), file.get());
    if (count == 0)
      break;
    text.append(piece, count);
  }
  if (std::ferror(file.get()) != 0)
    return std::nullopt;
  return text;
}

std::string_view trimmed(std::string_view text) {
  size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos)
    return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

std::optional<SchedStat> parse_schedstat(std::string_view text) {
  std::optional<uint64_t> run_ns = to_number(take_word(text));
  std::optional<uint64_t> wait_ns = to_number(take_word(text));
  std::optional<uint64_t> slices = to_number(take_word(text));
  if (!run_ns || !wait_ns || !slices)
    return std::nullopt;
  return SchedStat{*run_ns, *wait_ns, *slices};
}

std::optional<uint64_t> parse_status_number(std::string_view text, std::string_view key) {
  return to_number(find_value(text, key));
}

std::optional<uint64_t> parse_steal_ticks(std::string_view text, int cpu) {
  std::string name = "cpu" + std::to_string(cpu);
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (take_word(line) != name)
      continue;
    // user nice system idle iowait irq softirq steal
    for (int skipped = 0; skipped < 7; ++skipped)
      take_word(line);
    return to_number(take_word(line));
  }
  return std::nullopt;
}

std::string parse_cpu_model(std::string_view text) {
  std::string_view model = find_value(text, "model name");
  if (!model.empty())
    return std::string(model);
  std::string_view implementer = find_value(text, "CPU implementer");
  std::string_view part = find_value(text, "CPU part");
  if (!implementer.empty() && !part.empty())
    return "Arm implementer " + std::string(implementer) + " part " + std::string(part);
  return "unknown";
}

std::optional<double> parse_load(std::string_view text) {
  std::string_view word = take_word(text);
  double value = 0;
  const char* end = word.data() + word.size();
  std::from_chars_result result =
      std::from_chars(word.data(), end, value, std::chars_format::fixed);
  if (word.empty() || result.ec != std::errc() || result.ptr != end || !std::isfinite(value) ||
      value < 0)
    return std::nullopt;
  return value;
}

}  // namespace nmgen
