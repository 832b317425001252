// SPDX-License-Identifier: BSD-2-Clause
// The list of ABI facts is complete: it accounts for every byte of every structure of netmap.h, and
// the ioctl numbers agree with the fields that they are made of. That each fact holds is asserted
// when this file, netmap_abi_check.c and netmap_abi_check.cc compile.
#include <gtest/gtest.h>
#include <net/netmap_abi_check.h>

#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace nmgen {
namespace {

enum class Kind { kSize, kField, kFlex, kPad, kAlign, kValue };

struct Fact {
  Kind kind;
  std::string owner;   // the structure, or the constant's name
  std::string member;  // of a kField or kFlex
  uint64_t offset;     // or the constant's value
  uint64_t size;       // bytes
};

const std::vector<Fact>& facts() {
  static const std::vector<Fact> kFacts = {
#define ABI_SIZE(type, size) {Kind::kSize, #type, "", 0, size},
#define ABI_FIELD(type, member, offset, size) {Kind::kField, #type, #member, offset, size},
#define ABI_FLEX(type, member, offset, size) {Kind::kFlex, #type, #member, offset, size},
#define ABI_PAD(type, offset, size) {Kind::kPad, #type, "", offset, size},
#define ABI_ALIGN(type, alignment) {Kind::kAlign, #type, "", 0, alignment},
#define ABI_VALUE(name, value) {Kind::kValue, #name, "", value, 0},
#include <net/netmap_abi_list.h>
#undef ABI_SIZE
#undef ABI_FIELD
#undef ABI_FLEX
#undef ABI_PAD
#undef ABI_ALIGN
#undef ABI_VALUE
  };
  return kFacts;
}

// The header's text without comments.
std::string header_code() {
  std::ifstream file("kernel/include/net/netmap.h");
  std::stringstream text;
  text << file.rdbuf();
  std::string code = text.str();
  for (size_t at = code.find("/*"); at != std::string::npos; at = code.find("/*", at)) {
    size_t end = code.find("*/", at);
    code.erase(at, end == std::string::npos ? end : end + 2 - at);
  }
  return code;
}

TEST(NetmapAbi, FieldsOfEveryStructureLeaveNoByteOut) {
  size_t structures = 0;
  for (size_t i = 0; i < facts().size(); i++) {
    const Fact& owner = facts()[i];
    if (owner.kind != Kind::kSize) {
      continue;
    }
    structures++;
    uint64_t next = 0;
    for (size_t k = i + 1; k < facts().size() && facts()[k].owner == owner.owner; k++) {
      const Fact& fact = facts()[k];
      if (fact.kind == Kind::kAlign) {
        continue;
      }
      EXPECT_EQ(fact.offset, next) << owner.owner << "." << fact.member;
      next += fact.kind == Kind::kFlex ? 0 : fact.size;
    }
    EXPECT_EQ(next, owner.size) << owner.owner;
  }
  EXPECT_GT(structures, 0u);
}

TEST(NetmapAbi, EveryStructureOfTheHeaderIsListed) {
  std::set<std::string> listed;
  for (const Fact& fact : facts()) {
    if (fact.kind == Kind::kSize) {
      listed.insert(fact.owner);
    }
  }
  std::set<std::string> found;
  std::istringstream lines(header_code());
  for (std::string line; std::getline(lines, line);) {
    const std::string kStart = "struct ";
    const std::string kEnd = " {";
    if (line.rfind(kStart, 0) == 0 && line.size() > kEnd.size() &&
        line.compare(line.size() - kEnd.size(), kEnd.size(), kEnd) == 0) {
      found.insert(line.substr(kStart.size(), line.size() - kStart.size() - kEnd.size()));
    }
  }
  // The kernel's stand-in for struct timeval; in user space it does not exist.
  EXPECT_EQ(found.erase("netmap_timeval"), 1u);
  EXPECT_EQ(found, listed);
}

TEST(NetmapAbi, EveryConstantOfTheHeaderIsListed) {
  std::set<std::string> listed;
  for (const Fact& fact : facts()) {
    if (fact.kind == Kind::kValue) {
      listed.insert(fact.owner);
    }
  }
  // Defined, but not a number of the ABI.
  const std::set<std::string> kOthers = {"NET_NETMAP_H", "NETMAP_DEVICE_NAME", "NETMAP_TIMEVAL"};
  std::set<std::string> found;
  std::istringstream lines(header_code());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (first == "#define" && second.find('(') == std::string::npos) {
      found.insert(second);
    } else if (second == "=" && line[0] == '\t') {
      found.insert(first);
    }
  }
  for (const std::string& name : kOthers) {
    EXPECT_EQ(found.erase(name), 1u) << name;
  }
  EXPECT_EQ(found, listed);
}

TEST(NetmapAbi, IoctlNumbersCarryDirectionGroupAndSize) {
  struct Number {
    unsigned long value;
    unsigned direction;
    unsigned number;
    size_t size;
  };
  const unsigned kBoth = _IOC_READ | _IOC_WRITE;
  const Number kNumbers[] = {
      {NIOCGINFO, kBoth, 145, 60},        {NIOCREGIF, kBoth, 146, 60},
      {NIOCTXSYNC, _IOC_NONE, 148, 0},    {NIOCRXSYNC, _IOC_NONE, 149, 0},
      {NIOCCONFIG, kBoth, 150, 16 + 256}, {NIOCCTRL, kBoth, 151, 88},
  };
  for (const Number& n : kNumbers) {
    EXPECT_EQ(_IOC_DIR(n.value), n.direction) << n.number;
    EXPECT_EQ(_IOC_TYPE(n.value), static_cast<unsigned>('i')) << n.number;
    EXPECT_EQ(_IOC_NR(n.value), n.number);
    EXPECT_EQ(_IOC_SIZE(n.value), n.size) << n.number;
  }
}

TEST(NetmapAbi, FlagsOfOneWordDoNotOverlap) {
  const std::vector<std::vector<uint64_t>> kWords = {
      {NS_BUF_CHANGED, NS_REPORT, NS_FORWARD, NS_NO_LEARN, NS_INDIRECT, NS_MOREFRAG, NS_TXMON,
       NS_PORT_MASK},
      {NR_REG_MASK, NR_MONITOR_TX, NR_MONITOR_RX, NR_ZCOPY_MON, NR_EXCLUSIVE, NR_RX_RINGS_ONLY,
       NR_TX_RINGS_ONLY, NR_ACCEPT_VNET_HDR, NR_DO_RX_POLL, NR_NO_TX_POLL},
      {NETMAP_RING_MASK, NETMAP_HW_RING, NETMAP_SW_RING, NETMAP_NO_TX_POLL, NETMAP_DO_RX_POLL},
      {NR_TIMESTAMP, NR_FORWARD},
  };
  for (const std::vector<uint64_t>& word : kWords) {
    uint64_t seen = 0;
    for (uint64_t flag : word) {
      EXPECT_EQ(seen & flag, 0u) << std::hex << flag;
      seen |= flag;
    }
  }
}

TEST(NetmapAbi, HighBitsOfSlotFlagsAreThePortOrTheFragments) {
  netmap_slot slot = {};
  slot.flags = NS_MOREFRAG | (37 << NS_PORT_SHIFT);
  EXPECT_EQ(NS_RFRAGS(&slot), 37);
  EXPECT_EQ((slot.flags & NS_PORT_MASK) >> NS_PORT_SHIFT, 37);
  slot.flags = NS_PORT_MASK;
  EXPECT_EQ(NS_RFRAGS(&slot), 255);
}

}  // namespace
}  // namespace nmgen
