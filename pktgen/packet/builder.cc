// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "pktgen/packet/checksum.h"
#include "pktgen/packet/probe.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

unsigned network_bytes(const FrameSpec& spec) {
  if (std::holds_alternative<ArpSpec>(spec.network))
    return kArpBytes;
  if (std::holds_alternative<Ipv4Spec>(spec.network))
    return kIpv4Bytes;
  return std::holds_alternative<Ipv6Spec>(spec.network) ? kIpv6Bytes : 0;
}

unsigned transport_bytes(const FrameSpec& spec) {
  if (std::holds_alternative<UdpSpec>(spec.transport))
    return kUdpBytes;
  if (std::holds_alternative<TcpSpec>(spec.transport))
    return kTcpBytes;
  return std::holds_alternative<IcmpSpec>(spec.transport) ? kIcmpBytes : 0;
}

const char* transport_name(const FrameSpec& spec) {
  if (std::holds_alternative<UdpSpec>(spec.transport))
    return "UDP";
  return std::holds_alternative<TcpSpec>(spec.transport) ? "TCP" : "ICMP";
}

unsigned header_bytes(const FrameSpec& spec) {
  return kEthernetBytes + kVlanBytes * static_cast<unsigned>(spec.vlans.size()) +
         network_bytes(spec) + transport_bytes(spec);
}

// "Ethernet, 2 VLAN tags, IPv6, TCP", for an error about their size.
std::string header_names(const FrameSpec& spec) {
  std::string names = "Ethernet";
  if (spec.vlans.size() == 1)
    names += ", a VLAN tag";
  else if (spec.vlans.size() > 1)
    names += fmt::format(", {} VLAN tags", spec.vlans.size());
  if (std::holds_alternative<ArpSpec>(spec.network))
    names += ", ARP";
  else if (std::holds_alternative<Ipv4Spec>(spec.network))
    names += ", IPv4";
  else if (std::holds_alternative<Ipv6Spec>(spec.network))
    names += ", IPv6";
  if (transport_bytes(spec) != 0)
    names += fmt::format(", {}", transport_name(spec));
  return names;
}

constexpr const char* kWhat = "cannot build the frame";

Result<void> check_vlans(const FrameSpec& spec) {
  if (spec.vlans.size() > 2)
    return fail(kWhat, fmt::format("it has {} VLAN tags", spec.vlans.size()),
                "give it at most two");
  for (const VlanTag& tag : spec.vlans) {
    if (tag.id > 4095)
      return fail(kWhat, fmt::format("VLAN id {} is above 4095", tag.id), "use 0 to 4095");
    if (tag.priority > 7)
      return fail(kWhat, fmt::format("VLAN priority {} is above 7", tag.priority), "use 0 to 7");
    if (!is_vlan_tpid(tag.tpid))
      return fail(kWhat, fmt::format("0x{:04x} is not the type of a VLAN tag", tag.tpid),
                  "use 0x8100 (802.1Q) or 0x88a8 (802.1ad)");
  }
  return {};
}

Result<void> check_layers(const FrameSpec& spec) {
  const Ipv6Spec* ip6 = std::get_if<Ipv6Spec>(&spec.network);
  bool ip = ip6 != nullptr || std::holds_alternative<Ipv4Spec>(spec.network);
  if (transport_bytes(spec) != 0 && !ip)
    return fail(kWhat, fmt::format("{} needs IPv4 or IPv6 below it", transport_name(spec)),
                fmt::format("add an IPv4 or IPv6 header, or remove {}", transport_name(spec)));
  if (ip6 != nullptr && ip6->flow_label > 0xfffff)
    return fail(kWhat, fmt::format("IPv6 flow label {} has more than 20 bits", ip6->flow_label),
                "use 0 to 1048575");
  const UdpSpec* udp = std::get_if<UdpSpec>(&spec.transport);
  if (ip6 != nullptr && udp != nullptr && !udp->checksum)
    return fail(kWhat, "UDP over IPv6 must have a checksum (RFC 8200 section 8.1)",
                "turn the UDP checksum on, or use IPv4");
  if (network_bytes(spec) == 0 && spec.ethertype < kSmallestEthertype)
    return fail(kWhat, fmt::format("0x{:04x} is a length, not an Ethernet type", spec.ethertype),
                "use 0x0600 to 0xffff");
  return {};
}

Result<void> check_size(const FrameSpec& spec, unsigned smallest, const char* contents) {
  unsigned size = spec.size_no_crc;
  if (size < kMinSizeNoCrc || size > kMaxSizeNoCrc)
    return fail(kWhat, fmt::format("{} bytes without CRC is not an Ethernet frame's size", size),
                fmt::format("use {} to {}", std::max(kMinSizeNoCrc, smallest), kMaxSizeNoCrc));
  if (size < smallest)
    return fail(kWhat,
                fmt::format("{} bytes without CRC are too few for its headers ({}: {} bytes){}",
                            size, header_names(spec), header_bytes(spec), contents),
                fmt::format("use {} bytes or more ({} with CRC)", smallest, smallest + kCrcBytes));
  return {};
}

