// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * How many senders fill one ring without waiting for each other's copies. A sender leases slots,
 * fills them with no lock held, and publishes them. Leases finish in any order; the receiver sees
 * slots in the order of the leases, so the first unfinished one holds back those after it; the
 * sender that finishes it publishes them.
 */
#include "sync.h"
#include "vale.h"

static u32 advance(u32 at, u32 by, u32 n)
{
	at += by;
	return at >= n ? at - n : at;
}

/* No sender finds the queue yet. */
void nm_vale_queue_open(struct nm_vale_queue *queue, struct nm_kring *kr, bool to_device)
{
	u32 i;

	queue->kr = kr;
	queue->ring = kr->ring;
	queue->bufs = kr->bufs;
	queue->num_slots = kr->num_slots;
	queue->to_device = to_device;
	for (i = 0; i < kr->num_slots; i++)
		queue->lease_end[i] = NM_VALE_NONE;
	queue->lease = to_device ? kr->hwcur : kr->hwtail;
	queue->next_publish = queue->lease;
	queue->published = queue->lease;
	queue->limit = to_device ? kr->hwtail : nm_prev(kr->hwcur, kr->num_slots - 1);
}

u32 nm_vale_lease(struct nm_vale_queue *queue, u32 want, u32 *at)
{
	u32 room;

	nm_spin_lock(&queue->lock);
	/* Pairs with the receiver's release: what it read of the slots before it gave them back. */
	room = nm_dist(queue->lease, nm_load_acquire(&queue->limit), queue->num_slots);
	if (want <= room) {
		*at = queue->lease;
		queue->lease = advance(queue->lease, want, queue->num_slots);
		room = want;
	}
	nm_spin_unlock(&queue->lock);
	return room;
}

void nm_vale_publish(struct nm_vale_queue *queue, u32 at, u32 count, u32 frames)
{
	u32 end = advance(at, count, queue->num_slots);

	nm_spin_lock(&queue->lock);
	queue->stats.frames += frames;
	if (at != queue->next_publish) {
		queue->lease_end[at] = (u16)end;
	} else {
		while (queue->lease_end[end] != NM_VALE_NONE) {
			const u32 next = queue->lease_end[end];

			queue->lease_end[end] = NM_VALE_NONE;
			end = next;
		}
		queue->next_publish = end;
		/*
		 * After all that was written to the slots, by us, and by others who gave the lock
		 * to us.
		 */
		nm_store_release(&queue->published, end);
	}
	nm_spin_unlock(&queue->lock);
}

/* An interface's TX ring, held. */
void nm_vale_send(void *data)
{
	struct nm_vale_queue *queue = data;

	nm_kring_drive(queue->kr, nm_load_acquire(&queue->published), NM_SYNC_RECLAIM);
	/* A zero-copy monitor may have put buffers in that the region has grown by. */
	if (nm_unlikely(queue->bufs.num != queue->kr->bufs.num))
		nm_write_once(queue->bufs.num, queue->kr->bufs.num);
	nm_store_release(&queue->limit, queue->kr->hwtail);
}

void nm_vale_kick(struct nm_vale_queue *queue)
{
	if (queue->to_device)
		nm_kring_when_free(queue->kr, nm_vale_send);
	else
		nm_kring_notify(queue->kr);
}
