// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "pktgen/packet/pcap_file.h"
#include "pktgen/traffic/schedule/schedule.h"

namespace nmgen {
namespace {

using testing::HasSubstr;

class Recorded : public testing::Test {
 protected:
  Recorded() { std::filesystem::create_directory(directory_); }
  ~Recorded() override { std::filesystem::remove_all(directory_); }

  // A capture with a frame at each of `times`, in ns.
  void capture(const std::string& name, const std::vector<uint64_t>& times) {
    Result<PcapWriter> writer = PcapWriter::open(directory_ + "/" + name);
    ASSERT_TRUE(writer);
    const std::vector<uint8_t> frame(60, 0);
    for (const uint64_t time : times)
      ASSERT_TRUE(writer->write(frame, time));
    ASSERT_TRUE(writer->close());
  }
  Result<Timetable> compiled(const std::string& name, const std::string& more = "") {
    return ScheduleSpec{"recorded", R"({"file": ")" + name + "\"" + more + "}"}.compile(
        {0, 64, 10e9, 2e9, directory_});
  }
  std::string refused(const std::string& name) {
    const Result<Timetable> table = compiled(name);
    return table ? "accepted" : table.error().sentence();
  }

  const std::string directory_ = testing::TempDir() + "nmgen-recorded-" + std::to_string(getpid());
};

constexpr uint64_t kStart = 1'700'000'000'000'000'000;

TEST_F(Recorded, FramesAreDueAsFarApartAsTheyWere) {
  const std::vector<uint64_t> offsets = {0, 1, 1'000, 1'000, 250'000'001, 600'000'000};
  std::vector<uint64_t> times = offsets;
  for (uint64_t& time : times)
    time += kStart;
  for (const char* name : {"a.pcap", "a.pcapng"}) {
    capture(name, times);
    for (const double speed : {1.0, 4.0, 0.5}) {
      const Result<Timetable> table = compiled(name, ", \"speed\": " + std::to_string(speed));
      ASSERT_TRUE(table) << table.error().sentence();
      // 600 ms for five distances: 720 ms from one begin to the next.
      for (uint64_t i = 0; i < 60; i++) {
        const uint64_t ns = offsets[i % 6] + i / 6 * 720'000'000;
        ASSERT_NEAR(static_cast<double>(table->due_tsc(i)), 2 * static_cast<double>(ns) / speed, 3)
            << name << " " << speed << " " << i;
      }
    }
  }
}

TEST_F(Recorded, WhatCannotBeIsASentence) {
  EXPECT_THAT(refused("none.pcap"), HasSubstr("none.pcap: No such file"));
  capture("empty.pcap", {});
  EXPECT_THAT(refused("empty.pcap"), HasSubstr("it has no frame; give a capture of at least two"));
  capture("one.pcap", {kStart});
  EXPECT_THAT(refused("one.pcap"), HasSubstr("it has one frame"));
  capture("same.pcap", {kStart, kStart, kStart});
  EXPECT_THAT(refused("same.pcap"), HasSubstr("all its frames have one time"));
  capture("back.pcap", {kStart, kStart + 500, kStart + 499});
  EXPECT_THAT(refused("back.pcap"), HasSubstr("frame 3 is 1 ns before the frame before it; sort"));
  EXPECT_THAT(refused("."), HasSubstr("it is no file"));
  capture("cut.pcap", {kStart, kStart + 500});
  std::filesystem::resize_file(directory_ + "/cut.pcap", 24 + 2 * (16 + 60) - 1);
  EXPECT_THAT(refused("cut.pcap"), HasSubstr("cut.pcap"));
  std::ofstream(directory_ + "/text.pcap") << "a text that is no capture, of a few lines";
  EXPECT_THAT(refused("text.pcap"), HasSubstr("text.pcap"));
  // Link type 105 is IEEE 802.11.
  std::fstream wireless(directory_ + "/back.pcap", std::ios::in | std::ios::out);
  wireless.seekp(20).put(105);
  wireless.close();
  EXPECT_THAT(refused("back.pcap"), HasSubstr("Ethernet"));
}

}  // namespace
}  // namespace nmgen
