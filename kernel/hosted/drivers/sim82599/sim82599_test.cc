// SPDX-License-Identifier: BSD-2-Clause
#include "sim82599.h"

#include <gtest/gtest.h>
#include <net/netmap.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <random>

#include "testing/adapter.h"

namespace {

using nmgen::test::Adapter;
using nmgen::test::AdapterOptions;
using nmgen::test::Client;
using nmgen::test::get_frame;
using nmgen::test::make_frame;
using nmgen::test::put_frame;
using nmgen::test::World;

void expect_no_bugs(const Adapter& adapter) {
  const struct nmh_port_stats stats = adapter.stats();
  EXPECT_EQ(stats.driver_bugs, 0u) << adapter.name << ": " << stats.last_bug;
}

struct Pair {
  explicit Pair(const AdapterOptions& options = {}, uint32_t buf_size = 2048)
      : world(buf_size), a(world, "sim0", options), b(world, "sim1", options) {
    a.use(clock);
    nmgen::test::check(nmh_sim_connect(a.sim, b.sim, nullptr), "connect");
  }
  ~Pair() {
    expect_no_bugs(a);
    expect_no_bugs(b);
  }

  nmgen::test::ManualClock clock;
  World world;
  Adapter a;
  Adapter b;
};

TEST(Sim82599, RefusesWhatCannotBe) {
  World world;
  nmh_sim* sim = nullptr;
  char reason[200];
  nmh_refusal refusal{reason, sizeof(reason)};
  nmh_sim_config config{};
  config.name = "sim0";
  config.speed_gbps = 11;
  config.queues = 1;
  config.tx_slots = config.rx_slots = 512;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, &refusal), -EINVAL);
  EXPECT_NE(std::string(reason).find("use 10, 25, 40 or 100"), std::string::npos) << reason;
  config.speed_gbps = 10;
  config.queues = 17;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, &refusal), -EINVAL);
  config.queues = 1;
  config.rx_slots = 500;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, &refusal), -EINVAL);
  EXPECT_NE(std::string(reason).find("multiple of 8"), std::string::npos) << reason;
  config.rx_slots = 512;
  config.name = "";
  EXPECT_EQ(nmh_sim_create(world.world, &config, &sim, nullptr), -EINVAL);
  config.name = "sim0";
  ASSERT_EQ(nmh_sim_create(world.world, &config, &sim, &refusal), 0);
  nmh_sim* twin = nullptr;
  EXPECT_EQ(nmh_sim_create(world.world, &config, &twin, &refusal), -EEXIST);
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
  while (nmh_driver_sim82599.in_flight(adapter.sim) > 0) {
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
    ASSERT_LT(nmgen::test::space(receiver.rx()), receiver.rx()->num_slots);
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
  EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 0u);
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

// Moves time on and lets everybody take what there is, without sending: the wire drains.
uint64_t drain(Pair& pair, Client& receiver) {
  uint64_t received = 0;
  for (int empty = 0; empty < 3; empty++) {
    pair.clock.forward_ns(100000);
    EXPECT_EQ(receiver.rxsync(), 0);
    while (!get_frame(receiver.rx()).empty()) {
      received++;
      empty = 0;
    }
  }
  return received;
}

// A receiver that does not come in time loses what its ring and packet buffer cannot hold, and not
// one frame is miscounted.
TEST(Sim82599, MissedFramesAreCountedExactly) {
  for (const size_t size : {60u, 61u, 300u, 1514u}) {
    Pair pair;
    Client sender(pair.world, pair.a);
    Client receiver(pair.world, pair.b);
    const std::vector<uint8_t> frame = make_frame(1, size);
    uint64_t sent = 0, received = 0;
    std::mt19937 random(3);
    for (int i = 0; i < 3000; i++) {
      while (put_frame(sender.tx(), frame.data(), size)) {
        sent++;
      }
      ASSERT_EQ(sender.txsync(), 0);
      pair.clock.forward_ns(random() % 60000);
      if (random() % 64 == 0) {
        ASSERT_EQ(receiver.rxsync(), 0);
        while (!get_frame(receiver.rx()).empty()) {
          received++;
        }
      }
    }
    for (int i = 0; i < 100; i++) {
      pair.clock.forward_ns(100000);
      ASSERT_EQ(sender.txsync(), 0);
    }
    received += drain(pair, receiver);
    const struct nmh_port_stats a = pair.a.stats(), b = pair.b.stats();
    EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 0u);
    EXPECT_EQ(a.tx_frames, sent);
    EXPECT_EQ(b.rx_frames, received);
    EXPECT_EQ(received + b.missed, sent);
    EXPECT_GT(b.missed, 0u);
    EXPECT_EQ(b.rx_bytes, received * (size + 4));
  }
}

