// SPDX-License-Identifier: BSD-2-Clause
// Over a veth pair in a network namespace of this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_xdp.h>
#include <net/netmap.h>
#include <net/netmap_user.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nmh_driver.h"
#include "nmh_netif.h"
#include "testing/client.h"
#include "testing/end.h"
#include "testing/network.h"

namespace {

using nmgen::test::Bytes;
using nmgen::test::frame;
using nmgen::test::ip;
using nmgen::test::OwnWorld;

const nmh_driver* xdp() {
  return nmh_driver_find("xdp", 3);
}

// A port in the memory of others.
class End : public nmgen::test::PortClient {
 public:
  End(nmh* world, const char* interface, const std::vector<nmh_option>& options = {})
      : PortClient(world, "xdp", interface, options) {}
  int sync() { return txsync(); }
};

uint32_t number_of(const Bytes& frame) {
  uint32_t number = 0;
  std::memcpy(&number, frame.data() + 14, sizeof(number));
  return number;
}

// The kernel may deliver frames a little later than it takes them.
template <class Condition>
void wait_until(Condition condition) {
  while (!condition())
    usleep(100);
}

// The sender's core says which queue of the peer a frame goes to.
bool stay_on(int core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  return sched_setaffinity(0, sizeof(one), &one) == 0;
}

// From one core, frames stay in order.
bool stay_here() {
  return stay_on(sched_getcpu());
}

nmh_netif interface(const char* name) {
  nmh_netif netif{};
  EXPECT_EQ(nmh_netif_find(name, &netif), 0);
  return netif;
}

class Xdp : public nmgen::test::NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped())
      return;
    ASSERT_TRUE(
        ip("link add xa numtxqueues 4 numrxqueues 4 type veth peer name xb numtxqueues 4 "
           "numrxqueues 4"));
    ASSERT_TRUE(ip("link set xa up") && ip("link set xb up"));
  }

  // Two ports of four queues, and two more.
  OwnWorld memory_{"xdp", 40000, 0};
  nmh* world_ = memory_.world();
};

TEST_F(Xdp, FramesArriveWholeAndInOrderAndAreCounted) {
  End b(world_, "xb"), a(world_, "xa");
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < 3000; i++) {
    const Bytes sent = frame(i, 60 + i % 1455);
    bytes += sent.size() + 4;
    ASSERT_EQ(a.send(sent), 0);
    ASSERT_EQ(b.receive(), sent) << i;
  }
  EXPECT_EQ(a.stats().tx_frames, 3000u);
  EXPECT_EQ(a.stats().tx_bytes, bytes);
  EXPECT_EQ(a.stats().tx_dropped, 0u);
  EXPECT_EQ(a.stats().rx_frames, 0u) << "what was sent is not received";
  EXPECT_EQ(b.stats().rx_frames, 3000u);
  EXPECT_EQ(b.stats().rx_bytes, bytes);
  EXPECT_EQ(b.stats().missed, 0u);
  EXPECT_EQ(interface("xa").tx_packets, 3000u);
  EXPECT_EQ(interface("xb").rx_packets, 3000u);
  EXPECT_EQ(interface("xa").tx_bytes + 3000 * 4, bytes);
}

TEST_F(Xdp, ABatchOfFramesOfAllLengthsIsOneCall) {
  ASSERT_TRUE(stay_here());
  End b(world_, "xb"), a(world_, "xa");
  for (uint32_t round = 0; round < 20; round++) {
    for (uint32_t i = 0; i < 200; i++)
      ASSERT_TRUE(a.put(frame(i, 18 + (i * 97 + round) % 1497)));
    ASSERT_EQ(a.sync(), 0);
    for (uint32_t i = 0; i < 200; i++)
      ASSERT_EQ(b.receive(), frame(i, 18 + (i * 97 + round) % 1497)) << i;
  }
}

