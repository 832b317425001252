// SPDX-License-Identifier: BSD-2-Clause
/*
 * Sending by a socket: each slot is a descriptor of its send ring, and the slot is the client's again when the
 * buffer comes back in the completion ring. They come back in the order in which they were sent.
 */
#include "xdp.h"

#include <sys/socket.h>
#include <unistd.h>

/* How long a ring that is closed waits for what it has sent. */
#define SETTLE_TRIES	200
#define SETTLE_US	500

static struct xdp_socket *socket_of(struct xdp_queue *q)
{
	return &q->device->inputs[xdp_first(q)].socket;
}

/* Slots whose frames have been sent are the client's again. */
static void reclaim(struct xdp_queue *q)
{
	struct nm_kring *kr = q->tx;
	struct xdp_ring *completion = &socket_of(q)->completion;
	const u32 num = xdp_ring_ready(completion);

	if (!num)
		return;
	completion->at += num;
	xdp_ring_consume(completion);
	kr->hwtail = nm_add(kr->hwtail, num, kr->num_slots);
}

/* Descriptors that the kernel has not taken yet. */
static u32 waiting(const struct xdp_ring *tx)
{
	return tx->at - nm_load_acquire(tx->consumer);
}

/* Has the kernel send: in copy mode it takes some descriptors a call. Return: 0 or a negative errno. */
static int kick(struct xdp_queue *q)
{
	struct xdp_socket *s = socket_of(q);
	u32 before = ~0u, left = waiting(&s->tx);

	while (left && left < before && xdp_ring_needs_wakeup(&s->tx)) {
		if (sendto(s->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY &&
		    errno != ENOBUFS && errno != EINTR)
			return -errno;
		reclaim(q);
		before = left;
		left = waiting(&s->tx);
	}
	return 0;
}

void xdp_tx_start(struct xdp_queue *q)
{
	q->tx->hwtail = nm_prev(q->tx->hwcur, q->tx->num_slots - 1);
}

void xdp_tx_settle(struct xdp_queue *q)
{
	u32 tries;

	for (tries = 0; tries < SETTLE_TRIES && waiting(&socket_of(q)->tx); tries++) {
		if (kick(q))
			return;
		usleep(SETTLE_US);
	}
}

/* Slots up to head become descriptors. Return: 0 or a negative errno, and then all before the slot have. */
static int produce(struct xdp_queue *q, u32 most)
{
	struct nm_kring *kr = q->tx;
	struct xdp_ring *tx = &socket_of(q)->tx;
	struct xdp_desc *const entries = tx->entries;
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	u64 frames = 0, bytes = 0;
	int error = 0;

	while (kr->hwcur != kr->rhead) {
		struct nm_tx_frame frame;

		if (!nm_tx_frame_get(kr, &bufs, kr->hwcur, &frame))
			break;
		if (nm_unlikely(frame.len > most)) {
			error = -EMSGSIZE;
			break;
		}
		entries[tx->at++ & tx->mask] = (struct xdp_desc){
			.addr = (u64)frame.view[0].buf_idx * bufs.size + XDP_HEADROOM,
			.len = frame.len,
		};
		kr->hwcur = nm_next(kr->hwcur, lim);
		frames++;
		bytes += frame.len;
	}
	xdp_ring_produce(tx);
	xdp_count(&q->sent, frames, bytes);
	return error;
}

int xdp_socket_txsync(struct nm_kring *kr)
{
	struct xdp_queue *q = xdp_queue_of(kr);
	struct xdp_device *device = q->device;
	int error = 0, sent;

	if (nm_unlikely(q->broken))
		return -EIO;
	reclaim(q);
	if (kr->hwcur != kr->rhead) {
		error = xdp_check_interface(device);
		if (error)
			return error;
		error = produce(q, nm_read_once(device->mtu) + XDP_MTU_EXTRA);
	}
	sent = kick(q);
	reclaim(q);
	return error ? error : sent;
}