// What the packet buffer holds is as much as the datasheet says: a receiver that is away for so
// long loses nothing.
TEST(Sim82599, ThePacketBufferBridgesAnAbsence) {
  Pair pair({.slots = 64});
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const std::vector<uint8_t> frame = make_frame(1, 60);
  const uint64_t fits = 63 + 512 * 1024 / 64;
  uint64_t sent = 0;
  while (sent < fits + 10) {
    while (sent < fits + 10 && put_frame(sender.tx(), frame.data(), 60)) {
      sent++;
    }
    ASSERT_EQ(sender.txsync(), 0);
    pair.clock.forward_ns(1000);
  }
  const uint64_t received = drain(pair, receiver);
  EXPECT_EQ(received, fits);
  EXPECT_EQ(pair.b.stats().missed, 10u);
}

TEST(Sim82599, NobodyReceives) {
  Pair pair;
  Client sender(pair.world, pair.a);
  const std::vector<uint8_t> frame = make_frame(1, 60);
  uint64_t sent = 0;
  for (int i = 0; i < 1000; i++) {
    while (put_frame(sender.tx(), frame.data(), 60)) {
      sent++;
    }
    ASSERT_EQ(sender.txsync(), 0);
    pair.clock.forward_ns(50000);
  }
  EXPECT_GT(sent, 50000u) << "a sender never waits for a receiver";
  for (int i = 0; i < 100; i++) {
    pair.clock.forward_ns(100000);
    ASSERT_EQ(sender.txsync(), 0);
  }
  EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 0u);
  EXPECT_EQ(pair.b.stats().missed, sent);
}

TEST(Sim82599, FlowControlLosesNothing) {
  for (const size_t size : {60u, 1514u, 9216u}) {
    Pair pair({.flow_control = true});
    Client sender(pair.world, pair.a);
    Client receiver(pair.world, pair.b);
    const std::vector<uint8_t> frame = make_frame(1, size);
    uint64_t sent = 0, received = 0;
    std::mt19937 random(5);
    for (int i = 0; i < 3000; i++) {
      while (put_frame(sender.tx(), frame.data(), size)) {
        sent++;
      }
      ASSERT_EQ(sender.txsync(), 0);
      pair.clock.forward_ns(random() % 60000);
      if (random() % 64 == 0) {
        ASSERT_EQ(receiver.rxsync(), 0);
        while (!get_frame(receiver.rx()).empty()) {
          received++;
        }
      }
    }
    for (int i = 0; i < 3000 && nmh_driver_sim82599.in_flight(pair.a.sim) > 0; i++) {
      ASSERT_EQ(sender.txsync(), 0);
      received += drain(pair, receiver);
    }
    received += drain(pair, receiver);
    const struct nmh_port_stats a = pair.a.stats(), b = pair.b.stats();
    EXPECT_EQ(a.tx_frames, sent);
    EXPECT_EQ(received, sent);
    EXPECT_EQ(b.missed, 0u);
    EXPECT_GT(a.paused_ns, 0u);
    EXPECT_LE(a.paused_ns, pair.clock.ticks.load() / 2)
        << "no longer than the test took, 2 ticks a ns";
    EXPECT_EQ(b.paused_ns, 0u);
  }
}