// The queue of the peer has 256 places, not all of which can be used at all times.
TEST_F(Xdp, ALongBurstIsNotDropped) {
  ASSERT_TRUE(stay_here());
  End b(world_, "xb"), a(world_, "xa");
  uint32_t sent = 0;
  for (uint32_t burst = 250; burst < 420; burst += 7) {
    for (uint32_t i = 0; i < burst; i++)
      ASSERT_TRUE(a.put(frame(sent + i)));
    ASSERT_EQ(a.sync(), 0);
    for (uint32_t i = 0; i < burst; i++)
      ASSERT_EQ(b.receive(), frame(sent + i));
    sent += burst;
    // All slots are given back.
    ASSERT_EQ(b.rxsync(), 0);
  }
  EXPECT_EQ(a.stats().tx_frames, sent);
  EXPECT_EQ(a.stats().tx_dropped, 0u);
  EXPECT_EQ(interface("xa").tx_packets, sent);
}

// Which of the peer's queues a frame goes to is the kernel's choice.
TEST_F(Xdp, RingsSendAndReceiveAtTheSameTime) {
  End b(world_, "xb", {{"queues", nullptr, 4}}), a(world_, "xa", {{"queues", nullptr, 3}});
  std::vector<bool> seen(3 * 300);
  for (uint32_t i = 0; i < 300; i++) {
    for (uint32_t ring = 0; ring < 3; ring++)
      ASSERT_TRUE(a.put(frame(3 * i + ring, 60 + i + ring), ring));
    if (i % 7 == 0) {
      ASSERT_EQ(a.sync(), 0);
    }
  }
  ASSERT_EQ(a.sync(), 0);
  for (uint32_t i = 0; i < seen.size(); i++) {
    const Bytes got = b.receive();
    const uint32_t number = number_of(got);
    ASSERT_LT(number, seen.size());
    EXPECT_EQ(got, frame(number, 60 + number / 3 + number % 3));
    EXPECT_FALSE(seen[number]) << number << " came twice";
    seen[number] = true;
  }
  EXPECT_EQ(a.stats().tx_frames, seen.size());
  EXPECT_EQ(interface("xa").tx_packets, seen.size());
}

TEST_F(Xdp, FramesOfOtherQueuesAreTheHosts) {
  End b(world_, "xb", {{"queues", nullptr, 1}}), a(world_, "xa");
  cpu_set_t here;
  ASSERT_EQ(sched_getaffinity(0, sizeof(here), &here), 0);
  uint64_t received = 0;
  // The queue of the peer is the number of the sender's processor.
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &here))
      continue;
    ASSERT_TRUE(stay_on(cpu));
    ASSERT_EQ(a.send(frame(static_cast<uint32_t>(cpu))), 0);
    if (cpu % 4 != 0)
      continue;
    received++;
    EXPECT_EQ(b.receive(), frame(static_cast<uint32_t>(cpu)));
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(here), &here), 0);
  EXPECT_EQ(b.rxsync(), 0);
  EXPECT_EQ(b.stats().rx_frames, received);
  EXPECT_EQ(b.stats().missed, 0u);
  wait_until(
      [&here] { return interface("xb").rx_packets == static_cast<uint64_t>(CPU_COUNT(&here)); });
}

TEST_F(Xdp, ASleepingClientIsWoken) {
  End b(world_, "xb"), a(world_, "xa");
  for (uint32_t i = 0; i < 50; i++) {
    std::thread sender([&a, i] { EXPECT_EQ(a.send(frame(i)), 0); });
    EXPECT_EQ(b.receive(), frame(i));
    sender.join();
  }
  const int fd = nmh_eventfd(b.get().fd);
  for (uint32_t i = 0; i < 50; i++) {
    std::thread sender([&a, i] { EXPECT_EQ(a.send(frame(i)), 0); });
    while (nmh_poll(b.get().fd, POLLIN, 0) == 0) {
      pollfd readable{fd, POLLIN, 0};
      ASSERT_EQ(poll(&readable, 1, -1), 1);
    }
    EXPECT_EQ(b.receive(), frame(i));
    sender.join();
  }
}

