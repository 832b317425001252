/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The core's own structures; nothing outside kernel/core includes this. nm_core.h has the order of
 * the locks.
 */
#ifndef NM_INTERNAL_H
#define NM_INTERNAL_H

#include "nm_core.h"

#define NM_NAME_SIZE	NETMAP_REQ_IFNAMSIZ
#define NM_REASON_SIZE	256
#define NM_MAX_RINGS	64	/* NIC rings, or host rings, a direction */
#define NM_MIN_SLOTS	2	/* one always stays empty */
#define NM_MAX_SLOTS	65536
#define NM_RESERVED_BUFS	2	/* where a bad index is redirected */

/* A doubly linked list; its head is a node of its own. */
struct nm_list {
	struct nm_list *next, *prev;
};

/* What a list's node is a member of. */
#define nm_entry(item, type, member) ((type *)((char *)(item) - offsetof(type, member)))

/* Rings first .. last - 1 of a direction. */
struct nm_range {
	u32 first, last;
};

struct nm_port;

/* region.c: memory in three pools, one piece of offsets: netmap_ifs, rings, buffers. */

struct nm_region_sizes {
	u32 if_size, if_num;
	u32 ring_size, ring_num;
	u32 buf_size, buf_num;
};

/* Objects of one size in a row. @used has a bit an object. */
struct nm_pool {
	u64 offset;
	u32 size;
	u32 num;
	u32 num_free;
	u64 *used;
};

/* How often the pools of netmap_ifs and rings of one region may grow. */
#define NM_MAX_MORE_POOLS	24

/**
 * struct nm_region - memory that the clients of its ports map
 * @link: in core->regions
 * @core: instance
 * @id: as in nr_mem_id; 1 is the global region
 * @refs: one for each port and null client that lives here, and one of the core for region 1. The
 *	structure goes with the last. Under core->lock
 * @ports: all ports that live here, by nm_port.in_region. Under core->lock
 * @wanted: sizes to make when the first client comes
 * @users: clients bound; the memory exists while there is one. Under core->lock
 * @lock: guards the pools
 * @mem: the memory
 * @more: what the pools of netmap_ifs and rings have grown by. They lie between buffers: the
 *	indexes of those places are never given away
 * @bufs: what a ring's slots may name; num grows, nothing else changes while there are users
 * @max_bufs: how many buffers there may be after growth
 * @free_bufs: stack of free buffer indexes, room for all there are
 * @named: a bit a buffer, those that a ring in use names; nm_region_protect(). Under core->lock
 */
struct nm_region {
	struct nm_list link;
	struct nm_core *core;
	u16 id;
	u32 refs;
	struct nm_list ports;
	struct nm_region_sizes wanted;
	u32 users;
	struct nm_lock lock;
	struct nm_os_mem mem;
	struct nm_pool ifs, rings, bufs;
	struct nm_pool more[NM_MAX_MORE_POOLS];
	u32 num_more;
	u32 *free_bufs;
	u32 max_bufs;
	u64 *named;
};

bool nm_region_sizes_fit(const struct nm_region_sizes *sizes);

/*
 * All of these under core->lock. A new region has one reference, the caller's; @id 0 takes a free
 * number.
 */
int nm_region_create(struct nm_core *core, u16 id, const struct nm_region_sizes *sizes,
		     struct nm_region **out);
/* Private memory: the sizes of the priv_* parameters and @extra_bufs buffers more. */
int nm_region_create_private(struct nm_core *core, u32 extra_bufs, struct nm_region **out);
struct nm_region *nm_region_find(struct nm_core *core, u16 id);
void nm_region_hold(struct nm_region *region);
void nm_region_drop(struct nm_region *region);

/* One user of the memory more, which is made for the first, or less. Under core->lock. */
int nm_region_get(struct nm_region *region);
void nm_region_put(struct nm_region *region);
u64 nm_region_memsize(const struct nm_region *region);
void nm_region_pools(const struct nm_region *region, struct nmreq_pools_info *pools);

/* Offsets in the region, 0 where there is no room: offset 0 is never given away. */
u64 nm_region_alloc_if(struct nm_region *region, u32 bytes);
void nm_region_free_if(struct nm_region *region, u64 offset, u32 bytes);
u64 nm_region_alloc_ring(struct nm_region *region, u32 bytes);
void nm_region_free_ring(struct nm_region *region, u64 offset, u32 bytes);

