// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/frame_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pktgen/packet/address.h"

namespace nmgen {
namespace {

Result<StreamSpec> read(const char* text) {
  return stream_from_json(nlohmann::json::parse(text), "s", "a.json", "/streams/s");
}

StreamSpec stream_of(const char* text) {
  Result<StreamSpec> stream = read(text);
  EXPECT_TRUE(stream.has_value()) << (stream ? "" : stream.error().sentence());
  return stream ? *stream : StreamSpec{};
}

std::string sentence_of(const char* text) {
  Result<StreamSpec> stream = read(text);
  return stream ? "accepted" : stream.error().sentence();
}

TEST(FrameJson, AnEmptyStreamIsAPlainEthernetFrame) {
  StreamSpec stream = stream_of("{}");
  EXPECT_EQ(stream.name, "s");
  EXPECT_EQ(stream.weight, 1u);
  EXPECT_EQ(stream.flows, 1u);
  EXPECT_EQ(stream.frame.size_no_crc, 60u);
  EXPECT_EQ(stream.frame.ethertype, 0x88b5);
  EXPECT_EQ(to_text(stream.frame.source), "02:00:00:00:00:01");
  EXPECT_EQ(to_text(stream.frame.destination), "02:00:00:00:00:02");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(stream.frame.network));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(stream.frame.transport));
}

TEST(FrameJson, ATransportAloneGoesOverIpv4) {
  for (const char* text : {R"({"udp": {}})", R"({"tcp": {}})", R"({"icmp": {}})"}) {
    StreamSpec stream = stream_of(text);
    ASSERT_TRUE(std::holds_alternative<Ipv4Spec>(stream.frame.network)) << text;
    EXPECT_EQ(to_text(std::get<Ipv4Spec>(stream.frame.network).source), "198.18.0.1");
  }
}

TEST(FrameJson, ReadsEthernetAndVlan) {
  StreamSpec stream = stream_of(R"({
    "size_no_crc": 1514, "weight": 7,
    "ethernet": {"source": "02:00:00:00:00:0a", "destination": "ff:ff:ff:ff:ff:FF",
                 "type": "0x88b6"},
    "vlan": [{"id": 100, "priority": 3, "drop_eligible": true, "tpid": "0x88a8"}, {}],
    "payload": "00fFa5"})");
  EXPECT_EQ(stream.frame.size_no_crc, 1514u);
  EXPECT_EQ(stream.weight, 7u);
  EXPECT_EQ(to_text(stream.frame.source), "02:00:00:00:00:0a");
  EXPECT_EQ(to_text(stream.frame.destination), "ff:ff:ff:ff:ff:ff");
  EXPECT_EQ(stream.frame.ethertype, 0x88b6);
  ASSERT_EQ(stream.frame.vlans.size(), 2u);
  EXPECT_EQ(stream.frame.vlans[0].id, 100);
  EXPECT_EQ(stream.frame.vlans[0].priority, 3);
  EXPECT_TRUE(stream.frame.vlans[0].drop_eligible);
  EXPECT_EQ(stream.frame.vlans[0].tpid, 0x88a8);
  EXPECT_EQ(stream.frame.vlans[1].id, 1);
  EXPECT_EQ(stream.frame.vlans[1].tpid, 0x8100);
  EXPECT_EQ(stream.frame.payload, (std::vector<uint8_t>{0x00, 0xff, 0xa5}));
}

TEST(FrameJson, ReadsIpv4AndUdp) {
  StreamSpec stream = stream_of(R"({
    "ipv4": {"source": "10.0.0.1", "destination": "10.0.0.2", "ttl": 1, "tos": 2,
             "identification": 3, "dont_fragment": false},
    "udp": {"source_port": 4, "destination_port": 5, "checksum": false}})");
  const Ipv4Spec& ipv4 = std::get<Ipv4Spec>(stream.frame.network);
  EXPECT_EQ(to_text(ipv4.source), "10.0.0.1");
  EXPECT_EQ(to_text(ipv4.destination), "10.0.0.2");
  EXPECT_EQ(ipv4.ttl, 1);
  EXPECT_EQ(ipv4.tos, 2);
  EXPECT_EQ(ipv4.identification, 3);
  EXPECT_FALSE(ipv4.dont_fragment);
  const UdpSpec& udp = std::get<UdpSpec>(stream.frame.transport);
  EXPECT_EQ(udp.source_port, 4);
  EXPECT_EQ(udp.destination_port, 5);
  EXPECT_FALSE(udp.checksum);
  EXPECT_EQ(std::get<Ipv4Spec>(stream_of(R"({"ipv4": {"protocol": 4}})").frame.network).protocol,
            4);
}

