// SPDX-License-Identifier: BSD-2-Clause
// The clients' helpers, on a region that the test lays out itself: two NIC TX rings, three host TX,
// four NIC RX, two host RX.
#include <gtest/gtest.h>
#include <net/netmap_user.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "kernel/include/net/netmap_client_check.h"

namespace nmgen {
namespace {

constexpr uint32_t kNicTx = 2;
constexpr uint32_t kHostTx = 3;
constexpr uint32_t kNicRx = 4;
constexpr uint32_t kHostRx = 2;
constexpr uint32_t kRings = kNicTx + kHostTx + kNicRx + kHostRx;
constexpr uint32_t kSlots = 8;
constexpr uint32_t kBufSize = 2048;
constexpr uint32_t kBuffers = 2 + kRings * kSlots;
constexpr size_t kIfBytes = 1024;
constexpr size_t kRingBytes = 512;
constexpr size_t kRingsAt = kIfBytes;
constexpr size_t kBuffersAt = kRingsAt + kRings * kRingBytes;
constexpr size_t kRegionBytes = kBuffersAt + size_t{kBuffers} * kBufSize;

static_assert(sizeof(netmap_if) + kRings * sizeof(ssize_t) <= kIfBytes);
static_assert(sizeof(netmap_ring) + kSlots * sizeof(netmap_slot) <= kRingBytes);

struct FreeRegion {
  void operator()(char* p) const { ::operator delete (p, std::align_val_t{NM_CACHE_ALIGN}); }
};

class NetmapUser : public testing::Test {
 protected:
  // Rings lie in the region in the reverse order of ring_ofs[], so that no helper is right by
  // stepping from one ring to the next.
  NetmapUser()
      : region_(
            static_cast<char*>(::operator new (kRegionBytes, std::align_val_t{NM_CACHE_ALIGN}))) {
    std::memset(region_.get(), 0, kRegionBytes);
    nifp_ = NETMAP_IF(region_.get(), 0);
    nifp_->ni_tx_rings = kNicTx;
    nifp_->ni_host_tx_rings = kHostTx;
    nifp_->ni_rx_rings = kNicRx;
    nifp_->ni_host_rx_rings = kHostRx;
    for (uint32_t i = 0; i < kRings; i++) {
      size_t at = kRingsAt + (kRings - 1 - i) * kRingBytes;
      netmap_ring* ring = reinterpret_cast<netmap_ring*>(region_.get() + at);
      nifp_->ring_ofs[i] = static_cast<ssize_t>(at);
      bool tx = i < kNicTx + kHostTx;
      ring->buf_ofs = static_cast<int64_t>(kBuffersAt) - static_cast<int64_t>(at);
      ring->num_slots = kSlots;
      ring->nr_buf_size = kBufSize;
      ring->ringid = static_cast<uint16_t>(tx ? i : i - kNicTx - kHostTx);
      ring->dir = tx ? NETMAP_DIR_TX : NETMAP_DIR_RX;
      ring->tail = tx ? kSlots - 1 : 0;
      for (uint32_t k = 0; k < kSlots; k++) {
        ring->slot[k].buf_idx = 2 + i * kSlots + k;
      }
    }
  }