/*
 * Make room for more netmap_ifs or rings, @bytes in a row at least; under core->lock. Return: 0 or
 * -ENOMEM.
 */
int nm_region_grow_ifs(struct nm_region *region, u32 bytes);
int nm_region_grow_rings(struct nm_region *region, u32 bytes);

/* A buffer index; 0 where there is none. Grows the pool if @grow. */
u32 nm_region_alloc_buf(struct nm_region *region, bool grow);

/*
 * A client may have written anything where we find @index: one that is out of range, reserved,
 * free already or protected is left alone. Return: whether it was freed.
 */
bool nm_region_free_buf(struct nm_region *region, u32 index);

/*
 * Protect the buffers that rings in use name, as they are now, from nm_region_free_buf(): who
 * closes must not free what another still has in its slots. Until the next call; under core->lock.
 */
void nm_region_protect(struct nm_region *region);
void *nm_region_buf(struct nm_region *region, u32 index);

/* port.c */

/**
 * struct nm_port - a port: NIC rings first, then host rings
 * @link: in core->ports, while clients find it there by its name; else a list of its maker
 * @in_region: in region->ports, from its making to its last reference
 * @ns: nm_os_namespace() of the thread that made it
 * @refs: 1 while attached, and 1 for each client bound and each other user. Under core->lock
 * @release: the last reference has gone: undo what the maker did; the port is freed after.
 *	NULL: nothing to undo. Under core->lock
 * @idle: only one reference is left, its maker's. NULL: nothing to do. Under core->lock
 * @queues: of RX rings that the core fills; nm_rx_queues_make()
 * @max_rings: krings there are in each direction; host rings may be made more
 * @pipes: pipes at this port. Under core->lock
 * @twin: the two have @release called and are freed together, when neither has a reference
 * @owner: exclusive owner of the port (a switch), no client may bind it; NULL: none.
 *	Under core->lock
 * @gone: the device went away; no op of the driver is called any more. Under core->lock
 */
struct nm_port {
	struct nm_list link;
	struct nm_list in_region;
	struct nm_core *core;
	const void *ns;
	char name[NM_NAME_SIZE];
	const struct nm_driver_ops *ops;
	struct nm_port_config config;
	void *driver_data;
	struct nm_region *region;
	struct nm_kring *krings[NM_DIRS];
	struct nm_rx_queue *queues;
	u32 max_rings[NM_DIRS];
	u32 refs;
	void (*release)(struct nm_port *port);
	void (*idle)(struct nm_port *port);
	struct nm_list pipes;
	struct nm_port *twin;
	const char *owner;
	bool gone;
};

/**
 * nm_port_create() - a port that is made on demand: VALE ports, pipe ends, monitors
 * @name: for messages and ni_name; its maker finds the port by name
 * @ops: as for nm_port_attach(); reg may be NULL, where there is nothing to switch
 * @config: rings and slots; nm_port_choose() makes it from a request
 * @region: where its rings live; the port takes a reference of its own
 *
 * Under core->lock. The port has one reference, the caller's, and is in no list of names.
 * Return: 0, -EINVAL (rings or slots out of range), -ENOMEM
 */
int nm_port_create(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, struct nm_region *region,
		   void *driver_data, struct nm_port **out);

/**
 * nm_port_choose() - rings and slots as a request wants them
 * @reg: the request; 0 stands for the default
 * @max_rings: a direction; more are cut to it without a word, and so are slots
 * @max_slots: of a ring
 * @config: in: the defaults; out: what to make, host rings included
 */
void nm_port_choose(const struct nmreq_register *reg, u32 max_rings, u32 max_slots,
		    struct nm_port_config *config);

/*
 * The port of this name in the caller's namespace, made now where the residence can make it
 * (nm_core_config.demand). Under core->lock.
 */
struct nm_port *nm_port_find(struct nm_core *core, const char *name);
/* As nm_port_detach(), with core->lock held. */
void nm_port_detach_locked(struct nm_port *port);
void nm_port_put(struct nm_port *port);
u32 nm_port_total_rings(const struct nm_port *port, enum nm_dir dir);
void nm_port_refresh(struct nm_port *port);

