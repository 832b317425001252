// SPDX-License-Identifier: BSD-2-Clause
#include "sim82599.h"

#include <gtest/gtest.h>
#include <net/netmap.h>
#include <poll.h>

#include <random>

#include "testing.h"

namespace {

using simtest::Adapter;
using simtest::AdapterOptions;
using simtest::Client;
using simtest::get_frame;
using simtest::make_frame;
using simtest::put_frame;
using simtest::World;

void expect_no_bugs(const Adapter& adapter) {
  const struct nmh_sim_stats stats = adapter.stats();
  EXPECT_EQ(stats.driver_bugs, 0u) << adapter.name << ": " << stats.last_bug;
}

struct Pair {
  explicit Pair(const AdapterOptions& options = {}, uint32_t buf_size = 2048)
      : world(buf_size), a(world, "sim0", options), b(world, "sim1", options) {
    a.use(clock);
    simtest::check(nmh_sim_connect(a.sim, b.sim), "connect");
  }
  ~Pair() {
    expect_no_bugs(a);
    expect_no_bugs(b);
  }

  simtest::ManualClock clock;
  World world;
  Adapter a;
  Adapter b;
};

TEST(Sim82599, RefusesWhatCannotBe) {
  World world;
  nmh_sim* sim = nullptr;
  char reason[200];
  nmh_sim_config config{};
  config.name = "sim0";
  config.speed_gbps = 11;
  config.queues = 1;
  config.tx_slots = config.rx_slots = 512;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, reason, sizeof(reason)), -EINVAL);
  EXPECT_NE(std::string(reason).find("use 10, 25, 40 or 100"), std::string::npos) << reason;
  config.speed_gbps = 10;
  config.queues = 17;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, reason, sizeof(reason)), -EINVAL);
  config.queues = 1;
  config.rx_slots = 500;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, reason, sizeof(reason)), -EINVAL);
  EXPECT_NE(std::string(reason).find("multiple of 8"), std::string::npos) << reason;
  config.rx_slots = 512;
  config.name = "";
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, nullptr, 0), -EINVAL);
  config.name = "sim0";
  ASSERT_EQ(nmh_sim_create(world.world, &config, &sim, reason, sizeof(reason)), 0);
  nmh_sim* twin = nullptr;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &twin, reason, sizeof(reason)), -EEXIST);
  nmh_sim_destroy(sim);
}

TEST(Sim82599, SendsToASink) {
  World world;
  Adapter adapter(world, "sim0");
  Client client(world, adapter);
  netmap_ring* ring = client.tx();
  uint64_t sent = 0;
  while (sent < 5000) {
    while (sent < 5000 && put_frame(ring, make_frame(sent, 60).data(), 60)) {
      sent++;
    }
    ASSERT_EQ(client.txsync(), 0);
  }
  while (nmh_sim_in_flight(adapter.sim) > 0) {
  }
  EXPECT_EQ(adapter.stats().tx_frames, 5000u);
  EXPECT_EQ(adapter.stats().tx_bytes, 5000u * 64);
  expect_no_bugs(adapter);
}

// Sends frames of the given sizes from a to b, as fast as the rings let it, and compares every
// byte.
void run_through(Pair& pair, const std::vector<size_t>& sizes) {
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  size_t sent = 0, received = 0;
  while (received < sizes.size()) {
    while (sent < sizes.size() &&
           put_frame(sender.tx(), make_frame(sent, sizes[sent]).data(), sizes[sent])) {
      sent++;
    }
    ASSERT_EQ(sender.txsync(), 0);
    pair.clock.forward_ns(3000);
    ASSERT_EQ(receiver.rxsync(), 0);
    // One slot is never filled.
    ASSERT_LT(simtest::space(receiver.rx()), receiver.rx()->num_slots);
    for (;;) {
      const std::vector<uint8_t> frame = get_frame(receiver.rx());
      if (frame.empty()) {
        break;
      }
      ASSERT_EQ(frame, make_frame(received, sizes[received])) << "frame " << received;
      received++;
    }
    // A loss would make this wait for ever.
    ASSERT_EQ(pair.b.stats().missed, 0u);
  }
  pair.clock.forward_ns(1000);
  EXPECT_EQ(nmh_sim_in_flight(pair.a.sim), 0u);
  EXPECT_EQ(pair.a.stats().tx_frames, sizes.size());
  EXPECT_EQ(pair.b.stats().rx_frames, sizes.size());
  EXPECT_EQ(pair.a.stats().tx_bytes, pair.b.stats().rx_bytes);
}

TEST(Sim82599, DeliversMinimumFrames) {
  for (const uint32_t slots : {64u, 512u}) {
    Pair pair({.slots = slots});
    run_through(pair, std::vector<size_t>(20000, 60));
  }
}

TEST(Sim82599, DeliversAllSizes) {
  for (const uint32_t buf_size : {2048u, 2112u, 4096u}) {
    Pair pair({}, buf_size);
    std::vector<size_t> sizes;
    for (size_t size = 60; size <= 9216; size += 37) {
      sizes.push_back(size);
    }
    std::mt19937 random(7);
    for (int i = 0; i < 3000; i++) {
      sizes.push_back(60 + random() % 1459);
    }
    run_through(pair, sizes);
  }
}

}  // namespace
