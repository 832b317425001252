// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "pktgen/packet/address.h"
#include "pktgen/packet/checksum.h"
#include "pktgen/packet/probe.h"
#include "pktgen/packet/wire.h"

namespace nmgen {
namespace {

using Bytes = std::span<const uint8_t>;

template <typename Address>
std::string address_text(const uint8_t* at) {
  Address address;
  std::copy(at, at + address.size(), address.begin());
  return to_text(address);
}

// Reads a frame from its front; `rest` is what no header has taken yet, `text` the line so far.
class Reader {
 public:
  Reader(Bytes frame, std::optional<uint32_t> probe_magic)
      : rest_(frame), probe_magic_(probe_magic) {}

  std::string line() {
    size_t size = rest_.size();
    read_ethernet();
    read_probe_at_payload();
    text_ += fmt::format(" / {} B ({} with CRC)", size, size + kCrcBytes);
    return std::move(text_);
  }

 private:
  void read_ethernet() {
    if (!has(kEthernetBytes, "Ethernet"))
      return;
    text_ = fmt::format("Ethernet {}>{}", address_text<MacAddress>(rest_.data() + 6),
                        address_text<MacAddress>(rest_.data()));
    uint16_t type = get16(rest_.data() + 12);
    rest_ = rest_.subspan(kEthernetBytes);
    while (is_vlan_tpid(type)) {
      if (rest_.size() < kVlanBytes) {
        cut_short(" vlan");
        return;
      }
      uint16_t tag = get16(rest_.data());
      text_ += fmt::format(" vlan {}", tag & 0xfff);
      if (tag >> 13 != 0)
        text_ += fmt::format(" priority {}", tag >> 13);
      if ((tag & 0x1000) != 0)
        text_ += " drop-eligible";
      type = get16(rest_.data() + 2);
      rest_ = rest_.subspan(kVlanBytes);
    }
    if (type == kEthertypeArp)
      read_arp();
    else if (type == kEthertypeIpv4)
      read_ipv4();
    else if (type == kEthertypeIpv6)
      read_ipv6();
    else if (type < kSmallestEthertype)
      text_ += fmt::format(" length {}", type);
    else
      text_ += fmt::format(" type 0x{:04x}", type);
  }

  void read_arp() {
    if (!has(kArpBytes, "ARP"))
      return;
    const uint8_t* at = rest_.data();
    uint16_t operation = get16(at + 6);
    bool ethernet_ipv4 =
        get16(at) == 1 && get16(at + 2) == kEthertypeIpv4 && at[4] == 6 && at[5] == 4;
    if (!ethernet_ipv4)
      text_ +=
          fmt::format(" / ARP operation {} of other addresses than Ethernet and IPv4", operation);
    else if (operation == 1)
      text_ += fmt::format(" / ARP who has {} tell {}", address_text<Ipv4Address>(at + 24),
                           address_text<Ipv4Address>(at + 14));
    else if (operation == 2)
      text_ += fmt::format(" / ARP {} is at {}", address_text<Ipv4Address>(at + 14),
                           address_text<MacAddress>(at + 8));
    else
      text_ += fmt::format(" / ARP operation {} {}>{}", operation,
                           address_text<Ipv4Address>(at + 14), address_text<Ipv4Address>(at + 24));
    rest_ = rest_.subspan(kArpBytes);
  }

  void read_ipv4() {
    if (!has(kIpv4Bytes, "IPv4"))
      return;
    const uint8_t* at = rest_.data();
    size_t header = 4u * (at[0] & 0xf);
    size_t total = get16(at + 2);
    if (at[0] >> 4 != 4 || header < kIpv4Bytes || total < header) {
      malformed("IPv4");
      return;
    }
    if (!has(header, "IPv4"))
      return;
    text_ += fmt::format(" / IPv4 {}>{} ttl {}", address_text<Ipv4Address>(at + 12),
                         address_text<Ipv4Address>(at + 16), at[8]);
    if (checksum(at, header) != 0)
      text_ += " (wrong checksum)";
    uint16_t fragment = get16(at + 6) & 0x3fff;
    uint8_t protocol = at[9];
    limit(total, header);
    uint64_t pseudo =
        protocol == kProtocolIcmp
            ? 0
            : pseudo_header_sum4(at + 12, at + 16, protocol, static_cast<uint16_t>(total - header));
    if (fragment != 0) {
      text_ += fmt::format(" fragment at {} / protocol {}", 8 * (fragment & 0x1fff), protocol);
      return;
    }
    read_transport(protocol, pseudo);
  }

