// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "hosted.h"
#include "testing/client.h"
#include "testing/null_port.h"

namespace nmgen {
namespace {

constexpr int kRings = 4;
constexpr int kSlots = 64;

// Ends the program if a test hangs, long before anything that is merely slow would.
class Watchdog {
 public:
  Watchdog() { alarm(240); }
  ~Watchdog() { alarm(0); }
};

class Device : public testing::Test {
 protected:
  void SetUp() override {
    nmh_config config{};
    config.buf_num = 4096;
    ASSERT_EQ(nmh_create(&config, &world_), 0);
    ASSERT_EQ(null_port_create(world_, "loop0", kRings, kSlots, 0, &loop_), 0);
  }
  void TearDown() override {
    if (!detached_) {
      nmh_port_destroy(loop_);
    }
    nmh_destroy(world_);
  }
  void detach() {
    nmh_port_destroy(loop_);
    detached_ = true;
  }

  Watchdog watchdog_;
  nmh* world_ = nullptr;
  nmh_port* loop_ = nullptr;
  bool detached_ = false;
};

// A device has been told where the memory is, once.
TEST(FixedMemory, NeverGrows) {
  nmh* world = nullptr;
  nmh_config config{};
  config.buf_num = 200;
  config.fixed = true;
  ASSERT_EQ(nmh_create(&config, &world), 0);
  nmh_port* port = nullptr;
  ASSERT_EQ(null_port_create(world, "n", 4, 16, 0, &port), 0);
  uint64_t memory = 0;
  uint32_t granted = 0;
  std::array<client, 4> clients = {};
  for (uint16_t ring = 0; ring < 4; ring++) {
    client& c = clients[ring];
    ASSERT_EQ(nmh_open(world, &c.fd), 0);
    nmreq_header header = {};
    header.nr_version = NETMAP_API;
    header.nr_reqtype = NETMAP_REQ_REGISTER;
    std::strcpy(header.nr_name, "n");
    header.nr_body = reinterpret_cast<uintptr_t>(&c.reg);
    c.reg.nr_mode = NR_REG_ONE_NIC;
    c.reg.nr_ringid = ring;
    c.reg.nr_extra_bufs = ring < 3 ? 0 : 1000;
    ASSERT_EQ(nmh_ioctl(c.fd, NIOCCTRL, &header), 0) << nmh_reason(c.fd);
    granted += c.reg.nr_extra_bufs;
    memory = memory == 0 ? c.reg.nr_memsize : memory;
    EXPECT_EQ(c.reg.nr_memsize, memory);
  }
  EXPECT_GT(granted, 0u);
  EXPECT_LT(granted, 200u);
  for (client& c : clients)
    client_close(&c);
  nmh_port_destroy(port);
  nmh_destroy(world);
}

TEST_F(Device, UnboundDescriptorRefusesWithAReason) {
  nmh_fd* fd = nullptr;
  size_t size = 1;
  ASSERT_EQ(nmh_open(world_, &fd), 0);
  EXPECT_STREQ(nmh_reason(fd), "");
  EXPECT_EQ(nmh_mmap(fd, &size), nullptr);
  EXPECT_EQ(nmh_txsync(fd), -ENXIO);
  EXPECT_STRNE(nmh_reason(fd), "");
  EXPECT_EQ(nmh_rxsync(fd), -ENXIO);
  EXPECT_EQ(nmh_ioctl(fd, NIOCTXSYNC, nullptr), -ENXIO);
  EXPECT_EQ(nmh_poll(fd, POLLIN | POLLOUT, -1), POLLERR);
  EXPECT_EQ(nmh_ioctl(fd, 0x1234, nullptr), -EOPNOTSUPP);
  EXPECT_EQ(nmh_model_tsc_ticks(fd, true, 0), nullptr);
  nmh_close(fd);
}

TEST_F(Device, WildPointersAreFaults) {
  nmh_fd* fd = nullptr;
  ASSERT_EQ(nmh_open(world_, &fd), 0);
  EXPECT_EQ(nmh_ioctl(fd, NIOCCTRL, nullptr), -EFAULT);
  EXPECT_EQ(nmh_ioctl(fd, NIOCCTRL, reinterpret_cast<void*>(8)), -EFAULT);
  nmreq_header head = {};
  head.nr_version = NETMAP_API;
  head.nr_reqtype = NETMAP_REQ_REGISTER;
  head.nr_body = 4096;
  EXPECT_EQ(nmh_ioctl(fd, NIOCCTRL, &head), -EFAULT);
  EXPECT_STRNE(nmh_reason(fd), "");
  nmreq_register reg = {};
  head.nr_body = reinterpret_cast<uintptr_t>(&reg);
  head.nr_options = 4096;
  EXPECT_EQ(nmh_ioctl(fd, NIOCCTRL, &head), -EFAULT);
  EXPECT_EQ(nmh_mmap(fd, nullptr), nullptr) << "it was bound all the same";
  nmh_close(fd);
}

TEST_F(Device, ListsPorts) {
  std::array<nmh_port_info, 3> ports = {};
  nmh_port* other = nullptr;
  ASSERT_EQ(null_port_create(world_, "loop1", 1, 128, 0, &other), 0);
  EXPECT_EQ(nmh_ports(world_, nullptr, 0), 2);
  EXPECT_EQ(nmh_ports(world_, ports.data(), 1), 2);
  EXPECT_STREQ(ports[1].name, "") << "written beyond max";
  EXPECT_EQ(nmh_ports(world_, ports.data(), 3), 2);
  EXPECT_STREQ(ports[0].name, "loop0");
  EXPECT_STREQ(ports[0].driver, "null");
  EXPECT_EQ(ports[0].tx_rings, uint32_t{kRings});
  EXPECT_EQ(ports[0].rx_slots, uint32_t{kSlots});
  EXPECT_EQ(ports[0].speed_mbps, 0u);
  EXPECT_TRUE(ports[0].link_up);
  EXPECT_STREQ(ports[1].name, "loop1");
  nmh_port_destroy(other);
  EXPECT_EQ(nmh_ports(world_, nullptr, 0), 1);
}

TEST_F(Device, NamesAreTakenOnce) {
  nmh_port* other = nullptr;
  EXPECT_EQ(null_port_create(world_, "loop0", 1, 128, 0, &other), -EEXIST);
  client c;
  EXPECT_EQ(client_open(&c, world_, "loop9", NR_REG_ALL_NIC, 0, 0), -ENXIO);
}

TEST_F(Device, MapsTheWholeRegion) {
  client c;
  ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ALL_NIC, 0, 0), 0);
  size_t size = 0;
  u8* base = static_cast<u8*>(nmh_mmap(c.fd, &size));
  ASSERT_NE(base, nullptr);
  EXPECT_EQ(size, c.reg.nr_memsize);
  EXPECT_LT(c.reg.nr_offset, size);
  base[size - 1] = 1;
  EXPECT_STREQ(c.nif->ni_name, "loop0");
  EXPECT_THAT(nmh_memory_kind(world_), testing::HasSubstr("pages"));
  EXPECT_NE(nmh_model_tsc_ticks(c.fd, true, kRings - 1), nullptr);
  EXPECT_NE(nmh_model_tsc_ticks(c.fd, false, 0), nullptr);
  EXPECT_EQ(*nmh_model_tsc_ticks(c.fd, false, 0), 0u);
  EXPECT_EQ(nmh_model_tsc_ticks(c.fd, false, 1000), nullptr);
  client_close(&c);
}

