// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/checksum.h"

#include <gtest/gtest.h>

#include <vector>

#include "pktgen/packet/testing/frames.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

// A big-endian number as the word its bytes make in memory.
uint16_t word(uint16_t value) {
  uint8_t bytes[2];
  put16(bytes, value);
  return load16(bytes);
}

uint16_t number(uint16_t in_memory) {
  uint8_t bytes[2];
  store16(bytes, in_memory);
  return get16(bytes);
}

TEST(Checksum, Rfc1071Section3Example) {
  const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(number(ones_fold(checksum_partial(bytes, sizeof(bytes)))), 0xddf2);
  EXPECT_EQ(number(checksum(bytes, sizeof(bytes))), 0x220d);
}

// RFC 1071 section 3's second breakdown: the same bytes summed in pieces.
TEST(Checksum, PiecesAddUp) {
  const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum_finish(checksum_partial(bytes + 2, 6, checksum_partial(bytes, 2))),
            checksum(bytes, sizeof(bytes)));
}

// The header that textbooks use: 192.168.0.1 to 192.168.0.199, UDP, checksum 0xb861.
TEST(Checksum, KnownIpv4Header) {
  uint8_t header[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                        0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
  EXPECT_EQ(number(checksum(header, 20)), 0xb861);
  EXPECT_EQ(number(ipv4_header_checksum(header)), 0xb861);
  store16(header + 10, ipv4_header_checksum(header));
  EXPECT_EQ(checksum(header, 20), 0);
}

// RFC 1624 section 4: HC = 0xdd2f, m = 0x5555, m' = 0x3285; equation 2 gives 0xffff, equation 3 the
// right 0x0000.
TEST(Checksum, Rfc1624Section4Example) {
  EXPECT_EQ(number(checksum_update16(word(0xdd2f), word(0x5555), word(0x3285))), 0x0000);
}

TEST(Checksum, UpdateToTheSameValueChangesNothing) {
  for (uint32_t hc = 0; hc < 0xffff; hc++)
    for (uint32_t m : {0x0000u, 0x0001u, 0x7fffu, 0xfffeu, 0xffffu})
      ASSERT_EQ(checksum_update16(static_cast<uint16_t>(hc), static_cast<uint16_t>(m),
                                  static_cast<uint16_t>(m)),
                hc);
}

TEST(Checksum, UdpWritesAllOnesForZero) {
  EXPECT_EQ(udp_checksum_field(0), 0xffff);
  EXPECT_EQ(udp_checksum_field(0xffff), 0xffff);
  EXPECT_EQ(udp_checksum_field(1), 1);
}

TEST(Checksum, FoldOfExtremes) {
  EXPECT_EQ(ones_fold(0), 0);
  EXPECT_EQ(ones_fold(~uint64_t{0}), 0xffff);
  EXPECT_EQ(ones_fold(0xffff), 0xffff);
  EXPECT_EQ(ones_fold(0x10000), 1);
  EXPECT_EQ(ones_fold(0xffff'ffff'0000'0001), 1);
  EXPECT_EQ(ones_add(~uint64_t{0}, 1), 1u);
}

TEST(Checksum, EverySizeAndAlignmentMatchesThePlainSum) {
  std::mt19937_64 random(1071);
  std::vector<uint8_t> bytes = test::random_bytes(&random, 1600);
  for (size_t size = 0; size < 200; size++)
    for (size_t start = 0; start < 9; start++)
      ASSERT_EQ(number(ones_fold(checksum_partial(bytes.data() + start, size))),
                test::plain_sum({bytes.data() + start, size}))
          << size << " bytes from " << start;
  for (size_t size : {511, 512, 1499, 1500, 1518})
    EXPECT_EQ(number(ones_fold(checksum_partial(bytes.data(), size))),
              test::plain_sum({bytes.data(), size}));
}

TEST(Checksum, AllOnesAndAllZeros) {
  for (size_t size : {2, 20, 64, 1500, 9216}) {
    EXPECT_EQ(checksum_partial(std::vector<uint8_t>(size, 0).data(), size), 0u);
    EXPECT_EQ(checksum(std::vector<uint8_t>(size, 0xff).data(), size), 0);
  }
}

TEST(Checksum, PseudoHeadersMatchTheirBytes) {
  std::mt19937_64 random(768);
  for (int i = 0; i < 1000; i++) {
    std::vector<uint8_t> a = test::random_bytes(&random, 16);
    std::vector<uint8_t> b = test::random_bytes(&random, 16);
    uint8_t protocol = static_cast<uint8_t>(random());
    uint32_t size = static_cast<uint32_t>(random());
    uint16_t size16 = static_cast<uint16_t>(size);

    std::vector<uint8_t> text4(a.begin(), a.begin() + 4);
    text4.insert(text4.end(), b.begin(), b.begin() + 4);
    text4.insert(text4.end(), {0, protocol, 0, 0});
    put16(text4.data() + 10, size16);
    EXPECT_EQ(number(ones_fold(pseudo_header_sum4(a.data(), b.data(), protocol, size16))),
              test::plain_sum(text4));

    std::vector<uint8_t> text6 = a;
    text6.insert(text6.end(), b.begin(), b.end());
    text6.insert(text6.end(), {0, 0, 0, 0, 0, 0, 0, protocol});
    put32(text6.data() + 32, size);
    EXPECT_EQ(number(ones_fold(pseudo_header_sum6(a.data(), b.data(), protocol, size))),
              test::plain_sum(text6));
  }
}

// Incremental == anew, over random texts and edits, with the words that make corner cases
// over-represented.
TEST(Checksum, UpdateMatchesComputingAnew) {
  std::mt19937_64 random(1624);
  const uint16_t corners[] = {0x0000, 0xffff, 0x0001, 0xfffe, 0x8000};
  auto value = [&] {
    return random() % 2 ? corners[random() % 5] : static_cast<uint16_t>(random());
  };
  for (int i = 0; i < 200'000; i++) {
    uint8_t text[12];
    for (size_t at = 0; at < sizeof(text); at += 2)
      store16(text + at, value());
    text[0] |= 0x40;  // as an IP version does, so that it is never all zero
    uint16_t before = checksum(text, sizeof(text));
    size_t at = 2 + 2 * (random() % 4);
    if (random() % 2) {
      uint16_t old_value = load16(text + at), new_value = value();
      store16(text + at, new_value);
      ASSERT_EQ(checksum_update16(before, old_value, new_value), checksum(text, sizeof(text)));
    } else {
      uint32_t old_value = load32(text + at);
      uint32_t new_value = uint32_t{value()} << 16 | value();
      store32(text + at, new_value);
      ASSERT_EQ(checksum_update32(before, old_value, new_value), checksum(text, sizeof(text)));
    }
  }
}

}  // namespace
}  // namespace nmgen
