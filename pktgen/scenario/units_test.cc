// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/units.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pktgen/scenario/schema.h"

namespace nmgen {
namespace {

using nlohmann::json;

TEST(Units, ReadsWhatPeopleType) {
  struct {
    const char *text, *own;
    double value;
  } cases[] = {
      {"30", "s", 30},
      {"30 s", "s", 30},
      {"30s", "s", 30},
      {"1 min", "s", 60},
      {"1.5 min", "s", 90},
      {"1 h", "s", 3600},
      {"500 ms", "s", 0.5},
      {"300ms", "s", 0.3},
      {"2us", "s", 2e-6},
      {"2 \u00b5s", "s", 2e-6},
      {"2 \u03bcs", "s", 2e-6},
      {"7 ns", "s", 7e-9},
      {"5", "ms", 5},
      {"2 s", "ms", 2000},
      {"2us", "ms", 0.002},
      {"1 min", "ms", 60000},
      {"10M", "pps", 10e6},
      {"10 M", "pps", 10e6},
      {"10 Mpps", "pps", 10e6},
      {"10Mpps", "pps", 10e6},
      {"10M pps", "pps", 10e6},
      {"500 kpps", "pps", 500e3},
      {"500K", "pps", 500e3},
      {"14.88 Mframes/s", "pps", 14.88e6},
      {"1e6 pps", "pps", 1e6},
      {"1", "pps", 1},
      {"2.5 Gbit/s", "bit/s", 2.5e9},
      {"2.5Gbps", "bit/s", 2.5e9},
      {"2.5G bit/s", "bit/s", 2.5e9},
      {"2.5G", "bit/s", 2.5e9},
      {"10 Mbps", "bit/s", 10e6},
      {"40 Gbit/s", "Gbit/s", 40},
      {"40G", "Gbit/s", 40},
      {"40", "Gbit/s", 40},
      {"10000 Mbit/s", "Gbit/s", 10},
      {"0.1 Tbit/s", "Gbit/s", 100},
      {"99.9 %", "%", 99.9},
      {"99.9%", "%", 99.9},
      {"50", "%", 50},
      {"2.4 GHz", "Hz", 2.4e9},
      {"150M", "Hz", 150e6},
      {"1514 B", "B", 1514},
      {"9 kB", "B", 9000},
      {"1e-3 s", "s", 0.001},
      {"1E+2 s", "s", 100},
  };
  for (const auto& item : cases)
    EXPECT_EQ(parse_quantity(item.text, item.own), item.value) << item.text << " in " << item.own;
}

TEST(Units, RefusesEverythingElse) {
  struct {
    const char *text, *own;
  } cases[] = {
      {"", "s"},
      {" ", "s"},
      {"s", "s"},
      {"ten", "s"},
      {"-1 s", "s"},
      {"+1 s", "s"},
      {"1e400 s", "s"},
      {"5 s s", "s"},
      {"5 m s", "s"},
      {"5 m", "s"},
      {"5 S", "s"},
      {"5 ks", "s"},
      {"5k", "s"},
      {"5 pps", "s"},
      {" 5 s", "s"},
      {"5 s ", "s"},
      {"5 ", "s"},
      {"5.", "s"},
      {".5", "s"},
      {"5,5 s", "s"},
      {"0x5 s", "s"},
      {"inf", "s"},
      {"nan s", "s"},
      {"5e", "s"},
      {"5e+ s", "s"},
      {"1_000", "pps"},
      {"10 Mps", "pps"},
      {"10 mpps", "pps"},
      {"10 MPPS", "pps"},
      {"10 MM", "pps"},
      {"10 Mbps", "pps"},
      {"10 M pp s", "pps"},
      {"10 s", "pps"},
      {"10 Gbyte", "Hz"},
      {"10 GB", "bit/s"},
      {"10 k%", "%"},
      {"10k", "%"},
      {"10 %%", "%"},
      {"5 s\n", "s"},
      {"5\ts", "s"},
      {"1234567890123456 s", "s"},
      {"1.1234567890123456 s", "s"},
      {"5  s", "s"},
  };
  for (const auto& item : cases)
    EXPECT_EQ(parse_quantity(item.text, item.own), std::nullopt) << item.text << " in " << item.own;
  EXPECT_EQ(parse_quantity("5", "furlongs"), std::nullopt);
}

// What `validate` takes and what an editor takes by the schema's patterns are the same.
TEST(Units, TheSchemaHasTheSameForms) {
  struct {
    const char *pointer, *own;
  } keys[] = {
      {"/duration_s", "s"},
      {"/warmup_s", "s"},
      {"/drain_s", "s"},
      {"/limits/late_ms", "ms"},
      {"/limits/late_percent", "%"},
      {"/limits/off_core_percent", "%"},
      {"/clock/hz", "Hz"},
      {"/ports/sim:a/speed_gbps", "Gbit/s"},
      {"/streams/a/size_no_crc", "B"},
      {"/senders/0/rate/pps", "pps"},
      {"/senders/0/rate/bps_l1", "bit/s"},
      {"/senders/0/rate/bps_l2", "bit/s"},
      {"/senders/0/rate/percent", "%"},
      {"/senders/0/rate", "rate"},
  };
  const auto is_taken_by = [](const std::string& text, const std::string& own) {
    return own == "rate" ? parse_quantity(text, "pps") || parse_quantity(text, "bit/s") ||
                               parse_quantity(text, "%")
                         : parse_quantity(text, own).has_value();
  };
  const std::vector<std::string> numbers = {"",   "2.5", "1e6",   "1E-06", "-1", ".5",
                                            "5.", "1e",  "1e400", "ten",   "1 0"};
  const std::vector<std::string> spaces = {"", " ", "  "};
  const std::vector<std::string> units = {
      "",     "ns",  "us",   "\u00b5s", "\u03bcs", "ms",       "s",     "min",      "h",
      "ks",   "pps", "kpps", "M pps",   "mpps",    "frames/s", "bit/s", "G  bit/s", "bps",
      "Tbps", "Mps", "%",    "k%",      "Hz",      "GHz",      "hz",    "B",        "kB",
      "k",    "K",   "M",    "P",       "m",       "s s",      "pps ",  "M ",       " "};
  size_t taken = 0;
  for (const auto& key : keys) {
    json document = {{"schema", "nmgen-scenario/1"}};
    if (std::string(key.pointer).starts_with("/clock"))
      document["clock"]["method"] = "duty";
    if (std::string(key.pointer).starts_with("/senders"))
      document["senders"] = json::array({{{"port", "sim:a"}}});
    for (const std::string& number : numbers)
      for (const std::string& space : spaces)
        for (const std::string& unit : units) {
          const std::string text = number + space + unit;
          document[json::json_pointer(key.pointer)] = text;
          const bool is_taken = is_taken_by(text, key.own);
          ASSERT_EQ(check_against_schema(document, "a.json").has_value(), is_taken)
              << key.pointer << " \"" << text << "\"";
          taken += is_taken;
        }
  }
  EXPECT_GT(taken, 500u);
}

}  // namespace
}  // namespace nmgen
