// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/page.h"

#include <algorithm>
#include <cctype>

namespace nmgen {
namespace {

constexpr std::string_view kCodeIndent = "    ";
constexpr char kOptions[] = "Options";

// Takes `text` up to `end`, and `end`, from the front of `rest`; all of it where `end` is missing.
std::string_view take(std::string_view& rest, std::string_view end) {
  const size_t at = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(rest.size(), at + end.size()));
  return taken;
}

// A code span keeps its characters; one without a letter or digit, which would be overlooked, gets
// quotation marks.
std::string code_words(std::string_view code) {
  const bool is_word =
      std::any_of(code.begin(), code.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  return is_word ? std::string(code) : "'" + std::string(code) + "'";
}

std::string without_marks(std::string_view rest) {
  std::string text;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '`') {
      text += code_words(take(rest, "`"));
    } else if (c == '[' && rest.find("](") == rest.find(']') && rest.find(']') < rest.size()) {
      text += without_marks(take(rest, "]("));
      take(rest, ")");
    } else if (c != '*') {
      text += c;
    }
  }
  return text;
}

// The names, value, default and text of an item, from what follows its dash.
PageItem read_item(std::string_view rest) {
  PageItem item;
  while (rest.starts_with('`')) {
    rest.remove_prefix(1);
    std::string_view span = take(rest, "`");
    item.names.emplace_back(take(span, " "));
    item.value = span;
    if (rest.starts_with(", "))
      rest.remove_prefix(2);
  }
  if (rest.starts_with(" (")) {
    rest.remove_prefix(2);
    item.initial = take(rest, ")");
  }
  if (rest.starts_with(": "))
    rest.remove_prefix(2);
  item.text = without_marks(rest);
  return item;
}

class Reader {
 public:
  explicit Reader(std::string_view markdown) : rest_(markdown) {}

  Page read() {
    page_.sections.emplace_back();
    while (!rest_.empty())
      on_line(take(rest_, "\n"));
    end_block();
    return std::move(page_);
  }

 private:
  void on_line(std::string_view line) {
    if (line.starts_with("# ") || line.starts_with("## ")) {
      end_block();
      on_heading(line);
    } else if (line.empty()) {
      end_block();
    } else if (block_.empty() && line.starts_with(kCodeIndent)) {
      on_code(line.substr(kCodeIndent.size()));
    } else if (line.starts_with("- ")) {
      end_block();
      block_ = line;
    } else {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      block_.append(block_.empty() ? "" : " ").append(line);
    }
  }

  void on_heading(std::string_view line) {
    const bool is_title = line.starts_with("# ");
    take(line, " ");
    const std::string heading = without_marks(line);
    const std::string program = page_.call.substr(0, page_.call.find(' ')) + " ";
    in_command_ = !is_title && heading.starts_with(program);
    if (is_title)
      page_.call = heading;
    else if (in_command_)
      page_.commands.push_back({.call = heading, .sections = {{kOptions, {}}}});
    else
      page_.sections.push_back({heading, {}});
  }

  void on_code(std::string_view line) {
    std::vector<PageBlock>& blocks = now().sections.back().blocks;
    if (blocks.empty() || blocks.back().code.empty())
      blocks.emplace_back();
    blocks.back().code.emplace_back(line);
  }

  // What stands in block_ is complete. Tables are for pages only.
  void end_block() {
    PageBlock block;
    if (block_.starts_with("- "))
      block.item = read_item(std::string_view(block_).substr(2));
    else
      block.paragraph = without_marks(block_);
    if (now().summary.empty() && !block.paragraph.empty())
      now().summary = block.paragraph;
    else if (!block_.empty() && !block_.starts_with('|'))
      now().sections.back().blocks.push_back(std::move(block));
    block_.clear();
  }

  // The page that a line belongs to.
  Page& now() { return in_command_ ? page_.commands.back() : page_; }

  std::string_view rest_;
  std::string block_;
  Page page_;
  bool in_command_ = false;
};

}  // namespace

const PageSection* Page::section(std::string_view heading) const {
  for (const PageSection& section : sections)
    if (section.heading == heading)
      return &section;
  return nullptr;
}

std::vector<PageItem> Page::options() const {
  std::vector<PageItem> items;
  for (const PageSection& section : sections)
    if (section.heading == kOptions)
      for (const PageBlock& block : section.blocks)
        if (!block.item.names.empty())
          items.push_back(block.item);
  return items;
}

PageItem Page::option(std::string_view name) const {
  for (PageItem& item : options())
    if (std::find(item.names.begin(), item.names.end(), name) != item.names.end())
      return std::move(item);
  return {};
}

Page read_page(std::string_view markdown) {
  return Reader(markdown).read();
}

std::string first_sentence(const std::string& text) {
  std::string sentence = text.substr(0, text.find(". "));
  if (sentence.ends_with('.'))
    sentence.pop_back();
  return sentence;
}

}  // namespace nmgen
