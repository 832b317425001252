// SPDX-License-Identifier: BSD-2-Clause
// Many threads, a ring each, on two adapters: for ThreadSanitizer as much as for the counts.
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <latch>
#include <thread>

#include "testing/adapter.h"

namespace {

using nmgen::test::Adapter;
using nmgen::test::AdapterOptions;
using nmgen::test::Client;
using nmgen::test::put_frame;
using nmgen::test::World;

// An IPv4 UDP frame whose source port makes a flow; queue and number are in its data.
std::vector<uint8_t> udp_frame(uint16_t flow, uint32_t number) {
  std::vector<uint8_t> frame(60);
  frame[12] = 0x08;
  frame[14] = 0x45;
  frame[14 + 9] = 17;
  frame[34] = static_cast<uint8_t>(flow >> 8);
  frame[35] = static_cast<uint8_t>(flow);
  std::memcpy(&frame[42], &flow, sizeof(flow));
  std::memcpy(&frame[44], &number, sizeof(number));
  return frame;
}

struct Bench {
  explicit Bench(const AdapterOptions& options) : a(world, "a", options), b(world, "b", options) {
    nmgen::test::check(nmh_sim_connect(a.sim, b.sim, nullptr), "connect");
  }

  World world;
  Adapter a;
  Adapter b;
};

// Waits for the flag with poll where `sleep` is set, else spins.
void receive_until(const Client& client, uint32_t ring_id, bool sleep,
                   const std::atomic<bool>& stop, uint64_t* received, bool* in_order) {
  netmap_ring* ring = client.rx(ring_id);
  std::vector<uint32_t> last(65536);
  while (!stop) {
    if (sleep) {
      nmh_poll(client.opened.fd, POLLIN, 10);
    } else {
      client.rxsync();
      std::this_thread::yield();
    }
    while (ring->head != ring->tail) {
      const uint8_t* data = nmgen::test::buffer(ring, ring->slot[ring->head].buf_idx);
      uint16_t flow = 0;
      uint32_t number = 0;
      std::memcpy(&flow, data + 42, sizeof(flow));
      std::memcpy(&number, data + 44, sizeof(number));
      *in_order = *in_order && last[flow] < number;
      last[flow] = number;
      ring->head = ring->cur = nmgen::test::next(ring, ring->head);
      ++*received;
    }
  }
}

void run(uint32_t queues, bool flow_control, bool sleep) {
  constexpr uint32_t kFrames = 6000;
  Bench bench({.queues = queues, .slots = 256, .flow_control = flow_control});
  std::atomic<bool> stop = false;
  std::latch all_open(queues);
  std::vector<std::thread> senders, receivers;
  std::vector<uint64_t> received(queues);
  std::vector<char> in_order(queues, 1);

  for (uint32_t q = 0; q < queues; q++) {
    receivers.emplace_back([&, q] {
      Client client(bench.world, bench.b, static_cast<int>(q));
      all_open.count_down();
      bool ordered = true;
      receive_until(client, q, sleep, stop, &received[q], &ordered);
      in_order[q] = ordered;
    });
    senders.emplace_back([&, q] {
      Client client(bench.world, bench.a, static_cast<int>(q));
      // Frames for a queue that is not open are missed.
      all_open.wait();
      uint32_t number = 1;
      while (number <= kFrames) {
        while (number <= kFrames &&
               put_frame(client.tx(q),
                         udp_frame(static_cast<uint16_t>(q * 64 + number % 64), number).data(),
                         60)) {
          number++;
        }
        if (sleep) {
          nmh_poll(client.opened.fd, POLLOUT, 100);
        } else {
          client.txsync();
          std::this_thread::yield();
        }
      }
      // Closing stops the queue: what is still in the ring would be lost.
      while (nmgen::test::space(client.tx(q)) < client.tx(q)->num_slots - 1) {
        client.txsync();
        std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : senders) {
    thread.join();
  }
  while (nmh_driver_sim82599.in_flight(bench.a.sim) > 0) {
    std::this_thread::yield();
  }
  // What is in descriptors is for the receivers yet.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  stop = true;
  for (std::thread& thread : receivers) {
    thread.join();
  }

  uint64_t sum = 0;
  for (uint32_t q = 0; q < queues; q++) {
    sum += received[q];
    EXPECT_TRUE(in_order[q]) << "queue " << q;
  }
  const struct nmh_port_stats a = bench.a.stats(), b = bench.b.stats();
  EXPECT_EQ(a.tx_frames, uint64_t{queues} * kFrames);
  EXPECT_EQ(b.rx_frames + b.missed, a.tx_frames);
  EXPECT_EQ(sum, b.rx_frames);
  if (flow_control) {
    EXPECT_EQ(b.missed, 0u);
  }
  EXPECT_EQ(a.driver_bugs, 0u) << a.last_bug;
  EXPECT_EQ(b.driver_bugs, 0u) << b.last_bug;
}

TEST(SimThreads, OneQueueSpinning) {
  run(1, true, false);
}
TEST(SimThreads, OneQueueSleeping) {
  run(1, true, true);
}
TEST(SimThreads, FourQueuesSpinning) {
  run(4, true, false);
}
TEST(SimThreads, FourQueuesSleeping) {
  run(4, true, true);
}
TEST(SimThreads, FourQueuesThatDrop) {
  run(4, false, false);
}

// Opening, syncing and closing at both ends, the cable pulled and plugged, counters read: all at
// once.
TEST(SimThreads, EverythingAtOnce) {
  Bench bench({.queues = 2, .slots = 64});
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int q = 0; q < 2; q++) {
    threads.emplace_back([&, q] {
      const std::vector<uint8_t> frame = udp_frame(static_cast<uint16_t>(q), 1);
      const uint32_t ring = static_cast<uint32_t>(q);
      while (!stop) {
        Client from(bench.world, bench.a, q);
        for (int i = 0; i < 20; i++) {
          while (put_frame(from.tx(ring), frame.data(), 60)) {
          }
          from.txsync();
        }
      }
    });
    threads.emplace_back([&, q] {
      const uint32_t ring = static_cast<uint32_t>(q);
      while (!stop) {
        Client to(bench.world, bench.b, q);
        for (int i = 0; i < 20; i++) {
          nmh_poll(to.opened.fd, POLLIN, 1);
          to.rx(ring)->head = to.rx(ring)->cur = to.rx(ring)->tail;
        }
      }
    });
  }
  threads.emplace_back([&] {
    bool up = false;
    while (!stop) {
      nmh_sim_set_link(bench.b.sim, up);
      up = !up;
      bench.a.stats();
      bench.b.stats();
      nmh_driver_sim82599.in_flight(bench.a.sim);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  nmh_sim_set_link(bench.b.sim, true);
  while (nmh_driver_sim82599.in_flight(bench.a.sim) > 0) {
    std::this_thread::yield();
  }
  const struct nmh_port_stats a = bench.a.stats(), b = bench.b.stats();
  EXPECT_EQ(a.tx_frames, b.rx_frames + b.missed + a.lost_on_link_down);
  EXPECT_GT(a.tx_frames, 0u);
  EXPECT_EQ(a.driver_bugs, 0u) << a.last_bug;
  EXPECT_EQ(b.driver_bugs, 0u) << b.last_bug;
}

// A sleeper is woken for a frame that was sent after it went to sleep, and not long before the
// frame is there.
TEST(SimThreads, ASleeperIsWokenByTheWire) {
  Bench bench({});
  Client to(bench.world, bench.b);
  std::thread sender([&] {
    Client from(bench.world, bench.a);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    put_frame(from.tx(), udp_frame(1, 1).data(), 60);
    from.txsync();
    while (nmh_driver_sim82599.in_flight(bench.a.sim) > 0) {
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(nmh_poll(to.opened.fd, POLLIN, 10000), POLLIN);
  EXPECT_EQ(nmgen::test::space(to.rx()), 1u);
  sender.join();
}

}  // namespace
