// SPDX-License-Identifier: BSD-2-Clause
// Expected frames were made by another program (Python's struct, with a checksum of its own) and
// have their checksums from there; Wireshark finds all of them right, fragments reassembled.
#include "kernel/core/vale/segment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace {

using testing::ElementsAreArray;

using Bytes = std::vector<uint8_t>;

const std::vector<std::string> kTcp4 = {
    "020000000002020000000001080045000048ffff0000400666ae0a0000010a00000203e807d0fffffff00000000780"
    "9001f4bda300000101080a0000000100000002030a11181f262d343b424950575e656c737a8188",
    "02000000000202000000000108004500004800000000400666ae0a0000010a00000203e807d0000000040000000780"
    "1001f4429400000101080a00000001000000028f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
    "02000000000202000000000108004500003e00010000400666b70a0000010a00000203e807d0000000180000000780"
    "1901f440a300000101080a00000001000000021b222930373e454c535a",
};
const std::vector<std::string> kTcp6Vlan = {
    "0200000000020200000000018100000586dd6000000000340640fd000000000000000000000000000001fd00000000"
    "000000000000000000000203e807d00000006400000007801001f4d7ae00000101080a0000000100000002030a1118"
    "1f262d343b424950575e656c737a8188",
    "0200000000020200000000018100000586dd6000000000340640fd000000000000000000000000000001fd00000000"
    "000000000000000000000203e807d00000007800000007801001f45c1e00000101080a00000001000000028f969da4"
    "abb2b9c0c7ced5dce3eaf1f8ff060d14",
    "0200000000020200000000018100000586dd60000000002a0640fd000000000000000000000000000001fd00000000"
    "000000000000000000000203e807d00000008c00000007801801f45a2e00000101080a00000001000000021b222930"
    "373e454c535a",
};
const std::vector<std::string> kUdp4 = {
    "02000000000202000000000108004500003000050000401166b60a0000010a00000203e807d0001c491f030a11181f"
    "262d343b424950575e656c737a8188",
    "02000000000202000000000108004500003000060000401166b50a0000010a00000203e807d0001ccda28f969da4ab"
    "b2b9c0c7ced5dce3eaf1f8ff060d14",
    "02000000000202000000000108004500002600070000401166be0a0000010a00000203e807d00012cbd81b22293037"
    "3e454c535a",
};
const std::vector<std::string> kFragments4 = {
    "02000000000202000000000108004500002c00052000401146ba0a0000010a00000203e807d0003a2253030a11181f"
    "262d343b424950575e656c",
    "02000000000202000000000108004500002c00052003401146b70a0000010a000002737a81888f969da4abb2b9c0c7"
    "ced5dce3eaf1f8ff060d14",
    "02000000000202000000000108004500001e00050006401166c20a0000010a0000021b222930373e454c535a",
};
const std::vector<std::string> kFragments6 = {
    "02000000000202000000000186dd6000000000202c40fd000000000000000000000000000001fd0000000000000000"
    "00000000000002110000010102030403e807d0003a3c51030a11181f262d343b424950575e656c",
    "02000000000202000000000186dd6000000000202c40fd000000000000000000000000000001fd0000000000000000"
    "000000000000021100001901020304737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d14",
    "02000000000202000000000186dd6000000000122c40fd000000000000000000000000000001fd0000000000000000"
    "0000000000000211000030010203041b222930373e454c535a",
};
const std::vector<std::string> kChecksum = {
    "02000000000202000000000108004500004e00050000401166980a0000010a00000203e807d0003a2253030a11181f"
    "262d343b424950575e656c737a81888f969da4abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c535a",
};

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_hex(const Bytes& bytes) {
  std::string hex;
  for (const uint8_t byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::vector<std::string> vector_of(const std::string& one) {
  return {one};
}

// A frame in pieces of at most `size` bytes, each in memory of its own, so that a sanitizer sees a
// step beyond its end.
class Pieces {
 public:
  Pieces(const Bytes& bytes, size_t size) {
    for (size_t at = 0; at < bytes.size() || at == 0; at += size) {
      const size_t end = std::min(bytes.size(), at + size);
      memory_.emplace_back(bytes.begin() + static_cast<ptrdiff_t>(at),
                           bytes.begin() + static_cast<ptrdiff_t>(end));
      memory_.back().shrink_to_fit();
    }
    for (Bytes& piece : memory_)
      pieces_.push_back({piece.data(), static_cast<u32>(piece.size())});
  }
  const nm_piece* data() const { return pieces_.data(); }
  u32 num() const { return static_cast<u32>(pieces_.size()); }
  Bytes bytes() const {
    Bytes all;
    for (const Bytes& piece : memory_)
      all.insert(all.end(), piece.begin(), piece.end());
    return all;
  }

 private:
  std::vector<Bytes> memory_;
  std::vector<nm_piece> pieces_;
};

Bytes header(uint8_t flags, uint8_t type, uint16_t size, uint16_t start = 0, uint16_t offset = 0) {
  Bytes bytes = {flags, type};
  for (const uint16_t value : {uint16_t{0}, size, start, offset}) {
    const uint8_t* raw = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), raw, raw + 2);
  }
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

constexpr uint32_t kIdent = 0x01020304;

// What comes out, as hexadecimal; empty where the frame is refused.
std::vector<std::string> convert(const Bytes& frame, uint32_t from_len, uint32_t to_len,
                                 size_t piece_in = 2048, size_t piece_out = 2048) {
  const Pieces in(frame, piece_in);
  nm_seg_plan plan;
  std::vector<std::string> out;
  if (nm_vnet_plan(&plan, in.data(), in.num(), static_cast<u32>(frame.size()), from_len, to_len,
                   kIdent))
    return out;
  for (u32 i = 0; i < plan.num; ++i) {
    const Pieces to(Bytes(nm_seg_len(&plan, i), 0xee), piece_out);
    nm_seg_write(&plan, i, in.data(), in.num(), to.data(), to.num());
    out.push_back(to_hex(to.bytes()));
  }
  return out;
}

Bytes payload() {
  Bytes data;
  for (int i = 0; i < 50; ++i)
    data.push_back(static_cast<uint8_t>(i * 7 + 3));
  return data;
}

// The large frame that `first` is the first part of: its headers with wrong lengths and checksums,
// as a sender may leave them, and all of the payload.
Bytes large(const std::string& first, size_t headers, size_t checksum_at) {
  Bytes frame = from_hex(first);
  frame.resize(headers);
  frame[checksum_at] = 0xab;
  return frame + payload();
}

struct Case {
  std::string name;
  Bytes frame;
  std::vector<std::string> expected;
};

std::vector<Case> cases() {
  Bytes tcp4 = large(kTcp4[0], 66, 50);
  tcp4[14 + 20 + 13] = 0x99;
  Bytes tcp6 = large(kTcp6Vlan[0], 18 + 40 + 32, 18 + 40 + 16);
  tcp6[18 + 40 + 13] = 0x18;
  Bytes udp_fragments = large(kFragments4[0], 42, 40);
  udp_fragments[20] = 0;  // more fragments
  Bytes udp6 = from_hex(kFragments6[0]);
  udp6.erase(udp6.begin() + 54, udp6.begin() + 62);
  udp6.resize(62);
  udp6[20] = 17;
  udp6 = udp6 + payload();
  Bytes unfinished = from_hex(kChecksum[0]);
  // Of the pseudo header: 10.0.0.1, 10.0.0.2, 17, 58.
  unfinished[40] = 0x14;
  unfinished[41] = 0x4e;
  return {
      {"tcp4", header(1, NM_VNET_GSO_TCPV4 | NM_VNET_GSO_ECN, 20) + tcp4, kTcp4},
      {"tcp6", header(1, NM_VNET_GSO_TCPV6, 20) + tcp6, kTcp6Vlan},
      {"udp4", header(1, NM_VNET_GSO_UDP_L4, 20) + large(kUdp4[0], 42, 40), kUdp4},
      {"fragments4", header(1, NM_VNET_GSO_UDP, 30) + udp_fragments, kFragments4},
      {"fragments6", header(1, NM_VNET_GSO_UDP, 24) + udp6, kFragments6},
      {"checksum", header(1, NM_VNET_GSO_NONE, 0, 34, 6) + unfinished, kChecksum},
      {"nothing to do", header(0, NM_VNET_GSO_NONE, 0) + from_hex(kUdp4[0]), vector_of(kUdp4[0])},
  };
}

TEST(Segment, ComesOutByteForByte) {
  for (const Case& c : cases())
    EXPECT_THAT(convert(c.frame, 10, 0), ElementsAreArray(c.expected)) << c.name;
}

// Wherever the frame is cut into buffers, at either end.
TEST(Segment, DoesNotDependOnBuffers) {
  for (const Case& c : cases()) {
    for (const size_t in : {1, 2, 3, 7, 11, 64}) {
      for (const size_t out : {1, 3, 5, 41, 64})
        ASSERT_THAT(convert(c.frame, 10, 0, in, out), ElementsAreArray(c.expected))
            << c.name << " from " << in << " to " << out;
    }
  }
}

TEST(Segment, ShorterThanASegmentStaysOne) {
  const Bytes whole = header(1, NM_VNET_GSO_UDP_L4, 20) + from_hex(kUdp4[2]);
  EXPECT_THAT(convert(whole, 10, 0), ElementsAreArray(vector_of(kUdp4[2])));
}

TEST(Segment, RefusesWhatDoesNotFitTogether) {
  const std::vector<Case> good = cases();
  // Cut anywhere in its headers, each is refused: no header is believed beyond the frame's end.
  for (const Case& c : good) {
    if (c.name == "nothing to do")
      continue;
    const size_t shortest = c.name == "fragments6" ? 72 : c.name == "tcp6" ? 100 : 52;
    for (size_t len = 0; len < shortest; ++len) {
      const Bytes cut(c.frame.begin(), c.frame.begin() + static_cast<ptrdiff_t>(len));
      EXPECT_TRUE(convert(cut, 10, 0).empty()) << c.name << " cut to " << len;
    }
  }
  Bytes frame = good[0].frame;
  frame[1] = NM_VNET_GSO_TCPV6;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "IPv4 announced as IPv6";
  frame[1] = NM_VNET_GSO_UDP_L4;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "TCP announced as UDP";
  frame[1] = 2;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "a type that does not exist";
  frame = good[0].frame;
  frame[4] = frame[5] = 0;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "segments of nothing";
  frame[4] = frame[5] = 0xff;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "segments longer than IP has";
  frame = good[0].frame;
  frame[10 + 14] = 0x44;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "an IP header of 16 bytes";
  frame = good[0].frame;
  frame[10 + 34 + 12] = 0x40;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "a TCP header of 16 bytes";
  frame = good[0].frame;
  frame[10 + 20] = 0x20;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "a fragment already";
  frame = good[3].frame;
  frame[4] = 7;
  frame[5] = 0;
  EXPECT_TRUE(convert(frame, 10, 0).empty()) << "fragments of less than 8 bytes";
  const Bytes beyond = header(1, NM_VNET_GSO_NONE, 0, 40, 60) + from_hex(kUdp4[0]);
  EXPECT_TRUE(convert(beyond, 10, 0).empty()) << "a checksum beyond the end";
}

TEST(Segment, SkipsExtensionHeadersOfIpv6) {
  // An 8-byte destination-options header between IPv6 and TCP; everything after moves by 8.
  Bytes frame = cases()[1].frame;
  const size_t at = 10 + 18 + 40;
  const Bytes options = {6, 0, 1, 4, 0, 0, 0, 0};
  frame.insert(frame.begin() + at, options.begin(), options.end());
  frame[10 + 18 + 6] = 60;
  std::vector<std::string> expected;
  for (const std::string& segment : kTcp6Vlan) {
    Bytes bytes = from_hex(segment);
    bytes.insert(bytes.begin() + 58, options.begin(), options.end());
    bytes[24] = 60;
    bytes[18 + 5] = static_cast<uint8_t>(bytes[18 + 5] + 8);
    expected.push_back(to_hex(bytes));
  }
  EXPECT_THAT(convert(frame, 10, 0), ElementsAreArray(expected));
}

TEST(Vnet, HasThreeLengths) {
  for (u32 len = 0; len < 100; ++len)
    EXPECT_EQ(nm_vnet_len_is_valid(len), len == 0 || len == 10 || len == 12) << len;
}

TEST(Vnet, AddsAHeaderThatAnnouncesNothing) {
  const std::string frame = kUdp4[0];
  EXPECT_THAT(convert(from_hex(frame), 0, 10),
              ElementsAreArray(vector_of(std::string(20, '0') + frame)));
  EXPECT_THAT(convert(from_hex(frame), 0, 12, 13, 17),
              ElementsAreArray(vector_of(std::string(20, '0') + "0100" + frame)));
}

TEST(Vnet, KeepsWhatIsAnnounced) {
  const Bytes frame = cases()[0].frame;
  const std::string hex = to_hex(frame);
  EXPECT_THAT(convert(frame, 10, 12),
              ElementsAreArray(vector_of(hex.substr(0, 20) + "0100" + hex.substr(20))));
  Bytes longer = frame;
  longer.insert(longer.begin() + 10, {7, 7});
  EXPECT_THAT(convert(longer, 12, 10), ElementsAreArray(vector_of(hex)));
  EXPECT_THAT(convert(longer, 12, 0), ElementsAreArray(kTcp4));
}

// As clients of one region can arrange it. What is lost is their own.
TEST(Vnet, TwoSlotsMayNameOneBuffer) {
  Bytes buffer = Bytes(12, 0) + from_hex(kUdp4[0]);
  const u32 size = static_cast<u32>(buffer.size());
  const nm_piece from = {buffer.data(), size}, to = {buffer.data(), size - 12};
  nm_seg_plan plan;
  ASSERT_EQ(nm_vnet_plan(&plan, &from, 1, size, 12, 0, kIdent), 0);
  nm_seg_write(&plan, 0, &from, 1, &to, 1);
  EXPECT_EQ(to_hex({buffer.begin(), buffer.end() - 12}), kUdp4[0]);
}

TEST(Vnet, RefusesFramesShorterThanTheirHeader) {
  EXPECT_TRUE(convert(Bytes(9, 0), 10, 0).empty());
  EXPECT_TRUE(convert(Bytes(11, 0), 12, 10).empty());
  EXPECT_FALSE(convert(Bytes(12, 0), 12, 10).empty());
}

}  // namespace
