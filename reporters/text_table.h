// SPDX-License-Identifier: BSD-2-Clause
// A table as plain text: each column is as wide as its widest cell, with at least a blank before
// it, so that figures never run together, however large.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace nmgen {

struct TableColumn {
  std::string upper, lower;  // its head, in two lines; the unit belongs there
  size_t least = 0;          // its width, so that it does not jump as figures grow
  bool left = false;         // aligned; else right
  bool cut = false;          // may be cut, with a '~', where the room is short
  unsigned rank = 0;  // columns are left out by falling rank where the room is short; 0: none
};

class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

  // A cell for each column. ASCII: a byte is a column of the screen.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // All but columns that may be left out, with a blank between them.
  size_t full_width() const;

  // The lines of the head (one where no column has an upper one) and then a line for each row. At
  // most `width` wide, unless what cannot be cut is wider; at most `gap` blanks between columns.
  std::vector<std::string> lines(size_t width, size_t gap = 1) const;
  size_t head_lines() const;

 private:
  std::vector<size_t> widths() const;

  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` in at most `width` columns, with a '~' where it was cut.
std::string cut_to(const std::string& text, size_t width);

}  // namespace nmgen