TEST_F(Xdp, AReceiverWithoutRoomMissesFrames) {
  End b(world_, "xb", {{"slots", nullptr, 64}, {"queues", nullptr, 4}}), a(world_, "xa");
  constexpr uint32_t kFrames = 1000;
  for (uint32_t i = 0; i < kFrames; i++)
    ASSERT_EQ(a.send(frame(i)), 0);
  wait_until([] { return interface("xb").rx_packets == kFrames; });
  EXPECT_EQ(b.rxsync(), 0);
  const nmh_port_stats stats = b.stats();
  EXPECT_GE(stats.rx_frames, 63u);
  EXPECT_LE(stats.rx_frames, 4 * 63u);
  EXPECT_EQ(stats.rx_frames + stats.missed, kFrames);
}

// Sent frames keep their buffers: what is swapped out of a slot is another port's then.
TEST_F(Xdp, PortsOfOneMemorySwapBuffers) {
  ASSERT_TRUE(ip("link add xc type veth peer name xd") && ip("link set xc up") &&
              ip("link set xd up"));
  End b(world_, "xb"), a(world_, "xa"), d(world_, "xd"), c(world_, "xc");
  for (uint32_t i = 0; i < 3000; i++) {
    ASSERT_EQ(a.send(frame(i)), 0);
    b.wait();
    while (b.forward_to(c))
      ASSERT_EQ(c.sync(), 0);
    EXPECT_EQ(d.receive(), frame(i));
  }
}

TEST_F(Xdp, WhatCannotBeSentIsAnError) {
  End b(world_, "xb"), a(world_, "xa");
  ASSERT_TRUE(ip("link set xa mtu 1000"));
  EXPECT_EQ(a.send(frame(0, 1018)), 0);
  EXPECT_EQ(b.receive(), frame(0, 1018));
  ASSERT_TRUE(a.put(frame(1)) && a.put(frame(2, 1019)));
  EXPECT_EQ(a.sync(), -EMSGSIZE);
  EXPECT_EQ(b.receive(), frame(1));
  EXPECT_EQ(a.stats().tx_frames, 2u);
}

TEST_F(Xdp, AnInterfaceThatIsRenamedGoesOn) {
  ASSERT_TRUE(stay_here());
  End b(world_, "xb"), a(world_, "xa");
  ASSERT_EQ(a.send(frame(0)), 0);
  ASSERT_TRUE(ip("link set xa down") && ip("link set xa name other") && ip("link set other up"));
  ASSERT_EQ(a.send(frame(1)), 0);
  EXPECT_EQ(b.receive(), frame(0));
  EXPECT_EQ(b.receive(), frame(1));
}

TEST_F(Xdp, AnInterfaceThatGoesAwayIsAnError) {
  End b(world_, "xb"), a(world_, "xa");
  ASSERT_TRUE(ip("link set xa down"));
  EXPECT_EQ(a.send(frame(0)), -ENETDOWN);
  ASSERT_TRUE(ip("link del xa"));
  EXPECT_EQ(a.sync(), -ENODEV);
  int error = 0;
  for (int i = 0; i < 1000 && error == 0; i++) {
    error = b.rxsync();
    usleep(1000);
  }
  EXPECT_EQ(error, -ENODEV);
  EXPECT_EQ(a.stats().tx_frames, 0u);
}

