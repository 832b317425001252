// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/json_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "pktgen/scenario/error_text.h"

namespace nmgen {
namespace {

using nlohmann::json;

// "line 3, column 7" of the byte at `at`; both count from one, columns in bytes.
std::string line_and_column(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  size_t line = 1, line_start = 0;
  for (size_t i = 0; i < at; ++i) {
    if (text[i] == '\n') {
      ++line;
      line_start = i + 1;
    }
  }
  return fmt::format("line {}, column {}", line, at - line_start + 1);
}

tl::unexpected<Error> fail_at_byte(std::string_view text, const std::string& file, size_t at,
                                   std::string cause, std::string remedy) {
  return fail(
      fmt::format("scenario {}, {}", file.empty() ? "text" : file, line_and_column(text, at)),
      std::move(cause), std::move(remedy));
}

tl::unexpected<Error> fail_too_long(const std::string& file) {
  return fail_at(file, "",
                 fmt::format("it is longer than {} MiB", kMaxScenarioBytes / (1024 * 1024)),
                 "is this a scenario? One has a few kilobytes");
}

// Length of the UTF-8 sequence at the start of `text` (RFC 3629, section 4), 0 where there is none.
// NUL counts as none: nlohmann takes it for the end of the text and would ignore what follows.
size_t utf8_length(std::string_view text) {
  unsigned char lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80)
    return lead == 0 ? 0 : 1;
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 0;
  unsigned char second = static_cast<unsigned char>(text[1]);
  bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  bool surrogate = lead == 0xed && second >= 0xa0;
  bool too_big = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_big ? 0 : length;
}

size_t first_non_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t length = utf8_length(text.substr(at));
    if (length == 0)
      return at;
    at += length;
  }
  return std::string_view::npos;
}

// Where brackets first open beyond kMaxJsonDepth, or npos. Done on the text, before anything is
// built, so that 100 MB of brackets cost nothing.
size_t first_too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (in_string) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth)
        return at;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::string_view::npos;
}

// Builds the document, and stops at the first key that an object has twice (nlohmann's own parser
// would keep the last one and say nothing).
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(size_t text_bytes) : text_bytes_(text_bytes) {}

  bool null() override { return add(json(nullptr)) != nullptr; }
  bool boolean(bool value) override { return add(json(value)) != nullptr; }
  bool number_integer(number_integer_t value) override { return add(json(value)) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return add(json(value)) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override {
    return add(json(value)) != nullptr;
  }
  bool string(string_t& value) override { return add(json(std::move(value))) != nullptr; }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(size_t) override {
    open_.push_back(add(json::object()));
    return true;
  }
  bool end_object() override { return end(); }
  bool start_array(size_t) override {
    open_.push_back(add(json::array()));
    return true;
  }
  bool end_array() override { return end(); }

  bool key(string_t& name) override {
    keys_.resize(open_.size());
    keys_.back() = std::move(name);
    if (!open_.back()->contains(keys_.back()))
      return true;
    cause_ = "the key is there twice";
    remedy_ = "keep one of them";
    return false;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    byte_ = position > 0 ? position - 1 : 0;
    has_byte_ = true;
    if (error.id == 406) {  // out_of_range.406: a number beyond a double
      cause_ = "the number is too large";
      remedy_ = "write one below 1e308";
    } else if (byte_ >= text_bytes_) {
      cause_ = "the text ends in the middle of a value";
      remedy_ = "complete the file; it may have been cut off";
    } else {
      cause_ = "this is not JSON: " + reason(error.what());
      remedy_ = "correct it there, or just before";
    }
    return false;
  }

  json take() { return std::move(root_); }

  tl::unexpected<Error> error(std::string_view text, const std::string& file) const {
    if (has_byte_)
      return fail_at_byte(text, file, byte_, cause_, remedy_);
    std::string path;
    for (size_t i = 0; i < open_.size(); ++i)
      path = open_[i]->is_object() ? child_path(path, keys_[i])
                                   : child_path(path, open_[i]->size() - 1);
    return fail_at(file, path, cause_, remedy_);
  }

 private:
  // nlohmann's words after "syntax error while parsing X - ", without the token, which may be
  // megabytes long.
  static std::string reason(std::string_view message) {
    size_t start = message.find(" - ");
    if (start != std::string_view::npos)
      message.remove_prefix(start + 3);
    message = message.substr(0, message.find("; last read"));
    constexpr size_t kLongest = 120;
    return std::string(message.substr(0, kLongest));
  }

  // A value goes to the root, to the open array's end, or under the open object's last key. The
  // pointer stays good as long as the value is open: its parent doesn't change meanwhile.
  json* add(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json* parent = open_.back();
    if (parent->is_array()) {
      parent->push_back(std::move(value));
      return &parent->back();
    }
    json& slot = (*parent)[keys_[open_.size() - 1]];
    slot = std::move(value);
    return &slot;
  }

  bool end() {
    open_.pop_back();
    return true;
  }

  size_t text_bytes_;
  json root_;
  std::vector<json*> open_;
  std::vector<std::string> keys_;  // keys_[i]: the last key of the object open_[i]
  std::string cause_, remedy_;
  size_t byte_ = 0;
  bool has_byte_ = false;
};

}  // namespace

bool is_utf8(std::string_view text) {
  return first_non_utf8(text) == std::string_view::npos;
}

Result<nlohmann::json> parse_json_text(std::string_view text, const std::string& file) {
  if (text.size() > kMaxScenarioBytes)
    return fail_too_long(file);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail_at(file, "", "it is empty",
                   "write a scenario into it, as scenarios/README.md says");
  size_t bad = first_non_utf8(text);
  if (bad != std::string_view::npos)
    return fail_at_byte(text, file, bad, "this is not UTF-8 text", "save the file as UTF-8");
  size_t deep = first_too_deep(text);
  if (deep != std::string_view::npos)
    return fail_at_byte(text, file, deep,
                        fmt::format("brackets are nested more than {} deep", kMaxJsonDepth),
                        "a scenario needs less than 10 levels");
  Builder builder(text.size());
  if (!json::sax_parse(text.begin(), text.end(), &builder))
    return builder.error(text, file);
  return builder.take();
}

std::string name_of_scenario(const std::string& file) {
  return file == "-" ? "(standard input)" : file;
}

Result<std::string> read_text_file(const std::string& file) {
  std::string what = "cannot read scenario " + name_of_scenario(file);
  int fd = file == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                       : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail_errno(what, errno, "check the name and the permissions");
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(fd);
    return fail(what, "it is a folder", "name a file in it");
  }
  std::string text;
  std::vector<char> block(size_t{64} << 10);
  while (text.size() <= kMaxScenarioBytes) {
    ssize_t got = read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      int code = errno;
      close(fd);
      return fail_errno(what, code, "check the file and the disk");
    }
    if (got == 0)
      break;
    text.append(block.data(), static_cast<size_t>(got));
  }
  close(fd);
  if (text.size() > kMaxScenarioBytes)
    return fail_too_long(name_of_scenario(file));
  if (text.empty())
    return fail_at(name_of_scenario(file), "", "it is empty",
                   "write a scenario into it, as scenarios/README.md says");
  return text;
}

}  // namespace nmgen
