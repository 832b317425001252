// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "drivers/sim82599/sim82599.h"
#include "hosted.h"
#include "testing/client.h"
#include "testing/null_port.h"

namespace nmgen {
namespace {

constexpr int kSlots = 64;
constexpr uint64_t kRounds = 100000;

// Ends the program if a wake-up is lost, long after anything that is merely slow.
class Watchdog {
 public:
  Watchdog() { alarm(280); }
  ~Watchdog() { alarm(0); }
};

// The queues alone: a counter is the ring.
class Waiting : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(nmh_os_init(&os_, false), 0);
    nm_os_waitq_init(&queue_, false);
    ASSERT_EQ(nmh_waiter_init(&waiter_, &os_), 0);
  }
  void TearDown() override {
    nm_os_waitq_destroy(&queue_);
    nmh_waiter_destroy(&waiter_);
    nmh_os_destroy(&os_);
  }

  Watchdog watchdog_;
  nm_os os_;
  nm_waitq queue_;
  nm_waiter waiter_;
};

TEST_F(Waiting, AWakeUpIsForThoseRecorded) {
  nm_os_wake(&queue_);
  EXPECT_EQ(nmh_waiter_wakeups(&waiter_), 0u) << "nobody was recorded";
  nm_os_wait_record(&waiter_, &queue_);
  nm_os_wait_record(&waiter_, &queue_);
  nm_os_wake(&queue_);
  EXPECT_EQ(nmh_waiter_wakeups(&waiter_), 1u);
  nm_os_wake(&queue_);
  EXPECT_EQ(nmh_waiter_wakeups(&waiter_), 1u) << "a record is good for one wake-up";
  EXPECT_EQ(nmh_waiter_sleep(&waiter_, 0, 0), 0) << "woken since: it does not sleep";
}

TEST_F(Waiting, ManyQueuesAndWaiters) {
  std::array<nm_waitq, 40> queues;
  std::array<nm_waiter, 5> waiters;
  for (nm_waitq& queue : queues) {
    nm_os_waitq_init(&queue, false);
  }
  for (nm_waiter& waiter : waiters) {
    ASSERT_EQ(nmh_waiter_init(&waiter, &os_), 0);
    for (nm_waitq& queue : queues) {
      nm_os_wait_record(&waiter, &queue);
    }
  }
  nm_os_wake(&queues[7]);
  for (const nm_waiter& waiter : waiters) {
    EXPECT_EQ(nmh_waiter_wakeups(&waiter), 1u);
  }
  nmh_waiter_destroy(&waiters[2]);
  nm_os_wake(&queues[8]);
  EXPECT_EQ(nmh_waiter_wakeups(&waiters[1]), 2u);
  EXPECT_EQ(nmh_waiter_wakeups(&waiters[4]), 2u);
  // A queue that goes away wakes those who still wait there.
  for (nm_waitq& queue : queues) {
    nm_os_waitq_destroy(&queue);
  }
  EXPECT_EQ(nmh_waiter_wakeups(&waiters[0]), queues.size());
  for (size_t i = 0; i < waiters.size(); i++) {
    if (i != 2) {
      nmh_waiter_destroy(&waiters[i]);
    }
  }
}

TEST_F(Waiting, LastOneToLeaveDisarmsTheQueue) {
  nm_waiter other;
  ASSERT_EQ(nmh_waiter_init(&other, &os_), 0);
  nm_os_wait_record(&other, &queue_);
  nm_os_wait_record(&waiter_, &queue_);
  EXPECT_EQ(queue_.armed, 1u);
  nmh_waiter_destroy(&other);
  EXPECT_EQ(queue_.armed, 1u);
  nm_os_wake(&queue_);
  EXPECT_EQ(queue_.armed, 0u);
}