TEST_F(Xdp, RefusesWhatCannotBe) {
  ASSERT_TRUE(ip("link add xc type veth peer name xd"));
  ASSERT_TRUE(ip("link add xe mtu 9000 type veth peer name xf mtu 9000"));
  ASSERT_TRUE(ip("link set xe up") && ip("link set xf up"));
  End taken(world_, "xb");
  OwnWorld other("xdp", 4000, 0);
  const struct {
    const char* interface;
    nmh_option option;
    int error;
    const char* words;
  } kCases[] = {
      {"nowhere", {"slots", nullptr, 64}, -ENODEV, "there is no interface nowhere; see ip link"},
      {"xa", {"queues", nullptr, 17}, -EINVAL, "17 queues are not possible; use 1 to 16"},
      {"xa", {"queues", nullptr, 5}, -EINVAL, "xa has 4 receive queues, not 5; use fewer"},
      {"xa", {"send", "quickly", 0}, -EINVAL, "there is no send \"quickly\"; use auto, live or"},
      {"xa", {"slots", nullptr, 1}, -EINVAL, "rings of 1 slots are not possible"},
      {"xc", {"slots", nullptr, 64}, -ENETDOWN, "xc is down; ip link set xc up"},
      {"xb", {"slots", nullptr, 64}, -EBUSY, "xb: another XDP program is attached to it; end"},
      {"xe", {"slots", nullptr, 64}, -ERANGE, "is too large for XDP; ip link set"},
  };
  for (const auto& item : kCases) {
    const nmh_port_request request{item.interface, &item.option, 1};
    char reason[200] = "";
    nmh_refusal refusal{reason, sizeof(reason)};
    nmh_port* port = nullptr;
    EXPECT_EQ(nmh_port_create(other.world(), xdp(), &request, &port, &refusal), item.error)
        << reason;
    EXPECT_THAT(reason, testing::HasSubstr(item.words));
  }
}

TEST_F(Xdp, AnotherMemoryIsRefusedWithAReason) {
  nmh_config config{};
  nmh* other = nullptr;
  ASSERT_EQ(nmh_create(&config, &other), 0);
  const nmh_port_request request{"xa", nullptr, 0};
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(other, xdp(), &request, &port, nullptr), 0);
  nmh_fd* fd = nullptr;
  ASSERT_EQ(nmh_open(other, &fd), 0);
  nmreq_register reg{};
  EXPECT_EQ(client_register(fd, "xa", NR_REG_ALL_NIC, 0, 0, &reg), -EINVAL);
  EXPECT_THAT(nmh_reason(fd), testing::HasSubstr("prepare nmh_config with nmh_config_suit()"));
  nmh_close(fd);
  nmh_port_destroy(port);
  nmh_destroy(other);
}

TEST_F(Xdp, RingsAreOpenedAndClosedOneByOne) {
  End a(world_, "xa");
  const nmh_option queues{"queues", nullptr, 4};
  const nmh_port_request request{"xb", &queues, 1};
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(world_, xdp(), &request, &port, nullptr), 0);
  for (int round = 0; round < 3; round++) {
    client rx[4], tx[4];
    for (uint16_t i = 0; i < 4; i++) {
      ASSERT_EQ(client_open(&rx[i], world_, "xb", NR_REG_ONE_NIC, i, NR_RX_RINGS_ONLY), 0);
      ASSERT_EQ(client_open(&tx[i], world_, "xb", NR_REG_ONE_NIC, i, NR_TX_RINGS_ONLY), 0);
      EXPECT_TRUE(client_put(client_tx(&tx[i], i), 7));
      EXPECT_EQ(nmh_txsync(tx[i].fd), 0);
    }
    for (int i = 0; i < 4; i++) {
      client_close(round == 1 ? &rx[3 - i] : &rx[i]);
      client_close(&tx[i]);
    }
  }
  wait_until([&a] { return a.rxsync() != 0 || a.stats().rx_frames == 12; });
  nmh_port_destroy(port);
}

std::string mode_of(nmh_port* port) {
  char text[512] = "";
  nmh_port_mode(port, text, sizeof(text));
  return text;
}

