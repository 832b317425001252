// SPDX-License-Identifier: BSD-2-Clause
// What a frame says, for people. Any bytes will do: what is cut short or wrong is said, never read
// past.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace nmgen {

// One printable line without a line end:
//   Ethernet 02:00:00:00:00:01>02:00:00:00:00:02 vlan 100 / IPv4 198.18.0.1>198.19.0.1 ttl 64 / UDP
//   1024>1024 / probe stream 0 sequence 7 / 60 B (64 with CRC)
// A probe is looked for only where `probe_magic` says whose. Wrong checksums are named.
std::string summarise(std::span<const uint8_t> frame,
                      std::optional<uint32_t> probe_magic = std::nullopt);

// 16 bytes a line: offset, hexadecimal, ASCII with dots for the rest. Each line ends with '\n'.
std::string hex_dump(std::span<const uint8_t> bytes);

}  // namespace nmgen