TEST(FrameJson, ReadsIpv6AndTcp) {
  StreamSpec stream = stream_of(R"({"size_no_crc": 80,
    "ipv6": {"source": "::1", "destination": "2001:db8::2", "hop_limit": 1, "traffic_class": 2,
             "flow_label": 1048575},
    "tcp": {"source_port": 1, "destination_port": 2, "sequence": 4294967295, "acknowledgement": 3,
            "flags": ["SYN", "CWR", "SYN"], "window": 4}})");
  const Ipv6Spec& ipv6 = std::get<Ipv6Spec>(stream.frame.network);
  EXPECT_EQ(to_text(ipv6.source), "::1");
  EXPECT_EQ(to_text(ipv6.destination), "2001:db8::2");
  EXPECT_EQ(ipv6.hop_limit, 1);
  EXPECT_EQ(ipv6.traffic_class, 2);
  EXPECT_EQ(ipv6.flow_label, 1048575u);
  const TcpSpec& tcp = std::get<TcpSpec>(stream.frame.transport);
  EXPECT_EQ(tcp.source_port, 1);
  EXPECT_EQ(tcp.destination_port, 2);
  EXPECT_EQ(tcp.sequence, 4294967295u);
  EXPECT_EQ(tcp.acknowledgement, 3u);
  EXPECT_EQ(tcp.flags, 0x82);
  EXPECT_EQ(tcp.window, 4);
  const Ipv6Spec defaults = std::get<Ipv6Spec>(stream_of(R"({"ipv6": {}})").frame.network);
  EXPECT_EQ(to_text(defaults.source), "2001:2::1");
  EXPECT_EQ(to_text(defaults.destination), "2001:2:0:1::1");
  EXPECT_EQ(defaults.next_header, 253);
}

TEST(FrameJson, ReadsIcmpAndArp) {
  StreamSpec stream =
      stream_of(R"({"icmp": {"type": 3, "code": 4, "identifier": 5, "sequence": 6}})");
  const IcmpSpec& icmp = std::get<IcmpSpec>(stream.frame.transport);
  EXPECT_EQ(icmp.type, 3);
  EXPECT_EQ(icmp.code, 4);
  EXPECT_EQ(icmp.identifier, 5);
  EXPECT_EQ(icmp.sequence, 6);

  stream = stream_of(R"({"ethernet": {"source": "02:00:00:00:00:0a"}, "arp": {}})");
  ArpSpec arp = std::get<ArpSpec>(stream.frame.network);
  EXPECT_EQ(arp.operation, 1);
  EXPECT_EQ(to_text(arp.sender_mac), "02:00:00:00:00:0a");
  EXPECT_EQ(to_text(arp.target_mac), "00:00:00:00:00:00");
  EXPECT_EQ(to_text(arp.sender_ip), "198.18.0.1");
  EXPECT_EQ(to_text(arp.target_ip), "198.19.0.1");
  arp = std::get<ArpSpec>(stream_of(R"({"arp": {"operation": "reply",
      "sender_mac": "02:00:00:00:00:03", "target_mac": "02:00:00:00:00:04",
      "sender_ip": "1.2.3.4", "target_ip": "1.2.3.5"}})")
                              .frame.network);
  EXPECT_EQ(arp.operation, 2);
  EXPECT_EQ(to_text(arp.sender_mac), "02:00:00:00:00:03");
  EXPECT_EQ(to_text(arp.target_mac), "02:00:00:00:00:04");
  EXPECT_EQ(to_text(arp.sender_ip), "1.2.3.4");
  EXPECT_EQ(to_text(arp.target_ip), "1.2.3.5");
}

TEST(FrameJson, ReadsEveryFieldThatVaries) {
  struct {
    const char *layers, *name;
  } cases[] = {
      {R"("udp": {})", "ethernet.source"},      {R"("udp": {})", "ethernet.destination"},
      {R"("vlan": [{}])", "vlan.id"},           {R"("udp": {})", "ipv4.source"},
      {R"("udp": {})", "ipv4.destination"},     {R"("ipv6": {})", "ipv6.source"},
      {R"("ipv6": {})", "ipv6.destination"},    {R"("udp": {})", "udp.source_port"},
      {R"("udp": {})", "udp.destination_port"}, {R"("tcp": {})", "tcp.source_port"},
      {R"("tcp": {})", "tcp.destination_port"},
  };
  for (const auto& item : cases) {
    std::string vary = R"("vary": [{"field": ")" + std::string(item.name) + R"(", "count": 3}])";
    StreamSpec stream = stream_of(("{" + std::string(item.layers) + ", " + vary + "}").c_str());
    ASSERT_EQ(stream.vary.size(), 1u) << item.name;
    EXPECT_EQ(stream.vary[0].field, find_field(item.name)) << item.name;
    EXPECT_EQ(stream.vary[0].count, 3u);
    EXPECT_EQ(stream.flows, 3u);
    // A frame without the layer has no such field, except for Ethernet's.
    std::string sentence = sentence_of(("{\"arp\": {}, " + vary + "}").c_str());
    if (std::string(item.name).starts_with("ethernet"))
      EXPECT_EQ(sentence, "accepted");
    else
      EXPECT_TRUE(
          sentence.starts_with("scenario a.json, /streams/s/vary/0/field: this frame has no " +
                               std::string(item.name) + "; add "))
          << sentence;
  }
}