TEST_F(Xdp, ASocketSends) {
  End a(world_, "xa", {{"send", "socket", 0}, {"slots", nullptr, 256}}), b(world_, "xb");
  EXPECT_EQ(mode_of(a.port()),
            "sends by AF_XDP, copies in the driver (it has no zero copy); receives by AF_XDP, "
            "copies in the driver (it has no zero copy)");
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < 3000; i++) {
    bytes += 60 + i % 1455;
    while (!a.put(frame(i, 60 + i % 1455)))
      ASSERT_EQ(a.txsync(), 0);
    ASSERT_EQ(a.txsync(), 0);
    ASSERT_EQ(b.receive(), frame(i, 60 + i % 1455)) << i;
  }
  EXPECT_EQ(a.stats().tx_frames, 3000u);
  EXPECT_EQ(a.stats().tx_bytes, bytes + 4 * 3000);
  EXPECT_EQ(interface("xa").tx_packets, 3000u);
  // All slots come back.
  wait_until([&a] {
    EXPECT_EQ(a.txsync(), 0);
    return nm_ring_space(client_tx(&a.get(), 0)) == 255;
  });
  EXPECT_EQ(b.send(frame(7)), 0);
  EXPECT_EQ(a.receive(), frame(7));
  ASSERT_TRUE(ip("link set xa mtu 1000"));
  EXPECT_EQ(a.send(frame(0, 1019)), -EMSGSIZE);
}

TEST_F(Xdp, RingsOfASocketAreOpenedAndClosedOneByOne) {
  End a(world_, "xa");
  const nmh_option options[] = {{"send", "socket", 0}, {"queues", nullptr, 2}};
  const nmh_port_request request{"xb", options, 2};
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(world_, xdp(), &request, &port, nullptr), 0);
  client tx{}, rx[2]{};
  ASSERT_EQ(client_open(&tx, world_, "xb", NR_REG_ONE_NIC, 0, NR_TX_RINGS_ONLY), 0);
  EXPECT_EQ(nmh_rxsync(a.get().fd), 0);
  uint64_t sent = 0;
  const auto send = [&] {
    for (int i = 0; i < 100; i++) {
      EXPECT_TRUE(client_put(client_tx(&tx, 0), sent++));
      EXPECT_EQ(nmh_txsync(tx.fd), 0);
    }
    wait_until([&] { return a.rxsync() != 0 || a.stats().rx_frames == sent; });
    netmap_ring* ring = client_rx(&a.get(), 0);
    ring->head = ring->cur = ring->tail;
  };
  for (int round = 0; round < 3; round++) {
    for (uint16_t i = 0; i < 2; i++) {
      ASSERT_EQ(client_open(&rx[i], world_, "xb", NR_REG_ONE_NIC, i, NR_RX_RINGS_ONLY), 0);
      send();
    }
    ASSERT_EQ(a.send(frame(round)), 0);
    wait_until([&] {
      nmh_port_stats stats{};
      EXPECT_EQ(nmh_rxsync(rx[0].fd), 0);
      EXPECT_EQ(nmh_rxsync(rx[1].fd), 0);
      nmh_port_read_stats(port, &stats);
      return stats.rx_frames == static_cast<uint64_t>(round) + 1;
    });
    for (client& each : rx) {
      client_close(&each);
      send();
    }
  }
  client_close(&tx);
  nmh_port_destroy(port);
}

TEST_F(Xdp, SendsLiveFramesWhereThePeerTakesThem) {
  {
    End a(world_, "xa");
    EXPECT_THAT(mode_of(a.port()),
                testing::StartsWith("sends by AF_XDP, copies in the driver (it has no zero copy), "
                                    "not live frames: its peer xb has no XDP program and no GRO; "
                                    "ethtool -K xb gro on; receives by AF_XDP, "));
    End b(world_, "xb");
    EXPECT_THAT(mode_of(b.port()), testing::StartsWith("sends XDP live frames; receives by"));
    ASSERT_EQ(a.send(frame(1)), 0);
    EXPECT_EQ(b.receive(), frame(1));
  }
  const nmh_option live{"send", "live", 0};
  const nmh_port_request request{"xa", &live, 1};
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(world_, xdp(), &request, &port, nullptr), 0);
  nmh_fd* fd = nullptr;
  ASSERT_EQ(nmh_open(world_, &fd), 0);
  nmreq_register reg{};
  EXPECT_EQ(client_register(fd, "xa", NR_REG_ALL_NIC, 0, 0, &reg), -EOPNOTSUPP);
  EXPECT_THAT(nmh_reason(fd), testing::HasSubstr("xa: live frames would be lost: its peer xb has"));
  nmh_close(fd);
  nmh_port_destroy(port);
  ASSERT_EQ(std::system("ethtool -K xb gro on"), 0);
  End a(world_, "xa");
  EXPECT_THAT(mode_of(a.port()), testing::StartsWith("sends XDP live frames; "));
  ASSERT_EQ(a.send(frame(1)), 0);
  wait_until([] { return interface("xb").rx_packets == 2; });
}

