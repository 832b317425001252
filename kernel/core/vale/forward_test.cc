// SPDX-License-Identifier: BSD-2-Clause
// Where frames go, what they look like there, and what is counted when they do not arrive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "kernel/core/vale/testing/switch.h"

namespace {

using namespace nmgen::test;
using testing::ElementsAre;
using testing::IsEmpty;

class Forward : public testing::Test {
 protected:
  std::unique_ptr<Peer> open(const std::string& name, uint16_t rings = 0, uint32_t slots = 0,
                             uint64_t flags = 0) {
    std::unique_ptr<Peer> peer = std::make_unique<Peer>(world, name, rings, slots, flags);
    EXPECT_EQ(peer->error, 0) << peer->reason();
    return peer;
  }

  World world;
};

TEST_F(Forward, FloodsWhatItDoesNotKnowAndLearns) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  const Bytes first = frame(station(2), station(1));
  ASSERT_TRUE(a->send(first));
  EXPECT_THAT(a->receive(), IsEmpty());
  EXPECT_THAT(b->receive(), ElementsAre(first));
  EXPECT_THAT(c->receive(), ElementsAre(first));
  const Bytes answer = frame(station(1), station(2), 1514);
  ASSERT_TRUE(b->send(answer));
  EXPECT_THAT(a->receive(), ElementsAre(answer));
  EXPECT_THAT(c->receive(), IsEmpty()) << "the station is known";
  const Bytes second = frame(station(2), station(1), 61);
  ASSERT_TRUE(a->send(second));
  EXPECT_THAT(b->receive(), ElementsAre(second));
  EXPECT_THAT(c->receive(), IsEmpty());
  EXPECT_EQ(counters(world, "vale0:a").tx[0].frames, 2u);
  EXPECT_EQ(counters(world, "vale0:a").tx[0].flooded, 1u);
}

TEST_F(Forward, BroadcastAndGroupsGoToAllOthers) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  const Bytes all = frame(kEverybody, station(1)), group = frame(0x01005e000001, station(1));
  ASSERT_TRUE(a->put(all) && a->put(group));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(a->receive(), IsEmpty());
  EXPECT_THAT(b->receive(), ElementsAre(all, group));
  EXPECT_THAT(c->receive(), ElementsAre(all, group));
}

TEST_F(Forward, SwitchesAreApart) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale1:b"), d = open("valex_9:b");
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_EQ(b->receive().size(), 1u);
  EXPECT_THAT(c->receive(), IsEmpty());
  EXPECT_THAT(d->receive(), IsEmpty());
}

TEST_F(Forward, AStationIsNotSentItsOwnFrames) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  ASSERT_TRUE(a->put(frame(station(5), station(1))) && a->put(frame(station(1), station(2))));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b->receive().size(), 1u) << "station 1 is behind a as station 2 is";
  EXPECT_EQ(counters(world, "vale0:a").tx[0].nowhere, 1u);
}

TEST_F(Forward, FollowsAStationThatMovesAwayAndBack) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  for (int round = 0; round < 3; ++round) {
    for (Peer* at : {a.get(), b.get()}) {
      Peer* other = at == a.get() ? b.get() : a.get();
      ASSERT_TRUE(at->send(frame(kEverybody, station(7))));
      for (Peer* peer : {a.get(), b.get(), c.get()})
        peer->receive();
      ASSERT_TRUE(c->send(frame(station(7), station(3))));
      EXPECT_EQ(at->receive().size(), 1u) << round;
      EXPECT_THAT(other->receive(), IsEmpty()) << round;
    }
  }
}

// The order at each receiver is the sender's, whether frames are for it alone, for all, or for
// nobody, and in one slot or several.
TEST_F(Forward, KeepsTheOrder) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  b->send(frame(kEverybody, station(2)));
  c->send(frame(kEverybody, station(3)));
  for (Peer* peer : {a.get(), b.get(), c.get()})
    peer->receive();
  std::vector<Bytes> for_b, for_c;
  uint32_t random = 1;
  for (uint8_t i = 0; i < 250; ++i) {
    random = random * 1103515245 + 12345;
    // 2 and 3 are stations, more often than not; 1 is the sender's own.
    const uint32_t kind = std::max<uint32_t>(random >> 16 & 3, random >> 18 & 3);
    const uint64_t to = kind == 0 ? kEverybody : station(kind);
    const Bytes bytes = frame(to, station(1), 60 + random % 1400, i);
    if (kind == 0 || kind == 2)
      for_b.push_back(bytes);
    if (kind == 0 || kind == 3)
      for_c.push_back(bytes);
    ASSERT_TRUE(a->put_pieces(bytes, 500));
  }
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b->receive(), for_b);
  EXPECT_EQ(c->receive(), for_c);
}

