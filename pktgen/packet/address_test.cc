// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/packet/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmgen {
namespace {

TEST(Address, Mac) {
  const MacAddress expected = {0x02, 0xab, 0xcd, 0xef, 0x00, 0x9f};
  EXPECT_EQ(parse_mac("02:ab:cd:ef:00:9f").value(), expected);
  EXPECT_EQ(parse_mac("02-AB-CD-EF-00-9F").value(), expected);
  EXPECT_EQ(to_text(expected), "02:ab:cd:ef:00:9f");
}

TEST(Address, BadMacs) {
  for (const char* text : {"", "02", "02:ab:cd:ef:00", "02:ab:cd:ef:00:9", "02:ab:cd:ef:00:9f:",
                           "02:ab:cd:ef:00:9g", "02:ab-cd:ef:00:9f", "02.ab.cd.ef.00.9f",
                           "02:ab:cd:ef:00:9f ", " 2:ab:cd:ef:00:9f", "+2:ab:cd:ef:00:9f"})
    EXPECT_FALSE(parse_mac(text)) << text;
}

TEST(Address, Ipv4) {
  EXPECT_EQ(parse_ipv4("198.18.0.255").value(), (Ipv4Address{198, 18, 0, 255}));
  EXPECT_EQ(to_text(Ipv4Address{198, 18, 0, 255}), "198.18.0.255");
  for (const char* text : {"", "198.18.0", "198.18.0.256", "198.18.0.1.1", "198.18.0.1/24",
                           "0x10.1.1.1", " 198.18.0.1", "198.18.0.-1", "2001:db8::1"})
    EXPECT_FALSE(parse_ipv4(text)) << text;
}

TEST(Address, Ipv6) {
  Ipv6Address expected{0x20, 0x01, 0x0d, 0xb8};
  expected[15] = 1;
  EXPECT_EQ(parse_ipv6("2001:db8::1").value(), expected);
  EXPECT_EQ(parse_ipv6("2001:0DB8:0:0:0:0:0:1").value(), expected);
  EXPECT_EQ(to_text(expected), "2001:db8::1");
  EXPECT_EQ(to_text(Ipv6Address{}), "::");
  for (const char* text : {"", ":", "2001:db8", "2001:db8::1::2", "2001:db8::1/64", "fe80::1%eth0",
                           "12345::", "198.18.0.1"})
    EXPECT_FALSE(parse_ipv6(text)) << text;
}

// inet_pton would stop at the NUL and take what is before it.
TEST(Address, TextWithANulIsRefused) {
  EXPECT_FALSE(parse_ipv4(std::string_view("198.18.0.1\0x", 12)));
  EXPECT_FALSE(parse_ipv6(std::string_view("2001:db8::1\0", 12)));
}

TEST(Address, ErrorsShowTheTextShortAndPrintable) {
  EXPECT_EQ(parse_mac("02:zz").error().sentence(),
            "cannot read the MAC address \"02:zz\": it is not six pairs of hexadecimal digits; "
            "write it like 02:00:00:00:00:01");
  EXPECT_EQ(parse_ipv4("300.1.1.1").error().sentence(),
            "cannot read the IPv4 address \"300.1.1.1\": it is not four numbers of 0 to 255 with "
            "dots between them; write it like 198.18.0.1");
  std::string sentence = parse_ipv6("\n\x1b[31m" + std::string(100'000, 'x')).error().sentence();
  EXPECT_LT(sentence.size(), 300u);
  for (char c : sentence)
    EXPECT_TRUE(c >= ' ' && c <= '~');
}

}  // namespace
}  // namespace nmgen