/*
 * Set the number of host rings as a request asks (0: unchanged), if the port has a host stack and
 * none of its rings is in use. Under core->lock.
 */
void nm_port_set_host_rings(struct nm_port *port, u32 tx, u32 rx);

/**
 * nm_port_lookup() - the port that a request means, made now if it is of those that are
 * @client: whose request it is, for nm_refuse()
 * @name: as in the request
 * @reg: mode, flags, and what to make it of
 * @out: the port, with a reference for the caller: nm_port_put()
 *
 * Under core->lock. The order is the ABI's: monitors, pipes, VALE, network ports.
 * Return: 0, or a negative errno with its sentence.
 */
int nm_port_lookup(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		   struct nm_port **out);

/* pipe.c: "parent{id" and "parent}id" */
bool nm_pipe_is_name(const char *name);
int nm_pipe_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out);

/* auto.c */

/* As nm_port_lookup(); creates an automatic port (auto.c) if there is no such port. */
int nm_auto_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out);

/*
 * The region that a request asks for, with a reference: nr_mem_id, or for 0 a new private one with
 * nr_extra_bufs buffers more. Return: 0, or -EINVAL, -ENOMEM with a sentence.
 */
int nm_region_choose(struct nm_client *client, const struct nmreq_register *reg,
		     struct nm_region **out);

/* core.c */

/**
 * struct nm_core - an instance: what a machine with the module is
 * @lock: see nm_core.h
 * @ports: attached ports
 * @regions: all there are, sorted by their numbers
 * @global: region 1
 * @private_sizes: of regions made for one port, before what that port needs
 * @vale: the switches, NULL until there is one
 */
struct nm_core {
	struct nm_lock lock;
	struct nm_core_config config;
	struct nm_list ports;
	struct nm_list regions;
	struct nm_region *global;
	struct nm_region_sizes private_sizes;
	struct nm_vale *vale;
};

void nm_list_init(struct nm_list *head);
void nm_list_add(struct nm_list *head, struct nm_list *item);
void nm_list_remove(struct nm_list *item);

/* client.c, bind.c: an open file. */

/**
 * struct nm_client - an open file, bound to at most one port
 * @port: the port; set last when binding, so that a sync which sees it sees the rest. Only
 *	written under core->lock. A null port has none, but @region
 * @bound: to a port or a null port; set after @port
 * @region: the memory that may be mapped
 * @rings: what is bound
 * @nif: offset of the netmap_if
 * @flags: nr_flags of the REGISTER
 * @sync_flags: NM_SYNC_* that go with each of its syncs
 * @reason: the last refusal, guarded by @reason_lock
 */
struct nm_client {
	struct nm_core *core;
	struct nm_waiter *waiter;
	struct nm_port *port;
	u32 bound;
	struct nm_region *region;
	struct nm_range rings[NM_DIRS];
	u64 nif;
	u64 flags;
	int sync_flags;
	struct nm_spin reason_lock;
	char reason[NM_REASON_SIZE];
};

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

/* The kinds of users of a ring. */
enum nm_ring_use {
	NM_USE_SHARED,		/* a client */
	NM_USE_EXCLUSIVE,	/* a client that asked for EXCLUSIVE */
	NM_USE_PIN,		/* the core itself: a pipe, a switch */
};

/**
 * nm_rings_get() - add a user to each of @rings
 * @rings: by direction, host rings after NIC rings
 *
 * Rings without a user are created, and NIC rings among them switched to netmap mode. The caller
 * is a user of the port's region, nm_region_get(). Under core->lock. Return: 0, or a negative
 * errno, and then nothing has changed.
 */
int nm_rings_get(struct nm_port *port, const struct nm_range rings[NM_DIRS],
		 enum nm_ring_use use);

/* One user less; rings that have none left are switched back and freed. Under core->lock. */
void nm_rings_put(struct nm_port *port, const struct nm_range rings[NM_DIRS],
		  enum nm_ring_use use);

/* The region got more buffers: slots of its rings may name them. Under core->lock. */
void nm_rings_update_bufs(struct nm_region *region);

/*
 * Ties the client to what @reg asks for, if its memory is at most @max_memsize bytes. A client that
 * others see bound stays so: nothing is taken back from threads that are in a call already.
 */