TEST_F(Forward, EveryLengthArrivesWhole) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  for (size_t size = 14; size <= 2048; ++size) {
    const Bytes bytes = frame(station(2), station(1), size, static_cast<uint8_t>(size));
    ASSERT_TRUE(a->send(bytes));
    ASSERT_THAT(b->receive(), ElementsAre(bytes)) << size;
  }
}

TEST_F(Forward, NothingBeyondTheFrameIsWritten) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  netmap_ring* rx = b->rx();
  for (const size_t size : {14, 16, 17, 31, 33, 60, 64, 65, 127, 129, 255, 257, 1514}) {
    std::memset(b->buffer(rx, rx->slot[rx->head].buf_idx), 0xee, 2048);
    const uint8_t* after = b->buffer(rx, rx->slot[rx->head].buf_idx);
    ASSERT_TRUE(a->send(frame(station(2), station(1), size)));
    ASSERT_EQ(b->receive().size(), 1u);
    for (size_t i = size; i < 2048; ++i)
      ASSERT_EQ(after[i], 0xee) << size << " " << i;
  }
}

TEST_F(Forward, TooShortFramesAreCounted) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  for (size_t size = 0; size < 14; ++size)
    ASSERT_TRUE(a->put(frame(0, 0, size)));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), IsEmpty());
  EXPECT_EQ(counters(world, "vale0:a").tx[0].too_short, 14u);
  EXPECT_EQ(counters(world, "vale0:a").tx[0].frames, 14u);
}

TEST_F(Forward, ThePortInTheSlotDecides) {
  const auto zero = open("vale0:zero"), a = open("vale0:a"), b = open("vale0:b"),
             c = open("vale0:c");
  ASSERT_EQ(counters(world, "vale0:b").index, 2u);
  const Bytes to_b = frame(kEverybody, station(1));
  ASSERT_TRUE(a->send(to_b, 2 << NS_PORT_SHIFT));
  EXPECT_THAT(b->receive(), ElementsAre(to_b));
  EXPECT_THAT(c->receive(), IsEmpty());
  ASSERT_TRUE(c->send(frame(station(1), station(3))));
  EXPECT_EQ(a->receive().size(), 1u) << "the source was learnt";
  EXPECT_THAT(b->receive(), IsEmpty());
  // Port 0, which is 255, and all, 254, though the table knows better.
  const Bytes known = frame(station(3), station(1));
  zero->receive();
  ASSERT_TRUE(a->put(known, 255 << NS_PORT_SHIFT));
  ASSERT_TRUE(a->put(known, static_cast<uint16_t>(NM_VALE_TO_ALL << NS_PORT_SHIFT)));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(zero->receive(), ElementsAre(known, known));
  EXPECT_THAT(b->receive(), ElementsAre(known));
  EXPECT_THAT(c->receive(), ElementsAre(known));
  ASSERT_TRUE(zero->send(known, 255 << NS_PORT_SHIFT));
  EXPECT_EQ(counters(world, "vale0:zero").tx[0].nowhere, 1u) << "to itself";
  // To itself, to a port that is not there: dropped and counted.
  for (const uint16_t to : {1, 77, 253})
    ASSERT_TRUE(a->put(frame(kEverybody, station(1)), static_cast<uint16_t>(to << NS_PORT_SHIFT)));
  ASSERT_EQ(a->txsync(), 0);
  for (Peer* peer : {zero.get(), a.get(), b.get(), c.get()})
    EXPECT_THAT(peer->receive(), IsEmpty());
  EXPECT_EQ(counters(world, "vale0:a").tx[0].nowhere, 3u);
}