// Sums of what has left and what has come in, against the clock, over random sizes and doorbells.
TEST(Sim82599, IsNeverFasterThanTheLine) {
  for (const uint32_t speed : {10u, 25u, 40u, 100u}) {
    for (const bool sink : {false, true}) {
      nmgen::test::ManualClock clock;
      World world;
      Adapter a(world, "sim0", {.speed_gbps = speed}), b(world, "sim1", {.speed_gbps = speed});
      a.use(clock);
      if (!sink) {
        nmgen::test::check(nmh_sim_connect(a.sim, b.sim, nullptr), "connect");
      }
      Client sender(world, a), receiver(world, b);
      std::mt19937 random(speed);
      const std::vector<uint8_t> data(1514);
      bool saturated = true;
      uint64_t sent = 0;
      for (int i = 0; i < 20000; i++) {
        const uint32_t frames = saturated ? 512 : random() % 40;
        for (uint32_t n = 0;
             n < frames && put_frame(sender.tx(), data.data(), 17 + random() % 1498); n++) {
          sent++;
        }
        ASSERT_EQ(sender.txsync(), 0);
        ASSERT_EQ(receiver.rxsync(), 0);
        receiver.rx()->head = receiver.rx()->cur = receiver.rx()->tail;
        const struct nmh_port_stats out = a.stats(), in = b.stats();
        // Preamble and gap count too; the last frame's gap may be still to come.
        const double line_bits =
            static_cast<double>(clock.ticks) / nmgen::test::ManualClock::kHz * speed * 1e9;
        ASSERT_LE(static_cast<double>(out.tx_bytes + 20 * out.tx_frames) * 8, line_bits + 1)
            << "iteration " << i;
        ASSERT_LE(static_cast<double>(in.rx_bytes + 20 * in.rx_frames) * 8, line_bits + 1)
            << "iteration " << i;
        ASSERT_LE(in.rx_frames + in.missed, out.tx_frames);
        clock.forward_ns(random() % 2000);
        if (i == 10000) {
          // So far there was always something to send: the line was full, but for the first
          // doorbell, and what is rounded.
          EXPECT_GT(static_cast<double>(out.tx_bytes + 20 * out.tx_frames) * 8,
                    0.9999 * line_bits - 2e5);
          saturated = false;
        }
      }
      EXPECT_GT(sent, 10000u);
      expect_no_bugs(a);
      expect_no_bugs(b);
    }
  }
}

// One frame's time on the wire is exact: it is there at its last bit (and the gap behind it) and
// not before.
TEST(Sim82599, AFrameTakesItsTime) {
  Pair pair;
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  // (1514 + 4 + 20) * 8 / 10 = 1230.4 ns
  ASSERT_TRUE(put_frame(sender.tx(), make_frame(0, 1514).data(), 1514));
  ASSERT_EQ(sender.txsync(), 0);
  EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 1u);
  pair.clock.forward_ns(1230);
  ASSERT_EQ(receiver.rxsync(), 0);
  EXPECT_EQ(nmgen::test::space(receiver.rx()), 0u);
  EXPECT_EQ(pair.a.stats().tx_frames, 0u);
  pair.clock.forward_ns(1);
  ASSERT_EQ(receiver.rxsync(), 0);
  EXPECT_EQ(nmgen::test::space(receiver.rx()), 1u);
  EXPECT_EQ(pair.a.stats().tx_frames, 1u);
  EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 0u);
}

// The sender fills its ring and goes away; its wire goes on without it.
TEST(Sim82599, ASenderThatIsAwayGoesOnSending) {
  Pair pair({.slots = 8192});
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const std::vector<uint8_t> frame = make_frame(1, 60);
  uint64_t sent = 0, received = 0;
  while (put_frame(sender.tx(), frame.data(), 60)) {
    sent++;
  }
  ASSERT_EQ(sent, 8191u);
  ASSERT_EQ(sender.txsync(), 0);
  // 8191 frames of 67.2 ns: all are in after 550.5 us.
  for (int i = 0; i < 56; i++) {
    pair.clock.forward_ns(10000);
    ASSERT_EQ(receiver.rxsync(), 0);
    while (!get_frame(receiver.rx()).empty()) {
      received++;
    }
  }
  EXPECT_EQ(received, sent);
}