// The writers fill in a header at its place in zeroed bytes. `size` is that of the header and all
// after it.

void write_arp(const ArpSpec& arp, uint8_t* at) {
  put16(at, 1);  // hardware type: Ethernet
  put16(at + 2, kEthertypeIpv4);
  at[4] = 6;
  at[5] = 4;
  put16(at + 6, arp.operation);
  std::copy(arp.sender_mac.begin(), arp.sender_mac.end(), at + 8);
  std::copy(arp.sender_ip.begin(), arp.sender_ip.end(), at + 14);
  std::copy(arp.target_mac.begin(), arp.target_mac.end(), at + 18);
  std::copy(arp.target_ip.begin(), arp.target_ip.end(), at + 24);
}

void write_ipv4(const Ipv4Spec& ip, uint8_t protocol, size_t size, uint8_t* at) {
  at[0] = 0x45;  // version 4, header of 5 words
  at[1] = ip.tos;
  put16(at + 2, static_cast<uint16_t>(size));
  put16(at + 4, ip.identification);
  put16(at + 6, ip.dont_fragment ? 0x4000 : 0);
  at[8] = ip.ttl;
  at[9] = protocol;
  std::copy(ip.source.begin(), ip.source.end(), at + 12);
  std::copy(ip.destination.begin(), ip.destination.end(), at + 16);
  store16(at + 10, ipv4_header_checksum(at));
}

void write_ipv6(const Ipv6Spec& ip, uint8_t next_header, size_t size, uint8_t* at) {
  put32(at, (uint32_t{6} << 28) | (uint32_t{ip.traffic_class} << 20) | ip.flow_label);
  put16(at + 4, static_cast<uint16_t>(size - kIpv6Bytes));
  at[6] = next_header;
  at[7] = ip.hop_limit;
  std::copy(ip.source.begin(), ip.source.end(), at + 8);
  std::copy(ip.destination.begin(), ip.destination.end(), at + 24);
}

void write_udp(const UdpSpec& udp, size_t size, uint8_t* at) {
  put16(at, udp.source_port);
  put16(at + 2, udp.destination_port);
  put16(at + 4, static_cast<uint16_t>(size));
}

void write_tcp(const TcpSpec& tcp, uint8_t* at) {
  put16(at, tcp.source_port);
  put16(at + 2, tcp.destination_port);
  put32(at + 4, tcp.sequence);
  put32(at + 8, tcp.acknowledgement);
  at[12] = (kTcpBytes / 4) << 4;
  at[13] = tcp.flags;
  put16(at + 14, tcp.window);
}

void write_icmp(const IcmpSpec& icmp, bool over_ipv6, uint8_t* at) {
  at[0] = over_ipv6 && icmp.type == kIcmpEchoRequest ? kIcmp6EchoRequest : icmp.type;
  at[1] = icmp.code;
  put16(at + 4, icmp.identifier);
  put16(at + 6, icmp.sequence);
}

uint8_t transport_protocol(const FrameSpec& spec, uint8_t otherwise) {
  if (std::holds_alternative<UdpSpec>(spec.transport))
    return kProtocolUdp;
  if (std::holds_alternative<TcpSpec>(spec.transport))
    return kProtocolTcp;
  if (std::holds_alternative<IcmpSpec>(spec.transport))
    return std::holds_alternative<Ipv6Spec>(spec.network) ? kProtocolIcmp6 : kProtocolIcmp;
  return otherwise;
}

// Ethernet header and tags; returns where the next header goes.
uint16_t write_ethernet(const FrameSpec& spec, BuiltFrame* frame) {
  uint8_t* bytes = frame->bytes.data();
  std::copy(spec.destination.begin(), spec.destination.end(), bytes);
  std::copy(spec.source.begin(), spec.source.end(), bytes + 6);
  uint16_t at = 12;
  for (const VlanTag& tag : spec.vlans) {
    put16(bytes + at, tag.tpid);
    put16(bytes + at + 2,
          static_cast<uint16_t>((tag.priority << 13) | (tag.drop_eligible << 12) | tag.id));
    frame->vlan = at + 2;
    at += kVlanBytes;
  }
  uint16_t type = spec.ethertype;
  if (std::holds_alternative<ArpSpec>(spec.network))
    type = kEthertypeArp;
  else if (std::holds_alternative<Ipv4Spec>(spec.network))
    type = kEthertypeIpv4;
  else if (std::holds_alternative<Ipv6Spec>(spec.network))
    type = kEthertypeIpv6;
  put16(bytes + at, type);
  return at + 2;
}

