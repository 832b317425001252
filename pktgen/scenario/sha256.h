// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nmgen {

// SHA-256 (FIPS 180-4, section 6.2) of `bytes`. No state, any thread.
std::array<uint8_t, 32> sha256(std::string_view bytes);

// The same as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace nmgen
