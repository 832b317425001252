// SPDX-License-Identifier: BSD-2-Clause
// A command's page, commands/NAME/NAME.md. It is the documentation as it stands; the build makes
// the manual page from it (manual.cmake), and this is how --help reads it. README.md has its form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nmgen {

// "- `-n`, `--samples N` (10): Runs of each program. A comparison needs ten of them."
struct PageItem {
  std::vector<std::string> names;  // "-n", "--samples"; of an argument "FILE", of an exit code "3"
  std::string value;               // "N"
  std::string initial;             // "10"
  std::string text;
};

// Exactly one of these is not empty.
struct PageBlock {
  std::string paragraph;
  std::vector<std::string> code;  // lines, without the indentation
  PageItem item;
};

struct PageSection {
  std::string heading;  // of what precedes the first heading, empty
  std::vector<PageBlock> blocks;
};

// Texts are single lines without marks: no backquotes, and of a link only its words.
struct Page {
  std::string call = "";     // "nmgen vale attach PORT"
  std::string summary = "";  // the first paragraph
  std::vector<PageSection> sections = {};
  std::vector<Page> commands = {};  // of the headings that are calls, like "nmgen vale attach PORT"

  // Null where there is no such section.
  const PageSection* section(std::string_view heading) const;
  // The items under the heading Options. The page of a command of a command needs no such heading.
  std::vector<PageItem> options() const;
  // The one with that name, or an empty one.
  PageItem option(std::string_view name) const;
};

Page read_page(std::string_view markdown);

// Without its full stop.
std::string first_sentence(const std::string& text);

}  // namespace nmgen