TEST(FrameJson, FlowsAreTheProductOfTheCounts) {
  EXPECT_EQ(stream_of(R"({"udp": {}, "vary": [{"field": "udp.source_port", "count": 1024},
                          {"field": "ipv4.source", "count": 1024}]})")
                .flows,
            1048576u);
  EXPECT_EQ(sentence_of(R"({"udp": {}, "vary": [{"field": "udp.source_port", "count": 1024},
                            {"field": "ipv4.source", "count": 1025}]})"),
            "scenario a.json, /streams/s/vary/1/count: the counts make 1049600 flows; keep their "
            "product at 1048576 or less");
  EXPECT_EQ(sentence_of(R"({"udp": {}, "vary": [{"field": "udp.source_port", "count": 65537}]})"),
            "scenario a.json, /streams/s/vary/0/count: udp.source_port has 65536 values only; use "
            "1 to 65536");
  EXPECT_EQ(
      sentence_of(R"({"vlan": [{}], "vary": [{"field": "vlan.id", "count": 4097}]})"),
      "scenario a.json, /streams/s/vary/0/count: vlan.id has 4096 values only; use 1 to 4096");
  EXPECT_EQ(sentence_of(R"({"udp": {}, "vary": [{"field": "udp.source_port", "count": 2},
                            {"field": "udp.source_port", "count": 2}]})"),
            "scenario a.json, /streams/s/vary/1/field: udp.source_port is varied twice; keep one, "
            "with the product of the counts");
}

TEST(FrameJson, LayersThatDoNotFitAreRefused) {
  struct {
    const char *text, *sentence;
  } cases[] = {
      {R"({"ipv4": {}, "ipv6": {}})",
       ": a frame cannot have ipv4 and ipv6 together; keep one of them"},
      {R"({"ipv4": {}, "ipv6": {}, "arp": {}})",
       ": a frame cannot have ipv4, ipv6 and arp together; keep one of them"},
      {R"({"udp": {}, "tcp": {}})", ": a frame cannot have udp and tcp together; keep one of them"},
      {R"({"arp": {}, "udp": {}})",
       ": ARP carries no transport layer; remove arp, or udp, tcp and icmp"},
      {R"({"arp": {}, "payload": "00"})", "/payload: ARP carries no payload; remove it"},
      {R"({"ipv4": {}, "ethernet": {"type": "0x0800"}})",
       "/ethernet/type: the layer above Ethernet says what its type is; remove it, or ipv4, ipv6, "
       "arp and what they carry"},
      {R"({"ipv4": {"protocol": 17}, "udp": {}})",
       "/ipv4/protocol: the transport layer says what it is; remove it, or udp, tcp and icmp"},
      {R"({"ipv6": {"next_header": 17}, "udp": {}})",
       "/ipv6/next_header: the transport layer says what it is; remove it, or udp, tcp and icmp"},
      {R"({"size_no_crc": 80, "ipv6": {}, "udp": {"checksum": false}})",
       "/udp/checksum: UDP over IPv6 must have a checksum; remove it, or use ipv4"},
      {R"({"size_no_crc": 70, "ipv6": {}, "tcp": {}})",
       "/size_no_crc: 70 bytes do not hold this frame's headers; use 74 or more"},
      {R"({"ipv4": {"source": "198.18.0.256"}})",
       "/ipv4/source: \"198.18.0.256\" is not such an address; write it like 198.18.0.1"},
      {R"({"ipv4": {"source": "010.0.0.1", "destination": "x"}})",
       "/ipv4/source: \"010.0.0.1\" is not such an address; write it like 198.18.0.1"},
      {R"({"ipv6": {"destination": "2001::1::2"}})",
       "/ipv6/destination: \"2001::1::2\" is not such an address; write it like 2001:2::1"},
      {R"({"arp": {"target_ip": "1.2.3"}})",
       "/arp/target_ip: \"1.2.3\" is not such an address; write it like 198.18.0.1"},
      {R"({"payload": "abc"})",
       "/payload: \"abc\" has 3 digits; write two hexadecimal digits for each byte"},
      {R"({"payload": "ab0x"})",
       "/payload: \"0x\" at digit 3 is no hexadecimal byte; use the digits 0 to 9 and a to f"},
  };
  for (const auto& item : cases)
    EXPECT_EQ(sentence_of(item.text), std::string("scenario a.json, /streams/s") + item.sentence);
}

}  // namespace
}  // namespace nmgen
