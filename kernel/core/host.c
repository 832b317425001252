// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Host rings. What a client sends on a host TX ring goes up to the host stack as if it had come in;
 * what the stack sends while the NIC is in netmap mode comes in on a host RX ring.
 *
 * The free slots of a host RX ring are the queue of frames from the stack, rxqueue.c: it sends from
 * contexts that must not wait for a sync.
 *
 * Ports with no host stack have host rings too, for clients count on them: what is sent there is
 * taken and forgotten, and nothing ever comes in.
 */
#include "host.h"

#include "instance.h"
#include "rxqueue.h"
#include "sync.h"

int nm_host_sync_none(struct nm_kring *kr, int flags)
{
	(void)flags;
	if (kr->dir == NM_TX)
		kr->hwtail = nm_prev(kr->rhead, kr->num_slots - 1);
	kr->hwcur = kr->rhead;
	return 0;
}

int nm_host_queue(struct nm_port *port, u32 queue, u32 len,
		  void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg)
{
	const u32 ring = queue % nm_read_once(port->config.num_host_rings[NM_RX]);
	struct nm_kring *kr = &port->krings[NM_RX][port->config.num_rings[NM_RX] + ring];
	int error;

	if (!kr->queue)
		return -ENXIO;
	nm_rx_lock(kr);
	error = nm_rx_put(kr, len, copy, arg);
	nm_rx_unlock(kr);
	if (!error)
		nm_kring_notify(kr);
	return error;
}
NM_EXPORT(nm_host_queue);

/*
 * The frame that begins at slot @i and may go on up to @end: its slots are checked and gathered.
 * Return: how many slots it takes; 0 where it is not complete; -1 after nm_slot_refuse(). A frame
 * of more than NETMAP_MAX_FRAGS slots counts as complete with what it has, and @num is 0.
 */
static int gather(struct nm_kring *kr, u32 i, u32 end, struct nm_frag *frags, u32 *num)
{
	const u32 lim = kr->num_slots - 1;
	int taken = 0;

	*num = 0;
	while (i != end) {
		struct nm_slot_view view;

		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view)) {
			nm_slot_refuse(kr, i);
			return -1;
		}
		taken++;
		if (*num < NETMAP_MAX_FRAGS) {
			frags[*num].data = nm_buf_at(&kr->bufs, view.buf_idx);
			frags[*num].len = view.len;
			(*num)++;
		}
		if (!(view.flags & NS_MOREFRAG)) {
			if (taken > NETMAP_MAX_FRAGS)
				*num = 0;
			return taken;
		}
		i = nm_next(i, lim);
	}
	if (taken <= NETMAP_MAX_FRAGS)
		return 0;
	*num = 0;
	return taken;
}

/*
 * Up to the host stack. A frame whose end is not there yet waits for it; one that is too long is
 * lost.
 */
int nm_host_txsync(struct nm_kring *kr, int flags)
{
	const u32 lim = kr->num_slots - 1;
	const u32 queue = kr->ring_id - kr->port->config.num_rings[NM_TX];
	struct nm_frag frags[NETMAP_MAX_FRAGS];
	u32 num;

	(void)flags;
	while (kr->hwcur != kr->rhead) {
		int slots = gather(kr, kr->hwcur, kr->rhead, frags, &num);

		if (slots <= 0)
			break;
		if (!num || !kr->port->ops->host_up(kr->port, queue, frags, num))
			kr->stats.drops++;
		kr->hwcur = nm_add(kr->hwcur, (u32)slots, kr->num_slots);
	}
	kr->hwtail = nm_prev(kr->hwcur, lim);
	return 0;
}

/* Whether slots of the ring that have NS_FORWARD go to the other side. */
static bool forwards(const struct nm_kring *kr)
{
	return (nm_read_once(kr->ring->flags) & NR_FORWARD) ||
	       nm_read_once(kr->port->core->config.fwd);
}

/* Slots of the frame that begins at @i, as far as @end. */
static u32 frame_slots(const struct nm_kring *kr, u32 i, u32 end)
{
	u32 slots = 1;

	while (nm_read_once(kr->ring->slot[i].flags) & NS_MOREFRAG) {
		i = nm_next(i, kr->num_slots - 1);
		if (i == end)
			break;
		slots++;
	}
	return slots;
}