// Sends words on a ring and receives them, in order, round the ring several times.
void exchange(const client& c, uint32_t ring, uint64_t words) {
  netmap_ring* tx = client_tx(&c, ring);
  netmap_ring* rx = client_rx(&c, ring);
  uint64_t sent = 0;
  uint64_t received = 0;
  while (received < words) {
    // The receiver gives the slots back that the sender then has.
    ASSERT_EQ(nmh_rxsync(c.fd), 0);
    ASSERT_EQ(nmh_txsync(c.fd), 0);
    while (sent < words && client_put(tx, sent)) {
      sent++;
    }
    ASSERT_EQ(nmh_txsync(c.fd), 0);
    ASSERT_EQ(nmh_rxsync(c.fd), 0);
    uint64_t word = 0;
    const uint64_t before = received;
    while (client_get(rx, &word)) {
      ASSERT_EQ(word, received);
      received++;
    }
    ASSERT_GT(received, before);
  }
}

TEST_F(Device, FramesComeBackInOrder) {
  client c;
  ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ALL_NIC, 0, 0), 0);
  for (uint32_t ring = 0; ring < kRings; ring++) {
    exchange(c, ring, 10 * kSlots + 7);
  }
  client_close(&c);
}

// After any number of openings all buffers are back: the last opening finds as many as the first.
TEST_F(Device, OpeningAgainFindsEverythingBack) {
  for (int i = 0; i < 300; i++) {
    client c;
    ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ALL_NIC, 0, 0), 0) << i;
    exchange(c, i % kRings, 3);
    client_close(&c);
  }
}