  std::unique_ptr<char, FreeRegion> region_;
  netmap_if* nifp_;
};

TEST_F(NetmapUser, InterfaceIsAtItsOffset) {
  EXPECT_EQ(reinterpret_cast<char*>(NETMAP_IF(region_.get(), 640)), region_.get() + 640);
}

TEST_F(NetmapUser, TxRingsAreNicThenHost) {
  for (uint32_t i = 0; i < kNicTx + kHostTx; i++) {
    netmap_ring* ring = NETMAP_TXRING(nifp_, i);
    ASSERT_NE(ring, nullptr);
    EXPECT_EQ(ring->dir, NETMAP_DIR_TX) << i;
    EXPECT_EQ(ring->ringid, i);
  }
}

TEST_F(NetmapUser, RxRingsComeAfterTheHostTxRings) {
  for (uint32_t i = 0; i < kNicRx + kHostRx; i++) {
    netmap_ring* ring = NETMAP_RXRING(nifp_, i);
    ASSERT_NE(ring, nullptr);
    EXPECT_EQ(ring->dir, NETMAP_DIR_RX) << i;
    EXPECT_EQ(ring->ringid, i);
  }
}

TEST_F(NetmapUser, UnboundRingIsNull) {
  nifp_->ring_ofs[1] = 0;
  nifp_->ring_ofs[kNicTx + kHostTx + 2] = 0;
  EXPECT_EQ(NETMAP_TXRING(nifp_, 1), nullptr);
  EXPECT_NE(NETMAP_TXRING(nifp_, 0), nullptr);
  EXPECT_EQ(NETMAP_RXRING(nifp_, 2), nullptr);
  EXPECT_NE(NETMAP_RXRING(nifp_, 1), nullptr);
}

TEST_F(NetmapUser, RingBeforeItsInterface) {
  netmap_if* later = NETMAP_IF(region_.get(), kBuffersAt);
  later->ring_ofs[0] = -static_cast<ssize_t>(kBuffersAt - kRingsAt);
  EXPECT_EQ(reinterpret_cast<char*>(NETMAP_TXRING(later, 0)), region_.get() + kRingsAt);
}

TEST_F(NetmapUser, BufferOfEveryIndexIsTheSameFromEveryRing) {
  for (uint32_t r = 0; r < kRings; r++) {
    netmap_ring* ring = nm_ring_at(nifp_, r);
    for (uint32_t idx = 0; idx < kBuffers; idx++) {
      char* buf = NETMAP_BUF(ring, idx);
      ASSERT_EQ(buf, region_.get() + kBuffersAt + size_t{idx} * kBufSize);
      ASSERT_EQ(NETMAP_BUF_IDX(ring, buf), idx);
      ASSERT_EQ(NETMAP_BUF_IDX(ring, buf + kBufSize - 1), idx) << "last byte";
    }
  }
}

TEST_F(NetmapUser, BufferBeforeItsRing) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  ring->buf_ofs = -static_cast<int64_t>(nifp_->ring_ofs[0]);  // buffer 0 at the region's start
  ring->nr_buf_size = 64;
  EXPECT_EQ(NETMAP_BUF(ring, 3), region_.get() + 192);
  EXPECT_EQ(NETMAP_BUF_IDX(ring, region_.get() + 192), 3u);
}

// Addresses only: nothing is read there. 2^21 + 5 buffers of 2 kB are just over 4 GiB.
TEST_F(NetmapUser, BufferBeyondFourGigabytes) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  const uint32_t kFar = (1u << 21) + 5;
  uintptr_t first = reinterpret_cast<uintptr_t>(NETMAP_BUF(ring, 0));
  uintptr_t far = reinterpret_cast<uintptr_t>(NETMAP_BUF(ring, kFar));
  EXPECT_EQ(far - first, (uint64_t{1} << 32) + 5 * kBufSize);
  EXPECT_EQ(NETMAP_BUF_IDX(ring, reinterpret_cast<char*>(far)), kFar);
}

TEST_F(NetmapUser, OffsetTouchesOnlyTheBitsOfTheMask) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  netmap_slot* slot = &ring->slot[0];
  ring->offset_mask = 0xffff;
  slot->ptr = 0xabcdef0123450000;
  NETMAP_WOFFSET(ring, slot, 0x10040);  // one bit too many
  EXPECT_EQ(slot->ptr, 0xabcdef0123450040u);
  EXPECT_EQ(NETMAP_ROFFSET(ring, slot), 0x40u);
  EXPECT_EQ(NETMAP_BUF_OFFSET(ring, slot), NETMAP_BUF(ring, slot->buf_idx) + 0x40);
  EXPECT_EQ(NETMAP_BUF_WITH_OFFSET(ring, slot), NETMAP_BUF(ring, slot->buf_idx) + 0x40);
}

