// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/overwrite.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace nmgen {
namespace {

constexpr size_t kStartBytes = 4096;

std::string start_of(const std::string& path) {
  std::string text(kStartBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

}  // namespace

Result<void> check_overwrite(const std::string& path, std::string_view mark,
                             const Overwrite& allowed) {
  struct stat there {};
  if (path == "-" || stat(path.c_str(), &there) != 0 || !S_ISREG(there.st_mode))
    return {};
  const std::string what = "cannot write " + path;
  for (const std::string& input : allowed.inputs) {
    struct stat read {};
    if (stat(input.c_str(), &read) == 0 && read.st_dev == there.st_dev &&
        read.st_ino == there.st_ino)
      return fail(what, "it is what this command reads", "give another path");
  }
  if (allowed.force || there.st_size == 0)
    return {};
  if (!mark.empty() && start_of(path).find(mark) != std::string::npos)
    return {};
  return fail(what, mark.empty() ? "it exists" : "it exists, and is no such report of nmgen",
              "give another path, or --force to replace it");
}

}  // namespace nmgen
