/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The VALE switches of an instance, for the rest of the core and for its residence.
 *
 * A switch exists while it has ports. A port is an nm_port with the operations of VALE (ephemeral:
 * made by a REGISTER, gone with its last client; persistent: made by NEWIF), or a network port that
 * is attached, whose rings the switch then keeps for itself.
 */
#ifndef NM_VALE_H
#define NM_VALE_H

#include "nm_core.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NM_VALE_SWITCHES	8	/* a namespace, where nobody says more */
#define NM_VALE_MAX_SWITCHES	32
#define NM_VALE_PORTS		254	/* a switch */
#define NM_VALE_RINGS		16	/* a port that clients open, and direction */
#define NM_VALE_MAX_SLOTS	4096
#define NM_VALE_SLOTS		1024	/* where a request does not say */
#define NM_VALE_BATCH		1024	/* slots that are forwarded at a time, at most */
#define NM_VALE_MIN_BATCH	(NETMAP_MAX_FRAGS + 1)	/* so that a frame's end is in it */

/* What a lookup function may answer besides a port. */
#define NM_VALE_TO_ALL		254
#define NM_VALE_TO_NOBODY	255

/* What a slot's flags may name (NS_PORT_MASK) besides ports from 1 on, and all; 0 names none. */
#define NM_VALE_SLOT_TO_PORT_0	255

enum nm_vale_kind {
	NM_VALE_EPHEMERAL,	/* goes with its last client */
	NM_VALE_PERSISTENT,	/* of NEWIF */
	NM_VALE_NIC,		/* NIC rings of a network port that is attached */
	NM_VALE_HOST,		/* its host rings */
};

/* Frames that a ring brought to the switch. One writer: the thread in the ring's sync. */
struct nm_vale_tx_stats {
	u64 frames;		/* taken over, all of them */
	u64 flooded;		/* of these, to all ports */
	u64 too_short;		/* dropped: no Ethernet header in one piece */
	u64 too_long;		/* dropped: more than NETMAP_MAX_FRAGS slots */
	u64 fault;		/* dropped: NS_INDIRECT, and the address cannot be read */
	u64 nowhere;		/* dropped: to no port, to a missing one, or to where it came from */
};

/* Frames for a ring, each counted once. Written under the queue's lock. */
struct nm_vale_rx_stats {
	u64 frames;		/* delivered */
	u64 full;		/* dropped: no slots left */
	u64 misfit;		/* dropped: not what the port takes, or its vnet header does not fit */
};

/**
 * struct nm_vale_lookup - a program that decides where frames go, instead of the table of stations
 * @find: called for each frame that has no port in its slot's flags.
 *	@frame: from its Ethernet header on, the first piece; the sender may change it at any time
 *	@len: bytes of that piece, 14 or more
 *	@port, @ring: where it came from
 *	@to_ring: in: @port's ring; out: which of the receiver's rings, modulo their number
 *	Return: a port's index, NM_VALE_TO_ALL or NM_VALE_TO_NOBODY
 *	Any thread, many at a time; must not sleep.
 * @arg: for it
 */
struct nm_vale_lookup {
	u32 (*find)(void *arg, const u8 *frame, u32 len, u32 port, u32 ring, u32 *to_ring);
	void *arg;
};

/**
 * nm_vale_set_lookup() - give a switch another mind, or its own back
 * @name: "vale0"; the switch exists, in the caller's namespace
 * @lookup: stays valid until it is replaced; NULL: the table of stations
 *
 * When it returns nobody is in the old one any more. Sleeps.
 * Return: 0; -ENXIO (no such switch), -EBUSY (it has one already; take that back first)
 */
int nm_vale_set_lookup(struct nm_core *core, const char *name, const struct nm_vale_lookup *lookup);

struct nm_vale_port;

/* A port of a switch, for listings; valid during the visit only. */
struct nm_vale_view {
	const char *name;		/* "vale0:a" */
	u32 switch_index, index;
	enum nm_vale_kind kind;
	u32 vnet_len;
	u32 num_tx, num_rx;		/* rings with counters */
	const struct nm_vale_port *port;
};

/* Counters of ring @i of a view; read them with nm_read_once(). */
const struct nm_vale_tx_stats *nm_vale_view_tx(const struct nm_vale_view *view, u32 i);
const struct nm_vale_rx_stats *nm_vale_view_rx(const struct nm_vale_view *view, u32 i);

/* Visits every port of the caller's namespace, with core->lock held. Return: how many there are. */
int nm_vale_ports(struct nm_core *core, void (*visit)(const struct nm_vale_view *view, void *arg),
		  void *arg);

#ifdef __cplusplus
}
#endif

#endif /* NM_VALE_H */