// The thread that ran the engine lost its core in it, and others could not run it meanwhile: the
// wire was not idle, as there was something to send; what was rung for later leaves later.
TEST(Sim82599, AnEngineThatIsLateLosesNoWireTime) {
  Pair pair({.slots = 8192});
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const std::vector<uint8_t> frame = make_frame(1, 60);
  for (int i = 0; i < 4000; i++) {
    ASSERT_TRUE(put_frame(sender.tx(), frame.data(), 60));
  }
  ASSERT_EQ(sender.txsync(), 0);
  pair.clock.forward_ns(400000);  // 4000 frames of 67.2 ns take 268.8 us
  nm_spin* engine = &nmh_sim_hw(pair.a.sim)->tx.lock;
  nm_spin_lock(engine);
  ASSERT_TRUE(put_frame(sender.tx(), frame.data(), 60));
  ASSERT_EQ(sender.txsync(), 0);
  nm_spin_unlock(engine);
  EXPECT_EQ(pair.a.stats().tx_frames, 4000u);
  pair.clock.forward_ns(68);
  ASSERT_EQ(receiver.rxsync(), 0);
  EXPECT_EQ(pair.a.stats().tx_frames, 4001u);
}

TEST(Sim82599, ShortFramesArePadded) {
  Pair pair;
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const std::vector<uint8_t> ones(60, 0xff);
  // What is in the buffer behind a short frame must not go out.
  std::memset(nmgen::test::buffer(sender.tx(), sender.tx()->slot[0].buf_idx), 0xee, 2048);
  ASSERT_TRUE(put_frame(sender.tx(), ones.data(), 20));
  ASSERT_EQ(sender.txsync(), 0);
  pair.clock.forward_ns(1000);
  ASSERT_EQ(receiver.rxsync(), 0);
  std::vector<uint8_t> expected(60, 0);
  std::fill_n(expected.begin(), 20, 0xff);
  EXPECT_EQ(get_frame(receiver.rx()), expected);
  EXPECT_EQ(pair.a.stats().tx_bytes, 64u);
}

TEST(Sim82599, LinkDownLosesWhatIsUnderWay) {
  Pair pair;
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const std::vector<uint8_t> frame = make_frame(1, 60);
  for (int i = 0; i < 100; i++) {
    ASSERT_TRUE(put_frame(sender.tx(), frame.data(), 60));
  }
  ASSERT_EQ(sender.txsync(), 0);
  pair.clock.forward_ns(3000);  // 44 frames and a part
  nmh_sim_set_link(pair.b.sim, false);
  pair.clock.forward_ns(100000);
  EXPECT_EQ(drain(pair, receiver), 44u);
  EXPECT_EQ(pair.a.stats().lost_on_link_down, 56u);

  // Frames sent with the link down stay in the ring.
  for (int i = 0; i < 10; i++) {
    ASSERT_TRUE(put_frame(sender.tx(), frame.data(), 60));
  }
  ASSERT_EQ(sender.txsync(), 0);
  EXPECT_EQ(drain(pair, receiver), 0u);
  EXPECT_EQ(nmh_driver_sim82599.in_flight(pair.a.sim), 10u);
  nmh_port_info ports[2];
  ASSERT_EQ(nmh_ports(pair.world.world, ports, 2), 2);
  EXPECT_FALSE(ports[0].link_up);
  EXPECT_FALSE(ports[1].link_up);

  nmh_sim_set_link(pair.a.sim, true);
  EXPECT_EQ(drain(pair, receiver), 10u);
  EXPECT_EQ(pair.a.stats().tx_frames, 110u);
  EXPECT_EQ(pair.b.stats().rx_frames, 54u);
  EXPECT_EQ(pair.b.stats().missed, 0u);
}

