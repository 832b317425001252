// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Sync of one ring: check what the client wrote, let the driver work, tell the client.
 *
 * The client moves head and cur, we move tail; positions are compared as distances from the first
 * slot that the client may have, so wrap-around needs no case of its own:
 *
 *   TX: the last head <= head <= cur <= the tail that we told
 *   RX: hwcur <= head <= cur <= the tail that we told
 *
 * In both, the first is kr->rhead: after a sync it is where the driver stands. A ring that breaks
 * the rule, or holds a bad slot, is re-initialised: only its own client loses
 * frames.
 */
#include "sync.h"

#include "client.h"
#include "rxqueue.h"

/* Bounded, so that the control path is not held up by a thread that is not running. */
#define NM_SPINS_BEFORE_YIELD	1000

void nm_kring_lock(struct nm_kring *kr)
{
	u32 spins = 0;

	while (nm_xchg_acquire(&kr->busy, 1)) {
		if (++spins < NM_SPINS_BEFORE_YIELD)
			nm_cpu_relax();
		else
			nm_os_yield();
	}
}

bool nm_kring_trylock(struct nm_kring *kr)
{
	return nm_xchg_acquire(&kr->busy, 1) == 0;
}

void nm_kring_unlock_quiet(struct nm_kring *kr)
{
	nm_store_release(&kr->busy, 0);
}

/*
 * Pairs with nm_kring_when_free(): either we see the mark of who came while we had the ring, or
 * that one comes so late that he gets the ring.
 */
void nm_kring_unlock(struct nm_kring *kr)
{
	nm_kring_unlock_quiet(kr);
	if (nm_likely(!nm_read_once(kr->notify)))
		return;
	nm_mb();
	if (nm_read_once(kr->notify_again))
		nm_kring_notify(kr);
}

/*
 * The mark is set before we test whether the ring is free, and the holder of the ring tests the mark
 * after it has released the ring: one of the two does the work. The ring's data is read only with
 * the ring held, so a thread that removes it, with the ring held, knows that it is not in use.
 */
void nm_kring_when_free(struct nm_kring *kr, void (*work)(void *data))
{
	nm_write_once(kr->notify_again, 1);
	nm_mb();
	while (nm_read_once(kr->notify_again) && nm_kring_trylock(kr)) {
		nm_write_once(kr->notify_again, 0);
		nm_mb();
		if (kr->notify_data && !nm_read_once(kr->stopped))
			work(kr->notify_data);
		nm_kring_unlock_quiet(kr);
		nm_mb();
	}
}

/* After this no thread is in the ring's sync, and later ones get EIO. Sleeps. */
void nm_kring_stop(struct nm_kring *kr)
{
	nm_kring_lock(kr);
	nm_write_once(kr->stopped, kr->stopped | NM_STOPPED);
	if (kr->queue)
		nm_rx_queue_close(kr);
	nm_kring_unlock(kr);
}

void nm_kring_start(struct nm_kring *kr)
{
	nm_kring_lock(kr);
	if (kr->queue)
		nm_rx_queue_open(kr);
	nm_write_once(kr->stopped, kr->stopped & ~NM_STOPPED);
	nm_kring_unlock(kr);
}

void nm_kring_pause(struct nm_kring *kr, u32 why)
{
	nm_kring_lock(kr);
	nm_write_once(kr->stopped, kr->stopped | why);
	nm_kring_unlock(kr);
	/* Those that wait for frames have to see POLLERR. */
	if (why & NM_DOWN)
		nm_os_wake_all(&kr->waitq);
}
NM_EXPORT(nm_kring_pause);

/* A switch that was told of the ring meanwhile has found it stopped, and forgotten it. */
void nm_kring_resume(struct nm_kring *kr, u32 why)
{
	nm_kring_lock(kr);
	nm_write_once(kr->stopped, kr->stopped & ~why);
	nm_kring_unlock(kr);
	nm_kring_notify(kr);
}
NM_EXPORT(nm_kring_resume);

void nm_slot_refuse(struct nm_kring *kr, u32 i)
{
	(void)i;
	kr->bad_slot = true;
}
NM_EXPORT(nm_slot_refuse);

/* Frames between the slot after hwtail and hwcur; what a client wrote there may be any number. */
static u32 frames_under_way(const struct nm_kring *kr)
{
	const u32 lim = kr->num_slots - 1;
	u32 frames = 0, i;

	for (i = nm_next(kr->hwtail, lim); i != kr->hwcur; i = nm_next(i, lim))
		frames += !(nm_read_once(kr->ring->slot[i].flags) & NS_MOREFRAG);
	return frames;
}

