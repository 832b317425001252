// SPDX-License-Identifier: BSD-2-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "pktgen/measure/histogram.h"
#include "reporters/record_fields.h"
#include "reporters/report.h"

namespace nmgen {
namespace {

struct Names {
  static constexpr bool kWrites = true;
  std::string text = "run";

  template <class T>
  void operator()(const char* name, const T&, const Meaning&) {
    text += fmt::format(",{}", name);
  }
};

// A number in plain digits, without zeros at its end.
std::string decimal(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, std::max(decimals, 0));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
      text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

// A latency is the middle of a bucket of the histogram: to the largest power of ten that is no
// wider than the bucket.
double to_bucket(double ns) {
  const uint64_t whole = static_cast<uint64_t>(std::clamp(ns, 0.0, 1e18));
  const uint64_t width = histogram_layout::width(histogram_layout::index(whole));
  double unit = 1;
  while (unit * 10 <= static_cast<double>(width))
    unit *= 10;
  return std::round(ns / unit) * unit;
}

// By its unit, the digits that were measured: times to a nanosecond, latencies to the resolution
// of the histogram, and what is made of counts and times, which are known to a thousand millionth,
// to ten digits.
std::string digits_of(std::string_view name, double value) {
  if (name.ends_with("_ns"))
    return decimal(to_bucket(value), 0);
  if (name.ends_with("_ms"))
    return decimal(value, 6);
  if (name.ends_with("_s") || name == "seconds")
    return decimal(value, 9);
  if (!(value > 0))
    return "0";
  return decimal(value, 9 - static_cast<int>(std::floor(std::log10(value))));
}

struct Cells {
  static constexpr bool kWrites = true;
  std::string text;

  void operator()(const char*, uint64_t count, const Meaning&) {
    text += fmt::format(",{}", count);
  }
  void operator()(const char* name, double value, const Meaning&) {
    text += "," + digits_of(name, value);
  }
};

// The intervals of all runs, a line each, as CSV (RFC 4180, lines end with LF): the run's number
// from 1, then the fields of an interval by their names in the record's schema. Every cell is a
// number in plain digits, as many as were measured: counts whole, times to a nanosecond, latencies
// to the resolution of the histogram (0.1 %), rates and other quotients to ten digits.
Result<std::string> csv_text(const Record& record) {
  Names names;
  visit_fields(names, IntervalRecord{});
  std::string text = names.text + "\n";
  for (size_t run = 0; run < record.runs.size(); run++) {
    for (const IntervalRecord& interval : record.runs[run].intervals) {
      Cells cells{fmt::format("{}", run + 1)};
      visit_fields(cells, interval);
      text += cells.text + "\n";
    }
  }
  return text;
}

}  // namespace

constinit const Report csv_report = {
    .name = "csv",
    .about = "A line for each interval, for spreadsheets and scripts",
    .extension = ".csv",
    .mark = "run,start_s,seconds,",
    .text = csv_text,
};

}  // namespace nmgen
