// SPDX-License-Identifier: BSD-2-Clause
/*
 * Receiving. The buffer of each free slot is in the fill ring of a socket; what comes back in the socket's receive
 * ring is such a buffer with a frame. Where it is not that of the next slot, as another socket has that one, two
 * slots change buffers.
 */
#include "xdp.h"

#include <sys/socket.h>

/* The buffers of the next @num slots go to @input. */
static void give_to(struct xdp_queue *q, struct xdp_input *input, u32 num)
{
	struct nm_kring *kr = q->rx;
	struct xdp_ring *fill = &input->socket.fill;
	u64 *const entries = fill->entries;
	const u32 lim = kr->num_slots - 1;
	u32 k;

	for (k = 0; k < num; k++) {
		const u32 index = nm_read_once(kr->ring->slot[q->next_slot].buf_idx);
		/* A client that spoilt the slot gets its frame into a buffer of nobody's. */
		const u32 chunk = index < kr->bufs.num ? index : 0;

		q->held[q->next_slot] = chunk;
		q->slot_of[chunk] = q->next_slot;
		entries[fill->at++ & fill->mask] = (u64)chunk * kr->bufs.size;
		q->next_slot = nm_next(q->next_slot, lim);
	}
	input->given += num;
	xdp_ring_produce(fill);
	if (xdp_ring_needs_wakeup(fill))
		recvfrom(input->socket.fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

/* Buffers of the slots before @end go to the sockets, so that all have as many. */
static void give(struct xdp_queue *q, u32 end)
{
	struct xdp_device *device = q->device;
	const u32 step = device->rings.queues;
	u32 num = nm_dist(q->next_slot, end, q->rx->num_slots), all = num, inputs = 0, share, i;

	if (!num)
		return;
	/* Each ring has an input. */
	i = xdp_first(q);
	do {
		all += device->inputs[i].given;
		inputs++;
		i += step;
	} while (i < device->num_inputs);
	share = (all + inputs - 1) / inputs;
	for (i = xdp_first(q); i < device->num_inputs; i += step) {
		struct xdp_input *input = &device->inputs[i];
		const u32 wanted = share > input->given ? share - input->given : 0;
		const u32 now = wanted < num ? wanted : num;

		if (!now)
			continue;
		give_to(q, input, now);
		num -= now;
	}
}

void xdp_rx_start(struct xdp_queue *q)
{
	q->next_slot = q->rx->hwtail;
	give(q, nm_prev(q->rx->hwcur, q->rx->num_slots - 1));
}

/* Slot @i gets the buffer @chunk, and the slot that has it the one of @i. */
static void exchange(struct xdp_queue *q, u32 i, u32 chunk)
{
	const u32 other = q->slot_of[chunk];

	/* A client may have named one buffer in two slots: then there is no such slot. */
	if (q->held[other] == chunk) {
		q->held[other] = q->held[i];
		q->slot_of[q->held[i]] = other;
		nm_slot_set(&q->rx->ring->slot[other], q->held[i], 0, NS_BUF_CHANGED);
	}
	q->held[i] = chunk;
}

static void put(struct xdp_queue *q, u32 i, const struct xdp_desc *desc)
{
	struct nm_kring *kr = q->rx;
	const u32 chunk = (u32)(desc->addr / kr->bufs.size);
	const u32 offset = (u32)(desc->addr % kr->bufs.size);
	u8 *const frame = nm_buf_at(&kr->bufs, chunk);

	/* A driver that has its own opinion of where data begin. */
	if (nm_unlikely(offset != XDP_HEADROOM))
		memmove(frame, frame - XDP_HEADROOM + offset, desc->len);
	if (nm_likely(q->held[i] == chunk)) {
		nm_slot_put(&kr->ring->slot[i], (u16)desc->len, 0);
	} else {
		exchange(q, i, chunk);
		nm_slot_set(&kr->ring->slot[i], chunk, (u16)desc->len, NS_BUF_CHANGED);
	}
}

static void take(struct xdp_queue *q, struct xdp_input *input)
{
	struct nm_kring *kr = q->rx;
	struct xdp_ring *rx = &input->socket.rx;
	const struct xdp_desc *const entries = rx->entries;
	const u32 num = xdp_ring_ready(rx), lim = kr->num_slots - 1;
	u32 i = kr->hwtail, k;
	u64 bytes = 0;

	if (!num)
		return;
	for (k = 0; k < num; k++, i = nm_next(i, lim)) {
		const struct xdp_desc desc = entries[rx->at++ & rx->mask];

		put(q, i, &desc);
		bytes += desc.len;
	}
	xdp_ring_consume(rx);
	input->given -= num;
	kr->hwtail = i;
	xdp_count(&q->received, num, bytes);
}

int xdp_rxsync(struct nm_kring *kr)
{
	struct xdp_queue *q = xdp_queue_of(kr);
	struct xdp_device *device = q->device;
	const u32 before = kr->hwtail;
	u32 i;

	if (nm_unlikely(q->broken))
		return -EIO;
	for (i = xdp_first(q); i < device->num_inputs; i += device->rings.queues)
		take(q, &device->inputs[i]);
	kr->hwcur = kr->rhead;
	give(q, nm_prev(kr->hwcur, kr->num_slots - 1));
	if (kr->hwtail != before)
		return 0;
	/* A socket does not tell of an interface that has gone. */
	return nmh_netif_still_up(device->netif.index, nm_os_now_ns(), &q->look_ns);
}
