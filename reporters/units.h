// SPDX-License-Identifier: BSD-2-Clause
// Figures as people read them, in few and predictable columns. ASCII only, so that a byte is a
// column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nmgen {

// 148809523 -> "148,809,523".
std::string grouped(uint64_t count);

// With an SI prefix and three decimals, at most 8 columns: "14.881M", "812.744k", "100.0".
std::string si_rate(double per_second);

// A count in at most 6 columns: "99,999", "123.5k", "1.23M".
std::string short_count(uint64_t count);

// TSC ticks per frame in at most 6 columns: "32.1", "1234", "12.3k".
std::string short_ticks(double ticks);

// A time with three significant digits, at most 6 columns: "85ns", "12.3us", "1.23ms", "10.0s".
std::string short_time(double ns);

// The unit of all figures of a column or an axis.
enum class Quantity { kNumber, kFrameRate, kBitRate, kTimeNs };
struct Unit {
  double size = 1;   // a figure is divided by that
  std::string name;  // "Mpps", "ms"; empty for a plain number
};
// The largest unit that leaves `highest` at 1 or more.
Unit unit_for(Quantity quantity, double highest);

// A figure with three decimals: "14.881", or "<0.001" for what is not nothing.
std::string in_unit(double value, const Unit& unit);

// Milliseconds, as times off a core and gaps are told everywhere: "0.004", "9,046.469".
std::string milliseconds(double ms);

// A percentage in at most 6 columns: "99.99", "100.00", "1234", ">9999".
std::string percent(double value);

// "1 frame", "2 frames".
std::string plural(uint64_t count, const char* noun);

// Breaks `text` at blanks into lines of at most `width` columns. A longer word stays whole.
std::vector<std::string> wrapped(std::string_view text, size_t width);

}  // namespace nmgen