void write_network(const FrameSpec& spec, uint16_t at, BuiltFrame* frame) {
  uint8_t* header = frame->bytes.data() + at;
  size_t size = frame->bytes.size() - at;
  if (const ArpSpec* arp = std::get_if<ArpSpec>(&spec.network)) {
    frame->is_arp = true;
    write_arp(*arp, header);
  } else if (const Ipv4Spec* ip4 = std::get_if<Ipv4Spec>(&spec.network)) {
    frame->is_ip4 = true;
    frame->ip_checksum = at + 10;
    write_ipv4(*ip4, transport_protocol(spec, ip4->protocol), size, header);
  } else if (const Ipv6Spec* ip6 = std::get_if<Ipv6Spec>(&spec.network)) {
    frame->is_ip6 = true;
    write_ipv6(*ip6, transport_protocol(spec, ip6->next_header), size, header);
  } else {
    return;
  }
  frame->l3 = at;
}

// The header, its checksum field still 0: the payload is not there yet.
void write_transport(const FrameSpec& spec, uint16_t at, BuiltFrame* frame) {
  uint8_t* header = frame->bytes.data() + at;
  size_t size = frame->bytes.size() - at;
  if (const UdpSpec* udp = std::get_if<UdpSpec>(&spec.transport)) {
    frame->is_udp = true;
    frame->l4_checksum = udp->checksum ? at + 6 : 0;
    write_udp(*udp, size, header);
  } else if (const TcpSpec* tcp = std::get_if<TcpSpec>(&spec.transport)) {
    frame->is_tcp = true;
    frame->l4_checksum = at + 16;
    write_tcp(*tcp, header);
  } else if (const IcmpSpec* icmp = std::get_if<IcmpSpec>(&spec.transport)) {
    frame->is_icmp = true;
    frame->l4_checksum = at + 2;
    write_icmp(*icmp, frame->is_ip6, header);
  } else {
    return;
  }
  frame->l4 = at;
}

void write_transport_checksum(BuiltFrame* frame) {
  if (frame->l4_checksum == 0)
    return;
  uint8_t* bytes = frame->bytes.data();
  const uint8_t* ip = bytes + frame->l3;
  size_t size = frame->bytes.size() - frame->l4;
  uint64_t sum = 0;  // ICMP over IPv4 has no pseudo-header (RFC 792)
  if (frame->is_ip6)
    sum = pseudo_header_sum6(ip + 8, ip + 24, ip[6], static_cast<uint32_t>(size));
  else if (!frame->is_icmp)
    sum = pseudo_header_sum4(ip + 12, ip + 16, ip[9], static_cast<uint16_t>(size));
  uint16_t value = checksum_finish(checksum_partial(bytes + frame->l4, size, sum));
  store16(bytes + frame->l4_checksum, frame->is_udp ? udp_checksum_field(value) : value);
}

}  // namespace

unsigned smallest_size(const FrameSpec& spec) {
  return std::max(kMinSizeNoCrc, header_bytes(spec));
}

unsigned smallest_size_with_probe(const FrameSpec& spec) {
  return std::max(kMinSizeNoCrc, header_bytes(spec) + kProbeBytes);
}

Result<BuiltFrame> build_frame(const FrameSpec& spec, ProbeSpace probe) {
  bool with_probe = probe == ProbeSpace::kReserved;
  Result<void> checked =
      check_vlans(spec).and_then([&] { return check_layers(spec); }).and_then([&] {
        return with_probe
                   ? check_size(spec, smallest_size_with_probe(spec), " and a probe (18 bytes)")
                   : check_size(spec, smallest_size(spec), "");
      });
  if (!checked)
    return tl::unexpected(checked.error());

  BuiltFrame frame;
  frame.bytes.resize(spec.size_no_crc);
  uint16_t at = write_ethernet(spec, &frame);
  write_network(spec, at, &frame);
  at = static_cast<uint16_t>(at + network_bytes(spec));
  write_transport(spec, at, &frame);
  at = static_cast<uint16_t>(at + transport_bytes(spec));

  frame.room = static_cast<uint16_t>(frame.bytes.size() - at);
  frame.payload = frame.room != 0 ? at : 0;
  for (size_t i = 0; i < frame.room && !spec.payload.empty(); i++)
    frame.bytes[at + i] = spec.payload[i % spec.payload.size()];
  if (with_probe) {
    frame.probe = frame.payload;
    erase_probe(frame.bytes.data() + frame.probe);
  }
  write_transport_checksum(&frame);
  return frame;
}

}  // namespace nmgen
