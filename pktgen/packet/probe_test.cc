// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/probe.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "pktgen/packet/builder.h"
#include "pktgen/packet/testing/frames.h"

namespace nmgen {
namespace {

using ProbeBytes = std::array<uint8_t, kProbeBytes>;

constexpr uint32_t kMagic = probe_magic(42);

ProbeBytes probe_bytes(uint16_t stream, uint32_t sequence, uint64_t tsc) {
  ProbeBytes bytes{};
  write_probe(bytes.data(), make_probe_template(kMagic, stream), sequence, tsc);
  return bytes;
}

// Sequences and times where carries and wraps happen.
const uint32_t kSequences[] = {0,          1,          0x7fff,     0x8000,     0xfffe,
                               0xffff,     0x10000,    0x1fffe,    0xffff0000, 0xfffffffe,
                               0xffffffff, 0x12345678, 0x0000fffd, 0x80000000};
const uint64_t kTimes[] = {0,
                           1,
                           0xffff,
                           0xffffffff,
                           kProbeTimestampMask,
                           kProbeTimestampMask + 1,
                           0x123456789abcdef0,
                           ~uint64_t{0}};

TEST(Probe, LayoutIsAsDocumented) {
  ProbeBytes bytes{};
  write_probe(bytes.data(), make_probe_template(0x44332211, 0xbbaa), 0x88776655,
              0xffff060504030201);
  // The words 1122 3344 5566 7788 aabb 0102 0304 0506 sum to 0xc51c with the end-around carry.
  const ProbeBytes expected = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xaa,
                               0xbb, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x3a, 0xe3};
  EXPECT_EQ(bytes, expected);
}

TEST(Probe, SumIsConstantAtAnyParity) {
  for (uint32_t sequence : kSequences)
    for (uint64_t tsc : kTimes)
      for (uint16_t stream : {0, 1, 0x7fff, 0xffff}) {
        ProbeBytes bytes = probe_bytes(stream, sequence, tsc);
        ASSERT_EQ(test::plain_sum(bytes), 0xffff);
        // At an odd offset: a byte before it, and one after it to make it even.
        std::vector<uint8_t> shifted(1, 0);
        shifted.insert(shifted.end(), bytes.begin(), bytes.end());
        shifted.push_back(0);
        ASSERT_EQ(test::plain_sum(shifted), 0xffff);
      }
}

TEST(Probe, ReadsWhatWasWritten) {
  for (uint32_t sequence : kSequences)
    for (uint64_t tsc : kTimes) {
      ProbeBytes bytes = probe_bytes(0x0102, sequence, tsc);
      ProbeView view;
      ASSERT_TRUE(read_probe(bytes.data(), kMagic, &view));
      EXPECT_EQ(view.sequence, sequence);
      EXPECT_EQ(view.stream, 0x0102);
      EXPECT_EQ(view.timestamp, tsc & kProbeTimestampMask);
      EXPECT_EQ(probe_fault(bytes.data(), kMagic), ProbeFault::kNone);
    }
}

TEST(Probe, EveryFlippedBitIsNoticed) {
  for (uint32_t sequence : kSequences) {
    const ProbeBytes whole = probe_bytes(3, sequence, 0x123456789abc);
    for (size_t bit = 0; bit < kProbeBytes * 8; bit++) {
      ProbeBytes bytes = whole;
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
      ProbeView view;
      ASSERT_FALSE(read_probe(bytes.data(), kMagic, &view)) << "bit " << bit;
      ASSERT_EQ(probe_fault(bytes.data(), kMagic),
                bit < 32 ? ProbeFault::kForeign : ProbeFault::kDamaged);
    }
  }
}

TEST(Probe, OtherTrafficIsForeign) {
  ProbeView view;
  ProbeBytes zeros{};
  EXPECT_FALSE(read_probe(zeros.data(), kMagic, &view));
  EXPECT_EQ(probe_fault(zeros.data(), kMagic), ProbeFault::kForeign);
  ProbeBytes others = probe_bytes(1, 2, 3);
  EXPECT_FALSE(read_probe(others.data(), probe_magic(43), &view));
  EXPECT_EQ(probe_fault(others.data(), probe_magic(43)), ProbeFault::kForeign);
}

TEST(Probe, ErasedProbeIsZerosAndNobodys) {
  ProbeBytes bytes = probe_bytes(1, 2, 3);
  erase_probe(bytes.data());
  EXPECT_EQ(bytes, ProbeBytes{});
}

TEST(Probe, MagicsDifferAndAreNeverZero) {
  std::set<uint32_t> seen;
  for (uint64_t run = 0; run < 10'000; run++) {
    uint32_t magic = probe_magic(run);
    ASSERT_NE(magic, 0u);
    seen.insert(magic);
  }
  // 10,000 of 2^32: 0.01 collisions are to be expected; the mixing function is fixed, so this is no
  // matter of luck.
  EXPECT_EQ(seen.size(), 10'000u);
}

// The multiplication of probe_sum_is_right() against the definition.
TEST(Probe, SumTestMatchesThePlainSum) {
  std::mt19937_64 random(65535);
  for (int i = 0; i < 200'000; i++) {
    std::vector<uint8_t> bytes = test::random_bytes(&random, kProbeBytes);
    if (i % 2 == 0)  // half of them right
      store16(bytes.data() + 16,
              checksum_finish(ones_add(load64(bytes.data()), load64(bytes.data() + 8))));
    ASSERT_EQ(probe_sum_is_right(bytes.data()), test::plain_sum(bytes) == 0xffff);
  }
}

// A batch's probes are those that write_probe() makes, across every wrap of the check and of the
// sequence.
TEST(Probe, BatchEqualsSingleProbes) {
  for (uint32_t first : {0u, 0xff00u, 0xfffffff0u, 0xffff0000u, 0x7fffff80u, 0xfffffffeu})
    for (uint64_t tsc : {uint64_t{0}, kProbeTimestampMask, uint64_t{0x123456789a}}) {
      ProbeTemplate probe = make_probe_template(kMagic, 9);
      ProbeBatch batch(probe, first, tsc);
      for (uint32_t i = 0; i < ProbeBatch::kMaxProbes; i++) {
        ASSERT_EQ(batch.next_sequence(), first + i);
        ProbeBytes single{}, batched{};
        write_probe(single.data(), probe, first + i, tsc);
        batch.write(batched.data());
        ASSERT_EQ(single, batched) << "first " << first << " number " << i;
      }
    }
}

TEST(Probe, SequenceIsRestoredNearTheExpected) {
  const uint64_t k2to32 = uint64_t{1} << 32;
  EXPECT_EQ(restore_sequence(5, 5), 5u);
  EXPECT_EQ(restore_sequence(0, 0xffffffff), k2to32);
  EXPECT_EQ(restore_sequence(0xffffffff, k2to32), k2to32 - 1);
  EXPECT_EQ(restore_sequence(3, 3 * k2to32 + 10), 3 * k2to32 + 3);
  EXPECT_EQ(restore_sequence(10, 3 * k2to32 + 3), 3 * k2to32 + 10);
  // Never below 0, where a stream has just begun.
  EXPECT_EQ(restore_sequence(0xffffffff, 0), 0xffffffffu);
  std::mt19937_64 random(32);
  for (int i = 0; i < 100'000; i++) {
    uint64_t expected = (random() >> 8) + k2to32;
    uint64_t sequence = expected + random() % k2to32 - k2to32 / 2;
    ASSERT_EQ(restore_sequence(static_cast<uint32_t>(sequence), expected), sequence);
  }
}

TEST(Probe, TimestampIsRestoredNearNow) {
  const uint64_t k2to48 = uint64_t{1} << 48;
  EXPECT_EQ(restore_timestamp(100, k2to48 * 7 + 200), k2to48 * 7 + 100);
  EXPECT_EQ(restore_timestamp(k2to48 - 1, k2to48 * 7), k2to48 * 7 - 1);
  EXPECT_EQ(restore_timestamp(1, k2to48 * 7 - 1), k2to48 * 7 + 1);
  std::mt19937_64 random(48);
  for (int i = 0; i < 100'000; i++) {
    uint64_t now = (random() >> 1) + k2to48;
    uint64_t sent = now + random() % k2to48 - k2to48 / 2;
    ASSERT_EQ(restore_timestamp(sent & kProbeTimestampMask, now), sent);
  }
}

// What the check is for: any probe in any frame, and no checksum touched.
TEST(Probe, FramesStayRightWhateverTheProbeSays) {
  for (const test::NamedSpec& kind : test::every_kind()) {
    Result<BuiltFrame> frame = build_frame(kind.spec, ProbeSpace::kReserved);
    ASSERT_TRUE(frame) << kind.name << ": " << frame.error().sentence();
    for (uint32_t sequence : kSequences)
      for (uint64_t tsc : kTimes) {
        std::vector<uint8_t> bytes = frame->bytes;
        write_probe(bytes.data() + frame->probe, make_probe_template(kMagic, 5), sequence, tsc);
        ASSERT_TRUE(test::checksums_are_right(*frame, bytes)) << kind.name;
      }
  }
}

}  // namespace
}  // namespace nmgen