// Each change is the only one until it has been seen: if its wake-up is lost, no other comes.
TEST_F(Waiting, NoWakeUpIsLost) {
  std::atomic<uint64_t> ring = 0;
  std::atomic<uint64_t> acknowledged = 0;
  std::thread waker([this, &ring, &acknowledged] {
    for (uint64_t i = 1; i <= kRounds; i++) {
      // A plain store, so that the fence which orders it is the one of nm_os_wake().
      ring.store(i, std::memory_order_relaxed);
      nm_os_wake(&queue_);
      for (int looks = 1; acknowledged.load(std::memory_order_relaxed) < i; looks++) {
        if (looks % 1024 == 0) {
          std::this_thread::yield();
        }
      }
      // Now at once, now when the other side is about to sleep, now when it does.
      for (uint64_t k = 0; k < i % 1024; k++) {
        asm volatile("");
      }
    }
  });
  for (uint64_t seen_ring = 0; seen_ring < kRounds;) {
    const u32 seen = nmh_waiter_wakeups(&waiter_);
    if (ring.load(std::memory_order_relaxed) == seen_ring) {
      nm_os_wait_record(&waiter_, &queue_);
      if (ring.load(std::memory_order_relaxed) == seen_ring) {
        ASSERT_EQ(nmh_waiter_sleep(&waiter_, seen, 0), 0);
      }
    }
    seen_ring = ring.load(std::memory_order_relaxed);
    acknowledged.store(seen_ring, std::memory_order_relaxed);
  }
  waker.join();
}

// A waiter that sleeps, and one that has gone to the eventfd, both through the interrupt
// controller.
TEST_F(Waiting, AlarmsRing) {
  const int fd = nmh_waiter_eventfd(&waiter_);
  ASSERT_GE(fd, 0);
  nmh_waiter_drain(&waiter_);
  EXPECT_FALSE(os_.controller_runs);
  for (int i = 0; i < 50; i++) {
    const u64 at = nm_os_now_ns() + 100000;
    nmh_waiter_alarm(&waiter_, at + 1000000000000);
    nmh_waiter_alarm(&waiter_, at);
    pollfd p = {.fd = fd, .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&p, 1, -1), 1);
    EXPECT_GE(nm_os_now_ns(), at);
    nmh_waiter_drain(&waiter_);
    ASSERT_EQ(poll(&p, 1, 0), 0);
  }
  EXPECT_TRUE(os_.controller_runs);
  // One that is taken back does not ring; that the later one does shows that the controller was
  // there to ring it.
  nm_waiter other;
  ASSERT_EQ(nmh_waiter_init(&other, &os_), 0);
  nmh_waiter_alarm(&other, nm_os_now_ns() + 1000000);
  nmh_waiter_alarm(&other, 0);
  nmh_waiter_alarm(&waiter_, nm_os_now_ns() + 5000000);
  pollfd p = {.fd = fd, .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&p, 1, -1), 1);
  EXPECT_EQ(nmh_waiter_wakeups(&other), 0u);
  nmh_waiter_alarm(&other, nm_os_now_ns() + 1000000000000);
  nmh_waiter_destroy(&other);
}

// A port, two clients: a and b have a ring each.
class Poll : public testing::Test {
 protected:
  void SetUp() override { make(0); }
  void make(uint32_t delay_us) {
    nmh_config config{};
    config.buf_num = 1024;
    config.no_timestamp = true;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
    ASSERT_EQ(null_port_create(world_, "loop0", 2, kSlots, delay_us, &loop_), 0);
    ASSERT_EQ(client_open(&tx_, world_, "loop0", NR_REG_ONE_NIC, 0, NR_TX_RINGS_ONLY), 0);
    ASSERT_EQ(client_open(&rx_, world_, "loop0", NR_REG_ONE_NIC, 0, NR_RX_RINGS_ONLY), 0);
  }
  void TearDown() override {
    client_close(&tx_);
    if (rx_.fd) {
      client_close(&rx_);
    }
    if (!detached_) {
      nmh_port_destroy(loop_);
    }
    nmh_destroy(world_);
  }

