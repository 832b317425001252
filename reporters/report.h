// SPDX-License-Identifier: BSD-2-Clause
// A report: a text that is made of a record. Each is a folder here; reports_list.h has their names.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "pktgen/error.h"
#include "pktgen/measure/record.h"

namespace nmgen {

struct Report {
  const char* name;   // in `--report NAME`
  const char* about;  // what it has, for --help
  // Of the file where none is named, after the scenario's name. Null: for the screen, and never a
  // file.
  const char* extension;
  // Within the first 4 KiB of each such report, and of no other file: what has it may be replaced.
  const char* mark;
  // Any thread. Error: the record cannot be said in this form.
  Result<std::string> (*text)(const Record& record);

  bool has_file() const { return extension != nullptr; }
};

// Defined in the folder of the report.
#define REPORT(name) extern const Report name##_report;
#include "reporters/reports_list.h"

// All of them.
std::span<const Report* const> reports();
// Null: there is no such report.
const Report* find_report(std::string_view name);

// "console, json or csv".
std::string report_names();

}  // namespace nmgen
