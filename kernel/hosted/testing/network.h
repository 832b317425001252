// SPDX-License-Identifier: BSD-2-Clause
// For tests of drivers with a network interface: a network namespace of the test's own process.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace nmgen::test {

// Runs ip(8); its messages are in the test's output.
inline bool ip(const std::string& words) {
  return std::system(("ip " + words).c_str()) == 0;
}

// Skips where no namespace can be made.
class NetworkTest : public testing::Test {
 protected:
  void SetUp() override {
    if (unshare(CLONE_NEWNET) != 0)
      GTEST_SKIP() << "no network namespace can be made (" << std::strerror(errno)
                   << "): run the tests as root";
    // Or the kernel sends frames of its own as soon as a link is up.
    ASSERT_EQ(std::system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"), 0);
  }
};

}  // namespace nmgen::test