  void send(uint64_t word) {
    ASSERT_TRUE(client_put(client_tx(&tx_, 0), word));
    ASSERT_EQ(nmh_txsync(tx_.fd), 0);
  }
  void receive(uint64_t expected) {
    uint64_t word = ~expected;
    ASSERT_TRUE(client_get(client_rx(&rx_, 0), &word));
    ASSERT_EQ(word, expected);
  }
  // Waits until a thread sleeps on the descriptor of client_.
  void wait_for_sleepers(const client& c, u32 count) {
    auto* waiter = reinterpret_cast<nm_waiter*>(c.fd);
    for (u32 sleepers = 0; sleepers < count; std::this_thread::yield()) {
      pthread_mutex_lock(&waiter->os->wait_lock);
      sleepers = waiter->sleepers;
      pthread_mutex_unlock(&waiter->os->wait_lock);
    }
  }

  Watchdog watchdog_;
  nmh* world_ = nullptr;
  nmh_port* loop_ = nullptr;
  client tx_ = {};
  client rx_ = {};
  bool detached_ = false;
};

TEST_F(Poll, LooksOnce) {
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
  EXPECT_EQ(nmh_poll(tx_.fd, POLLOUT, 0), POLLOUT);
  EXPECT_EQ(nmh_poll(tx_.fd, POLLOUT, -1), POLLOUT);
  send(1);
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), POLLIN);
  receive(1);
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
}

TEST_F(Poll, TimesOutNotTooEarly) {
  const u64 begin_ns = nm_os_now_ns();
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 20), 0);
  EXPECT_GE(nm_os_now_ns() - begin_ns, 20000000u);
}

// A poll sends what is waiting in the transmit ring.
TEST_F(Poll, SyncsTheTransmitRing) {
  ASSERT_TRUE(client_put(client_tx(&tx_, 0), 5));
  EXPECT_EQ(nmh_poll(tx_.fd, POLLOUT, 0), POLLOUT);
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), POLLIN);
  receive(5);
}

TEST_F(Poll, SleeperIsWokenByAFrame) {
  std::thread receiver([this] {
    ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLIN);
    receive(7);
  });
  wait_for_sleepers(rx_, 1);
  send(7);
  receiver.join();
}

// A sender that waits for room is woken when the receiver gives slots back.
TEST_F(Poll, SleeperIsWokenByRoom) {
  netmap_ring* tx = client_tx(&tx_, 0);
  netmap_ring* rx = client_rx(&rx_, 0);
  uint64_t sent = 0;
  while (nmh_poll(tx_.fd, POLLOUT, 0) == POLLOUT) {
    while (client_put(tx, sent)) {
      sent++;
    }
  }
  EXPECT_EQ(sent, uint64_t{kSlots - 1}) << "the receiver has them all";
  std::thread sender([this] { ASSERT_EQ(nmh_poll(tx_.fd, POLLOUT, -1), POLLOUT); });
  wait_for_sleepers(tx_, 1);
  ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLIN);
  uint64_t word = 0;
  while (client_get(rx, &word)) {
  }
  ASSERT_EQ(nmh_rxsync(rx_.fd), 0);
  sender.join();
}

TEST_F(Poll, TwoSleepersOnOneDescriptorAreBothWoken) {
  std::array<std::thread, 2> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([this] { ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLIN); });
  }
  wait_for_sleepers(rx_, 2);
  send(1);
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_F(Poll, CloseWakesTheSleeper) {
  std::thread sleeper([this] { ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLERR); });
  wait_for_sleepers(rx_, 1);
  client_close(&rx_);
  rx_.fd = nullptr;
  sleeper.join();
}

TEST_F(Poll, DetachWakesTheSleeper) {
  std::thread sleeper([this] { ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLERR); });
  wait_for_sleepers(rx_, 1);
  nmh_port_destroy(loop_);
  detached_ = true;
  sleeper.join();
}

