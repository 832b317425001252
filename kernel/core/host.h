/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Host rings. */
#ifndef NM_HOST_H
#define NM_HOST_H

#include "port.h"

/* Sync functions; none: of a port that has no host stack behind it. */
int nm_host_sync_none(struct nm_kring *kr, int flags);
int nm_host_txsync(struct nm_kring *kr, int flags);
int nm_host_rxsync(struct nm_kring *kr, int flags);

/* Released slots of a NIC RX ring that are to go up, before its rxsync. */
void nm_host_forward_up(struct nm_kring *kr);

#endif /* NM_HOST_H */
