// SPDX-License-Identifier: BSD-2-Clause
// Ports of several drivers in one region: two threads open and close rings of theirs at random,
// send, and forward by swapping buffers, while a third one reads what the ports count. A frame says
// by each of its bytes which it is, so a buffer that two slots have, or one that a driver writes to
// without owning it, is seen. NMGEN_MIXED_STEPS: steps of each thread, for a longer run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/netmap_user.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nmh_capture.h"
#include "nmh_driver.h"
#include "testing/client.h"
#include "testing/end.h"
#include "testing/network.h"

namespace {

using nmgen::test::Bytes;
using nmgen::test::frame;
using nmgen::test::ip;

constexpr uint32_t kQueues = 2;
constexpr uint32_t kMostFrame = 1514;

struct MixedPort {
  const char* driver;
  std::string name;
  std::vector<nmh_option> options;
  uint32_t rings;
  nmh_port* port = nullptr;
};

// The rings of one index, of all ports that have it.
class Client {
 public:
  Client(nmh* world, const std::vector<MixedPort>& ports, uint32_t ring)
      : world_(world), ports_(ports), ring_(ring), random_(ring + 1), open_(ports.size()) {}
  ~Client() {
    for (Opened& opened : open_)
      if (opened.is_open)
        client_close(&opened.client);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void step() {
    Opened& a = any();
    Opened& b = any();
    switch (random_() % 12) {
      case 0:
        toggle(a);
        break;
      case 1:
      case 2:
        if (a.is_open)
          send(a);
        break;
      default:
        if (a.is_open && b.is_open)
          forward(a, b);
    }
  }

  uint64_t checked() const { return checked_; }

 private:
  struct Opened {
    bool is_open = false;
    ::client client{};
  };

  Opened& any() { return open_[random_() % open_.size()]; }

  void toggle(Opened& opened) {
    const MixedPort& port = ports_[static_cast<size_t>(&opened - open_.data())];
    if (ring_ >= port.rings)
      return;
    if (opened.is_open)
      client_close(&opened.client);
    else
      ASSERT_EQ(client_open(&opened.client, world_, port.name.c_str(), NR_REG_ONE_NIC,
                            static_cast<uint16_t>(ring_), 0),
                0)
          << port.name;
    opened.is_open = !opened.is_open;
  }

  netmap_ring* tx(const Opened& opened) const {
    return opened.client.nif->ni_tx_rings > ring_ ? client_tx(&opened.client, ring_) : nullptr;
  }
  netmap_ring* rx(const Opened& opened) const {
    return opened.client.nif->ni_rx_rings > ring_ ? client_rx(&opened.client, ring_) : nullptr;
  }

  void send(const Opened& to) {
    netmap_ring* ring = tx(to);
    if (ring == nullptr)
      return;
    for (uint32_t i = random_() % 32; i > 0 && !nm_ring_empty(ring); i--) {
      const Bytes bytes = frame(number_++, 60 + random_() % (kMostFrame - 59));
      netmap_slot& slot = ring->slot[ring->head];
      std::copy(bytes.begin(), bytes.end(), NETMAP_BUF(ring, slot.buf_idx));
      slot.len = static_cast<uint16_t>(bytes.size());
      slot.flags = 0;
      ring->head = ring->cur = nm_ring_next(ring, ring->head);
    }
    sync(to);
  }

  void forward(const Opened& from, const Opened& to) {
    netmap_ring *in = rx(from), *out = tx(to);
    if (in == nullptr || out == nullptr)
      return;
    for (uint32_t i = random_() % 64; i > 0 && !nm_ring_empty(in) && !nm_ring_empty(out); i--) {
      netmap_slot &source = in->slot[in->head], &target = out->slot[out->head];
      check(NETMAP_BUF(in, source.buf_idx), source.len);
      // The core looks at the slots of all clients while one of them goes.
      const uint32_t filled = source.buf_idx;
      __atomic_store_n(&source.buf_idx, target.buf_idx, __ATOMIC_RELAXED);
      __atomic_store_n(&target.buf_idx, filled, __ATOMIC_RELAXED);
      target.len = source.len;
      source.flags = target.flags = NS_BUF_CHANGED;
      in->head = in->cur = nm_ring_next(in, in->head);
      out->head = out->cur = nm_ring_next(out, out->head);
    }
    sync(from);
    sync(to);
  }

  // Of ours: the others are the host's.
  void check(const char* data, uint32_t len) {
    const Bytes got(data, data + len);
    uint32_t number = 0;
    if (len < 18 || got[6] != 0x06)
      return;
    std::memcpy(&number, got.data() + 14, sizeof(number));
    EXPECT_EQ(got, frame(number, len));
    checked_++;
  }

  static void sync(const Opened& opened) {
    EXPECT_EQ(nmh_txsync(opened.client.fd), 0);
    EXPECT_EQ(nmh_rxsync(opened.client.fd), 0);
  }

  nmh* world_;
  const std::vector<MixedPort>& ports_;
  uint32_t ring_;
  std::mt19937 random_;
  std::vector<Opened> open_;
  uint32_t number_ = 0;
  uint64_t checked_ = 0;
};

class Mixed : public nmgen::test::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped())
      return;
    ASSERT_TRUE(ip("link add va type veth peer name vb"));
    ASSERT_TRUE(ip("link set va up") && ip("link set vb up"));
    std::string pattern = testing::TempDir() + "nmgen-mixed-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    in_ = folder_ + "/in.pcap";
    out_ = folder_ + "/out.pcap";
    nmh_capture_writer* writer = nullptr;
    ASSERT_EQ(nmh_capture_create(open(in_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666),
                                 NMH_CAPTURE_PCAP, &writer),
              0);
    for (uint32_t i = 0; i < 100; i++) {
      const Bytes bytes = frame(i, 60 + i);
      uint8_t* to = nullptr;
      ASSERT_EQ(nmh_capture_add(writer, static_cast<uint32_t>(bytes.size()), i, &to), 0);
      std::copy(bytes.begin(), bytes.end(), to);
    }
    nmh_capture_finish(writer);
  }
  void TearDown() override {
    if (!folder_.empty())
      std::filesystem::remove_all(folder_);
  }

  std::string folder_, in_, out_;
};

