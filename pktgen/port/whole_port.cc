// SPDX-License-Identifier: BSD-2-Clause
#include "pktgen/port/whole_port.h"

#include <cerrno>

#include "net/netmap_user.h"

namespace nmgen {

void WholePort::map(char* memory, uint64_t if_offset) {
  const netmap_if* nif = NETMAP_IF(memory, if_offset);
  const uint32_t tx_rings = nif->ni_tx_rings + nif->ni_host_tx_rings;
  const uint32_t rx_rings = nif->ni_rx_rings + nif->ni_host_rx_rings;
  // An offset of 0: the ring is not bound.
  for (uint32_t i = 0; i < tx_rings; i++)
    if (nif->ring_ofs[i] != 0)
      tx_.push_back(NETMAP_TXRING(nif, i));
  for (uint32_t i = 0; i < rx_rings; i++)
    if (nif->ring_ofs[tx_rings + i] != 0)
      rx_.push_back(NETMAP_RXRING(nif, i));
}

int wait_for_either(WholePort& a, short a_events, WholePort& b, short b_events, int timeout_ms) {
  const short a_ready = a.look(a_events), b_ready = b.look(b_events);
  if (((a_ready | b_ready) & POLLERR) != 0)
    return EIO;
  if (a_ready != 0 || b_ready != 0)
    return 0;
  pollfd waiting[2] = {a.waiting(a_events), b.waiting(b_events)};
  if (poll(waiting, 2, timeout_ms) < 0)
    return errno;
  return ((waiting[0].revents | waiting[1].revents) & POLLERR) != 0 ? EIO : 0;
}

}  // namespace nmgen