TEST_F(Device, DetachedPortGivesErrors) {
  client c;
  ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ALL_NIC, 0, 0), 0);
  detach();
  EXPECT_EQ(nmh_txsync(c.fd), -EIO);
  EXPECT_STRNE(nmh_reason(c.fd), "");
  EXPECT_EQ(nmh_rxsync(c.fd), -EIO);
  EXPECT_EQ(nmh_poll(c.fd, POLLIN, -1), POLLERR);
  EXPECT_EQ(nmh_ports(world_, nullptr, 0), 0);
  client other;
  EXPECT_EQ(client_open(&other, world_, "loop0", NR_REG_ALL_NIC, 0, 0), -ENXIO);
  client_close(&c);
}

TEST_F(Device, WorldsAreApart) {
  const nmh_config config = {};
  nmh* other = nullptr;
  ASSERT_EQ(nmh_create(&config, &other), 0);
  client c;
  EXPECT_EQ(client_open(&c, other, "loop0", NR_REG_ALL_NIC, 0, 0), -ENXIO);
  nmh_destroy(other);
}

// Whoever has a world may open it, as one user; one that may not is refused, and leaves nothing.
TEST_F(Device, EverybodyInAWorldMayOpen) {
  nm_os* os = nmh_os(world_);
  client first = {}, second = {};
  ASSERT_EQ(client_open(&first, world_, "vale0:a", NR_REG_ALL_NIC, 0, 0), 0);
  nmreq_register null = {};
  null.nr_mode = NR_REG_NULL;
  null.nr_mem_id = first.reg.nr_mem_id;
  nmreq_header header = {};
  header.nr_version = NETMAP_API;
  header.nr_reqtype = NETMAP_REQ_REGISTER;
  header.nr_body = reinterpret_cast<uintptr_t>(&null);
  ASSERT_EQ(nmh_open(world_, &second.fd), 0);
  EXPECT_EQ(nmh_ioctl(second.fd, NIOCCTRL, &header), 0) << nmh_reason(second.fd);
  EXPECT_EQ(nmh_mmap(second.fd, nullptr), nmh_mmap(first.fd, nullptr));
  client_close(&second);
  client_close(&first);
  EXPECT_EQ(os->callers, 0u);
  os->caller.may_open = false;
  nmh_fd* fd = nullptr;
  EXPECT_EQ(nmh_open(world_, &fd), -EPERM);
  EXPECT_EQ(os->callers, 0u);
}

// LeakSanitizer tells.
TEST_F(Device, PersistentPortsGoWithTheirWorld) {
  nmh_fd* fd = nullptr;
  ASSERT_EQ(nmh_open(world_, &fd), 0);
  const auto request = [fd](uint16_t type, const char* name, void* body) {
    nmreq_header h = {};
    h.nr_version = NETMAP_API;
    h.nr_reqtype = type;
    h.nr_body = reinterpret_cast<uintptr_t>(body);
    std::copy_n(name, std::char_traits<char>::length(name), h.nr_name);
    return nmh_ioctl(fd, NIOCCTRL, &h);
  };
  for (const char* name : {"alone", "inside", "parent"}) {
    nmreq_vale_newif made = {};
    ASSERT_EQ(request(NETMAP_REQ_VALE_NEWIF, name, &made), 0) << nmh_reason(fd);
  }
  nmreq_vale_attach attach = {};
  attach.reg.nr_mode = NR_REG_ALL_NIC;
  ASSERT_EQ(request(NETMAP_REQ_VALE_ATTACH, "vale0:inside", &attach), 0) << nmh_reason(fd);
  nmreq_register pipe = {};
  pipe.nr_mode = NR_REG_ALL_NIC;
  ASSERT_EQ(request(NETMAP_REQ_REGISTER, "parent{1", &pipe), 0) << nmh_reason(fd);
  nmh_close(fd);
}

