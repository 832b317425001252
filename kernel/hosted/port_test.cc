// SPDX-License-Identifier: BSD-2-Clause
// What is the same for ports of every driver.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "nmh_driver.h"
#include "options.h"
#include "testing/client.h"

namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Port : public testing::Test {
 protected:
  void SetUp() override {
    nmh_config config{};
    config.buf_num = 4000;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
  }
  void TearDown() override { nmh_destroy(world_); }

  // The errno, positive; the port is gone again.
  int make(const nmh_driver* driver, const char* name, const std::vector<nmh_option>& options) {
    const nmh_port_request request{name, options.data(), options.size()};
    nmh_port* port = nullptr;
    reason_[0] = 0;
    const int error = nmh_port_create(world_, driver, &request, &port, &refusal_);
    nmh_port_destroy(port);
    return -error;
  }

  nmh* world_ = nullptr;
  char reason_[200] = "";
  nmh_refusal refusal_{reason_, sizeof(reason_)};
};

TEST_F(Port, EachDriverHasItsOwnPrefixAndOptions) {
  std::set<std::string> prefixes, names;
  for (const nmh_driver* const* driver = nmh_drivers(); *driver != nullptr; driver++) {
    EXPECT_TRUE(prefixes.insert((*driver)->prefix).second) << (*driver)->prefix;
    EXPECT_TRUE(names.insert((*driver)->name).second) << (*driver)->name;
    EXPECT_EQ(nmh_driver_find((*driver)->prefix, std::strlen((*driver)->prefix)), *driver);
    EXPECT_EQ(nmh_driver_options(*driver)[0], '{');
  }
  EXPECT_GE(prefixes.size(), 1u);
  EXPECT_EQ(nmh_driver_find("si", 2), nullptr);
  EXPECT_EQ(nmh_driver_find("sim:", 4), nullptr);
  EXPECT_EQ(nmh_driver_find("", 0), nullptr);
}

TEST_F(Port, EachDriverRefusesWhatIsNoOption) {
  for (const nmh_driver* const* driver = nmh_drivers(); *driver != nullptr; driver++) {
    EXPECT_EQ(make(*driver, "x", {{"no_such", nullptr, 1}}), EINVAL) << (*driver)->name;
    EXPECT_STREQ(reason_, "x: there is no option \"no_such\"; leave it out");
  }
}

TEST_F(Port, WhatADriverDescribesIsThere) {
  const nmh_driver* driver = nmh_driver_find("sim", 3);
  const std::vector<nmh_option> options = {{"queues", nullptr, 3}, {"speed_gbps", nullptr, 40}};
  const nmh_port_request request{"x", options.data(), options.size()};
  nmh_port_info said{}, made{};
  ASSERT_EQ(driver->describe(&request, &said, nullptr), 0);
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(world_, driver, &request, &port, &refusal_), 0) << reason_;
  EXPECT_EQ(nmh_ports(world_, &made, 1), 1);
  EXPECT_STREQ(made.name, "x");
  EXPECT_STREQ(made.driver, driver->name);
  EXPECT_EQ(said.tx_rings, 3u);
  EXPECT_EQ(made.tx_rings, said.tx_rings);
  EXPECT_EQ(made.rx_rings, said.rx_rings);
  EXPECT_EQ(made.tx_slots, said.tx_slots);
  EXPECT_EQ(made.rx_slots, said.rx_slots);
  EXPECT_EQ(made.speed_mbps, said.speed_mbps);
  EXPECT_EQ(made.link_up, said.link_up);
  nmh_port_stats stats{};
  EXPECT_TRUE(nmh_port_read_stats(port, &stats));
  nmh_port_destroy(port);
  EXPECT_EQ(nmh_ports(world_, &made, 1), 0);
}

TEST_F(Port, ARefusalSaysWhy) {
  const nmh_driver* sim = nmh_driver_find("sim", 3);
  EXPECT_EQ(make(sim, "x", {{"queues", nullptr, 17}}), EINVAL);
  EXPECT_THAT(reason_, HasSubstr("17 queues are not possible"));
  EXPECT_EQ(make(sim, "x", {{"queues", nullptr, 1.5}}), EINVAL);
  EXPECT_THAT(reason_, HasSubstr("option \"queues\" is no whole number"));
  EXPECT_EQ(make(sim, "x", {{"queues", "two", 0}}), EINVAL);
  EXPECT_EQ(make(sim, "x", {{"queues", nullptr, -1}}), EINVAL);
  EXPECT_EQ(make(sim, "x", {{"flow_control", nullptr, 2}}), EINVAL);
  EXPECT_THAT(reason_, HasSubstr("option \"flow_control\" is no true or false"));
  EXPECT_EQ(make(sim, "", {}), EINVAL);
  EXPECT_THAT(reason_, EndsWith("give it one"));
}

// A driver of which only the buffer rules matter.
nmh_driver with(uint32_t grain, uint32_t headroom, uint32_t most, bool power_of_two) {
  nmh_driver driver{};
  driver.buffers = {grain, headroom, most, power_of_two, false, nullptr};
  return driver;
}

uint32_t size_for(const std::vector<nmh_driver>& drivers, uint32_t frame) {
  std::vector<const nmh_driver*> pointers;
  for (const nmh_driver& driver : drivers)
    pointers.push_back(&driver);
  return nmh_buffer_size(pointers.data(), pointers.size(), frame);
}

TEST(BufferSize, IsAnOddNumberOfCacheLinesThatHoldsTheFrame) {
  for (uint32_t frame = 60; frame <= 9216; frame += 13) {
    const uint32_t size = size_for({}, frame);
    EXPECT_GE(size, frame);
    EXPECT_GE(size, 2048u);
    EXPECT_EQ(size % 128, 64u);
  }
}