TEST_F(Poll, ASignalInterrupts) {
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> done = false;
  std::thread sleeper([this, &done] {
    EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, -1), -EINTR);
    done = true;
  });
  wait_for_sleepers(rx_, 1);
  // The sleeper is counted before it sleeps: a signal that comes in between interrupts nothing.
  while (!done) {
    pthread_kill(sleeper.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  sleeper.join();
  sigaction(SIGUSR1, &before, nullptr);
}

// Words go round between two threads, each of which sleeps for every one of them: a lost wake-up
// stops them for ever.
TEST_F(Poll, PingPongLosesNoWakeUp) {
  client back_tx = {};
  client back_rx = {};
  ASSERT_EQ(client_open(&back_tx, world_, "loop0", NR_REG_ONE_NIC, 1, NR_TX_RINGS_ONLY), 0);
  ASSERT_EQ(client_open(&back_rx, world_, "loop0", NR_REG_ONE_NIC, 1, NR_RX_RINGS_ONLY), 0);
  std::thread echo([this, &back_tx] {
    for (uint64_t i = 0; i < kRounds; i++) {
      ASSERT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLIN);
      receive(i);
      ASSERT_TRUE(client_put(client_tx(&back_tx, 1), i));
      ASSERT_EQ(nmh_txsync(back_tx.fd), 0);
    }
  });
  for (uint64_t i = 0; i < kRounds; i++) {
    send(i);
    ASSERT_EQ(nmh_poll(back_rx.fd, POLLIN, -1), POLLIN);
    uint64_t word = 0;
    ASSERT_TRUE(client_get(client_rx(&back_rx, 1), &word));
    ASSERT_EQ(word, i);
  }
  echo.join();
  client_close(&back_tx);
  client_close(&back_rx);
}

// The three ways to wait for a file descriptor. Return: whether it is readable.
bool ready_by_poll(int fd, int timeout_ms) {
  pollfd p = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLIN);
}

bool ready_by_select(int fd, int timeout_ms) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  timeval no_time = {.tv_sec = 0, .tv_usec = 0};
  return select(fd + 1, &set, nullptr, nullptr, timeout_ms < 0 ? nullptr : &no_time) == 1;
}

bool ready_by_epoll(int fd, int timeout_ms) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event = {};
  event.events = EPOLLIN;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  const int ready = epoll_wait(epoll, &event, 1, timeout_ms);
  close(epoll);
  return ready == 1;
}

struct Way {
  const char* name;
  bool (*ready)(int fd, int timeout_ms);
};

class EventFd : public Poll, public testing::WithParamInterface<Way> {
 protected:
  void SetUp() override {
    Poll::SetUp();
    fd_ = nmh_eventfd(rx_.fd);
    ASSERT_GE(fd_, 0);
  }
  bool ready(int timeout_ms) { return GetParam().ready(fd_, timeout_ms); }
  int fd_ = -1;
};

INSTANTIATE_TEST_SUITE_P(Ways, EventFd,
                         testing::Values(Way{"Poll", ready_by_poll}, Way{"Select", ready_by_select},
                                         Way{"Epoll", ready_by_epoll}),
                         [](const auto& way) { return std::string(way.param.name); });

TEST_P(EventFd, FollowsTheRing) {
  EXPECT_EQ(nmh_eventfd(rx_.fd), fd_) << "there is one, for good";
  EXPECT_TRUE(ready(0)) << "the first poll is worth its while";
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
  EXPECT_FALSE(ready(0));
  for (uint64_t i = 0; i < 100; i++) {
    send(i);
    EXPECT_TRUE(ready(-1));
    EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), POLLIN);
    EXPECT_FALSE(ready(0)) << "the poll did not drain it";
    receive(i);
    EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
    EXPECT_FALSE(ready(0));
  }
  EXPECT_FALSE(nmh_os(world_)->controller_runs) << "nothing here has a deadline";
}

TEST_P(EventFd, DetachMakesItReadable) {
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
  EXPECT_FALSE(ready(0));
  nmh_port_destroy(loop_);
  detached_ = true;
  EXPECT_TRUE(ready(-1));
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), POLLERR);
}

