// SPDX-License-Identifier: BSD-2-Clause
// write_record_schema FILE: the schema of records into a file.
#include <cstdio>

#include "reporters/json/record_schema.h"
#include "reporters/text_file.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_record_schema FILE\n", stderr);
    return 2;
  }
  if (const nmgen::Result<void> written = nmgen::write_text(nmgen::record_schema(), argv[1]);
      !written) {
    std::fprintf(stderr, "%s\n", written.error().sentence().c_str());
    return 2;
  }
  return 0;
}