TEST_F(Forward, NoLearnIsObeyed) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  ASSERT_TRUE(a->send(frame(kEverybody, station(1)), NS_NO_LEARN));
  b->receive();
  c->receive();
  ASSERT_TRUE(b->send(frame(station(1), station(2))));
  EXPECT_EQ(a->receive().size(), 1u);
  EXPECT_EQ(c->receive().size(), 1u) << "station 1 is not known";
  // A frame that is not learnt does not move a station either.
  ASSERT_TRUE(c->send(frame(kEverybody, station(2)), NS_NO_LEARN));
  a->receive();
  b->receive();
  ASSERT_TRUE(a->send(frame(station(2), station(9))));
  EXPECT_EQ(b->receive().size(), 1u);
  EXPECT_THAT(c->receive(), IsEmpty());
}

TEST_F(Forward, MultiSlotFramesArriveWhole) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  const Bytes large = frame(station(2), station(1), 9000);
  ASSERT_TRUE(a->put_pieces(large, 2048));
  ASSERT_TRUE(a->put(frame(station(2), station(1))));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), ElementsAre(large, frame(station(2), station(1))));
  const Bytes most = frame(station(2), station(1), 64 * 40);
  ASSERT_TRUE(a->put_pieces(most, 40));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), ElementsAre(most));
}

// A frame whose end the client has not written yet waits; what was before it goes.
TEST_F(Forward, AnUnfinishedFrameWaits) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  const Bytes large = frame(station(2), station(1), 3000);
  ASSERT_TRUE(a->put(frame(station(2), station(1))));
  ASSERT_TRUE(a->put(Bytes(large.begin(), large.begin() + 2000), NS_MOREFRAG));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b->receive().size(), 1u);
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), IsEmpty());
  ASSERT_TRUE(a->put(Bytes(large.begin() + 2000, large.end())));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), ElementsAre(large));
}

TEST_F(Forward, FramesOfTooManySlotsAreDroppedAsAWhole) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  const Bytes good = frame(station(2), station(1));
  ASSERT_TRUE(a->put_pieces(frame(station(2), station(1), 65 * 40), 40));
  ASSERT_TRUE(a->put(good));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), ElementsAre(good));
  EXPECT_EQ(counters(world, "vale0:a").tx[0].too_long, 1u);
  // In several syncs: what comes after the first part is dropped too.
  for (int part = 0; part < 3; ++part) {
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(a->put(good, NS_MOREFRAG));
    ASSERT_EQ(a->txsync(), 0);
    EXPECT_EQ(space(a->tx()), 1023u);
  }
  ASSERT_TRUE(a->put(good));
  ASSERT_TRUE(a->put(good));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(), ElementsAre(good));
  EXPECT_EQ(counters(world, "vale0:a").tx[0].too_long, 2u);
}

TEST_F(Forward, ARingFullOfOneFrameIsFreed) {
  const auto a = open("vale0:a", 1, 8), b = open("vale0:b");
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(a->put(frame(station(2), station(1)), NS_MOREFRAG));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(space(a->tx()), 7u);
  EXPECT_THAT(b->receive(), IsEmpty());
  ASSERT_TRUE(a->put(frame(station(2), station(1))));
  ASSERT_TRUE(a->put(frame(station(2), station(1))));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b->receive().size(), 1u) << "the end of the long frame, and a good one";
}

TEST_F(Forward, IndirectDataIsFetched) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  const Bytes bytes = frame(station(2), station(1), 700);
  for (const bool bad : {false, true}) {
    netmap_ring* r = a->tx();
    netmap_slot& slot = r->slot[r->head];
    slot.len = static_cast<uint16_t>(bytes.size());
    slot.flags = NS_INDIRECT;
    slot.ptr = bad ? 8 : reinterpret_cast<uintptr_t>(bytes.data());
    advance(r, 1);
    ASSERT_TRUE(a->put(frame(station(2), station(3))));
    ASSERT_EQ(a->txsync(), 0);
    EXPECT_EQ(b->receive().size(), bad ? 1u : 2u);
  }
  EXPECT_EQ(counters(world, "vale0:a").tx[0].fault, 1u);
}