// Where the other end is in another namespace, nobody can look at its GRO.
TEST_F(Xdp, LiveFramesThatNobodyTakesAreAnError) {
  const pid_t child = fork();
  if (child == 0) {
    unshare(CLONE_NEWNET);
    pause();
    _exit(0);
  }
  const std::string other = std::to_string(child);
  while (!ip("link set xb netns " + other + " 2>/dev/null") || !std::system(nullptr))
    usleep(1000);
  wait_until([] {
    nmh_netif netif{};
    return nmh_netif_find("xb", &netif) == -ENODEV;
  });
  const std::string inside = "nsenter -t " + other + " -n ";
  ASSERT_EQ(std::system((inside + "ip link set xb up").c_str()), 0);
  {
    End a(world_, "xa");
    EXPECT_THAT(mode_of(a.port()),
                testing::HasSubstr("its peer in another namespace has no XDP program, and its GRO "
                                   "cannot be seen; send \"live\" if it is on"));
  }
  End a(world_, "xa", {{"send", "live", 0}});
  EXPECT_EQ(a.send(frame(1)), -ENOLINK);
  EXPECT_EQ(a.stats().tx_frames, 0u);
  ASSERT_EQ(std::system((inside + "ethtool -K xb gro on").c_str()), 0);
  EXPECT_EQ(a.txsync(), 0);
  EXPECT_EQ(a.stats().tx_frames, 1u);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(Xdp, AQueueThatAnotherProgramHasIsNamed) {
  // Its sockets outlive its program in no case: only another process could keep one.
  const int fd = socket(AF_XDP, SOCK_RAW, 0);
  ASSERT_GE(fd, 0);
  const size_t size = 2048 * 64;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  xdp_umem_reg umem{};
  umem.addr = reinterpret_cast<uintptr_t>(memory);
  umem.len = size;
  umem.chunk_size = 2048;
  const int entries = 64;
  ASSERT_EQ(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)), 0);
  for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING})
    ASSERT_EQ(setsockopt(fd, SOL_XDP, ring, &entries, sizeof(entries)), 0);
  sockaddr_xdp address{};
  address.sxdp_family = AF_XDP;
  address.sxdp_flags = XDP_COPY;
  address.sxdp_ifindex = static_cast<uint32_t>(interface("xa").index);
  address.sxdp_queue_id = 2;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);

  const nmh_port_request request{"xa", nullptr, 0};
  nmh_port* port = nullptr;
  ASSERT_EQ(nmh_port_create(world_, xdp(), &request, &port, nullptr), 0);
  nmh_fd* client = nullptr;
  ASSERT_EQ(nmh_open(world_, &client), 0);
  nmreq_register reg{};
  EXPECT_EQ(client_register(client, "xa", NR_REG_ALL_NIC, 0, 0, &reg), -EBUSY);
  EXPECT_STREQ(nmh_reason(client), "xa: another program has queue 2; end it, or use other rings");
  close(fd);
  EXPECT_EQ(client_register(client, "xa", NR_REG_ALL_NIC, 0, 0, &reg), 0);
  nmh_close(client);
  nmh_port_destroy(port);
  munmap(memory, size);
}

}  // namespace