// Threads open, use and close descriptors at the same time: one a ring, and one more on all rings
// at once, which only syncs.
TEST_F(Device, ConcurrentOpenSyncClose) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (uint16_t ring = 0; ring < kRings; ring++) {
    threads.emplace_back([this, ring] {
      for (int i = 0; i < 100; i++) {
        client c;
        ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ONE_NIC, ring, NR_EXCLUSIVE), 0);
        exchange(c, ring, 2 * kSlots + i);
        client_close(&c);
      }
    });
  }
  std::thread lister([this, &stop] {
    std::array<nmh_port_info, 2> ports = {};
    while (!stop) {
      EXPECT_EQ(nmh_ports(world_, ports.data(), 2), 1);
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  stop = true;
  lister.join();
}

// Several descriptors on the same rings: only one thread is in a ring's sync at a time, and nothing
// moves that nobody moved.
TEST_F(Device, ConcurrentSyncOfTheSameRings) {
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([this] {
      for (int i = 0; i < 50; i++) {
        client c;
        ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ALL_NIC, 0, 0), 0);
        for (int k = 0; k < 20; k++) {
          ASSERT_EQ(nmh_txsync(c.fd), 0);
          ASSERT_EQ(nmh_rxsync(c.fd), 0);
          ASSERT_EQ(nmh_poll(c.fd, POLLIN, 0), 0);
        }
        client_close(&c);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

// Two threads on one descriptor, one sends and one receives.
TEST_F(Device, OneDescriptorTwoThreads) {
  constexpr uint64_t kWords = 20000;
  client c;
  ASSERT_EQ(client_open(&c, world_, "loop0", NR_REG_ONE_NIC, 1, 0), 0);
  std::atomic<bool> all_received = false;
  std::thread sender([&c, &all_received] {
    netmap_ring* tx = client_tx(&c, 1);
    uint64_t sent = 0;
    // The last ones may have to wait in the transmit ring for room.
    while (!all_received) {
      if (sent < kWords && client_put(tx, sent)) {
        sent++;
        continue;
      }
      ASSERT_EQ(nmh_txsync(c.fd), 0);
      std::this_thread::yield();
    }
  });
  netmap_ring* rx = client_rx(&c, 1);
  uint64_t word = 0;
  for (uint64_t received = 0; received < kWords;) {
    if (client_get(rx, &word)) {
      ASSERT_EQ(word, received);
      received++;
      continue;
    }
    ASSERT_EQ(nmh_rxsync(c.fd), 0);
    std::this_thread::yield();
  }
  all_received = true;
  sender.join();
  client_close(&c);
}

// The device is pulled and plugged while clients open it, sync and close: they get errors, and
// nothing else happens.
TEST_F(Device, ConcurrentDetach) {
  std::atomic<bool> stop = false;
  std::atomic<int> opened = 0;
  std::array<std::thread, 3> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([this, &stop, &opened] {
      while (!stop) {
        client c;
        const int error = client_open(&c, world_, "loop1", NR_REG_ALL_NIC, 0, 0);
        if (error) {
          ASSERT_EQ(error, -ENXIO);
          std::this_thread::yield();
          continue;
        }
        opened++;
        for (int i = 0; i < 10; i++) {
          const int sync = nmh_txsync(c.fd);
          ASSERT_TRUE(sync == 0 || sync == -EIO) << sync;
          const int ready = nmh_poll(c.fd, POLLIN, 0);
          ASSERT_TRUE(ready == 0 || ready == POLLERR) << ready;
        }
        client_close(&c);
      }
    });
  }
  for (int i = 0; i < 50 || opened < 100; i++) {
    nmh_port* loop = nullptr;
    ASSERT_EQ(null_port_create(world_, "loop1", 2, 32, 0, &loop), 0);
    const int before = opened;
    while (opened == before) {
      std::this_thread::yield();
    }
    nmh_port_destroy(loop);
  }
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace nmgen
