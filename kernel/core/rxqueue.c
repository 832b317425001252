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

int nm_rx_sync(struct nm_kring *kr, int flags)
{
	(void)flags;
	nm_rx_queue_sync(kr);
	return 0;
}
NM_EXPORT(nm_rx_sync);

void nm_rx_lock(struct nm_kring *kr)
	NM_ACQUIRES(&kr->queue->lock)
{
	nm_spin_lock(&kr->queue->lock);
}
NM_EXPORT(nm_rx_lock);

void nm_rx_unlock(struct nm_kring *kr)
	NM_RELEASES(&kr->queue->lock)
{
	nm_spin_unlock(&kr->queue->lock);
}
NM_EXPORT(nm_rx_unlock);

/* Copy a frame into the slots from q->tail on, which are enough. Return: 0 or -ENOBUFS. */
static int fill_slots(struct nm_kring *kr, struct nm_rx_queue *q, u32 len,
		      void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg)
{
	u32 i = q->tail, offset = 0;

	while (offset < len) {
		struct netmap_slot *slot = &kr->ring->slot[i];
		const u32 left = len - offset;
		const u32 part = left < q->bufs.size ? left : q->bufs.size;
		struct nm_slot_view view;

		if (!nm_slot_get(slot, &q->bufs, &view)) {
			q->bad_slot = true;
			return -ENOBUFS;
		}
		copy(arg, offset, nm_buf_at(&q->bufs, view.buf_idx), part);
		nm_slot_put(slot, (u16)part, part < left ? NS_MOREFRAG : 0);
		offset += part;
		i = nm_next(i, kr->num_slots - 1);
	}
	q->tail = i;
	return 0;
}

int nm_rx_put(struct nm_kring *kr, u32 len,
	      void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg)
{
	struct nm_rx_queue *q = kr->queue;
	const u32 size = q->bufs.size;
	u32 slots = 1;
	int error;

	if (nm_unlikely(!q->open))
		return -ENXIO;
	if (nm_unlikely(len > size || !len))
		slots = len / size + (len % size != 0);
	if (nm_unlikely(slots == 0 || slots > NETMAP_MAX_FRAGS))
		error = -EMSGSIZE;
	else if (nm_unlikely(slots > nm_dist(q->tail, q->end, kr->num_slots)))
		error = -ENOBUFS;
	else
		error = fill_slots(kr, q, len, copy, arg);
	if (nm_unlikely(error))
		q->drops++;
	return error;
}
NM_EXPORT(nm_rx_put);
