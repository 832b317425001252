// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/hosted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <memory>

#include "pktgen/scenario/port_options.h"

namespace nmgen {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// While it lives, this process gets no more than `bytes` of memory on top of what it has. A region
// that is only reserved does not count.
class LittleMemory {
 public:
  explicit LittleMemory(uint64_t bytes) {
    getrlimit(RLIMIT_DATA, &before_);
    // proc(5): size, resident, shared, text, lib, data, in pages.
    uint64_t pages = 0;
    std::ifstream statm("/proc/self/statm");
    for (int field = 0; field < 6; ++field)
      statm >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + bytes;
    setrlimit(RLIMIT_DATA, &limit);
  }
  ~LittleMemory() { setrlimit(RLIMIT_DATA, &before_); }
  LittleMemory(const LittleMemory&) = delete;
  LittleMemory& operator=(const LittleMemory&) = delete;

 private:
  rlimit before_{};
};

constexpr uint64_t kLittle = 512 << 20, kNothing = 1 << 20;

// What comes of opening a transmit ring of the port with so much memory.
Error error_of(const Scenario& scenario, const char* port_name, uint64_t bytes) {
  const LittleMemory little(bytes);
  Result<std::unique_ptr<HostedWorld>> world = HostedWorld::create(scenario, 1e9);
  if (!world)
    return world.error();
  Result<PortName> name = parse_port_name(port_name);
  if (!name)
    return name.error();
  Result<Port*> port = (*world)->port(*name);
  if (!port)
    return port.error();
  Result<std::unique_ptr<PortRing>> ring = (*port)->open_ring({true, 0, 0});
  return ring ? Error{"opened", "", ""} : ring.error();
}

void expect_followable(const Error& error) {
  EXPECT_EQ(error.code, ENOMEM) << error.sentence();
  EXPECT_THAT(
      error.sentence(),
      EndsWith(": there is not enough memory for all rings and their buffers; free some, or "
               "use smaller tx_slots, rx_slots or queues in \"ports\", fewer flows "
               "(counts of \"vary\"), a smaller size_no_crc or fewer ports"));
  EXPECT_THAT(error.sentence(), Not(HasSubstr("pools")));
}

TEST(Hosted, ALackOfMemoryNamesTheKeysThatTakeIt) {
  Scenario scenario;
  scenario.ports = {*make_port(
      "sim:left", {{"queues", {}, 4}, {"tx_slots", {}, 65528}, {"rx_slots", {}, 65528}}, "")};
  const Error error = error_of(scenario, "sim:left", kLittle);
  expect_followable(error);
  EXPECT_THAT(error.sentence(), testing::StartsWith("cannot open sim:left: "));
}

TEST(Hosted, SoDoesAPipe) {
  expect_followable(error_of(Scenario(), "hosted:p{1", kNothing));
}

TEST(Hosted, WhatFitsIsOpened) {
  Scenario scenario;
  scenario.ports = {*make_port("sim:left", {{"tx_slots", {}, 64}, {"rx_slots", {}, 64}}, "")};
  EXPECT_EQ(error_of(scenario, "sim:left", kLittle).what, "opened");
}

}  // namespace
}  // namespace nmgen
