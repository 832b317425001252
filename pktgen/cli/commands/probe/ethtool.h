// SPDX-License-Identifier: BSD-2-Clause
// What ethtool(8) shows of an interface, by the same ioctl. What the driver does not tell is empty.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nmgen {

struct EthtoolRing {
  uint32_t rx = 0, rx_most = 0, tx = 0, tx_most = 0;  // slots
};

struct EthtoolLink {
  uint32_t speed_mbps = 0;  // 0: not known
  bool half_duplex = false;
};

struct EthtoolPause {
  bool rx = false, tx = false;
};

struct EthtoolView {
  std::string driver, bus;
  std::optional<EthtoolLink> link;
  std::optional<EthtoolRing> ring;
  std::optional<EthtoolPause> pause;
  std::optional<uint32_t> rx_coalesce_us;
  uint32_t queues = 0, most_queues = 0;  // 0: the driver does not tell
  std::vector<uint32_t> rss_table;       // the queue of each hash value
  // By the kernel's names: "rx-gro". Those that are there.
  std::map<std::string, bool> features;

  bool has(const std::string& feature) const {
    const std::map<std::string, bool>::const_iterator found = features.find(feature);
    return found != features.end() && found->second;
  }
};

// No privilege is needed.
EthtoolView read_ethtool(const std::string& interface);

}  // namespace nmgen