u32 nm_kring_restart(struct nm_kring *kr)
{
	const u32 before_hwcur = nm_prev(kr->hwcur, kr->num_slots - 1);

	if (kr->dir == NM_TX) {
		kr->stats.drops += frames_under_way(kr);
		kr->hwtail = before_hwcur;
		kr->desc_zero = kr->hwcur;
		return 0;
	}
	kr->desc_zero = kr->hwtail;
	return nm_dist(kr->hwtail, before_hwcur, kr->num_slots);
}
NM_EXPORT(nm_kring_restart);

u32 nm_tx_frame_gather(struct nm_kring *kr, u32 first, struct nm_tx_frame *frame)
{
	const u32 lim = kr->num_slots - 1;
	u32 i = first, slots = 0, len = 0;
	struct nm_slot_view view;

	frame->flags = 0;
	do {
		struct netmap_slot *slot = &kr->ring->slot[i];

		if (i == kr->rhead)
			return 0;
		if (slots == kr->max_frags || !nm_slot_get(slot, &kr->bufs, &view))
			goto refuse;
		len += view.len;
		if (len > kr->max_frame)
			goto refuse;
		frame->view[slots++] = view;
		frame->flags |= view.flags & NS_REPORT;
		i = nm_next(i, lim);
	} while (view.flags & NS_MOREFRAG);
	if (len < kr->min_frame)
		goto refuse;
	frame->slots = slots;
	frame->len = len;
	/* Of whole frames only: what waits for its end comes again. */
	for (i = first, slots = 0; slots < frame->slots; slots++, i = nm_next(i, lim)) {
		if (frame->view[slots].flags & (NS_BUF_CHANGED | NS_REPORT))
			nm_slot_clear_flags(&kr->ring->slot[i], &frame->view[slots],
					    NS_BUF_CHANGED | NS_REPORT);
	}
	return frame->slots;

refuse:
	nm_slot_refuse(kr, i);
	return 0;
}
NM_EXPORT(nm_tx_frame_gather);

/* Put everything that the client can have spoilt back into range. */
static void ring_reinit(struct nm_kring *kr)
{
	struct netmap_ring *ring = kr->ring;
	u32 i;

	for (i = 0; i < kr->num_slots; i++) {
		struct netmap_slot *slot = &ring->slot[i];

		if (nm_read_once(slot->buf_idx) >= kr->bufs.num) {
			nm_write_once(slot->buf_idx, 0);
			nm_write_once(slot->len, 0);
		} else if (nm_read_once(slot->len) > kr->bufs.size) {
			nm_write_once(slot->len, 0);
		}
	}
	kr->rhead = kr->hwcur;
	kr->rcur = kr->hwcur;
	kr->rtail = kr->hwtail;
	if (kr->watch)
		kr->watch->rewound(kr);
	nm_write_once(ring->head, kr->rhead);
	nm_write_once(ring->cur, kr->rcur);
	nm_store_release(&ring->tail, kr->rtail);
	kr->bad_slot = false;
	kr->stats.reinits++;
	nm_os_log(nm_core_os(kr->port->core), "%s: %s ring %u violated the rules: re-initialised",
		  nm_port_name(kr->port), kr->dir == NM_TX ? "transmit" : "receive", kr->ring_id);
}

/* Read the client's head and cur once. Return: whether they are in order. */
static bool ring_check(struct nm_kring *kr)
{
	const u32 n = kr->num_slots;
	/* Pairs with the client's stores to slots before it moved head. */
	const u32 head = nm_load_acquire(&kr->ring->head);
	const u32 cur = nm_read_once(kr->ring->cur);
	const u32 first = kr->rhead;

	if (head >= n || cur >= n)
		return false;
	if (nm_dist(first, head, n) > nm_dist(first, cur, n) ||
	    nm_dist(first, cur, n) > nm_dist(first, kr->rtail, n))
		return false;
	kr->rhead = head;
	kr->rcur = cur;
	return true;
}

/*
 * One sync, with kr->busy held. Return: 0, NM_SYNC_REINIT, or a negative errno of the driver.
 */