  void read_ipv6() {
    if (!has(kIpv6Bytes, "IPv6"))
      return;
    const uint8_t* at = rest_.data();
    if (at[0] >> 4 != 6) {
      malformed("IPv6");
      return;
    }
    size_t size = get16(at + 4);
    text_ += fmt::format(" / IPv6 {}>{} hop limit {}", address_text<Ipv6Address>(at + 8),
                         address_text<Ipv6Address>(at + 24), at[7]);
    uint8_t next = at[6];
    limit(kIpv6Bytes + size, kIpv6Bytes);
    read_transport(next, pseudo_header_sum6(at + 8, at + 24, next, static_cast<uint32_t>(size)));
  }

  // `pseudo` is the sum of the pseudo-header, 0 where the protocol has none.
  void read_transport(uint8_t protocol, uint64_t pseudo) {
    const uint8_t* at = rest_.data();
    if (protocol == kProtocolUdp) {
      if (!has(kUdpBytes, "UDP"))
        return;
      text_ += fmt::format(" / UDP {}>{}", get16(at), get16(at + 2));
      if (get16(at + 6) == 0)
        text_ += " no checksum";
      else
        judge_checksum(pseudo);
      rest_ = rest_.subspan(kUdpBytes);
    } else if (protocol == kProtocolTcp) {
      if (!has(kTcpBytes, "TCP"))
        return;
      size_t header = 4u * (at[12] >> 4);
      if (header < kTcpBytes) {
        malformed("TCP");
        return;
      }
      if (!has(header, "TCP"))
        return;
      text_ += fmt::format(" / TCP {}>{} sequence {} flags 0x{:02x}", get16(at), get16(at + 2),
                           get32(at + 4), at[13]);
      judge_checksum(pseudo);
      rest_ = rest_.subspan(header);
    } else if (protocol == kProtocolIcmp || protocol == kProtocolIcmp6) {
      const char* name = protocol == kProtocolIcmp ? "ICMP" : "ICMPv6";
      if (!has(kIcmpBytes, name))
        return;
      text_ += fmt::format(" / {} type {} code {}", name, at[0], at[1]);
      judge_checksum(pseudo);
      rest_ = rest_.subspan(kIcmpBytes);
    } else {
      text_ += fmt::format(" / protocol {}", protocol);
    }
  }

  // The rest holds a transport header, its checksum field included.
  void judge_checksum(uint64_t pseudo) {
    if (!cut_ && checksum_finish(checksum_partial(rest_.data(), rest_.size(), pseudo)) != 0)
      text_ += " (wrong checksum)";
  }

  void read_probe_at_payload() {
    if (!probe_magic_ || stopped_ || rest_.size() < kProbeBytes)
      return;
    ProbeView probe;
    if (read_probe(rest_.data(), *probe_magic_, &probe))
      text_ += fmt::format(" / probe stream {} sequence {}", probe.stream, probe.sequence);
    else if (probe_fault(rest_.data(), *probe_magic_) == ProbeFault::kDamaged)
      text_ += " / damaged probe";
  }

  // Takes the header off and cuts the rest to what the IP header says it has.
  void limit(size_t total, size_t header) {
    if (total > rest_.size()) {
      cut_ = true;
      text_ += " (cut short)";
    }
    rest_ = rest_.subspan(0, std::min(total, rest_.size())).subspan(header);
  }

  bool has(size_t bytes, const char* name) {
    if (rest_.size() >= bytes)
      return true;
    cut_short(text_.empty() ? name : fmt::format(" / {}", name));
    return false;
  }

  void cut_short(const std::string& name) {
    text_ += name + " (cut short)";
    stopped_ = true;
  }

  void malformed(const char* name) {
    text_ += fmt::format(" / {} (malformed)", name);
    stopped_ = true;
  }

  Bytes rest_;
  std::optional<uint32_t> probe_magic_;
  std::string text_;
  bool cut_ = false;      // an IP packet goes on after the frame's end
  bool stopped_ = false;  // a header could not be read: the rest is no payload
};

}  // namespace

std::string summarise(std::span<const uint8_t> frame, std::optional<uint32_t> probe_magic) {
  return Reader(frame, probe_magic).line();
}

std::string hex_dump(std::span<const uint8_t> bytes) {
  constexpr size_t kPerLine = 16;
  std::string text;
  for (size_t start = 0; start < bytes.size(); start += kPerLine) {
    std::span<const uint8_t> line = bytes.subspan(start, std::min(kPerLine, bytes.size() - start));
    std::string hex, ascii;
    for (size_t i = 0; i < line.size(); i++) {
      hex += fmt::format("{}{:02x} ", i == kPerLine / 2 ? " " : "", line[i]);
      ascii += line[i] >= ' ' && line[i] <= '~' ? static_cast<char>(line[i]) : '.';
    }
    text += fmt::format("{:04x}  {:<49} {}\n", start, hex, ascii);
  }
  return text;
}

}  // namespace nmgen
