/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A port: its data. ports.c makes, finds and ends them. */
#ifndef NM_PORT_H
#define NM_PORT_H

#include "instance.h"

#define NM_NAME_SIZE	NETMAP_REQ_IFNAMSIZ
#define NM_MAX_NIC_RINGS 1024	/* a direction */
#define NM_MAX_RINGS	64	/* host rings a direction, and rings of ports without a device */
#define NM_MIN_SLOTS	2	/* one always stays empty */
#define NM_MAX_SLOTS	65536

struct nm_client;
struct nm_region;

/*
 * Rings first .. last - 1 of a direction. @whole: they stand for the interface, with all its queues,
 * and not for themselves only.
 */
struct nm_range {
	u32 first, last;
	bool whole;
};

/**
 * struct nm_ring_watch - who watches a ring; under its busy
 * @gone: the ring leaves netmap mode and is stopped. Under core->lock, without busy
 * @rewound: the ring was re-initialised: what its client had put behind hwcur will come again
 */
struct nm_ring_watch {
	void (*gone)(struct nm_kring *kr);
	void (*rewound)(struct nm_kring *kr);
};

/**
 * struct nm_port_kind - what ports of one kind do where the core treats all ports alike
 * @client_flags: nr_flags that each client of such a port gets
 * @stands_in: for a port of its name that is not there: one that comes is found in its place
 * @host_rings_carry: its host rings have buffers and are switched by reg, though no host stack is
 *	behind them
 * @no_host_rings: those that its clients see in their netmap_if, where old programs count on one
 *	pair, are in no reply: who adds them to the others would use rings that lead nowhere
 * @may_bind: whether a client with these nr_flags may open the port. Return: 0 or a negative errno
 *	with its sentence. NULL: every client may. Under core->lock
 * @may_have: the same, of the rings that the client asks for
 * @idle: only one reference is left, its maker's. NULL: nothing to do. Under core->lock
 * @release: the last reference has gone: undo what the maker did; the port is freed after. NULL:
 *	nothing to undo. Under core->lock
 * @fetch: have the data of slot @i of TX ring @kr in the slot's buffer. In the ring's sync.
 *	Return: 0; -EAGAIN: it is not in memory now, and kr->fault_len is set; -EFAULT: it is not,
 *	and *@give_up was set, which this clears; or the slot is bad. NULL: it always is
 * @other_ring: the ring in which frames that TX ring @kr has sent are released. NULL: @kr itself
 */
struct nm_port_kind {
	u64 client_flags;
	bool stands_in;
	bool host_rings_carry;
	bool no_host_rings;
	int (*may_bind)(struct nm_client *client, struct nm_port *port, u64 flags);
	int (*may_have)(struct nm_client *client, struct nm_port *port,
			const struct nm_range rings[NM_DIRS]);
	void (*idle)(struct nm_port *port);
	void (*release)(struct nm_port *port);
	int (*fetch)(struct nm_kring *kr, u32 i, bool *give_up);
	struct nm_kring *(*other_ring)(struct nm_kring *kr);
};

/**
 * struct nm_port_owner - what has a port for itself, so that no client may bind it
 * @name: for messages
 * @port_gone: the port's device has gone: let go of the port. Under core->lock
 */
struct nm_port_owner {
	const char *name;
	void (*port_gone)(struct nm_port_owner *owner);
};

/**
 * struct nm_port - a port: NIC rings first, then host rings
 * @link: in core->ports, while clients find it there by its name; else a list of its maker
 * @in_region: in region->ports, from its making to its last reference
 * @ops: the driver's; not looked at once @gone
 * @has_stack: there is a host stack behind its host rings (nm_driver_ops.host_up)
 * @refs: 1 while attached, and 1 for each client bound and each other user. Under core->lock
 * @kind: set by its maker when the port is whole; until then it is of no kind
 * @map: the region's memory for the port's device, while @map_users is not 0
 * @map_users: NIC rings that are there, of a port with a device. Under core->lock
 * @queues: of RX rings that the core fills; nm_rx_queues_make()
 * @max_rings: krings there are in each direction; host rings may be made more
 * @wholes: how many have all NIC rings of a direction for the whole interface. Written under
 *	core->lock, read anywhere
 * @pipes: pipes at this port. Under core->lock
 * @twin: the two have one release() and are freed together, when neither has a reference
 * @owner: a switch; NULL: nobody. Under core->lock
 * @gone: the device went away; no op of the driver is called any more. Under core->lock
 */
struct nm_port {
	struct nm_list link;
	struct nm_list in_region;
	struct nm_core *core;
	char name[NM_NAME_SIZE];
	const struct nm_driver_ops *ops;
	bool has_stack;
	struct nm_port_config config;
	void *driver_data;
	struct nm_region *region;
	struct nm_kring *krings[NM_DIRS];
	struct nm_os_map map;
	u32 map_users;
	struct nm_rx_queue *queues;
	u32 max_rings[NM_DIRS];
	u32 wholes[NM_DIRS];
	u32 refs;
	const struct nm_port_kind *kind;
	struct nm_list pipes;
	struct nm_port *twin;
	struct nm_port_owner *owner;
	bool gone;
};

static inline u32 nm_port_total_rings(const struct nm_port *port, enum nm_dir dir)
{
	return port->config.num_rings[dir] + port->config.num_host_rings[dir];
}

/* What replies say of host rings. */
static inline u16 nm_port_host_rings(const struct nm_port *port, enum nm_dir dir)
{
	return port->kind->no_host_rings ? 0 : (u16)port->config.num_host_rings[dir];
}

/* Whether the ring's slots have buffers: all but those of host rings that lead nowhere. */
static inline bool nm_kring_has_bufs(const struct nm_kring *kr)
{
	return !kr->is_host || kr->port->has_stack || kr->port->kind->host_rings_carry;
}

/* One reference more; under core->lock. */
static inline void nm_port_ref(struct nm_port *port)
{
	port->refs++;
}

#endif /* NM_PORT_H */
