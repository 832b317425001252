// SPDX-License-Identifier: BSD-2-Clause
// What an interface's driver has of XDP, as the kernel tells it by generic netlink ("netdev",
// since 6.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace nmgen {

struct XdpFeatures {
  bool basic = false;      // native mode: a program in the driver
  bool redirect = false;   // frames can be redirected from it
  bool transmit = false;   // frames can be redirected to it (ndo_xdp_xmit), now
  bool zero_copy = false;  // AF_XDP
  bool fragments = false;  // frames of several buffers
};

// Empty: this kernel does not tell.
std::optional<XdpFeatures> read_xdp_features(int interface_index);

// "native, redirect, zero copy"; "none".
std::string to_text(const XdpFeatures& features);

}  // namespace nmgen
