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
	queue->spoilt = false;
	queue->published = queue->lease;
	queue->limit = to_device ? kr->hwtail : nm_prev(kr->hwcur, kr->num_slots - 1);
}

u32 nm_vale_lease(struct nm_vale_queue *queue, u32 want, u32 *at)
{
	u32 room;

	nm_spin_lock(&queue->lock);
	/* Pairs with the receiver's release: what it read of the slots before it gave them back. */
	room = nm_dist(queue->lease, nm_load_acquire(&queue->limit), queue->num_slots);
	if (nm_unlikely(queue->spoilt)) {
		room = 0;
	} else if (want <= room) {
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

/*
 * What was published and the interface has not taken is lost: it has refused a frame that was right
 * when it was written, so another client of the memory has written to the slots. With the ring
 * held. Leases that are not finished lie behind those slots, and have to be waited for: who
 * publishes the last of them lets the interface send, and comes here again.
 */
static void take_back(struct nm_vale_queue *queue)
{
	struct nm_kring *kr = queue->kr;
	const u32 lim = kr->num_slots - 1;
	u32 lost = 1, i;

	nm_spin_lock(&queue->lock);
	queue->spoilt = queue->lease != queue->next_publish;
	if (!queue->spoilt) {
		/* One at least; how many there were is spoilt with them. */
		for (i = kr->hwcur; nm_next(i, lim) != queue->lease; i = nm_next(i, lim))
			lost += !(nm_read_once(kr->ring->slot[i].flags) & NS_MOREFRAG);
		queue->lease = kr->hwcur;
		queue->next_publish = kr->hwcur;
		nm_store_release(&queue->published, kr->hwcur);
		queue->stats.misfit += lost;
		queue->stats.frames -= lost < queue->stats.frames ? lost : queue->stats.frames;
	}
	nm_spin_unlock(&queue->lock);
}

/* The slots have been put right before the leases were finished: the interface has taken them. */
static void forgive(struct nm_vale_queue *queue)
{
	nm_spin_lock(&queue->lock);
	queue->spoilt = false;
	nm_spin_unlock(&queue->lock);
}

/*
 * An interface's TX ring, held. Only whole frames are published: a flag that says otherwise of the
 * last slot is not ours, and the interface would wait for the rest.
 */
void nm_vale_send(void *data)
{
	struct nm_vale_queue *queue = data;
	struct nm_kring *kr = queue->kr;
	const u32 published = nm_load_acquire(&queue->published);
	struct netmap_slot *last = &queue->ring->slot[nm_prev(published, queue->num_slots - 1)];
	const u16 flags = nm_read_once(last->flags);

	if (nm_unlikely((flags & NS_MOREFRAG) && published != kr->hwcur))
		nm_write_once(last->flags, (u16)(flags & ~NS_MOREFRAG));
	if (nm_unlikely(!nm_kring_drive(kr, published, NM_SYNC_RECLAIM) &&
			published != kr->hwcur))
		take_back(queue);
	else if (nm_unlikely(queue->spoilt))
		forgive(queue);
	/* A zero-copy monitor may have put buffers in that the region has grown by. */
	if (nm_unlikely(queue->bufs.num != kr->bufs.num))
		nm_write_once(queue->bufs.num, kr->bufs.num);
	nm_store_release(&queue->limit, kr->hwtail);
}

void nm_vale_kick(struct nm_vale_queue *queue)
{
	if (queue->to_device)
		nm_kring_when_free(queue->kr, nm_vale_send);
	else
		nm_kring_notify(queue->kr);
}
