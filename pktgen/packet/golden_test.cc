// SPDX-License-Identifier: BSD-2-Clause
// What the builder makes against what another program reads: tshark dissects frames of every kind,
// with its checksum validation on, and each field it shows is compared with the specification. The
// frames it agreed on are also here as bytes, so that a machine without tshark still notices a
// change.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>

#include "pktgen/packet/address.h"
#include "pktgen/packet/builder.h"
#include "pktgen/packet/fields.h"
#include "pktgen/packet/pcap_file.h"
#include "pktgen/packet/probe.h"
#include "pktgen/packet/testing/frames.h"

namespace nmgen {
namespace {

struct Golden {
  const char* kind;  // of test::every_kind()
  const char* hex;
};

// clang-format off
const Golden kGolden[] = {
    {"ethernet",
     "02000000000202000000000188b50000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000"},
    {"arp",
     "02000000000202000000000108060001080006040001020000000001c6120001000000000000c613"
     "0001000000000000000000000000000000000000"},
    {"ipv4",
     "02000000000202000000000108004500002e0000400040fdadabc6120001c6130001000000000000"
     "0000000000000000000000000000000000000000"},
    {"ipv4/udp",
     "02000000000202000000000108004500002e000040004011ae97c6120001c613000104000400001a"
     "6b92000000000000000000000000000000000000"},
    {"ipv4/udp without checksum",
     "02000000000202000000000108004500002e000040004011ae97c6120001c613000104000400001a"
     "0000000000000000000000000000000000000000"},
    {"ipv4/tcp",
     "02000000000202000000000108004500003a000040004006ae96c6120001c6130001040004000102"
     "0304050607085010ffff0b870000000000000000000000000000000000000000"},
    {"ipv4/icmp",
     "02000000000202000000000108004500002e000040004001aea7c6120001c61300010800f7ef0007"
     "0009000000000000000000000000000000000000"},
    {"ipv6",
     "02000000000202000000000186dd600123450012fd40200100020000000000000000000000012001"
     "0002000000010000000000000002000000000000000000000000000000000000"},
    {"ipv6/udp",
     "02000000000202000000000186dd60012345001a1140200100020000000000000000000000012001"
     "000200000001000000000000000204000400001ab7b0000000000000000000000000000000000000"},
    {"ipv6/tcp",
     "02000000000202000000000186dd6001234500260640200100020000000000000000000000012001"
     "00020000000100000000000000020400040001020304050607085010ffff57a50000000000000000"
     "000000000000000000000000"},
    {"ipv6/icmp",
     "02000000000202000000000186dd60012345001a3a40200100020000000000000000000000012001"
     "000200000001000000000000000280003f9100070009000000000000000000000000000000000000"},
    {"ipv4/udp vlan",
     "0200000000020200000000018100606408004500002e000040004011ae97c6120001c61300010400"
     "0400001a6b92000000000000000000000000000000000000"},
    {"ipv4/udp qinq",
     "02000000000202000000000188a8100a8100a06408004500002e000040004011ae97c6120001c613"
     "000104000400001a6b92000000000000000000000000000000000000"},
    {"ipv6/udp qinq",
     "02000000000202000000000188a8100a8100a06486dd60012345001a114020010002000000000000"
     "0000000000012001000200000001000000000000000204000400001ab7b000000000000000000000"
     "0000000000000000"},
};
// clang-format on

std::string hex_of(const std::vector<uint8_t>& bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

TEST(Golden, BytesAreThoseThatTsharkAgreedOn) {
  std::vector<test::NamedSpec> kinds = test::every_kind();
  for (const Golden& golden : kGolden) {
    bool found = false;
    for (const test::NamedSpec& kind : kinds)
      if (kind.name == golden.kind) {
        found = true;
        EXPECT_EQ(hex_of(build_frame(kind.spec)->bytes), golden.hex) << golden.kind;
      }
    EXPECT_TRUE(found) << golden.kind;
  }
}

// tshark's columns, and a checksum's states: 1 good, 3 not present.
const char* const kColumns[] = {"frame.len",
                                "eth.src",
                                "eth.dst",
                                "ieee8021ad.id",
                                "ieee8021ad.dei",
                                "vlan.id",
                                "vlan.priority",
                                "arp.opcode",
                                "arp.src.hw_mac",
                                "arp.src.proto_ipv4",
                                "arp.dst.proto_ipv4",
                                "ip.src",
                                "ip.dst",
                                "ip.len",
                                "ip.ttl",
                                "ip.proto",
                                "ip.checksum.status",
                                "ipv6.src",
                                "ipv6.dst",
                                "ipv6.plen",
                                "ipv6.hlim",
                                "ipv6.flow",
                                "udp.srcport",
                                "udp.dstport",
                                "udp.length",
                                "udp.checksum.status",
                                "tcp.srcport",
                                "tcp.dstport",
                                "tcp.seq_raw",
                                "tcp.ack_raw",
                                "tcp.flags",
                                "tcp.window_size_value",
                                "tcp.checksum.status",
                                "icmp.type",
                                "icmp.ident",
                                "icmp.seq",
                                "icmp.checksum.status",
                                "icmpv6.type",
                                "icmpv6.echo.identifier",
                                "icmpv6.echo.sequence_number",
                                "icmpv6.checksum.status",
                                "_ws.malformed"};

using Row = std::map<std::string, std::string>;

// The row that tshark should show, from the specification alone. Columns that are not named must be
// empty.
Row expected_row(const FrameSpec& spec) {
  Row row;
  auto set = [&](const char* column, const auto& value) { row[column] = fmt::format("{}", value); };
  unsigned l3 = 14 + 4 * static_cast<unsigned>(spec.vlans.size());
  unsigned l4 = l3;
  set("frame.len", spec.size_no_crc);
  set("eth.src", to_text(spec.source));
  set("eth.dst", to_text(spec.destination));
  if (spec.vlans.size() == 2) {
    set("ieee8021ad.id", spec.vlans[0].id);
    set("ieee8021ad.dei", spec.vlans[0].drop_eligible ? 1 : 0);
  }
  if (!spec.vlans.empty()) {
    set("vlan.id", spec.vlans.back().id);
    set("vlan.priority", spec.vlans.back().priority);
  }
  bool over_ipv6 = std::holds_alternative<Ipv6Spec>(spec.network);
  if (const ArpSpec* arp = std::get_if<ArpSpec>(&spec.network)) {
    set("arp.opcode", arp->operation);
    set("arp.src.hw_mac", to_text(arp->sender_mac));
    set("arp.src.proto_ipv4", to_text(arp->sender_ip));
    set("arp.dst.proto_ipv4", to_text(arp->target_ip));
  } else if (const Ipv4Spec* ip4 = std::get_if<Ipv4Spec>(&spec.network)) {
    l4 = l3 + 20;
    const int protocols[] = {ip4->protocol, 17, 6, 1};
    set("ip.src", to_text(ip4->source));
    set("ip.dst", to_text(ip4->destination));
    set("ip.len", spec.size_no_crc - l3);
    set("ip.ttl", ip4->ttl);
    set("ip.proto", protocols[spec.transport.index()]);
    set("ip.checksum.status", 1);
  } else if (const Ipv6Spec* ip6 = std::get_if<Ipv6Spec>(&spec.network)) {
    l4 = l3 + 40;
    set("ipv6.src", to_text(ip6->source));
    set("ipv6.dst", to_text(ip6->destination));
    set("ipv6.plen", spec.size_no_crc - l4);
    set("ipv6.hlim", ip6->hop_limit);
    set("ipv6.flow", fmt::format("0x{:06x}", ip6->flow_label));
  }
  if (const UdpSpec* udp = std::get_if<UdpSpec>(&spec.transport)) {
    set("udp.srcport", udp->source_port);
    set("udp.dstport", udp->destination_port);
    set("udp.length", spec.size_no_crc - l4);
    set("udp.checksum.status", udp->checksum ? 1 : 3);
  } else if (const TcpSpec* tcp = std::get_if<TcpSpec>(&spec.transport)) {
    set("tcp.srcport", tcp->source_port);
    set("tcp.dstport", tcp->destination_port);
    set("tcp.seq_raw", tcp->sequence);
    set("tcp.ack_raw", tcp->acknowledgement);
    set("tcp.flags", fmt::format("0x{:04x}", tcp->flags));
    set("tcp.window_size_value", tcp->window);
    set("tcp.checksum.status", 1);
  } else if (const IcmpSpec* icmp = std::get_if<IcmpSpec>(&spec.transport)) {
    set(over_ipv6 ? "icmpv6.type" : "icmp.type", over_ipv6 ? 128 : 8);
    if (over_ipv6)
      set("icmpv6.echo.identifier", fmt::format("0x{:04x}", icmp->identifier));
    else
      set("icmp.ident", icmp->identifier);
    set(over_ipv6 ? "icmpv6.echo.sequence_number" : "icmp.seq", icmp->sequence);
    set(over_ipv6 ? "icmpv6.checksum.status" : "icmp.checksum.status", 1);
  }
  return row;
}

struct Case {
  std::string name;
  std::vector<uint8_t> bytes;
  Row expected;
};

// A payload from `random`, a size from the smallest up: what a user may ask for, not only the
// defaults.
void add_built(std::vector<Case>* cases, std::mt19937_64* random) {
  for (test::NamedSpec kind : test::every_kind()) {
    cases->push_back({kind.name, build_frame(kind.spec)->bytes, expected_row(kind.spec)});
    for (unsigned extra : {1u, 2u, 500u, 1413u}) {
      kind.spec.payload = test::random_bytes(random, 13);
      kind.spec.size_no_crc = smallest_size(kind.spec) + extra;
      cases->push_back({fmt::format("{} of {} bytes", kind.name, kind.spec.size_no_crc),
                        build_frame(kind.spec)->bytes, expected_row(kind.spec)});
    }
  }
}

// Probes at the sequences and times where their sums carry and wrap: every checksum must stay good.
void add_probed(std::vector<Case>* cases) {
  for (const test::NamedSpec& kind : test::every_kind()) {
    BuiltFrame frame = build_frame(kind.spec, ProbeSpace::kReserved).value();
    for (uint32_t sequence : {0u, 1u, 0xfffeu, 0xffffu, 0x10000u, 0x89abcdefu, 0xffffffffu})
      for (uint64_t tsc :
           {uint64_t{0}, uint64_t{0xffffffff}, kProbeTimestampMask, uint64_t{0x123456789abcd}}) {
        std::vector<uint8_t> bytes = frame.bytes;
        write_probe(bytes.data() + frame.probe, make_probe_template(probe_magic(1), 7), sequence,
                    tsc);
        cases->push_back({fmt::format("{} with probe {} at {:x}", kind.name, sequence, tsc), bytes,
                          expected_row(kind.spec)});
      }
  }
}

// Varied ports and addresses, checksums repaired in place.
void add_varied(std::vector<Case>* cases) {
  for (test::NamedSpec kind : test::every_kind()) {
    Ipv4Spec* ip4 = std::get_if<Ipv4Spec>(&kind.spec.network);
    UdpSpec* udp = std::get_if<UdpSpec>(&kind.spec.transport);
    if (ip4 == nullptr || udp == nullptr)
      continue;
    ip4->destination = {198, 19, 255, 0};
    udp->source_port = 65530;
    const FieldModifier odometer[] = {step("udp.source_port", 16), step("ipv4.destination", 5)};
    BuiltFrame frame = build_frame(kind.spec).value();
    FrameVariations variations = FrameVariations::prepare(frame, odometer).value();
    for (uint64_t flow = 0; flow < variations.flows(); flow++) {
      udp->source_port = static_cast<uint16_t>(65530 + flow % 16);
      ip4->destination[3] = static_cast<uint8_t>(flow / 16);
      cases->push_back({fmt::format("{} flow {}", kind.name, flow), variations.flow_bytes(flow),
                        expected_row(kind.spec)});
    }
  }
}

bool tshark_is_in_path() {
  const char* path = std::getenv("PATH");
  std::stringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/tshark").c_str(), X_OK) == 0)
      return true;
  return false;
}

// One row for each frame of the capture, of the columns that are not empty.
std::vector<Row> tshark_rows(const std::string& capture, int* status) {
  std::string command =
      "tshark -n -r " + capture +
      " -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE"
      " -T fields -E separator='|' -E occurrence=a";
  for (const char* column : kColumns)
    command += fmt::format(" -e {}", column);
  // It warns on standard error when it is root.
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  char piece[65536];
  while (size_t got = pipe != nullptr ? fread(piece, 1, sizeof(piece), pipe) : 0)
    text.append(piece, got);
  *status = pipe != nullptr ? pclose(pipe) : -1;
  std::vector<Row> rows;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Row row;
    std::stringstream values(line);
    std::string value;
    for (const char* column : kColumns)
      if (std::getline(values, value, '|') && !value.empty())
        row[column] = value;
    rows.push_back(row);
  }
  return rows;
}

TEST(Golden, TsharkReadsWhatWasSpecifiedAndFindsEveryChecksumGood) {
  if (!tshark_is_in_path())
    GTEST_SKIP() << "tshark is not in PATH; install it to compare frames with what it reads";
  std::mt19937_64 random(64);
  std::vector<Case> cases;
  add_built(&cases, &random);
  add_probed(&cases);
  add_varied(&cases);
  // Last, a frame that is wrong: a tshark that does not look at checksums would not tell.
  FrameSpec wrong;
  wrong.network = Ipv4Spec{};
  wrong.transport = UdpSpec{};
  cases.push_back({"wrong UDP checksum", build_frame(wrong)->bytes, expected_row(wrong)});
  cases.back().bytes.back() ^= 1;
  cases.back().expected["udp.checksum.status"] = "0";

  std::string folder = testing::TempDir() + "nmgen-golden-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::string capture = folder + "/frames.pcap";
  PcapWriter writer = PcapWriter::open(capture).value();
  for (size_t i = 0; i < cases.size(); i++)
    ASSERT_TRUE(writer.write(cases[i].bytes, i * 1000));
  ASSERT_TRUE(writer.close());
  int status = -1;
  std::vector<Row> rows = tshark_rows(capture, &status);
  std::filesystem::remove_all(folder);

  ASSERT_EQ(status, 0) << "tshark failed";
  ASSERT_EQ(rows.size(), cases.size());
  for (size_t i = 0; i < cases.size(); i++)
    ASSERT_EQ(rows[i], cases[i].expected) << cases[i].name << "\n" << hex_of(cases[i].bytes);
}

}  // namespace
}  // namespace nmgen
