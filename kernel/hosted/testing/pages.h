// SPDX-License-Identifier: BSD-2-Clause
// For tests of what is read from and written to a client's memory: pages with nothing after them.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace nmgen::test {

class Pages {
 public:
  // `count` pages that may be read and written, of zeros.
  explicit Pages(size_t count) : count_(count) {
    void* p = mmap(nullptr, (count + 1) * size_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT_NE(p, MAP_FAILED);
    base_ = static_cast<uint8_t*>(p);
    EXPECT_EQ(mprotect(end(), size_, PROT_NONE), 0);
  }
  ~Pages() { munmap(base_, (count_ + 1) * size_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  uint8_t* begin() const { return base_; }
  uint8_t* end() const { return base_ + count_ * size_; }
  // From now on page `index` may only be read.
  void make_read_only(size_t index) const {
    EXPECT_EQ(mprotect(base_ + index * size_, size_, PROT_READ), 0);
  }

 private:
  const size_t size_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t count_;
  uint8_t* base_ = nullptr;
};

}  // namespace nmgen::test