int nm_client_bind(struct nm_client *client, const char *name, struct nmreq_register *reg,
		   u64 max_memsize);
void nm_client_unbind(struct nm_client *client);

/* Note why a call is refused; return @error, so that a refusal is one line. */
int nm_refuse(struct nm_client *client, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* options.c: the list of options of a request. */

struct nm_option {
	u64 user;		/* where the client has it */
	struct nmreq_option head;
};

#define NM_MAX_OPTIONS	(NETMAP_REQ_MAXSIZE / sizeof(struct nmreq_option))

struct nm_options {
	struct nm_option list[NM_MAX_OPTIONS];
	u32 num;
};

int nm_options_read(struct nm_client *client, u64 first, u32 body_size, struct nm_options *options);
int nm_options_check(struct nm_client *client, const struct nm_options *options);
int nm_options_write_status(const struct nm_options *options);

/* control.c */

union nm_body {
	struct nmreq_register reg;
	struct nmreq_port_info_get info;
	struct nmreq_pools_info pools;
	struct nmreq_vale_attach attach;
	struct nmreq_vale_detach detach;
	struct nmreq_vale_list list;
	struct nmreq_port_hdr hdr;
	struct nmreq_vale_newif newif;
	struct nmreq_vale_polling polling;
};

/*
 * A request as copied in; large, so it is allocated.
 * @old: it came by NIOCREGIF or NIOCGINFO
 */
struct nm_request {
	bool old;
	struct nmreq_header head;
	union nm_body body;
	struct nm_options options;
};

/* What the request asks for, with everything copied in; takes core->lock. */
int nm_request_run(struct nm_client *client, struct nm_request *r);

/* legacy.c: NIOCREGIF and NIOCGINFO, and NIOCCONFIG */
int nm_legacy_request(struct nm_client *client, u32 cmd, u64 arg);
int nm_legacy_config(struct nm_client *client, u64 arg);

/* sync.c */

/* What a sync did, besides errnos. */
#define NM_SYNC_REINIT	1	/* the client broke the rules: the ring was re-initialised */

/*
 * A sync by the core itself, of a ring that a switch has, up to @head (of the transmitter, or of
 * who gives slots back). With the ring's busy held, and not stopped.
 */
void nm_kring_drive(struct nm_kring *kr, u32 head, int flags);

int nm_kring_sync(struct nm_kring *kr, int flags);
u64 nm_kring_deadline(struct nm_kring *kr);

/*
 * Keep the ring's sync away for a moment, from a thread that may sleep. What a ring with a notify
 * was told meanwhile it is told again when it is let go.
 */
void nm_kring_hold(struct nm_kring *kr);
void nm_kring_notify_work(struct nm_work *work);
void nm_kring_unhold(struct nm_kring *kr);
void nm_kring_stop(struct nm_kring *kr);
void nm_kring_start(struct nm_kring *kr);

/* With kr->busy held by the caller, for cores of syncs that work on a second ring. */
int nm_kring_sync_held(struct nm_kring *kr, int flags);

/* Take the ring's kr->busy if it is free; release it without the work that came meanwhile. */
bool nm_kring_try(struct nm_kring *kr);
void nm_kring_release(struct nm_kring *kr);

/*
 * Work on a ring that has a notify, with its busy held and its notify_data as @data: now, or, if
 * another thread holds the ring, as soon as that thread releases it.
 */
void nm_kring_when_free(struct nm_kring *kr, void (*work)(void *data));

/*
 * The frame that begins at slot @i and may go on up to @end: its slots are checked and gathered.
 * Return: how many slots it takes; 0 where it is not complete; -1 after nm_slot_refuse(). A frame
 * of more than NETMAP_MAX_FRAGS slots counts as complete with what it has, and @num is 0.
 */
int nm_frags_gather(struct nm_kring *kr, u32 i, u32 end, struct nm_frag *frags, u32 *num);

/* host.c: host rings */

/* Sync functions; none: of a port that has no host stack behind it. */
int nm_host_sync_none(struct nm_kring *kr, int flags);
int nm_host_txsync(struct nm_kring *kr, int flags);
int nm_host_rxsync(struct nm_kring *kr, int flags);

/* Released slots of a NIC RX ring that are to go up, before its rxsync. */
void nm_host_forward_up(struct nm_kring *kr);

/* rxqueue.c */

/**
 * struct nm_rx_queue - the free slots of a receive ring as a queue
 * @lock: guards all here, and the slots from kr->hwtail on; taken inside the ring's @busy
 * @open: the ring is there, and @tail may move
 * @bad_slot: a free slot names no buffer: the client has to be told at its next sync
 * @tail: where the next frame goes
 * @end: the slot that stays empty: before the first that the client has
 * @bufs: as kr->bufs
 * @drops: frames for which there was no room; the next sync adds them to the ring's
 */
struct nm_rx_queue {
	struct nm_spin lock;
	bool open;
	bool bad_slot;
	u32 tail;
	u32 end;
	struct nm_bufs bufs;
	u64 drops;
} NM_ALIGNED_CACHE;

/* For RX rings @first to @first + @num - 1 of a new port, which frees them. 0 or -ENOMEM. */
int nm_rx_queues_make(struct nm_port *port, u32 first, u32 num);

/* From here on, until there, the queue takes frames. */
void nm_rx_queue_open(struct nm_kring *kr);
void nm_rx_queue_close(struct nm_kring *kr);

/* The ring's slots may name more buffers now. */
void nm_rx_queue_set_bufs(struct nm_kring *kr, u32 num);

/* An rxsync: take back what is released, show what has come. */
void nm_rx_queue_sync(struct nm_kring *kr);

/* Whether the ring's slots have buffers: all but those of host rings that lead nowhere. */
bool nm_kring_has_bufs(const struct nm_kring *kr);

/* monitor.c */

/* Whether these nr_flags ask for a monitor. */
bool nm_monitor_is_wanted(u64 flags);

/* As nm_port_lookup(): a new monitor of the rings that the request means. */
int nm_monitor_make(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		    struct nm_port **out);
bool nm_monitor_is_port(const struct nm_port *port);

/*
 * The ring leaves netmap mode: its monitors are disconnected, and those without another ring to
 * watch stop. The ring is stopped. Under core->lock.
 */
void nm_monitor_ring_gone(struct nm_kring *kr);

/* The ring was re-initialised: what its client had put behind hwcur will come again. */
void nm_monitor_rewound(struct nm_kring *kr);

/* The ring in which frames sent to pipe ring @kr can be found; @kr itself where it is no pipe's. */
struct nm_kring *nm_pipe_other_ring(struct nm_kring *kr);

/* Which rings of a port a REGISTER means. Return: 0 or a negative errno with its sentence. */
int nm_bind_choose_rings(struct nm_client *client, const struct nm_port *port,
			 const struct nmreq_register *reg, struct nm_range rings[NM_DIRS]);

/* vale/: switches; nm_vale.h has more. All under core->lock. */

struct nm_vale;

/* Whether the name is for switches: it begins with "vale". */
bool nm_vale_is_name(const char *name);

/* As nm_port_lookup(), for such names. */
int nm_vale_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out);

