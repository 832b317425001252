// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/measure/proc.h"

#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(Proc, Trimmed) {
  EXPECT_EQ(trimmed("  tsc \n"), "tsc");
  EXPECT_EQ(trimmed(" \n\t"), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(std::string_view("linux,kvm\0", 10)), "linux,kvm");
}

TEST(Proc, SchedStat) {
  std::optional<SchedStat> stat = parse_schedstat("76096 3392741 2\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->run_ns, 76096U);
  EXPECT_EQ(stat->wait_ns, 3392741U);
  EXPECT_EQ(stat->slices, 2U);
  for (const char* bad : {"", "1", "1 2", "1 2 x", "-1 2 3", "1 2 3x", "99999999999999999999 1 1"})
    EXPECT_FALSE(parse_schedstat(bad)) << bad;
}

TEST(Proc, StatusNumber) {
  const char* text = "Name:\tnmgen\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t3\n";
  EXPECT_EQ(parse_status_number(text, "voluntary_ctxt_switches"), 7U);
  EXPECT_EQ(parse_status_number(text, "nonvoluntary_ctxt_switches"), 3U);
  EXPECT_FALSE(parse_status_number(text, "Name"));
  EXPECT_FALSE(parse_status_number(text, "Na"));
  EXPECT_FALSE(parse_status_number(text, "Threads"));
}

TEST(Proc, StealTicks) {
  const char* text =
      "cpu  10352 0 1276 196168 383 0 47 255 0 0\n"
      "cpu0 4734 0 511 98836 21 0 16 130 0 0\n"
      "cpu10 5618 0 764 97332 361 0 31 124 0 0\n"
      "cpu2 1 2 3 4\n"
      "intr 8 7 6\n";
  EXPECT_EQ(parse_steal_ticks(text, 0), 130U);
  EXPECT_EQ(parse_steal_ticks(text, 10), 124U);
  EXPECT_FALSE(parse_steal_ticks(text, 1));
  EXPECT_FALSE(parse_steal_ticks(text, 2));  // a kernel before 2.6.11 counts no steal
  EXPECT_FALSE(parse_steal_ticks("", 0));
}

TEST(Proc, CpuModel) {
  EXPECT_EQ(parse_cpu_model("processor\t: 0\nmodel\t\t: 167\nmodel name\t: Some CPU @ 2 GHz\n"),
            "Some CPU @ 2 GHz");
  EXPECT_EQ(parse_cpu_model("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"),
            "Arm implementer 0x41 part 0xd0c");
  EXPECT_EQ(parse_cpu_model("processor: 0\n"), "unknown");
  EXPECT_EQ(parse_cpu_model(""), "unknown");
}

TEST(Proc, Load) {
  EXPECT_EQ(parse_load("0.15 0.12 0.08 3/95 6243\n"), 0.15);
  EXPECT_FALSE(parse_load(""));
  EXPECT_FALSE(parse_load("nan 1 1"));
  EXPECT_FALSE(parse_load("-1 1 1"));
  EXPECT_FALSE(parse_load("x"));
}

TEST(Proc, ReadText) {
  std::optional<std::string> text = read_text("/proc/self/status");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("Name:"), std::string::npos);
  EXPECT_EQ(read_text("/proc/self/status", 5)->size(), 5U);
  EXPECT_FALSE(read_text("/proc/self/no-such-file"));
  EXPECT_FALSE(read_text("/proc"));
}

}  // namespace
}  // namespace nmgen
