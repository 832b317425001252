// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace nmgen {
namespace {

struct Scaled {
  double value = 0;
  const char* prefix = "";
};

// The value below 1000 after rounding to `decimals`, so that 999.9996k reads 1.000M.
Scaled scale(double value, int decimals) {
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  const double limit = 1000 - 0.5 * std::pow(10, -decimals);
  size_t step = 0;
  while (value >= limit && step + 1 < std::size(kPrefixes)) {
    value /= 1000;
    step++;
  }
  return {value, kPrefixes[step]};
}

// Three significant digits of a value from 0 to below 1000.
std::string three_digits(double value) {
  if (value >= 99.95)
    return fmt::format("{:.0f}", value);
  return value >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

std::string grouped(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i > 0 && (digits.size() - i) % 3 == 0)
      text += ',';
    text += digits[i];
  }
  return text;
}

std::string si_rate(double per_second) {
  // A frame a minute is not none.
  if (per_second > 0 && per_second < 0.95)
    return fmt::format("{:.2g}", per_second);
  if (per_second < 999.95)
    return fmt::format("{:.1f}", per_second);
  Scaled scaled = scale(std::max(per_second, 1000.0), 3);
  return fmt::format("{:.3f}{}", scaled.value, scaled.prefix);
}

std::string short_count(uint64_t count) {
  if (count < 100'000)
    return grouped(count);
  const Scaled scaled = scale(static_cast<double>(count), 1);
  return fmt::format("{:.{}f}{}", scaled.value, scaled.value < 9.995 ? 2 : 1, scaled.prefix);
}

std::string short_ticks(double ticks) {
  if (ticks < 99.95)
    return fmt::format("{:.1f}", ticks);
  if (ticks < 9999.5)
    return fmt::format("{:.0f}", ticks);
  Scaled scaled = scale(ticks, 1);
  return fmt::format("{:.1f}{}", scaled.value, scaled.prefix);
}

std::string short_time(double ns) {
  static constexpr const char* kUnits[] = {"ns", "us", "ms", "s"};
  // A whole nanosecond is the finest that is measured.
  if (ns < 999.5)
    return fmt::format("{:.0f}ns", ns);
  size_t unit = 0;
  while (ns >= 999.5 && unit + 1 < std::size(kUnits)) {
    ns /= 1000;
    unit++;
  }
  return three_digits(ns) + kUnits[unit];
}

Unit unit_for(Quantity quantity, double highest) {
  static constexpr const char* kTimes[] = {"ns", "us", "ms", "s"};
  static constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
  if (quantity == Quantity::kNumber)
    return {};
  const bool time = quantity == Quantity::kTimeNs;
  const size_t steps = time ? std::size(kTimes) : std::size(kPrefixes);
  double size = 1;
  size_t step = 0;
  for (; highest >= size * 1000 && step + 1 < steps; step++)
    size *= 1000;
  if (time)
    return {size, kTimes[step]};
  return {size,
          fmt::format("{}{}", kPrefixes[step], quantity == Quantity::kFrameRate ? "pps" : "bit/s")};
}

std::string in_unit(double value, const Unit& unit) {
  const double scaled = value / unit.size;
  return scaled > 0 && scaled < 0.0005 ? "<0.001" : fmt::format("{:.3f}", scaled);
}

std::string milliseconds(double ms) {
  const uint64_t thousandths = static_cast<uint64_t>(std::llround(std::max(0.0, ms) * 1000));
  return fmt::format("{}.{:03}", grouped(thousandths / 1000), thousandths % 1000);
}

std::string percent(double value) {
  if (value >= 9999.5)
    return ">9999";
  return value < 999.995 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}

std::string plural(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

std::vector<std::string> wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    size_t end = text.find(' ');
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty())
      continue;
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ");
    line += word;
  }
  if (!line.empty())
    lines.push_back(line);
  return lines;
}

}  // namespace nmgen
