// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <cstring>

#include "net/netmap_user.h"
#include "pktgen/port/port.h"

namespace nmgen {

void PortRing::map(char* memory, uint64_t if_offset, bool tx, unsigned index) {
  nif_ = NETMAP_IF(memory, if_offset);
  ring_ = tx ? NETMAP_TXRING(nif_, index) : NETMAP_RXRING(nif_, index);
  buffers_ = reinterpret_cast<char*>(ring_) + ring_->buf_ofs;
  // The chain ends at 0; the core has just made it, so it can be trusted.
  for (uint32_t at = nif_->ni_bufs_head; at != 0;) {
    extra_.push_back(at);
    std::memcpy(&at, buffer(at), sizeof(at));
  }
  std::sort(extra_.begin(), extra_.end());
}

void PortRing::return_extra_buffers() {
  uint32_t head = 0;
  for (uint32_t index : extra_) {
    std::memcpy(buffer(index), &head, sizeof(head));
    head = index;
  }
  if (nif_ != nullptr)
    nif_->ni_bufs_head = head;
}

}  // namespace nmgen