TEST(Sim82599, ConnectsOnlyWhatIsIdleAndAlike) {
  World world;
  Adapter a(world, "a"), b(world, "b"), fast(world, "fast", {.speed_gbps = 40}), c(world, "c");
  EXPECT_EQ(nmh_sim_connect(a.sim, a.sim, nullptr), -EINVAL);
  EXPECT_EQ(nmh_sim_connect(a.sim, fast.sim, nullptr), -EINVAL);
  {
    Client busy(world, b);
    EXPECT_EQ(nmh_sim_connect(a.sim, b.sim, nullptr), -EBUSY);
  }
  EXPECT_EQ(nmh_sim_connect(a.sim, b.sim, nullptr), 0);
  EXPECT_EQ(nmh_sim_connect(a.sim, c.sim, nullptr), -EBUSY);
}

TEST(Sim82599, ClosesAndOpensAgain) {
  Pair pair;
  for (int round = 0; round < 5; round++) {
    const uint64_t before = pair.b.stats().rx_frames, sent_before = pair.a.stats().tx_frames;
    Client sender(pair.world, pair.a);
    Client receiver(pair.world, pair.b);
    for (uint64_t i = 0; i < 100; i++) {
      ASSERT_TRUE(put_frame(sender.tx(), make_frame(i, 60).data(), 60));
    }
    ASSERT_EQ(sender.txsync(), 0);
    pair.clock.forward_ns(10000);
    ASSERT_EQ(receiver.rxsync(), 0);
    for (uint64_t i = 0; i < 100; i++) {
      EXPECT_EQ(get_frame(receiver.rx()), make_frame(i, 60));
    }
    EXPECT_EQ(pair.b.stats().rx_frames - before, 100u);
    EXPECT_EQ(pair.a.stats().tx_frames - sent_before, 100u);
  }
}

// The peer goes away in the middle; what is left sends to a sink.
TEST(Sim82599, OutlivesItsPeer) {
  World world;
  Adapter a(world, "a");
  {
    Adapter b(world, "b");
    nmgen::test::check(nmh_sim_connect(a.sim, b.sim, nullptr), "connect");
  }
  Client sender(world, a);
  ASSERT_TRUE(put_frame(sender.tx(), make_frame(0, 60).data(), 60));
  ASSERT_EQ(sender.txsync(), 0);
  while (nmh_driver_sim82599.in_flight(a.sim) > 0) {
  }
  EXPECT_EQ(a.stats().tx_frames, 1u);
}

// Frames of different flows go to different queues, and each flow stays in order in its own.
TEST(Sim82599, SpreadsFlowsOverQueues) {
  Pair pair({.queues = 4});
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  std::vector<uint8_t> frame(60);
  frame[12] = 0x08;
  frame[14] = 0x45;
  frame[14 + 9] = 17;
  uint64_t sent = 0;
  std::map<uint32_t, std::vector<uint16_t>> queues;
  for (uint16_t number = 0; number < 2000; number++) {
    frame[14 + 19] = static_cast<uint8_t>(number % 50);
    std::memcpy(&frame[42], &number, sizeof(number));
    ASSERT_TRUE(put_frame(sender.tx(number % 4), frame.data(), frame.size()));
    sent++;
    if (number % 50 == 49) {
      ASSERT_EQ(sender.txsync(), 0);
      pair.clock.forward_ns(10000);
      ASSERT_EQ(receiver.rxsync(), 0);
      for (uint32_t q = 0; q < 4; q++) {
        for (;;) {
          const std::vector<uint8_t> got = get_frame(receiver.rx(q));
          if (got.empty()) {
            break;
          }
          std::memcpy(&number, &got[42], sizeof(number));
          queues[q].push_back(number);
        }
      }
      number = static_cast<uint16_t>(sent - 1);
    }
  }
  std::map<uint16_t, uint32_t> queue_of_flow;
  size_t received = 0;
  for (const auto& [q, numbers] : queues) {
    std::map<uint16_t, uint16_t> last;
    EXPECT_GT(numbers.size(), 100u) << "queue " << q;
    received += numbers.size();
    for (const uint16_t number : numbers) {
      const uint16_t flow = number % 50;
      EXPECT_EQ(queue_of_flow.emplace(flow, q).first->second, q);
      EXPECT_TRUE(!last.contains(flow) || last[flow] < number);
      last[flow] = number;
    }
  }
  EXPECT_EQ(queues.size(), 4u);
  EXPECT_EQ(received, sent);
}