TEST(BufferSize, ObeysTheRulesOfAllPorts) {
  // Whole KiB hold the frame.
  EXPECT_EQ(size_for({with(1024, 0, 0, false)}, 9014), 9216u + 64);
  EXPECT_EQ(size_for({with(1024, 0, 0, false)}, 60), 2048u + 64);
  // The device's own bytes come on top.
  EXPECT_GE(size_for({with(0, 256, 0, false)}, 2048), 2048u + 256);
  EXPECT_EQ(size_for({with(0, 0, 0, true)}, 60), 2048u);
  EXPECT_EQ(size_for({with(0, 256, 0, true), with(1024, 0, 0, false)}, 1900), 4096u);
  // A page at most: longer frames take several buffers.
  EXPECT_EQ(size_for({with(0, 0, 4096, false), with(1024, 0, 0, false)}, 9014), 4096u);
  EXPECT_EQ(size_for({with(0, 0, 4096, false)}, 4090), 4096u);
}

TEST(Options, EachGoesToItsPlace) {
  uint32_t number = 5, kept = 7;
  bool flag = false;
  const char* text = "";
  const nmh_option options[] = {{"n", nullptr, 4294967295.0}, {"f", nullptr, 1}, {"t", "eth0", 0}};
  const nmh_port_request request{"x", options, 3};
  const nmh_option_place places[] = {{"k", &kept, nullptr, nullptr},
                                     {"n", &number, nullptr, nullptr},
                                     {"f", nullptr, &flag, nullptr},
                                     {"t", nullptr, nullptr, &text}};
  ASSERT_EQ(nmh_options_read(&request, places, 4, nullptr), 0);
  EXPECT_EQ(number, 4294967295u);
  EXPECT_EQ(kept, 7u);
  EXPECT_TRUE(flag);
  EXPECT_STREQ(text, "eth0");
}

TEST(Options, ASentenceIsCutAtItsRoom) {
  char text[8];
  nmh_refusal refusal{text, sizeof(text)};
  EXPECT_EQ(nmh_refuse(&refusal, -EPERM, "%s", "0123456789"), -EPERM);
  EXPECT_STREQ(text, "0123456");
  EXPECT_EQ(nmh_refuse(nullptr, -EPERM, "nobody"), -EPERM);
}

// A model has no thread and no interrupt: who monitors one looks for itself, and waits until the
// frame is through the wire; the client of the port need not do anything.
TEST_F(Port, AMonitorSeesWhatArrivesAtAModel) {
  nmh_port* ports[2] = {};
  client sender{}, owner{}, monitor{};
  for (int i = 0; i < 2; i++) {
    const nmh_port_request request{i == 0 ? "a" : "b", nullptr, 0};
    ASSERT_EQ(nmh_port_create(world_, nmh_driver_find("sim", 3), &request, &ports[i], &refusal_), 0)
        << reason_;
  }
  ASSERT_EQ(nmh_port_connect(ports[0], ports[1], &refusal_), 0) << reason_;
  ASSERT_EQ(client_open(&sender, world_, "a", NR_REG_ALL_NIC, 0, 0), 0);
  ASSERT_EQ(client_open(&owner, world_, "b", NR_REG_ALL_NIC, 0, 0), 0);
  ASSERT_EQ(client_open(&monitor, world_, "b", NR_REG_ALL_NIC, 0, NR_MONITOR_RX), 0);
  EXPECT_EQ(nmh_poll(monitor.fd, POLLIN, 0), 0);
  ASSERT_TRUE(client_put(client_tx(&sender, 0), 0x1234));
  ASSERT_EQ(nmh_txsync(sender.fd), 0);
  EXPECT_EQ(nmh_poll(monitor.fd, POLLIN, 60000), POLLIN);
  uint64_t word = 0;
  ASSERT_TRUE(client_get(client_rx(&monitor, 0), &word));
  EXPECT_EQ(word, 0x1234u);
  EXPECT_FALSE(client_get(client_rx(&owner, 0), &word)) << "its client has not synced";
  ASSERT_EQ(nmh_rxsync(owner.fd), 0);
  ASSERT_TRUE(client_get(client_rx(&owner, 0), &word));
  for (client* c : {&monitor, &owner, &sender})
    client_close(c);
  for (nmh_port* port : ports)
    nmh_port_destroy(port);
}

int no_file(uint64_t, uint32_t) {
  return -ENOMEM;
}

TEST(Config, IsWhatTheDriversOfAWorldNeed) {
  nmh_driver plain{}, registers{};
  registers.buffers = {0, 256, 4096, true, true, no_file};
  const nmh_driver* const drivers[] = {&plain, &registers};
  nmh_config config{};
  config.buf_num = 77;
  nmh_config_suit(&config, drivers, 1, 1514);
  EXPECT_EQ(config.buf_size, nmh_buffer_size(drivers, 1, 1514));
  EXPECT_FALSE(config.fixed);
  EXPECT_EQ(config.memory_file, nullptr);
  EXPECT_EQ(config.buf_headroom, 0u);
  nmh_config_suit(&config, drivers, 2, 1514);
  EXPECT_EQ(config.buf_size, 2048u);
  EXPECT_TRUE(config.fixed);
  EXPECT_EQ(config.memory_file, no_file);
  EXPECT_EQ(config.buf_headroom, 256u);
  EXPECT_EQ(config.buf_num, 77u);
  nmh_config_suit(&config, drivers, 2, 1900);
  EXPECT_EQ(config.buf_size, 4096u);
}

}  // namespace
