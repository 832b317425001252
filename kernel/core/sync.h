/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sync of one ring. */
#ifndef NM_SYNC_H
#define NM_SYNC_H

#include "nm_core.h"

/* What a sync did, besides errnos. */
#define NM_SYNC_REINIT	1	/* the client broke the rules: the ring was re-initialised */

/*
 * A sync by the core itself, of a ring that a switch has, up to @head (of the transmitter, or of
 * who gives slots back). With the ring's busy held, and not stopped. Return: false where a slot was
 * bad, and the ring is re-initialised.
 */
bool nm_kring_drive(struct nm_kring *kr, u32 head, int flags);

/* Whether its client has to be told, by -EIO and POLLERR, that the ring is not synced. */
static inline bool nm_kring_is_dead(const struct nm_kring *kr)
{
	return nm_read_once(kr->stopped) & (NM_STOPPED | NM_DOWN);
}

int nm_kring_sync(struct nm_kring *kr, int flags);
u64 nm_kring_deadline(struct nm_kring *kr);

/*
 * Keep the ring's sync away for a moment, from a thread that may sleep. What a ring with a notify
 * was told meanwhile it is told again when it is let go.
 */
void nm_kring_lock(struct nm_kring *kr);
void nm_kring_notify_work(struct nm_work *work);
void nm_kring_unlock(struct nm_kring *kr);
void nm_kring_stop(struct nm_kring *kr);
void nm_kring_start(struct nm_kring *kr);

/* With kr->busy held by the caller, for cores of syncs that work on a second ring. */
int nm_kring_sync_held(struct nm_kring *kr, int flags);

/* Take the ring's kr->busy if it is free; release it without the work that came meanwhile. */
bool nm_kring_trylock(struct nm_kring *kr);
void nm_kring_unlock_quiet(struct nm_kring *kr);

/*
 * Work on a ring that has a notify, with its busy held and its notify_data as @data: now, or, if
 * another thread holds the ring, as soon as that thread releases it.
 */
void nm_kring_when_free(struct nm_kring *kr, void (*work)(void *data));

#endif /* NM_SYNC_H */
