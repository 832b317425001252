/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The core's face to its residence: instances, clients (open files), and what they may call. Errors
 * are negative errnos; every refusal also leaves one sentence in nm_client_reason().
 *
 * Locks, outermost first:
 *   core->lock    the lists of ports and regions; binding and unbinding of clients; sleeps
 *   kring->busy   held by the one thread in a ring's sync, or by the control path while it changes
 *                 the ring
 *   region->lock  the free lists of a region; sleeps
 *   queue->lock   vale/vale.h: the slots of a VALE receiver that senders lease and publish; spins
 * The sync path takes kring->busy only.
 */
#ifndef NM_CORE_H
#define NM_CORE_H

#include "nm_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nm_client;

/* The defaults of the sizes below. */
#define NM_IF_SIZE		1024
#define NM_IF_NUM		100
#define NM_RING_SIZE		36864
#define NM_RING_NUM		200
#define NM_BUF_SIZE		2048
#define NM_BUF_NUM		163840
#define NM_PRIV_IF_NUM		2
#define NM_PRIV_RING_SIZE	20480
#define NM_PRIV_RING_NUM	4
#define NM_PRIV_BUF_NUM		4098

/*
 * Sizes of a namespace's shared region and, with priv_, of regions for one port, as the module
 * parameters have them; 0 takes the default. if_size and buf_size are multiples of 64, ring_size of 128: else
 * nm_core_create() says -EINVAL.
 */
struct nm_core_config {
	struct nm_os *os;		/* what the functions of nm_os.h that take one are given */
	const void *home;		/* a namespace: its shared region has number 1 */
	u32 if_size, if_num;
	u32 ring_size, ring_num;	/* larger rings take several in a row */
	u32 buf_size, buf_num;
	u32 priv_if_size, priv_if_num;
	u32 priv_ring_size, priv_ring_num;
	u32 priv_buf_size, priv_buf_num;
	u32 buf_headroom;		/* bytes from the begin of a page to the first buffer; 0: none */
	bool fixed;			/* memory is as large as these say, and never grows */
	bool no_timestamp;		/* receive rings get no ts */
	bool fwd;			/* NS_FORWARD counts without NR_FORWARD on the ring */
	bool verbose;			/* requests that succeed are logged too */
	/* Of switches; 0 takes the default. */
	u32 max_switches;		/* a namespace: 8, at most NM_VALE_MAX_SWITCHES */
	u32 vale_batch;			/* slots forwarded at a time: NM_VALE_BATCH, and at most that */
	/*
	 * How often an interface whose ring is full is asked for room before what is for it is
	 * dropped, 1 more: 0 takes the default, 3
	 */
	u32 txsync_tries;
	/*
	 * A client asks for a port that is not attached (@idle is NULL), or that nobody uses: if the
	 * residence has an interface of that name in @ns, it calls nm_port_attach_locked(); where @idle is not the port that it has now for that name,
	 * nm_port_detach_locked() before. Called with core->lock held. May be NULL.
	 */
	void (*demand)(struct nm_core *core, const void *ns, const char *name,
		       struct nm_port *idle);
	/*
	 * What the system shows of a persistent VALE port: a network interface, where it has such
	 * things, with a host stack behind it. It is made in @ns under the port's name,
	 * *@interface is what the others are given; what its stack sends goes to nm_host_queue()
	 * until interface_unmake() returns. Both with core->lock held.
	 * interface_up() is nm_driver_ops.host_up for it. All may be NULL: then the port is a name
	 * of netmap's only, and has no stack.
	 */
	int (*interface_make)(struct nm_core *core, const void *ns, struct nm_port *port,
			      void **interface);
	void (*interface_unmake)(struct nm_core *core, void *interface);
	bool (*interface_up)(void *interface, u32 queue, const struct nm_frag *frags, u32 num);
};

int nm_core_create(const struct nm_core_config *config, struct nm_core **out);

/* All clients are closed and all ports detached before this. */
void nm_core_destroy(struct nm_core *core);

/* core->lock, for what calls nm_port_attach_locked() and nm_port_detach_locked(). Sleeps. */
void nm_core_lock(struct nm_core *core);
void nm_core_unlock(struct nm_core *core);

/*
 * New sizes for shared regions, from the next first client of each on, and from now on what else of
 * @config is no function.
 * Return: 0, or -EINVAL for sizes as nm_core_create() refuses them.
 */