TEST_P(EventFd, PingPongLosesNoWakeUp) {
  client back_tx = {};
  client back_rx = {};
  ASSERT_EQ(client_open(&back_tx, world_, "loop0", NR_REG_ONE_NIC, 1, NR_TX_RINGS_ONLY), 0);
  ASSERT_EQ(client_open(&back_rx, world_, "loop0", NR_REG_ONE_NIC, 1, NR_RX_RINGS_ONLY), 0);
  constexpr uint64_t kWords = kRounds / 10;
  std::thread echo([this, &back_tx] {
    for (uint64_t i = 0; i < kWords; i++) {
      while (nmh_poll(rx_.fd, POLLIN, 0) == 0) {
        ASSERT_TRUE(ready(-1));
      }
      receive(i);
      ASSERT_TRUE(client_put(client_tx(&back_tx, 1), i));
      ASSERT_EQ(nmh_txsync(back_tx.fd), 0);
    }
  });
  for (uint64_t i = 0; i < kWords; i++) {
    send(i);
    ASSERT_EQ(nmh_poll(back_rx.fd, POLLIN, -1), POLLIN);
    uint64_t word = 0;
    ASSERT_TRUE(client_get(client_rx(&back_rx, 1), &word));
    ASSERT_EQ(word, i);
  }
  echo.join();
  client_close(&back_tx);
  client_close(&back_rx);
}

// A port that delivers a while after the frame was sent, and tells nobody.
class Deadline : public Poll {
 protected:
  static constexpr u64 kDelayNs = 2000000;
  void SetUp() override { make(kDelayNs / 1000); }
};

TEST_F(Deadline, SleeperWakesByItself) {
  for (uint64_t i = 0; i < 5; i++) {
    const u64 begin_ns = nm_os_now_ns();
    send(i);
    EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, -1), POLLIN);
    EXPECT_GE(nm_os_now_ns() - begin_ns, kDelayNs);
    receive(i);
  }
  EXPECT_FALSE(nmh_os(world_)->controller_runs) << "a sleeper needs no thread to wake it";
}

TEST_F(Deadline, BusyPollerStartsNoThread) {
  send(1);
  while (nmh_poll(rx_.fd, POLLIN, 0) == 0) {
  }
  receive(1);
  EXPECT_FALSE(nmh_os(world_)->controller_runs);
}

TEST_F(Deadline, EventFdTurnsReadable) {
  const int fd = nmh_eventfd(rx_.fd);
  for (uint64_t i = 0; i < 5; i++) {
    const u64 begin_ns = nm_os_now_ns();
    send(i);
    while (nmh_poll(rx_.fd, POLLIN, 0) == 0) {
      ASSERT_TRUE(ready_by_poll(fd, -1));
    }
    EXPECT_GE(nm_os_now_ns() - begin_ns, kDelayNs);
    receive(i);
  }
  EXPECT_TRUE(nmh_os(world_)->controller_runs);
}

// One that is due after the end of the test.
class FarDeadline : public Poll {
 protected:
  void SetUp() override { make(3600000000u); }
  bool has_alarm() {
    nm_os* os = nmh_os(world_);
    pthread_mutex_lock(&os->wait_lock);
    const bool has = os->alarms != nullptr;
    pthread_mutex_unlock(&os->wait_lock);
    return has;
  }
};

TEST_F(FarDeadline, CloseTakesTheAlarmBack) {
  ASSERT_GE(nmh_eventfd(rx_.fd), 0);
  send(1);
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 0), 0);
  EXPECT_TRUE(has_alarm());
  client_close(&rx_);
  rx_.fd = nullptr;
  EXPECT_FALSE(has_alarm());
}

TEST_F(FarDeadline, TimeoutComesFirst) {
  send(1);
  EXPECT_EQ(nmh_poll(rx_.fd, POLLIN, 5), 0);
}