/* Whether a client with these nr_flags may open the port. Return: 0 or -EIO. */
int nm_vale_check_bind(struct nm_client *client, struct nm_port *port, u64 flags);

/*
 * Have the data of slot @i of a TX ring in the slot's buffer: that of an NS_INDIRECT slot is copied
 * there. In the ring's sync. Return: 0; -EAGAIN: it is not in memory now, and kr->fault_len is set;
 * -EFAULT: it is not, and *@give_up was set, which this clears; or the slot is bad.
 */
int nm_vale_fetch(struct nm_kring *kr, u32 i, bool *give_up);

/* Whether a client may have these rings. Return: 0 or -EBUSY: a switch has the host rings. */
int nm_vale_check_rings(struct nm_client *client, struct nm_port *port,
			const struct nm_range rings[NM_DIRS]);

/* Requests 3 to 9; @name and @body are changed as the ABI says. */
int nm_vale_request(struct nm_client *client, u16 type, char *name, void *body);

/* A port that has an owner loses its device: it is detached. */
void nm_vale_port_gone(struct nm_port *port);

/* As nm_core_namespace_gone(), for persistent ports and switches. */
void nm_vale_namespace_gone(struct nm_core *core, const void *ns);

/* There are no ports any more. */
void nm_vale_destroy(struct nm_core *core);

#endif /* NM_INTERNAL_H */
