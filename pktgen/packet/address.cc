// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstddef>

namespace nmgen {
namespace {

// The text in quotes, short and printable: it comes from a user's file.
std::string quoted(std::string_view text) {
  constexpr size_t kShown = 60;
  std::string shown = "\"";
  for (char c : text.substr(0, kShown))
    shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > kShown ? "...\"" : "\"");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// inet_pton stops at a NUL, so a text with one in it is refused first.
bool parse_with_inet_pton(int family, std::string_view text, uint8_t* out) {
  return text.find('\0') == std::string_view::npos &&
         inet_pton(family, std::string(text).c_str(), out) == 1;
}

}  // namespace

Result<MacAddress> parse_mac(std::string_view text) {
  MacAddress address{};
  bool right = text.size() == 17 && (text[2] == ':' || text[2] == '-');
  for (size_t i = 0; right && i < address.size(); i++) {
    int high = hex_digit(text[3 * i]), low = hex_digit(text[3 * i + 1]);
    right = high >= 0 && low >= 0 && (i == 5 || text[3 * i + 2] == text[2]);
    address[i] = static_cast<uint8_t>(high * 16 + low);
  }
  if (!right)
    return fail("cannot read the MAC address " + quoted(text),
                "it is not six pairs of hexadecimal digits", "write it like 02:00:00:00:00:01");
  return address;
}

Result<Ipv4Address> parse_ipv4(std::string_view text) {
  Ipv4Address address{};
  if (!parse_with_inet_pton(AF_INET, text, address.data()))
    return fail("cannot read the IPv4 address " + quoted(text),
                "it is not four numbers of 0 to 255 with dots between them",
                "write it like 198.18.0.1");
  return address;
}

Result<Ipv6Address> parse_ipv6(std::string_view text) {
  Ipv6Address address{};
  if (!parse_with_inet_pton(AF_INET6, text, address.data()))
    return fail("cannot read the IPv6 address " + quoted(text),
                "it is not eight groups of hexadecimal digits, or fewer with ::",
                "write it like 2001:db8::1");
  return address;
}

std::string to_text(const MacAddress& address) {
  return fmt::format("{:02x}", fmt::join(address, ":"));
}

std::string to_text(const Ipv4Address& address) {
  return fmt::format("{}", fmt::join(address, "."));
}

std::string to_text(const Ipv6Address& address) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, address.data(), text, sizeof(text));
}

}  // namespace nmgen