/* Exchange the buffers of two slots; what a client has spoilt stays where it is. */
static bool swap_slots(struct nm_kring *tx, u32 to_index, struct nm_kring *rx, u32 from_index)
{
	struct netmap_slot *to = &tx->ring->slot[to_index];
	struct netmap_slot *from = &rx->ring->slot[from_index];
	struct nm_slot_view full, empty;

	if (!nm_slot_get(from, &rx->bufs, &full) || !nm_slot_get(to, &tx->bufs, &empty))
		return false;
	nm_write_once(to->buf_idx, full.buf_idx);
	nm_slot_put(to, full.len, (full.flags & NS_MOREFRAG) | NS_BUF_CHANGED);
	nm_write_once(from->buf_idx, empty.buf_idx);
	nm_slot_put(from, 0, NS_BUF_CHANGED);
	return true;
}

/*
 * A frame of the host stack goes to a NIC TX ring, at the client's head, which moves on: the client
 * is in this very call. Return: false where the ring has no room, or its client broke the rules.
 */
static bool swap_to_nic(struct nm_kring *tx, struct nm_kring *rx, u32 from, u32 slots)
{
	const u32 n = tx->num_slots, head = nm_read_once(tx->ring->head);
	u32 used, room, to = head;

	if (head >= n)
		return false;
	used = nm_dist(tx->rhead, head, n);
	room = nm_dist(tx->rhead, tx->rtail, n);
	if (used > room || slots > room - used)
		return false;
	while (slots--) {
		if (!swap_slots(tx, to, rx, from))
			return false;
		to = nm_next(to, n - 1);
		from = nm_next(from, rx->num_slots - 1);
	}
	nm_write_once(tx->ring->cur, to);
	nm_store_release(&tx->ring->head, to);
	return true;
}

/*
 * Released frames with NS_FORWARD go to the NIC by a swap of buffers, to the first TX ring that has
 * room. A ring that another thread is in is passed over, never waited for: this one holds a ring
 * already. What finds no room is lost.
 */
static void forward_down(struct nm_kring *kr)
{
	struct nm_port *port = kr->port;
	const u32 n = kr->num_slots;
	u32 i = kr->hwcur, ring, slots;

	for (ring = 0; ring < port->config.num_rings[NM_TX] && i != kr->rhead; ring++) {
		struct nm_kring *tx = &port->krings[NM_TX][ring];

		if (!nm_kring_trylock(tx))
			continue;
		for (; i != kr->rhead && !nm_read_once(tx->stopped); i = nm_add(i, slots, n)) {
			slots = frame_slots(kr, i, kr->rhead);
			if (!(nm_read_once(kr->ring->slot[i].flags) & NS_FORWARD))
				continue;
			if (!swap_to_nic(tx, kr, i, slots))
				break;
		}
		if (!nm_read_once(tx->stopped))
			nm_kring_sync_held(tx, 0);
		nm_kring_unlock(tx);
	}
	for (; i != kr->rhead; i = nm_add(i, slots, n)) {
		slots = frame_slots(kr, i, kr->rhead);
		if (nm_read_once(kr->ring->slot[i].flags) & NS_FORWARD)
			kr->stats.drops++;
	}
}

/* From the host stack. */
int nm_host_rxsync(struct nm_kring *kr, int flags)
{
	if ((flags & NM_SYNC_ALL_TX) && kr->hwcur != kr->rhead && forwards(kr))
		forward_down(kr);
	nm_rx_queue_sync(kr);
	return 0;
}

/* The flag on a frame's first slot counts. A frame that is not released whole is lost. */
void nm_host_forward_up(struct nm_kring *kr)
{
	struct nm_frag frags[NETMAP_MAX_FRAGS];
	u32 i = kr->hwcur, num;

	if (!forwards(kr))
		return;
	while (i != kr->rhead) {
		const u32 slots = frame_slots(kr, i, kr->rhead);
		struct netmap_slot *slot = &kr->ring->slot[i];
		const u16 flags = nm_read_once(slot->flags);

		if (flags & NS_FORWARD) {
			nm_write_once(slot->flags, (u16)(flags & ~NS_FORWARD));
			const int got = gather(kr, i, kr->rhead, frags, &num);

			if (got < 0)
				break;
			if (!got || !num ||
			    !kr->port->ops->host_up(kr->port, kr->ring_id, frags, num))
				kr->stats.drops++;
		}
		i = nm_add(i, slots, kr->num_slots);
	}
}