TEST_F(NetmapUser, OffsetsAreOffWithoutAMask) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  netmap_slot* slot = &ring->slot[1];
  slot->ptr = 0x1234;
  NETMAP_WOFFSET(ring, slot, 64);
  EXPECT_EQ(slot->ptr, 0x1234u);
  EXPECT_EQ(NETMAP_ROFFSET(ring, slot), 0u);
  EXPECT_EQ(NETMAP_BUF_OFFSET(ring, slot), NETMAP_BUF(ring, slot->buf_idx));
}

TEST_F(NetmapUser, NextWrapsAtTheLastSlot) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  EXPECT_EQ(nm_ring_next(ring, 0), 1u);
  EXPECT_EQ(nm_ring_next(ring, kSlots - 2), kSlots - 1);
  EXPECT_EQ(nm_ring_next(ring, kSlots - 1), 0u);
  EXPECT_EQ(NETMAP_RING_NEXT(ring, kSlots - 1), 0u);
  ring->num_slots = 1;
  EXPECT_EQ(nm_ring_next(ring, 0), 0u);
}

// For every ring size to 64 and every head and tail: space is how many steps of nm_ring_next lead
// from head to tail.
TEST_F(NetmapUser, SpaceIsTheStepsFromHeadToTail) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  for (uint32_t n = 1; n <= 64; n++) {
    ring->num_slots = n;
    for (uint32_t head = 0; head < n; head++) {
      for (uint32_t tail = 0; tail < n; tail++) {
        ring->head = head;
        ring->tail = tail;
        // Neither depends on cur, which is where the client wants to be woken.
        ring->cur = tail;
        uint32_t steps = 0;
        for (uint32_t i = head; i != tail; i = nm_ring_next(ring, i)) {
          steps++;
        }
        ASSERT_EQ(nm_ring_space(ring), steps) << n << " " << head << " " << tail;
        ASSERT_EQ(nm_ring_empty(ring) != 0, steps == 0);
        ASSERT_LT(steps, n);
        // All sent exactly when the client owns all slots but one.
        ASSERT_EQ(nm_tx_pending(ring) != 0, steps != n - 1);
      }
    }
  }
}

TEST_F(NetmapUser, RingsAtFirst) {
  netmap_ring* tx = NETMAP_TXRING(nifp_, 0);
  netmap_ring* rx = NETMAP_RXRING(nifp_, 0);
  EXPECT_EQ(nm_ring_space(tx), kSlots - 1);
  EXPECT_FALSE(nm_tx_pending(tx));
  EXPECT_TRUE(nm_ring_empty(rx));
}

TEST_F(NetmapUser, SpaceOfAWidestRing) {
  netmap_ring* ring = NETMAP_TXRING(nifp_, 0);
  ring->num_slots = UINT32_MAX;
  ring->head = UINT32_MAX - 1;
  ring->tail = 1;
  EXPECT_EQ(nm_ring_space(ring), 2u);
}

// Each length in a buffer of exactly that length, so that a sanitizer sees a byte too many, and
// again between guards.
TEST(NetmapPktCopy, CopiesExactlyTheBytesAskedFor) {
  for (int len = 0; len <= 2048; len++) {
    size_t n = static_cast<size_t>(len);
    std::vector<uint8_t> from(n), exact(n, 0xee), guarded(n + 64, 0xee);
    for (size_t i = 0; i < n; i++) {
      from[i] = static_cast<uint8_t>(i * 7 + i / 256 + 1);
    }
    nm_pkt_copy(from.data(), exact.data(), len);
    ASSERT_EQ(exact, from) << len;
    size_t shift = n % 32;
    nm_pkt_copy(from.data(), guarded.data() + shift, len);
    ASSERT_TRUE(
        std::equal(from.begin(), from.end(), guarded.begin() + static_cast<std::ptrdiff_t>(shift)))
        << len;
    ASSERT_EQ(
        std::count(guarded.begin(), guarded.begin() + static_cast<std::ptrdiff_t>(shift), 0xee),
        static_cast<std::ptrdiff_t>(shift));
    ASSERT_EQ(
        std::count(guarded.begin() + static_cast<std::ptrdiff_t>(shift + n), guarded.end(), 0xee),
        static_cast<std::ptrdiff_t>(64 - shift))
        << len;
  }
}