TEST_F(Forward, DropsAreCountedExactlyWhenTheReceiverIsFull) {
  const auto a = open("vale0:a"), b = open("vale0:b", 1, 16), c = open("vale0:c", 1, 64);
  for (uint8_t i = 0; i < 100; ++i)
    ASSERT_TRUE(a->put(frame(kEverybody, station(1), 60, i)));
  ASSERT_EQ(a->txsync(), 0);
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_EQ(counters(world, "vale0:b").rx[0].frames, 15u);
  EXPECT_EQ(counters(world, "vale0:b").rx[0].full, 86u);
  EXPECT_EQ(counters(world, "vale0:c").rx[0].frames, 63u);
  EXPECT_EQ(counters(world, "vale0:c").rx[0].full, 38u);
  EXPECT_EQ(space(a->tx()), 1023u) << "a full receiver holds nobody up";
  const std::vector<Bytes> got = b->receive();
  ASSERT_EQ(got.size(), 15u);
  for (uint8_t i = 0; i < 15; ++i)
    EXPECT_EQ(got[i], frame(kEverybody, station(1), 60, i)) << "the first ones";
}

TEST_F(Forward, AFullReceiverGetsNoPartOfAFrame) {
  const auto a = open("vale0:a"), b = open("vale0:b", 1, 8);
  const Bytes three = frame(station(2), station(1), 120);
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(a->put_pieces(three, 40));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(counters(world, "vale0:b").rx[0].full, 2u);
  EXPECT_THAT(b->receive(), ElementsAre(three, three));
}

TEST_F(Forward, RingsKeepToThemselvesWhereTheReceiverHasThem) {
  const auto a = open("vale0:a", 4), b = open("vale0:b", 4), c = open("vale0:c", 2);
  for (uint32_t ring = 0; ring < 4; ++ring)
    ASSERT_TRUE(a->put(frame(kEverybody, station(ring), 60 + ring), 0, ring));
  ASSERT_EQ(a->txsync(), 0);
  for (uint32_t ring = 0; ring < 4; ++ring)
    EXPECT_THAT(b->receive(ring), ElementsAre(frame(kEverybody, station(ring), 60 + ring)));
  for (uint32_t ring = 0; ring < 2; ++ring)
    EXPECT_THAT(c->receive(ring), ElementsAre(frame(kEverybody, station(ring), 60 + ring),
                                              frame(kEverybody, station(ring + 2), 62 + ring)));
}

TEST_F(Forward, AClosedRingLosesNothingWhileAnotherIsOpen) {
  const auto a = open("vale0:a", 4);
  Peer b(world, "vale0:b", 4, 0, 0, NR_REG_ONE_NIC, 2);
  ASSERT_EQ(b.error, 0) << b.reason();
  for (uint32_t ring = 0; ring < 4; ++ring)
    ASSERT_TRUE(a->put(frame(kEverybody, station(ring)), 0, ring));
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b.receive(2).size(), 4u);
  Peer only_tx(world, "vale0:t", 1, 0, NR_TX_RINGS_ONLY);
  ASSERT_EQ(only_tx.error, 0) << only_tx.reason();
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_EQ(b.receive(2).size(), 1u);
}

TEST_F(Forward, BatchesLargerThanOne) {
  const auto a = open("vale0:a", 1, 4096), b = open("vale0:b", 1, 4096);
  std::vector<Bytes> sent;
  // Frames of three slots do not divide a batch, so one of them straddles its end.
  for (uint32_t i = 0; i < 1300; ++i) {
    sent.push_back(frame(station(2), station(1), 100, static_cast<uint8_t>(i)));
    ASSERT_TRUE(a->put_pieces(sent.back(), 40));
  }
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(space(a->tx()), 4095u);
  EXPECT_EQ(b->receive(), sent);
}

// A slot that names no buffer ends the batch before it; a receiver's spoils its own frames only.
TEST_F(Forward, BadSlots) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  ASSERT_TRUE(a->put(frame(kEverybody, station(1))));
  a->tx()->slot[a->tx()->head].buf_idx = 0xffffffff;
  advance(a->tx(), 2);
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_EQ(b->receive().size(), 1u);
  EXPECT_EQ(c->receive().size(), 1u);
  EXPECT_EQ(a->tx()->head, 1u) << "the ring is re-initialised at the bad slot";
  netmap_ring* rx = b->rx();
  rx->slot[rx->head].buf_idx = 0xfffffff0;
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_THAT(c->receive(), ElementsAre(frame(kEverybody, station(1))));
  ASSERT_EQ(b->rxsync(), 0);
  EXPECT_EQ(space(rx), 1u);
}

