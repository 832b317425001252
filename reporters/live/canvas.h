// SPDX-License-Identifier: BSD-2-Clause
// A screen as plain cells: the view draws here, and a terminal or a test shows it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace nmgen {

enum class Style : uint8_t { kPlain, kStrong, kFaint, kGood, kBad, kDoubtful, kCurve, kGrid };

class Canvas {
 public:
  // `unicode`: else nothing but ASCII is kept, and bars are made of it.
  Canvas(int width, int height, bool unicode);

  int width() const { return width_; }
  int height() const { return height_; }
  bool unicode() const { return unicode_; }

  // UTF-8, a column for each character. What lies outside is cut off; what no terminal should get
  // (control characters) becomes "?". Return: the column after the text.
  int put(int x, int y, std::string_view text, Style style = Style::kPlain);
  // The same, with the text's end at column `end`.
  void put_right(int end, int y, std::string_view text, Style style = Style::kPlain);

  // A bar for each value, in a box of `width` x `height` cells whose top left cell is (x, y). `top`
  // fills a column. The last value is in the last column; of more values than columns the first are
  // left out.
  void bars(int x, int y, int width, int height, const std::deque<double>& values, double top,
            Style style = Style::kCurve);

  char32_t at(int x, int y) const { return cell(x, y).letter; }
  Style style_at(int x, int y) const { return cell(x, y).style; }
  // A row in UTF-8, without blanks at its end.
  std::string row(int y) const;
  std::string text() const;  // all rows, each with a line end

 private:
  struct Cell {
    char32_t letter = U' ';
    Style style = Style::kPlain;
  };
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x);
  }
  const Cell& cell(int x, int y) const { return cells_[index(x, y)]; }
  void set(int x, int y, char32_t letter, Style style);

  int width_, height_;
  bool unicode_;
  std::vector<Cell> cells_;
};

// The columns that UTF-8 text takes here: its characters.
int columns_of(std::string_view text);

}  // namespace nmgen