// A queue that is full does not hold up another (DROP_EN), and what it drops is counted.
TEST(Sim82599, AFullQueueDropsForItselfOnly) {
  Pair pair({.queues = 2, .slots = 64});
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  std::vector<uint8_t> frame(60);
  frame[12] = 0x08;
  frame[14] = 0x45;
  uint32_t seen[2] = {0, 0};
  for (int i = 0; i < 2000; i++) {
    frame[14 + 19] = static_cast<uint8_t>(i);
    ASSERT_TRUE(put_frame(sender.tx(), frame.data(), frame.size()));
    if (i % 20 == 19) {
      ASSERT_EQ(sender.txsync(), 0);
      pair.clock.forward_ns(10000);
      ASSERT_EQ(receiver.rxsync(), 0);
      // Queue 1 is never emptied.
      seen[0] += nmgen::test::space(receiver.rx(0));
      receiver.rx(0)->head = receiver.rx(0)->cur = receiver.rx(0)->tail;
    }
  }
  seen[1] = nmgen::test::space(receiver.rx(1));
  EXPECT_EQ(seen[1], 63u);
  EXPECT_EQ(seen[0] + seen[1] + pair.b.stats().missed, 2000u);
  EXPECT_GT(seen[0], 900u);
  EXPECT_EQ(ixgbe_read(nmh_sim_hw(pair.b.sim), IXGBE_QPRDC(1)), pair.b.stats().missed);
}

// A client that writes what it likes, all the time.
TEST(Sim82599, SurvivesAHostileClient) {
  Pair pair;
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  std::mt19937 random(11);
  for (int i = 0; i < 20000; i++) {
    for (netmap_ring* ring : {sender.tx(), receiver.rx()}) {
      for (int n = 0; n < 4; n++) {
        netmap_slot& slot = ring->slot[random() % ring->num_slots];
        slot.buf_idx = random() % 8 ? random() % 40000 : random();
        slot.len = static_cast<uint16_t>(random() % 8 ? random() % 2049 : random());
        slot.flags = static_cast<uint16_t>(random());
      }
      const uint32_t steps = random() % 64;
      ring->head = random() % 16
                       ? (ring->head + std::min(steps, nmgen::test::space(ring))) % ring->num_slots
                       : random();
      ring->cur = random() % 16 ? ring->head : random();
    }
    ASSERT_EQ(sender.txsync(), 0);
    ASSERT_EQ(receiver.rxsync(), 0);
    pair.clock.forward_ns(random() % 5000);
  }
}

// The time in the model is counted apart, in the rings that caused it.
TEST(Sim82599, CountsTheTimeOfTheModel) {
  Pair pair;
  Client sender(pair.world, pair.a);
  Client receiver(pair.world, pair.b);
  const uint64_t* tx = nmh_model_tsc_ticks(sender.opened.fd, true, 0);
  const uint64_t* rx = nmh_model_tsc_ticks(receiver.opened.fd, false, 0);
  ASSERT_NE(tx, nullptr);
  ASSERT_NE(rx, nullptr);
  const uint64_t tx_before = *tx, rx_before = *rx;
  ASSERT_TRUE(put_frame(sender.tx(), make_frame(0, 60).data(), 60));
  ASSERT_EQ(sender.txsync(), 0);
  ASSERT_EQ(receiver.rxsync(), 0);
  EXPECT_GT(*tx, tx_before);
  EXPECT_GT(*rx, rx_before);
}

}  // namespace