// Ports with vnet headers of other sizes, and with smaller buffers.
TEST_F(Forward, VnetHeadersAreConverted) {
  const auto a = open("vale0:a"), b = open("vale0:b"), c = open("vale0:c");
  nmreq_port_hdr hdr = {12, 0};
  nmreq_header set = Client::header(NETMAP_REQ_PORT_HDR_SET, "vale0:b", &hdr);
  ASSERT_EQ(a->control(&set), 0) << a->reason();
  const Bytes plain = frame(station(2), station(1));
  ASSERT_TRUE(a->send(plain));
  Bytes with(12, 0);
  with[10] = 1;
  with.insert(with.end(), plain.begin(), plain.end());
  EXPECT_THAT(b->receive(), ElementsAre(with));
  EXPECT_THAT(c->receive(), ElementsAre(plain));
  // And back: the header goes, and the table learns from behind it.
  const Bytes answer = frame(station(1), station(2), 80);
  Bytes answer_with(12, 0);
  ASSERT_TRUE(b->put(answer_with, NS_MOREFRAG));
  ASSERT_TRUE(b->put(answer));
  answer_with.insert(answer_with.end(), answer.begin(), answer.end());
  ASSERT_TRUE(b->put(answer_with));
  ASSERT_EQ(b->txsync(), 0);
  EXPECT_THAT(a->receive(), ElementsAre(answer, answer));
  EXPECT_THAT(c->receive(), IsEmpty());
  // What does not fit together is dropped and counted.
  answer_with[1] = 77;
  ASSERT_TRUE(b->send(answer_with));
  EXPECT_THAT(a->receive(), IsEmpty());
  EXPECT_EQ(counters(world, "vale0:a").rx[0].misfit, 1u);
}

TEST_F(Forward, ALookupFunctionDecides) {
  const auto a = open("vale0:a"), b = open("vale0:b", 4), c = open("vale0:c");
  // The first byte of the payload says the port and the ring.
  const nm_vale_lookup lookup = {
      [](void* arg, const u8* bytes, u32 len, u32 port, u32 ring, u32* to_ring) -> u32 {
        EXPECT_EQ(arg, nullptr);
        EXPECT_GE(len, 15u);
        EXPECT_EQ(port, 0u);
        EXPECT_EQ(ring, 0u);
        *to_ring = bytes[14] & 15;
        return bytes[14] >= 0xf0 ? NM_VALE_TO_ALL : bytes[14] >> 4;
      },
      nullptr};
  EXPECT_EQ(nm_vale_set_lookup(world.core(), "vale7", &lookup), -ENXIO);
  ASSERT_EQ(nm_vale_set_lookup(world.core(), "vale0", &lookup), 0);
  EXPECT_EQ(nm_vale_set_lookup(world.core(), "vale0", &lookup), -EBUSY);
  for (const uint8_t where : {0x12, 0x13, 0x20, 0xf3, 0x00, 0x90}) {
    Bytes bytes = frame(station(9), station(1));
    bytes[14] = where;
    ASSERT_TRUE(a->put(bytes));
  }
  ASSERT_EQ(a->txsync(), 0);
  EXPECT_THAT(b->receive(0), IsEmpty());
  EXPECT_EQ(b->receive(2).size(), 1u);
  EXPECT_EQ(b->receive(3).size(), 2u);
  EXPECT_EQ(c->receive().size(), 2u);
  EXPECT_EQ(counters(world, "vale0:a").tx[0].nowhere, 2u);
  ASSERT_EQ(nm_vale_set_lookup(world.core(), "vale0", nullptr), 0);
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_EQ(b->receive(0).size(), 1u);
}

TEST_F(Forward, ReceiversAreWoken) {
  const auto a = open("vale0:a"), b = open("vale0:b");
  ASSERT_EQ(b->poll(POLLIN, true), 0u);
  const u32 before = nmh_waiter_wakeups(b->waiter());
  ASSERT_TRUE(a->send(frame(kEverybody, station(1))));
  EXPECT_GT(nmh_waiter_wakeups(b->waiter()), before);
  EXPECT_EQ(b->poll(POLLIN), u32{POLLIN});
}

}  // namespace
