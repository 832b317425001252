// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/scenario/sha256.h"

#include <sha2.h>  // libmd's

#include <array>
#include <cstdint>

namespace nmgen {

std::string sha256_hex(std::string_view bytes) {
  std::array<char, SHA256_DIGEST_STRING_LENGTH> hex;
  SHA256Data(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), hex.data());
  return hex.data();
}

}  // namespace nmgen