int nm_kring_sync_held(struct nm_kring *kr, int flags)
{
	u32 before = kr->dir == NM_TX ? kr->hwcur : kr->hwtail;
	int error;

	kr->stats.syncs++;
	if (nm_unlikely(!ring_check(kr))) {
		ring_reinit(kr);
		return NM_SYNC_REINIT;
	}
	if (nm_unlikely(kr->forward))
		kr->forward(kr);
	error = kr->sync(kr, flags);
	kr->stats.frames += nm_dist(before, kr->dir == NM_TX ? kr->hwcur : kr->hwtail,
				    kr->num_slots);
	if (nm_unlikely(kr->bad_slot)) {
		ring_reinit(kr);
		return error ? error : NM_SYNC_REINIT;
	}
	kr->rtail = kr->hwtail;
	/* The slots up to tail are written before the client may see it. */
	nm_store_release(&kr->ring->tail, kr->rtail);
	if (kr->dir == NM_RX && !kr->port->core->config.no_timestamp) {
		struct NETMAP_TIMEVAL now;

		nm_os_timeval(&now);
		kr->ring->ts = now;
	}
	return error;
}

/* What the client wrote does not matter: there is none. */
bool nm_kring_drive(struct nm_kring *kr, u32 head, int flags)
{
	const u32 before = kr->dir == NM_TX ? kr->hwcur : kr->hwtail;

	kr->stats.syncs++;
	kr->rhead = head;
	kr->rcur = head;
	if (kr->sync(kr, flags))
		return true;
	kr->stats.frames += nm_dist(before, kr->dir == NM_TX ? kr->hwcur : kr->hwtail,
				    kr->num_slots);
	kr->rtail = kr->hwtail;
	if (nm_likely(!kr->bad_slot))
		return true;
	ring_reinit(kr);
	return false;
}

/* How often the same frame is asked for again, where its memory goes as fast as it comes. */
#define NM_FAULT_TRIES	8

int nm_kring_sync(struct nm_kring *kr, int flags)
{
	u32 tries = 0, before = kr->num_slots, rounds = 0, at, len;
	u64 fault_at;
	int result;

	for (;;) {
		nm_kring_lock(kr);
		if (nm_likely(!nm_read_once(kr->stopped)))
			result = nm_kring_sync_held(kr, flags);
		else
			result = nm_kring_is_dead(kr) ? -EIO : 0;
		len = kr->fault_len;
		fault_at = kr->fault_at;
		kr->fault_len = 0;
		at = kr->hwcur;
		nm_kring_unlock(kr);
		/* A client may feed the ring for ever; twice all its slots is enough for a call. */
		if (nm_likely(!len) || result || ++rounds > 2 * kr->num_slots)
			return result;
		tries = at == before ? tries + 1 : 0;
		before = at;
		flags &= ~NM_SYNC_GIVE_UP;
		if (nm_os_fault_in(fault_at, len) || tries == NM_FAULT_TRIES)
			flags |= NM_SYNC_GIVE_UP;
	}
}

u64 nm_kring_deadline(struct nm_kring *kr)
{
	u64 at = 0;

	nm_kring_lock(kr);
	/* The ops of a stopped ring may be gone with their driver. */
	if (!nm_read_once(kr->stopped) && kr->port->ops->deadline)
		at = kr->port->ops->deadline(kr);
	nm_kring_unlock(kr);
	return at;
}

int nm_client_sync(struct nm_client *client, enum nm_dir dir)
{
	struct nm_port *port = nm_load_acquire(&client->port);
	int result = 0;
	u32 i;

	if (nm_unlikely(!port)) {
		/* A null port has no ring to sync. */
		if (nm_load_acquire(&client->bound))
			return 0;
		return nm_refuse(client, -ENXIO,
				 "this descriptor is not bound to a port; REGISTER it first");
	}
	for (i = client->rings[dir].first; i < client->rings[dir].last; i++) {
		int error = nm_kring_sync(&port->krings[dir][i],
					  NM_SYNC_RECLAIM | client->sync_flags);

		if (nm_unlikely(error < 0) && !result)
			result = nm_refuse(client, error,
					   "%s: ring %u is stopped (the device was removed, or is being changed); close and open the port again",
					   port->name, i);
	}
	return result;
}

void nm_kring_notify_work(struct nm_work *work)
{
	struct nm_kring *kr = nm_entry(work, struct nm_kring, notify_work);
	void (*notify)(struct nm_kring *kr) = nm_read_once(kr->notify);

	if (notify)
		notify(kr);
	else
		nm_os_wake(&kr->waitq);
}

/* To forward what came in is no work for an interrupt, nor for a driver that holds its locks. */
void nm_kring_notify(struct nm_kring *kr)
{
	if (nm_unlikely(nm_read_once(kr->notify)))
		nm_os_work_queue(&kr->notify_work);
	else
		nm_os_wake(&kr->waitq);
}
NM_EXPORT(nm_kring_notify);
