/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The rings of a port, as their users come and go. */
#ifndef NM_RINGS_H
#define NM_RINGS_H

#include "client.h"

/*
 * A ring without users that its driver could not take out of netmap mode (reg failed): the device
 * may still write to its buffers. It keeps them, and its region, until nm_rings_free_stuck().
 */
static inline bool nm_kring_is_stuck(const struct nm_kring *kr)
{
	return kr->ring && !kr->users && !kr->pins;
}

/* Free all stuck rings of a port whose device has gone; under core->lock. */
void nm_rings_free_stuck(struct nm_port *port);

/* The port's device goes: it reaches the region no longer. Its rings are out of netmap mode. */
void nm_rings_unmap(struct nm_port *port);

/* The kinds of users of a ring. */
enum nm_ring_use {
	NM_USE_SHARED,		/* a client */
	NM_USE_EXCLUSIVE,	/* a client that asked for EXCLUSIVE */
	NM_USE_PIN,		/* the core itself: a pipe, a switch */
};

/**
 * nm_rings_use() - add a user to each of @rings
 * @rings: by direction, host rings after NIC rings
 *
 * Rings without a user are created, and NIC rings among them switched to netmap mode. The caller
 * is a user of the port's region, nm_region_use(). Under core->lock. Return: 0, or a negative
 * errno, and then nothing has changed.
 */
int nm_rings_use(struct nm_port *port, const struct nm_range rings[NM_DIRS],
		 enum nm_ring_use use);

/* One user less; rings that have none left are switched back and freed. Under core->lock. */
void nm_rings_unuse(struct nm_port *port, const struct nm_range rings[NM_DIRS],
		    enum nm_ring_use use);

/* Say why nm_rings_use() has failed with @error. Return: @error. */
int nm_rings_refuse(struct nm_client *client, const char *name, int error);

/* The region got more buffers: slots of its rings may name them. Under core->lock. */
void nm_rings_update_bufs(struct nm_region *region);

/*
 * Whether the buffers of the port's region, which is in use, can be received into. Return: 0 or
 * -EINVAL with its sentence.
 */
int nm_rings_check_bufs(struct nm_client *client, const struct nm_port *port,
			const struct nm_range rings[NM_DIRS]);

/* Which rings of a port a REGISTER means. Return: 0 or a negative errno with its sentence. */
int nm_rings_choose(struct nm_client *client, const struct nm_port *port,
		    const struct nmreq_register *reg, struct nm_range rings[NM_DIRS]);

#endif /* NM_RINGS_H */
