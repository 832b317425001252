// SPDX-License-Identifier: BSD-2-Clause
// For fuzz targets that play many steps: the input as values, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nmgen::test {

// Past its end there are zeroes.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  void read(void* to, size_t size) {
    const size_t have = std::min(size, left_);
    if (have)
      std::memcpy(to, at_, have);
    std::memset(static_cast<uint8_t*>(to) + have, 0, size - have);
    at_ += have;
    left_ -= have;
  }
  template <typename T>
  T take() {
    T value;
    read(&value, sizeof(value));
    return value;
  }

 private:
  const uint8_t* at_;
  size_t left_;
};

}  // namespace nmgen::test
