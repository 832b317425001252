// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace nmgen {
namespace {

enum class Kind { kTime, kFrameRate, kBitRate, kShare, kFrequency, kSize };

// A unit is `multiple` times ten to the `exponent` base units of its kind.
struct Scale {
  Kind kind;
  int exponent = 0;
  unsigned multiple = 1;
  bool takes_prefix = false;
};

struct Unit {
  std::string_view name;
  Scale scale;
};

constexpr Unit kUnits[] = {
    {"ns", {Kind::kTime, -9}},
    {"us", {Kind::kTime, -6}},
    {"\u00b5s", {Kind::kTime, -6}},  // the micro sign
    {"\u03bcs", {Kind::kTime, -6}},  // the Greek letter
    {"ms", {Kind::kTime, -3}},
    {"s", {Kind::kTime}},
    {"min", {Kind::kTime, 0, 60}},
    {"h", {Kind::kTime, 0, 3600}},
    {"pps", {Kind::kFrameRate, 0, 1, true}},
    {"frames/s", {Kind::kFrameRate, 0, 1, true}},
    {"bit/s", {Kind::kBitRate, 0, 1, true}},
    {"bps", {Kind::kBitRate, 0, 1, true}},
    {"%", {Kind::kShare}},
    {"Hz", {Kind::kFrequency, 0, 1, true}},
    {"B", {Kind::kSize, 0, 1, true}},
};

// Of decimal multiples only: no rate is a small part of a frame a second, and "mpps" is a mistake.
int prefix_exponent(char prefix) {
  switch (prefix) {
    case 'k':
    case 'K':
      return 3;
    case 'M':
      return 6;
    case 'G':
      return 9;
    case 'T':
      return 12;
    default:
      return 0;
  }
}

void skip_space(std::string_view* text) {
  if (text->starts_with(' '))
    text->remove_prefix(1);
}

// `base`: the scale that a prefix alone is of; without it there has to be a unit.
std::optional<Scale> scale_of(std::string_view text, std::optional<Scale> base = std::nullopt) {
  int exponent = 0;
  for (bool with_prefix : {false, true}) {
    if (with_prefix) {
      exponent = text.empty() ? 0 : prefix_exponent(text.front());
      if (exponent == 0)
        return std::nullopt;
      text.remove_prefix(1);
      if (text.empty() && base && base->takes_prefix)
        return Scale{base->kind, exponent};
      skip_space(&text);
    }
    for (const Unit& unit : kUnits) {
      if (unit.name != text || (with_prefix && !unit.scale.takes_prefix))
        continue;
      Scale scale = unit.scale;
      scale.exponent += exponent;
      return scale;
    }
  }
  return std::nullopt;
}

// Takes 1 to `most` digits from the front of the text. False: there are none, or more.
bool skip_digits(std::string_view* text, size_t most) {
  const size_t count = std::min(text->find_first_not_of("0123456789"), text->size());
  text->remove_prefix(count);
  return count >= 1 && count <= most;
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text, std::string_view own) {
  constexpr size_t kMostDigits = 15, kMostExponentDigits = 2;
  const std::optional<Scale> key = scale_of(own);
  if (!key)
    return std::nullopt;
  // The number is what is gone from the front, in two parts: digits with a point, and an exponent.
  std::string_view rest = text;
  if (!skip_digits(&rest, kMostDigits))
    return std::nullopt;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (!skip_digits(&rest, kMostDigits))
      return std::nullopt;
  }
  const std::string_view mantissa = text.substr(0, text.size() - rest.size());
  int exponent = 0;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+'))
      rest.remove_prefix(1);
    const std::string_view digits = rest;
    if (!skip_digits(&rest, kMostExponentDigits))
      return std::nullopt;
    std::from_chars(digits.data(), rest.data(), exponent);
    exponent = negative ? -exponent : exponent;
  }
  std::optional<Scale> scale = key;
  if (!rest.empty()) {
    skip_space(&rest);
    scale = scale_of(rest, key);
  }
  if (!scale || scale->kind != key->kind)
    return std::nullopt;
  // As one number, so that "300 ms" is 0.3 s to the last bit.
  const std::string number =
      fmt::format("{}e{}", mantissa, exponent + scale->exponent - key->exponent);
  double value = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc())
    return std::nullopt;
  return value * scale->multiple / key->multiple;
}

}  // namespace nmgen
