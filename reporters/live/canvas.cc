// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/live/canvas.h"

#include <algorithm>
#include <cmath>

namespace nmgen {
namespace {

// Eighths of a cell, from empty to full: U+2581 to U+2588, and what ASCII has like them.
constexpr char32_t kUnicodeBars[] = {U' ', U'▁', U'▂', U'▃', U'▄', U'▅', U'▆', U'▇', U'█'};
constexpr char32_t kAsciiBars[] = {U' ', U'_', U'.', U'.', U':', U':', U'|', U'|', U'#'};
constexpr int kSteps = 8;

// Takes the first character off; what is no UTF-8 is one byte long and reads as U+FFFD.
char32_t take_character(std::string_view& text) {
  const uint8_t first = static_cast<uint8_t>(text[0]);
  const size_t bytes = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (bytes == 1 || first < 0xc2 || first > 0xf4 || text.size() < bytes) {
    text.remove_prefix(1);
    return first < 0x80 ? first : U'\ufffd';
  }
  char32_t letter = first & (0xffU >> (bytes + 1));
  for (size_t i = 1; i < bytes; i++) {
    const uint8_t next = static_cast<uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) {
      text.remove_prefix(1);
      return U'\ufffd';
    }
    letter = letter << 6 | (next & 0x3fU);
  }
  text.remove_prefix(bytes);
  return letter;
}

void append_utf8(char32_t letter, std::string* text) {
  if (letter < 0x80) {
    *text += static_cast<char>(letter);
    return;
  }
  if (letter >= 0x10000) {
    *text += static_cast<char>(0xf0 | letter >> 18);
    *text += static_cast<char>(0x80 | (letter >> 12 & 0x3f));
  } else if (letter >= 0x800) {
    *text += static_cast<char>(0xe0 | letter >> 12);
  }
  if (letter >= 0x800)
    *text += static_cast<char>(0x80 | (letter >> 6 & 0x3f));
  else
    *text += static_cast<char>(0xc0 | letter >> 6);
  *text += static_cast<char>(0x80 | (letter & 0x3f));
}

}  // namespace

int columns_of(std::string_view text) {
  int columns = 0;
  for (; !text.empty(); columns++)
    take_character(text);
  return columns;
}

Canvas::Canvas(int width, int height, bool unicode)
    : width_(std::max(width, 0)),
      height_(std::max(height, 0)),
      unicode_(unicode),
      cells_(static_cast<size_t>(width_) * static_cast<size_t>(height_)) {}

void Canvas::set(int x, int y, char32_t letter, Style style) {
  if (x < 0 || x >= width_ || y < 0 || y >= height_)
    return;
  // Controls of both sets (ECMA-48) would move a terminal's cursor, or worse.
  if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || (!unicode_ && letter > 0x7e))
    letter = U'?';
  cells_[index(x, y)] = {letter, style};
}

int Canvas::put(int x, int y, std::string_view text, Style style) {
  while (!text.empty())
    set(x++, y, take_character(text), style);
  return x;
}

void Canvas::put_right(int end, int y, std::string_view text, Style style) {
  put(end - columns_of(text), y, text, style);
}

void Canvas::bars(int x, int y, int width, int height, const std::deque<double>& values, double top,
                  Style style) {
  const char32_t* letters = unicode_ ? kUnicodeBars : kAsciiBars;
  const int count = static_cast<int>(std::min<size_t>(values.size(), static_cast<size_t>(width)));
  for (int i = 0; i < count; i++) {
    const double value =
        values[values.size() - static_cast<size_t>(count) + static_cast<size_t>(i)];
    const double share = top > 0 ? std::clamp(value / top, 0.0, 1.0) : 0;
    int steps = static_cast<int>(std::lround(share * height * kSteps));
    // What is there at all is seen.
    if (steps == 0 && value > 0)
      steps = 1;
    for (int row = 0; row < height && steps > 0; row++, steps -= kSteps)
      set(x + width - count + i, y + height - 1 - row, letters[std::min(steps, kSteps)], style);
  }
}

std::string Canvas::row(int y) const {
  std::string text;
  size_t end = 0;
  for (int x = 0; x < width_; x++) {
    append_utf8(at(x, y), &text);
    if (at(x, y) != U' ')
      end = text.size();
  }
  text.resize(end);
  return text;
}

std::string Canvas::text() const {
  std::string all;
  for (int y = 0; y < height_; y++)
    all += row(y) + "\n";
  return all;
}

}  // namespace nmgen
