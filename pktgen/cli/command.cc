// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "reporters/units.h"

namespace nmgen {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kTextColumn = 26;

// "  TITLE      text", the text in a column of its own.
std::string definition(const std::string& title, const std::string& text) {
  std::string out, lead = "  " + title;
  if (lead.size() + 2 > kTextColumn) {
    out = lead + "\n";
    lead.clear();
  }
  for (const std::string& line : wrapped(text, kWidth - kTextColumn)) {
    out += fmt::format("{:<{}}{}\n", lead, kTextColumn, line);
    lead.clear();
  }
  return out;
}

// An option's or exit code's, with the first sentence of what the page says of it.
std::string definition(const PageItem& item) {
  const std::string title =
      fmt::format("{}{}{}", fmt::join(item.names, ", "), item.value.empty() ? "" : " ", item.value);
  std::string text = first_sentence(item.text);
  if (!item.initial.empty())
    text += " [" + item.initial + "]";
  return definition(title, text);
}

std::string headed(const std::string& heading, const std::string& text) {
  return text.empty() ? "" : "\n" + heading + ":\n" + text;
}

// A section of the page as it stands.
std::string section_text(const Page& page, const char* heading) {
  const PageSection* section = page.section(heading);
  if (section == nullptr)
    return "";
  std::string text;
  for (const PageBlock& block : section->blocks) {
    if (!block.item.names.empty())
      text += definition(block.item);
    else if (!text.empty())
      text += "\n";
    for (const std::string& line : block.code)
      text.append("  ").append(line).append("\n");
    for (const std::string& line : wrapped(block.paragraph, kWidth))
      text.append(line).append("\n");
  }
  return headed(heading, text);
}

// "nmgen vale attach PORT" as "nmgen vale attach [OPTIONS] PORT".
std::string usage(const Command& command, const std::string& call) {
  std::string text = call + " [OPTIONS]";
  if (command.page.call.starts_with(call))
    text += command.page.call.substr(call.size());
  return text;
}

// Takes `page` apart for the command and its own commands.
void give_page(Command& command, Page page) {
  const std::string program = page.call.substr(0, page.call.find(' '));
  for (Command& sub : command.commands)
    for (Page& part : page.commands)
      if ((part.call + " ").starts_with(fmt::format("{} {} {} ", program, command.name, sub.name)))
        sub.page = std::move(part);
  page.commands.clear();
  command.page = std::move(page);
}

}  // namespace

bool Option::is_flag() const {
  return std::holds_alternative<bool*>(target) || std::holds_alternative<Action>(target);
}

std::vector<std::string> Option::all_names() const {
  std::vector<std::string> all;
  std::string_view rest = names;
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    all.emplace_back(name);
  }
  return all;
}

Command named(std::string_view name, Command command, std::string_view markdown) {
  command.name = name;
  give_page(command, read_page(markdown));
  return command;
}

std::string help_text(const Command& command, const std::string& call) {
  std::string arguments, options, commands;
  for (const PageItem& item : command.page.options())
    (item.names[0].starts_with('-') ? options : arguments) += definition(item);
  for (const Command& sub : command.commands)
    if (!sub.is_hidden)
      commands += definition(sub.name, first_sentence(sub.page.summary));
  std::string text = "Usage: " + usage(command, call) + "\n";
  for (const std::string& line : wrapped(command.page.summary, kWidth))
    text.append(line).append("\n");
  text += headed("Arguments", arguments);
  text += headed("Options", options + definition("-h, --help", "Show this help"));
  text += headed("Commands", commands);
  for (const HelpList& list : command.lists) {
    std::string rows;
    for (const auto& [name, about] : list.rows)
      rows += definition(name, about);
    text += headed(list.heading, rows);
  }
  text += section_text(command.page, "Examples");
  text += section_text(command.page, "Exit codes");
  if (!commands.empty())
    text += fmt::format("\n'{} COMMAND --help' shows the options of a command.\n", call);
  return text;
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
