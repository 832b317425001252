// SPDX-License-Identifier: BSD-2-Clause
#include "reporters/json/record_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "reporters/json/json_record.h"

namespace nmgen {

Result<void> write_record(const Record& record, const std::string& path) {
  Result<std::string> text = record_to_json(record);
  if (!text)
    return tl::unexpected<Error>(text.error());
  return write_text(*text, path);
}

Result<Record> read_record(const std::string& path) {
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  const std::string what = "cannot read record " + path;
  const char* remedy = "give the path of a file that `nmgen run --out` wrote";
  if (file == nullptr)
    return fail_errno(what, errno, remedy);
  std::string text;
  char piece[1 << 16];
  for (;;) {
    size_t count = std::fread(piece, 1, sizeof(piece), file.get());
    text.append(piece, count);
    if (count == 0)
      break;
  }
  if (std::ferror(file.get()) != 0)
    return fail_errno(what, errno, remedy);
  return record_from_json(text, path);
}

}  // namespace nmgen