// Two simulated adapters and a cable: a frame arrives by the passing of time, and only its sender
// and time know of it.
class SimulatedWire : public testing::Test {
 protected:
  void SetUp() override {
    nmh_config config{};
    config.buf_num = 2048;
    config.no_timestamp = true;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
    const std::array<const char*, 2> names = {"sim0", "sim1"};
    for (size_t i = 0; i < 2; i++) {
      const nmh_sim_config sim = {.name = names[i],
                                  .speed_gbps = 10,
                                  .queues = 1,
                                  .tx_slots = kSlots,
                                  .rx_slots = kSlots,
                                  .flow_control = false};
      ASSERT_EQ(nmh_sim_create(world_, &sim, &sims_[i], nullptr), 0);
    }
    ASSERT_EQ(nmh_sim_connect(sims_[0], sims_[1], nullptr), 0);
    for (size_t i = 0; i < 2; i++) {
      ASSERT_EQ(client_open(&clients_[i], world_, names[i], NR_REG_ALL_NIC, 0, 0), 0);
    }
  }
  void TearDown() override {
    for (client& c : clients_) {
      client_close(&c);
    }
    for (nmh_sim* sim : sims_) {
      struct nmh_port_stats stats = {};  // its function has the same name
      nmh_driver_sim82599.stats(sim, &stats);
      EXPECT_EQ(stats.driver_bugs, 0u) << stats.last_bug;
      nmh_sim_destroy(sim);
    }
    nmh_destroy(world_);
  }

  // Words go round; each side waits for its own in the way of its own.
  template <typename WaitHere, typename WaitThere>
  void ping_pong(uint64_t words, WaitHere wait_here, WaitThere wait_there) {
    std::thread echo([this, words, &wait_there] {
      for (uint64_t i = 0; i < words; i++) {
        uint64_t word = ~i;
        wait_there(clients_[1]);
        ASSERT_TRUE(client_get(client_rx(&clients_[1], 0), &word));
        ASSERT_EQ(word, i);
        put(clients_[1], i);
      }
    });
    for (uint64_t i = 0; i < words; i++) {
      uint64_t word = ~i;
      put(clients_[0], i);
      wait_here(clients_[0]);
      ASSERT_TRUE(client_get(client_rx(&clients_[0], 0), &word));
      ASSERT_EQ(word, i);
    }
    echo.join();
  }
  static void put(const client& c, uint64_t word) {
    while (!client_put(client_tx(&c, 0), word)) {
      ASSERT_EQ(nmh_poll(c.fd, POLLOUT, -1), POLLOUT);
    }
    ASSERT_EQ(nmh_txsync(c.fd), 0);
  }
  static void wait_by_poll(const client& c) { ASSERT_EQ(nmh_poll(c.fd, POLLIN, -1), POLLIN); }
  static void wait_by_eventfd(const client& c) {
    const int fd = nmh_eventfd(c.fd);
    while (nmh_poll(c.fd, POLLIN, 0) == 0) {
      ASSERT_TRUE(ready_by_poll(fd, -1));
    }
  }

  Watchdog watchdog_;
  nmh* world_ = nullptr;
  std::array<nmh_sim*, 2> sims_ = {};
  std::array<client, 2> clients_ = {};
};

TEST_F(SimulatedWire, PingPongByPoll) {
  ping_pong(kRounds / 10, wait_by_poll, wait_by_poll);
  EXPECT_FALSE(nmh_os(world_)->controller_runs);
}

TEST_F(SimulatedWire, PingPongByEventFd) {
  ping_pong(kRounds / 10, wait_by_eventfd, wait_by_poll);
}

// The ring is full and the wire is slow: room comes with time, and with no call of anybody's.
TEST_F(SimulatedWire, RoomComesWithTime) {
  netmap_ring* tx = client_tx(&clients_[0], 0);
  for (uint64_t sent = 0; sent < 100 * kSlots;) {
    while (client_put(tx, sent)) {
      sent++;
    }
    ASSERT_EQ(nmh_poll(clients_[0].fd, POLLOUT, -1), POLLOUT);
  }
}

}  // namespace
}  // namespace nmgen