int nm_core_configure(struct nm_core *core, const struct nm_core_config *config);

/*
 * A namespace ends: its persistent ports are removed. Clients that have one with a host stack open
 * get POLLERR. Its other ports, its switches and its regions can no longer be found.
 */
void nm_core_namespace_gone(struct nm_core *core, const void *ns);

/* What the shared region of the caller's namespace has now: all 0 if it has no client. */
void nm_core_pools(struct nm_core *core, struct nmreq_pools_info *pools);

/**
 * nm_client_open() - one open file
 * @waiter: what its pollers are woken through; stays valid until nm_client_close(). NULL for a
 *	residence that calls nm_client_record() itself
 *
 * The client belongs to the namespace and the user of the calling thread, whoever uses it later:
 * it finds the ports and regions of that namespace only.
 * Return: 0; -EPERM: the thread may not control the network of its namespace; -ENOMEM
 */
int nm_client_open(struct nm_core *core, struct nm_waiter *waiter, struct nm_client **out);
void nm_client_close(struct nm_client *client);

/**
 * nm_client_control() - NIOCCTRL and the other ioctls
 * @cmd: ioctl number
 * @arg: the client's pointer, read and written with nm_os_copy_in() and nm_os_copy_out()
 *
 * Return: 0 or a negative errno, as the ABI document says. Any thread; NIOCTXSYNC and NIOCRXSYNC
 * take no lock but the ring's.
 */
int nm_client_control(struct nm_client *client, u32 cmd, u64 arg);

/* NIOCTXSYNC (NM_TX) or NIOCRXSYNC (NM_RX) on all rings bound. */
int nm_client_sync(struct nm_client *client, enum nm_dir dir);

/**
 * nm_client_poll() - sync what poll has to sync, and say what is ready
 * @events: POLLIN, POLLOUT (Linux's values), as asked for
 * @record: leave the client's waiter in the queues, so that a later wake-up reaches it
 *
 * Return: the ready events, POLLERR among them. No wake-up is lost between the look and the sleep:
 * the rings are looked at again after the waiter is recorded.
 */
u32 nm_client_poll(struct nm_client *client, u32 events, bool record);

/*
 * Leaves @waiter in the queues of all bound rings, as nm_client_poll() does with the client's own in
 * those that were asked for: for a residence with a waiter a call, before nm_client_poll() with no
 * @record.
 */
void nm_client_record(struct nm_client *client, struct nm_waiter *waiter);

/*
 * The earliest time at which a bound ring of a direction asked for (POLLIN, POLLOUT) may change by
 * itself (struct nm_driver_ops.deadline); 0: never.
 */
u64 nm_client_deadline(struct nm_client *client, u32 events);

/* What mmap needs: the region's memory once the client is bound, else NULL. Takes no lock. */
struct nm_os_mem *nm_client_mem(struct nm_client *client);

/* Copies the last refusal as a sentence with its remedy; "" where there was none. */
void nm_client_reason(struct nm_client *client, char *to, size_t size);

/*
 * The ring that the client has bound: @i counts NIC rings, then host rings. NULL where it is not
 * bound.
 */
struct nm_kring *nm_client_ring(struct nm_client *client, enum nm_dir dir, u32 i);

/* As snprintf(). */
int nm_snprintf(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A port, for listings; valid during the visit only. */
struct nm_port_view {
	const char *name;
	const char *driver;
	struct nm_port_config config;
	const void *driver_data;
	const struct nm_kring *rings[NM_DIRS];	/* NIC rings, then host rings */
};

/* Visits every attached port, with core->lock held. Return: how many there are. */
int nm_core_ports(struct nm_core *core, void (*visit)(const struct nm_port_view *view, void *arg),
		  void *arg);

/*
 * A region, for listings; valid only during the visit. Used objects and all objects of each pool;
 * 0 while the memory has no client.
 */
struct nm_region_view {
	u16 id;
	u32 users;
	u32 ports;
	u32 ifs_used, ifs;
	u32 rings_used, rings;
	u32 bufs_used, bufs;
};

/* Visits every region, with core->lock held. Return: how many there are. */
int nm_core_regions(struct nm_core *core,
		    void (*visit)(const struct nm_region_view *view, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif /* NM_CORE_H */
