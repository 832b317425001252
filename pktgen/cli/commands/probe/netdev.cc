// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/cli/commands/probe/netdev.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

namespace nmgen {
namespace {

// linux/netdev.h, which the headers of an older kernel do not have.
constexpr uint8_t kDeviceGet = 1;        // NETDEV_CMD_DEV_GET
constexpr uint16_t kDeviceIndex = 1;     // NETDEV_A_DEV_IFINDEX
constexpr uint16_t kDeviceFeatures = 3;  // NETDEV_A_DEV_XDP_FEATURES
constexpr uint64_t kBasic = 1, kRedirect = 2, kTransmit = 4, kZeroCopy = 8, kFragments = 32;

using Bytes = std::vector<uint8_t>;

void put(Bytes& to, const void* data, size_t size) {
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  to.insert(to.end(), bytes, bytes + size);
  to.resize((to.size() + 3) / 4 * 4);
}

// One request of generic netlink, and the attributes of its answer; empty: it was refused.
class Request {
 public:
  Request(uint16_t family, uint8_t command) {
    nlmsghdr header{};
    header.nlmsg_type = family;
    header.nlmsg_flags = NLM_F_REQUEST;
    genlmsghdr generic{};
    generic.cmd = command;
    generic.version = 1;
    put(bytes_, &header, sizeof(header));
    put(bytes_, &generic, sizeof(generic));
  }
  Request& add(uint16_t type, const void* data, size_t size) {
    const nlattr attribute{static_cast<uint16_t>(NLA_HDRLEN + size), type};
    put(bytes_, &attribute, sizeof(attribute));
    put(bytes_, data, size);
    return *this;
  }

  Bytes ask() {
    const uint32_t length = static_cast<uint32_t>(bytes_.size());
    std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof(length));
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    Bytes answer(32768);
    ssize_t got = -1;
    if (fd >= 0 && send(fd, bytes_.data(), bytes_.size(), 0) >= 0)
      do
        got = recv(fd, answer.data(), answer.size(), 0);
      while (got < 0 && errno == EINTR);
    if (fd >= 0)
      close(fd);
    nlmsghdr header{};
    constexpr size_t kHeaders = NLMSG_HDRLEN + GENL_HDRLEN;
    if (got < static_cast<ssize_t>(kHeaders))
      return {};
    std::memcpy(&header, answer.data(), sizeof(header));
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_len > static_cast<size_t>(got))
      return {};
    return {answer.begin() + kHeaders, answer.begin() + static_cast<long>(header.nlmsg_len)};
  }

 private:
  Bytes bytes_;
};

// The number of an attribute of `size` bytes; empty: it is not there.
std::optional<uint64_t> number_of(std::span<const uint8_t> attributes, uint16_t type, size_t size) {
  while (attributes.size() >= NLA_HDRLEN) {
    nlattr attribute{};
    std::memcpy(&attribute, attributes.data(), sizeof(attribute));
    if (attribute.nla_len < NLA_HDRLEN || attribute.nla_len > attributes.size())
      break;
    if ((attribute.nla_type & NLA_TYPE_MASK) == type && attribute.nla_len >= NLA_HDRLEN + size) {
      uint64_t value = 0;
      uint16_t half = 0;
      if (size == sizeof(half)) {
        std::memcpy(&half, attributes.data() + NLA_HDRLEN, size);
        return half;
      }
      std::memcpy(&value, attributes.data() + NLA_HDRLEN, sizeof(value));
      return value;
    }
    attributes =
        attributes.subspan(std::min<size_t>(NLA_ALIGN(attribute.nla_len), attributes.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<XdpFeatures> read_xdp_features(int interface_index) {
  constexpr char kFamily[] = "netdev";
  const Bytes family = Request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY)
                           .add(CTRL_ATTR_FAMILY_NAME, kFamily, sizeof(kFamily))
                           .ask();
  const std::optional<uint64_t> id = number_of(family, CTRL_ATTR_FAMILY_ID, sizeof(uint16_t));
  if (!id)
    return std::nullopt;
  const uint32_t index = static_cast<uint32_t>(interface_index);
  const Bytes device = Request(static_cast<uint16_t>(*id), kDeviceGet)
                           .add(kDeviceIndex, &index, sizeof(index))
                           .ask();
  const std::optional<uint64_t> mask = number_of(device, kDeviceFeatures, sizeof(uint64_t));
  if (!mask)
    return std::nullopt;
  return XdpFeatures{(*mask & kBasic) != 0, (*mask & kRedirect) != 0, (*mask & kTransmit) != 0,
                     (*mask & kZeroCopy) != 0, (*mask & kFragments) != 0};
}

std::string to_text(const XdpFeatures& features) {
  const struct {
    bool has;
    const char* name;
  } kNames[] = {{features.basic, "native"},
                {features.redirect, "redirect"},
                {features.transmit, "transmit"},
                {features.zero_copy, "zero copy"},
                {features.fragments, "frames of several buffers"}};
  std::string text;
  for (const auto& item : kNames)
    if (item.has)
      text += (text.empty() ? "" : ", ") + std::string(item.name);
  return text.empty() ? "none" : text;
}

}  // namespace nmgen
