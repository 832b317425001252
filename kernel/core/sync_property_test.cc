// SPDX-License-Identifier: BSD-2-Clause
// Ring arithmetic against its definition, for every position of small rings; and long random lives
// of a port against queues that know nothing of rings.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>
#include <vector>

#include "kernel/core/testing/port.h"

namespace nmgen::test {
namespace {

// The rule as the ABI document has it, by walking: from `first` the client may step as far as
// `tail`, head stops somewhere on the way, and cur there or further on.
bool rule_allows(uint32_t first, uint32_t tail, uint32_t n, uint32_t head, uint32_t cur) {
  bool head_seen = false;
  for (uint32_t at = first;; at = (at + 1) % n) {
    head_seen = head_seen || at == head;
    if (head_seen && at == cur)
      return true;
    if (at == tail)
      return false;
  }
}

struct AcceptedHeads : testing::TestWithParam<uint32_t> {
  World world;
};

// TX: the last head <= head <= cur <= the tail told; hwcur is where a driver that fell behind
// stands. RX: hwcur <= head <= cur <= hwtail.
TEST_P(AcceptedHeads, TheAcceptedSetIsTheRules) {
  const uint32_t n = GetParam();
  TestPort port(world, "p", port_config(1, n), Wire::kNull);
  Client client(world);
  ASSERT_EQ(client.bind("p"), 0);
  std::vector<uint32_t> written;
  for (uint32_t i = 0; i <= n; ++i)
    written.push_back(i);
  for (uint32_t wild : {2 * n, 0x7fffffffu, 0x80000000u, 0xffffffffu})
    written.push_back(wild);

  uint64_t accepted = 0, refused = 0;
  for (nm_dir dir : {NM_TX, NM_RX}) {
    nm_kring* kr = port.kring(dir, 0);
    for (uint32_t hwcur = 0; hwcur < n; ++hwcur) {
      for (uint32_t last = 0; last < n; ++last) {
        if (dir == NM_RX && last != hwcur)
          continue;
        for (uint32_t tail = 0; tail < n; ++tail) {
          for (uint32_t head : written) {
            for (uint32_t cur : written) {
              kr->hwcur = hwcur;
              kr->rhead = kr->rcur = last;
              kr->hwtail = kr->rtail = tail;
              kr->ring->head = head;
              kr->ring->cur = cur;
              kr->ring->tail = 0xa5a5a5a5;
              // The driver does nothing: what is looked at is what the core makes of the client's
              // words.
              port.sync_error = -EAGAIN;
              const int result = nm_kring_sync(kr, 0);
              const bool right = rule_allows(last, tail, n, head, cur);
              ASSERT_EQ(result, right ? -EAGAIN : NM_SYNC_REINIT)
                  << "n " << n << " dir " << dir << " hwcur " << hwcur << " last " << last
                  << " tail " << tail << " head " << head << " cur " << cur;
              ASSERT_EQ(kr->ring->tail, tail);
              ASSERT_EQ(kr->hwcur, hwcur);
              ASSERT_EQ(kr->hwtail, tail);
              if (right) {
                ASSERT_EQ(kr->rhead, head);
                ASSERT_EQ(kr->rcur, cur);
                ASSERT_EQ(kr->ring->head, head);
                ASSERT_EQ(kr->ring->cur, cur);
                ++accepted;
              } else {
                ASSERT_EQ(kr->rhead, hwcur);
                ASSERT_EQ(kr->rcur, hwcur);
                ASSERT_EQ(kr->ring->head, hwcur);
                ASSERT_EQ(kr->ring->cur, hwcur);
                ++refused;
              }
            }
          }
        }
      }
    }
  }
  // As many as there are pairs head <= cur among d + 1 places, for every distance d of tail.
  uint64_t pairs = 0;
  for (uint64_t d = 0; d < n; ++d)
    pairs += (d + 1) * (d + 2) / 2;
  EXPECT_EQ(accepted, pairs * n * n + pairs * n);
  EXPECT_GT(refused, accepted);
  // Positions that a client can live with, before it closes.
  for (nm_dir dir : {NM_TX, NM_RX})
    port.kring(dir, 0)->ring->head = 0;
}

INSTANTIATE_TEST_SUITE_P(Slots, AcceptedHeads, testing::Values(2, 3, 4, 5, 6));

// nm_next, nm_prev and nm_dist, which every driver uses too.
TEST(Arithmetic, IsModuloN) {
  for (uint32_t n = 2; n < 20; ++n) {
    for (uint32_t a = 0; a < n; ++a) {
      EXPECT_EQ(nm_next(a, n - 1), (a + 1) % n);
      EXPECT_EQ(nm_prev(a, n - 1), (a + n - 1) % n);
      for (uint32_t b = 0; b < n; ++b)
        EXPECT_EQ((a + nm_dist(a, b, n)) % n, b);
    }
  }
}

// A frame is known by its number, which is its content.
void write_frame(Client& client, netmap_ring* tx, uint32_t slot, uint64_t number) {
  netmap_slot& s = tx->slot[slot];
  s.len = static_cast<uint16_t>(60 + number % 1400);
  std::memcpy(client.buffer(tx, s.buf_idx), &number, sizeof(number));
}

struct Life {
  uint32_t seed, slots;
};
class Lives : public testing::TestWithParam<Life> {};

// TX and RX of a loopback port against two queues, over thousands of random steps, violations among
// them.
TEST_P(Lives, MatchTheQueues) {
  const uint32_t n = GetParam().slots;
  std::mt19937 random(GetParam().seed);
  World world;
  TestPort port(world, "p", port_config(1, n), Wire::kLoopback);
  Client client(world);
  ASSERT_EQ(client.bind("p"), 0);
  netmap_ring* tx = client.tx();
  netmap_ring* rx = client.rx();

  std::deque<uint64_t> written;  // in TX slots that are released to nobody yet
  std::deque<uint64_t> wire;     // arrived, not yet shown to the client
  std::deque<uint64_t> shown;    // in the client's RX slots
  uint32_t released = 0;         // RX slots that the client has given back since the last sync
  uint32_t held = 0;  // RX slots that the device has not got back: shown and wire are in them
  uint64_t number = 0, sent = 0, received = 0, dropped = 0, violations = 0;

  for (int step = 0; step < 20000; ++step) {
    switch (random() % 8) {
      case 0:
      case 1: {  // write frames, release some of them
        const uint32_t room = nm_dist(tx->cur, tx->tail, n);
        const uint32_t count = room ? static_cast<uint32_t>(random() % (room + 1)) : 0;
        for (uint32_t i = 0; i < count; ++i) {
          write_frame(client, tx, tx->cur, number);
          written.push_back(number++);
          tx->cur = (tx->cur + 1) % n;
        }
        tx->head = (tx->cur + n - static_cast<uint32_t>(written.empty() ? 0 : random() % 2)) % n;
        break;
      }
      case 2:
      case 3: {  // TXSYNC
        const uint32_t unreleased = nm_dist(tx->head, tx->cur, n);
        ASSERT_EQ(client.txsync(), 0);
        while (written.size() > unreleased) {
          if (held < n - 1) {
            wire.push_back(written.front());
            ++held;
          } else {
            ++dropped;
          }
          ++sent;
          written.pop_front();
        }
        ASSERT_EQ(tx->tail, (tx->head + n - 1) % n) << "all that was released is done with";
        break;
      }
      case 4: {  // read and release
        const uint32_t count =
            shown.empty() ? 0 : static_cast<uint32_t>(random() % (shown.size() + 1));
        for (uint32_t i = 0; i < count; ++i) {
          const netmap_slot& s = rx->slot[rx->head];
          uint64_t got;
          std::memcpy(&got, client.buffer(rx, s.buf_idx), sizeof(got));
          ASSERT_EQ(got, shown.front()) << "step " << step;
          ASSERT_EQ(s.len, 60 + got % 1400);
          shown.pop_front();
          ++received;
          rx->head = rx->cur = (rx->head + 1) % n;
        }
        released += count;
        break;
      }
      case 5:
      case 6: {  // RXSYNC
        ASSERT_EQ(client.rxsync(), 0);
        held -= released;
        released = 0;
        shown.insert(shown.end(), wire.begin(), wire.end());
        wire.clear();
        ASSERT_EQ(nm_dist(rx->head, rx->tail, n), shown.size()) << "step " << step;
        break;
      }
      default: {  // now and then, nonsense
        if (random() % 16)
          break;
        if (random() % 2) {
          // Out of the ring, or cur behind head. All of a ring's other positions are allowed here.
          const uint32_t last = port.kring(NM_TX, 0)->rhead;
          tx->cur = last;
          tx->head =
              random() % 2 ? (last + 1) % n : 0xffffffffu - static_cast<uint32_t>(random() % 9);
          const u64 before = port.kring(NM_TX, 0)->stats.reinits;
          ASSERT_EQ(client.txsync(), 0);
          violations += port.kring(NM_TX, 0)->stats.reinits - before;
          ASSERT_EQ(port.kring(NM_TX, 0)->stats.reinits, before + 1);
          ASSERT_EQ(tx->head, tx->cur);
          // What was not yet taken over is forgotten.
          written.clear();
        } else {
          rx->cur = n + static_cast<uint32_t>(random() % 1000);
          const u64 before = port.kring(NM_RX, 0)->stats.reinits;
          ASSERT_EQ(client.rxsync(), 0);
          ++violations;
          ASSERT_EQ(port.kring(NM_RX, 0)->stats.reinits, before + 1);
          // Head is back where the kernel stands: what was released in vain is the client's again,
          // and it reads it anew.
          ASSERT_EQ(rx->head, port.kring(NM_RX, 0)->hwcur);
          rx->head = rx->cur = (rx->head + released) % n;
        }
      }
    }
    // Every buffer is in exactly one slot, always.
    if (step % 64 == 0) {
      std::set<uint32_t> all;
      for (netmap_ring* ring : {tx, rx}) {
        for (uint32_t s = 0; s < n; ++s)
          ASSERT_TRUE(all.insert(ring->slot[s].buf_idx).second) << "step " << step;
      }
    }
  }
  EXPECT_EQ(port.dropped(0), dropped);
  EXPECT_EQ(sent, received + dropped + shown.size() + wire.size());
  EXPECT_GT(received, 300u);
  EXPECT_GT(dropped, 0u);
  EXPECT_GT(violations, 50u);
  EXPECT_EQ(port.kring(NM_TX, 0)->stats.frames, sent);
}

INSTANTIATE_TEST_SUITE_P(Random, Lives,
                         testing::Values(Life{1, 2}, Life{2, 3}, Life{3, 4}, Life{4, 5}, Life{5, 7},
                                         Life{6, 8}, Life{7, 16}, Life{8, 33}, Life{9, 64},
                                         Life{10, 512}),
                         [](const testing::TestParamInfo<Life>& info) {
                           return std::to_string(info.param.slots) + "slots";
                         });

}  // namespace
}  // namespace nmgen::test
