// SPDX-License-Identifier: BSD-2-Clause
// SHA-256 is libmd's: dpkg itself needs that library, so every Debian has it.
#pragma once

#include <string>
#include <string_view>

namespace nmgen {

// SHA-256 (FIPS 180-4) of `bytes`, as 64 lower-case hexadecimal digits. No state, any thread.
std::string sha256_hex(std::string_view bytes);

}  // namespace nmgen
