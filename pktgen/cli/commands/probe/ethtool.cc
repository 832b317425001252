// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/probe/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace nmgen {
namespace {

class Ethtool {
 public:
  explicit Ethtool(const std::string& interface)
      : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), interface_(interface) {}
  ~Ethtool() {
    if (fd_ >= 0)
      close(fd_);
  }
  Ethtool(const Ethtool&) = delete;
  Ethtool& operator=(const Ethtool&) = delete;

  bool ask(void* command) const {
    ifreq request{};
    interface_.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
    request.ifr_data = static_cast<char*>(command);
    return ioctl(fd_, SIOCETHTOOL, &request) == 0;
  }
  // A structure of a command that has no tail.
  template <typename T>
  std::optional<T> get(uint32_t command) const {
    T value{};
    value.cmd = command;
    return ask(&value) ? std::optional<T>(value) : std::nullopt;
  }

 private:
  int fd_;
  std::string interface_;
};

// A structure with a tail: words, so that it is aligned.
template <typename T>
class WithTail {
 public:
  explicit WithTail(size_t tail_bytes) : words_((sizeof(T) + tail_bytes + 7) / 8) {}
  T* operator->() { return reinterpret_cast<T*>(words_.data()); }
  void* get() { return words_.data(); }
  const char* tail() const { return reinterpret_cast<const char*>(words_.data()) + sizeof(T); }

 private:
  std::vector<uint64_t> words_;
};

std::optional<EthtoolLink> read_link(const Ethtool& ethtool) {
  constexpr size_t kMostWords = 127;
  WithTail<ethtool_link_settings> settings(3 * kMostWords * sizeof(uint32_t));
  settings->cmd = ETHTOOL_GLINKSETTINGS;
  // The first answer says how many words the maps have, as a negative number.
  if (!ethtool.ask(settings.get()) || settings->link_mode_masks_nwords >= 0)
    return std::nullopt;
  settings->cmd = ETHTOOL_GLINKSETTINGS;
  settings->link_mode_masks_nwords = static_cast<int8_t>(-settings->link_mode_masks_nwords);
  if (!ethtool.ask(settings.get()))
    return std::nullopt;
  EthtoolLink link;
  if (settings->speed != static_cast<uint32_t>(SPEED_UNKNOWN))
    link.speed_mbps = settings->speed;
  link.half_duplex = settings->duplex == DUPLEX_HALF;
  return link;
}

std::vector<std::string> feature_names(const Ethtool& ethtool) {
  WithTail<ethtool_sset_info> info(sizeof(uint32_t));
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = uint64_t{1} << ETH_SS_FEATURES;
  if (!ethtool.ask(info.get()) || info->sset_mask == 0)
    return {};
  uint32_t count = 0;
  std::memcpy(&count, info.tail(), sizeof(count));
  WithTail<ethtool_gstrings> strings(size_t{count} * ETH_GSTRING_LEN);
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_FEATURES;
  strings->len = count;
  if (!ethtool.ask(strings.get()))
    return {};
  std::vector<std::string> names;
  for (uint32_t i = 0; i < std::min(count, strings->len); i++) {
    const char* name = strings.tail() + size_t{i} * ETH_GSTRING_LEN;
    names.emplace_back(name, strnlen(name, ETH_GSTRING_LEN));
  }
  return names;
}

std::map<std::string, bool> read_features(const Ethtool& ethtool) {
  const std::vector<std::string> names = feature_names(ethtool);
  const uint32_t blocks = static_cast<uint32_t>((names.size() + 31) / 32);
  WithTail<ethtool_gfeatures> answer(blocks * sizeof(ethtool_get_features_block));
  answer->cmd = ETHTOOL_GFEATURES;
  answer->size = blocks;
  if (names.empty() || !ethtool.ask(answer.get()))
    return {};
  std::map<std::string, bool> features;
  for (size_t i = 0; i < names.size(); i++) {
    ethtool_get_features_block block{};
    std::memcpy(&block, answer.tail() + i / 32 * sizeof(block), sizeof(block));
    if (!names[i].empty())
      features[names[i]] = (block.active >> i % 32 & 1) != 0;
  }
  return features;
}

std::vector<uint32_t> read_rss_table(const Ethtool& ethtool) {
  ethtool_rxfh size{};
  size.cmd = ETHTOOL_GRSSH;
  if (!ethtool.ask(&size) || size.indir_size == 0)
    return {};
  WithTail<ethtool_rxfh> table(size.indir_size * sizeof(uint32_t) + size.key_size);
  table->cmd = ETHTOOL_GRSSH;
  table->indir_size = size.indir_size;
  table->key_size = size.key_size;
  if (!ethtool.ask(table.get()))
    return {};
  std::vector<uint32_t> queues(size.indir_size);
  std::memcpy(queues.data(), table.tail(), queues.size() * sizeof(uint32_t));
  return queues;
}

std::string text(const char* from, size_t size) {
  return std::string(from, strnlen(from, size));
}

}  // namespace

EthtoolView read_ethtool(const std::string& interface) {
  const Ethtool ethtool(interface);
  EthtoolView view;
  if (std::optional<ethtool_drvinfo> info = ethtool.get<ethtool_drvinfo>(ETHTOOL_GDRVINFO)) {
    view.driver = text(info->driver, sizeof(info->driver));
    view.bus = text(info->bus_info, sizeof(info->bus_info));
  }
  view.link = read_link(ethtool);
  if (std::optional<ethtool_ringparam> ring = ethtool.get<ethtool_ringparam>(ETHTOOL_GRINGPARAM))
    view.ring =
        EthtoolRing{ring->rx_pending, ring->rx_max_pending, ring->tx_pending, ring->tx_max_pending};
  if (std::optional<ethtool_pauseparam> pause =
          ethtool.get<ethtool_pauseparam>(ETHTOOL_GPAUSEPARAM))
    view.pause = EthtoolPause{pause->rx_pause != 0, pause->tx_pause != 0};
  if (std::optional<ethtool_coalesce> coalesce = ethtool.get<ethtool_coalesce>(ETHTOOL_GCOALESCE))
    view.rx_coalesce_us = coalesce->rx_coalesce_usecs;
  if (std::optional<ethtool_channels> channels = ethtool.get<ethtool_channels>(ETHTOOL_GCHANNELS)) {
    view.queues = channels->combined_count + channels->rx_count;
    view.most_queues = channels->max_combined > 0 ? channels->max_combined : channels->max_rx;
  }
  view.rss_table = read_rss_table(ethtool);
  view.features = read_features(ethtool);
  return view;
}

}  // namespace nmgen
