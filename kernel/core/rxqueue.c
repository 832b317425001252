// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Receive rings that are filled at any time: by the host stack, by a monitored ring. The ring's
 * free slots are the queue. A producer puts a frame into the slots from queue->tail on, behind the
 * slots that the client knows; the next rxsync shows it. A spin lock of the queue orders the two,
 * so a producer never waits for a sync.
 */
#include "rxqueue.h"

int nm_rx_queues_make(struct nm_port *port, u32 first, u32 num)
{
	u32 i;

	port->queues = nm_os_alloc(num * sizeof(*port->queues));
	if (!port->queues)
		return -ENOMEM;
	for (i = 0; i < num; i++) {
		nm_spin_init(&port->queues[i].lock);
		port->krings[NM_RX][first + i].queue = &port->queues[i];
	}
	return 0;
}

void nm_rx_queue_open(struct nm_kring *kr)
{
	struct nm_rx_queue *q = kr->queue;

	nm_spin_lock(&q->lock);
	q->open = true;
	q->bad_slot = false;
	q->tail = kr->hwtail;
	q->end = nm_prev(kr->hwcur, kr->num_slots - 1);
	q->bufs = kr->bufs;
	nm_spin_unlock(&q->lock);
}

void nm_rx_queue_close(struct nm_kring *kr)
{
	nm_spin_lock(&kr->queue->lock);
	kr->queue->open = false;
	nm_spin_unlock(&kr->queue->lock);
}

void nm_rx_queue_set_bufs(struct nm_kring *kr, u32 num)
{
	nm_spin_lock(&kr->queue->lock);
	kr->queue->bufs.num = num;
	nm_spin_unlock(&kr->queue->lock);
}

void nm_rx_queue_sync(struct nm_kring *kr)
{
	struct nm_rx_queue *q = kr->queue;
	const u32 lim = kr->num_slots - 1;
	struct nm_slot_view view;
	u32 i;

	for (i = kr->hwcur; i != kr->rhead; i = nm_next(i, lim)) {
		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view)) {
			nm_slot_refuse(kr, i);
			break;
		}
	}
	kr->hwcur = i;
	nm_spin_lock(&q->lock);
	q->end = nm_prev(kr->hwcur, lim);
	kr->hwtail = q->tail;
	kr->stats.drops += q->drops;
	q->drops = 0;
	if (q->bad_slot) {
		q->bad_slot = false;
		nm_slot_refuse(kr, q->tail);
	}
	nm_spin_unlock(&q->lock);
}
