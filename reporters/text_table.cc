// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/text_table.h"

#include <algorithm>
#include <numeric>

namespace nmgen {
namespace {

constexpr size_t kLeastCut = 6;  // of a column that is cut, so much stays

}  // namespace

std::string cut_to(const std::string& text, size_t width) {
  if (text.size() <= width)
    return text;
  return width == 0 ? "" : text.substr(0, width - 1) + "~";
}

size_t TextTable::head_lines() const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [](const TableColumn& column) { return !column.upper.empty(); })
             ? 2
             : 1;
}

std::vector<size_t> TextTable::widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); i++) {
    size_t width =
        std::max({columns_[i].least, columns_[i].upper.size(), columns_[i].lower.size()});
    for (const std::vector<std::string>& row : rows_)
      width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  return widths;
}

size_t TextTable::full_width() const {
  const std::vector<size_t> all = widths();
  return std::accumulate(all.begin(), all.end(), all.empty() ? 0 : all.size() - 1);
}

std::vector<std::string> TextTable::lines(size_t width, size_t gap) const {
  std::vector<size_t> wide = widths();
  std::vector<size_t> shown(columns_.size());
  std::iota(shown.begin(), shown.end(), size_t{0});
  const auto needed = [&] {
    size_t sum = shown.empty() ? 0 : shown.size() - 1;
    for (const size_t i : shown)
      sum += wide[i];
    return sum;
  };
  while (needed() > width) {
    const std::vector<size_t>::iterator worst =
        std::max_element(shown.begin(), shown.end(),
                         [&](size_t a, size_t b) { return columns_[a].rank < columns_[b].rank; });
    if (worst == shown.end() || columns_[*worst].rank == 0)
      break;
    shown.erase(worst);
  }
  for (const size_t i : shown)
    if (columns_[i].cut && needed() > width)
      wide[i] -= std::min(needed() - width, wide[i] - std::min(wide[i], kLeastCut));
  size_t between = 1;
  if (shown.size() > 1 && needed() < width)
    between = std::clamp<size_t>(1 + (width - needed()) / (shown.size() - 1), 1, gap);

  const auto line_of = [&](auto&& cell) {
    std::string line;
    for (const size_t i : shown) {
      const std::string text = cut_to(cell(i), wide[i]);
      if (i != shown.front())
        line.append(between, ' ');
      if (!columns_[i].left)
        line.append(wide[i] - text.size(), ' ');
      line += text;
      if (columns_[i].left && i != shown.back())
        line.append(wide[i] - text.size(), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> lines;
  if (head_lines() == 2)
    lines.push_back(line_of([&](size_t i) { return columns_[i].upper; }));
  lines.push_back(line_of([&](size_t i) { return columns_[i].lower; }));
  for (const std::vector<std::string>& row : rows_)
    lines.push_back(line_of([&](size_t i) { return row[i]; }));
  return lines;
}

}  // namespace nmgen