TEST_F(Mixed, PortsOfAllDriversSwapBuffers) {
  const char* asked = std::getenv("NMGEN_MIXED_STEPS");
  const int steps = asked != nullptr ? std::atoi(asked) : 5000;
  const nmh_option queues{"queues", nullptr, kQueues}, slots{"slots", nullptr, 128};
  std::vector<MixedPort> ports = {
      {"packet", "va", {queues, slots}, kQueues, nullptr},
      {"packet", "vb", {queues, slots}, kQueues, nullptr},
      {"tap", "ta", {queues, slots}, kQueues, nullptr},
      {"null", "n", {queues, slots}, kQueues, nullptr},
      {"pcap", "in", {{"read", in_.c_str(), 0}, {"loops", nullptr, 0}, slots}, 1, nullptr},
      {"pcap", "out", {{"write", out_.c_str(), 0}, slots}, 1, nullptr},
  };
  nmh_config config{};
  config.buf_num = 8000;
  nmh* world = nullptr;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  for (MixedPort& port : ports) {
    const nmh_port_request request{port.name.c_str(), port.options.data(), port.options.size()};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    ASSERT_EQ(nmh_port_create(world, nmh_driver_find(port.driver, std::strlen(port.driver)),
                              &request, &port.port, &refusal),
              0)
        << reason;
  }
  {
    std::array<uint64_t, kQueues> checked{};
    std::atomic<bool> stop{false};
    std::thread watcher([&] {
      while (!stop.load(std::memory_order_relaxed))
        for (const MixedPort& port : ports) {
          nmh_port_stats stats{};
          EXPECT_TRUE(nmh_port_read_stats(port.port, &stats));
          EXPECT_LT(stats.rx_frames, uint64_t{1} << 60);
        }
    });
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < kQueues; i++)
      threads.emplace_back([&, i] {
        Client client(world, ports, i);
        for (int step = 0; step < steps; step++)
          client.step();
        checked[i] = client.checked();
      });
    for (std::thread& thread : threads)
      thread.join();
    stop.store(true, std::memory_order_relaxed);
    watcher.join();
    for (const uint64_t frames : checked)
      EXPECT_GT(frames, 1000u);
  }
  for (const MixedPort& port : ports)
    nmh_port_destroy(port.port);
  nmh_destroy(world);
  nmh_capture_reader* reader = nullptr;
  nmh_captured_frame last{};
  ASSERT_EQ(nmh_capture_open(open(out_.c_str(), O_RDONLY | O_CLOEXEC), &reader, nullptr), 0);
  int got = 0;
  while ((got = nmh_capture_next(reader, &last, nullptr)) == 1)
    continue;
  EXPECT_EQ(got, 0);
  nmh_capture_close(reader);
}

// Its queues can be waited for as soon as its name is there.
TEST_F(Mixed, AClientThatWaitsForAPortsNameWaitsForItsFramesAtOnce) {
  nmh_config config{};
  config.buf_num = 4000;
  nmh* world = nullptr;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  for (const std::pair<const char*, const char*>& kind :
       {std::pair{"packet", "va"}, std::pair{"tap", "ta"}})
    for (int round = 0; round < 20; round++) {
      std::atomic<bool> looked{false};
      std::thread early([&] {
        ::client client{};
        while (client_open(&client, world, kind.second, NR_REG_ALL_NIC, 0, 0) != 0)
          std::this_thread::yield();
        EXPECT_EQ(nmh_poll(client.fd, POLLIN, 0) & POLLERR, 0);
        const int fd = nmh_eventfd(client.fd);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(nmh_poll(client.fd, POLLIN, 0) & POLLERR, 0);
        client_close(&client);
        looked.store(true);
      });
      const nmh_option queues{"queues", nullptr, 4};
      const nmh_port_request request{kind.second, &queues, 1};
      nmh_port* port = nullptr;
      EXPECT_EQ(nmh_port_create(world, nmh_driver_find(kind.first, std::strlen(kind.first)),
                                &request, &port, nullptr),
                0);
      early.join();
      EXPECT_TRUE(looked.load());
      nmh_port_destroy(port);
    }
  nmh_destroy(world);
}

}  // namespace
