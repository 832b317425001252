/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Receive rings that others fill at any time. */
#ifndef NM_RXQUEUE_H
#define NM_RXQUEUE_H

#include "port.h"

/**
 * struct nm_rx_queue - the free slots of a receive ring as a queue
 * @lock: guards all here, and the slots from kr->hwtail on; taken inside the ring's @busy
 * @open: the ring is there, and @tail may move
 * @bad_slot: a free slot names no buffer: the client has to be told at its next sync
 * @tail: where the next frame goes
 * @end: the slot that stays empty: before the first that the client has
 * @bufs: as kr->bufs
 * @drops: frames for which there was no room; the next sync adds them to the ring's
 */
struct nm_rx_queue {
	struct nm_spin lock;
	bool open;
	bool bad_slot;
	u32 tail;
	u32 end;
	struct nm_bufs bufs;
	u64 drops;
} NM_ALIGNED_CACHE;

/* For RX rings @first to @first + @num - 1 of a new port, which frees them. 0 or -ENOMEM. */
int nm_rx_queues_make(struct nm_port *port, u32 first, u32 num);

/* From here on, until there, the queue takes frames. */
void nm_rx_queue_open(struct nm_kring *kr);
void nm_rx_queue_close(struct nm_kring *kr);

/* The ring's slots may name more buffers now. */
void nm_rx_queue_set_bufs(struct nm_kring *kr, u32 num);

/* An rxsync: take back what is released, show what has come. */
void nm_rx_queue_sync(struct nm_kring *kr);

#endif /* NM_RXQUEUE_H */