TEST(NetmapPktCopy, NegativeLengthCopiesNothing) {
  char from[4] = {1, 2, 3, 4};
  char to[4] = {9, 9, 9, 9};
  nm_pkt_copy(from, to, -1);
  EXPECT_EQ(to[0], 9);
}

TEST(NetmapCsb, EachSideSeesWhatTheOtherWrote) {
  alignas(64) nm_csb_atok atok = {};
  alignas(64) nm_csb_ktoa ktoa = {};
  nm_sync_kloop_appl_write(&atok, 5, 4);
  EXPECT_EQ(atok.cur, 5u);
  EXPECT_EQ(atok.head, 4u);
  ktoa.hwcur = 7;
  ktoa.hwtail = 6;
  uint32_t hwtail = 0, hwcur = 0;
  nm_sync_kloop_appl_read(&ktoa, &hwtail, &hwcur);
  EXPECT_EQ(hwtail, 6u);
  EXPECT_EQ(hwcur, 7u);
}

TEST_F(NetmapUser, ClientInCReflectsByExchangingBuffers) {
  netmap_ring* rx = NETMAP_RXRING(nifp_, 0);
  netmap_ring* tx = NETMAP_TXRING(nifp_, 0);
  rx->head = rx->cur = 6;
  rx->tail = 3;  // five frames, over the end of the ring
  tx->head = tx->cur = 7;
  tx->tail = 6;
  std::vector<uint32_t> received, spare;
  for (uint32_t i = 0; i < 5; i++) {
    rx->slot[(6 + i) % kSlots].len = static_cast<uint16_t>(60 + i);
    received.push_back(rx->slot[(6 + i) % kSlots].buf_idx);
    spare.push_back(tx->slot[(7 + i) % kSlots].buf_idx);
  }
  EXPECT_EQ(netmap_client_reflect(nifp_), 5);
  EXPECT_TRUE(nm_ring_empty(rx));
  EXPECT_EQ(nm_ring_space(tx), 2u);
  EXPECT_TRUE(nm_tx_pending(tx));
  for (uint32_t i = 0; i < 5; i++) {
    const netmap_slot& out = tx->slot[(7 + i) % kSlots];
    EXPECT_EQ(out.buf_idx, received[i]);
    EXPECT_EQ(out.len, 60 + i);
    EXPECT_EQ(out.flags, NS_BUF_CHANGED);
    EXPECT_EQ(rx->slot[(6 + i) % kSlots].buf_idx, spare[i]);
  }
}

TEST_F(NetmapUser, ClientInCSendsThroughTheFirstRingWithRoom) {
  nifp_->ring_ofs[0] = 0;
  netmap_ring* full = NETMAP_TXRING(nifp_, 1);
  full->tail = full->head;
  netmap_ring* host = NETMAP_TXRING(nifp_, kNicTx);
  host->offset_mask = 0xff;
  host->slot[0].ptr = 16;
  const char kFrame[] = "a frame of the host ring, sixty bytes or so, it does not matter";
  EXPECT_EQ(netmap_client_send_copy(nifp_, kFrame, sizeof(kFrame)), static_cast<int>(kNicTx));
  EXPECT_STREQ(NETMAP_BUF(host, host->slot[0].buf_idx) + 16, kFrame);
  EXPECT_EQ(host->slot[0].len, sizeof(kFrame));
  EXPECT_EQ(host->slot[0].flags, NS_REPORT);
  EXPECT_EQ(host->head, 1u);
}

TEST(NetmapClient, RequestsHaveTheSizesOfTheirIoctls) {
  EXPECT_EQ(netmap_client_requests("eth0"), 88u + 60u + 60u + 3u);
}

}  // namespace
}  // namespace nmgen
