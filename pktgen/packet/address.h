// SPDX-License-Identifier: BSD-2-Clause
// MAC, IPv4 and IPv6 addresses from text and to text.
#pragma once

#include <string>
#include <string_view>

#include "pktgen/error.h"
#include "pktgen/packet/frame.h"

namespace nmgen {

// Six pairs of hexadecimal digits with ':' or '-' between them (the same one throughout).
Result<MacAddress> parse_mac(std::string_view text);
// Four decimal numbers, as inet_pton reads them (no octal, no short forms).
Result<Ipv4Address> parse_ipv4(std::string_view text);
// RFC 4291 section 2.2, without a zone or a prefix length.
Result<Ipv6Address> parse_ipv6(std::string_view text);

std::string to_text(const MacAddress& address);   // "02:00:00:00:00:01"
std::string to_text(const Ipv4Address& address);  // "198.18.0.1"
std::string to_text(const Ipv6Address& address);  // "2001:db8::1", RFC 5952

}  // namespace nmgen
