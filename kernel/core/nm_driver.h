/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The driver contract: one small table of functions for a native Linux driver, the emulated adapter
 * and a hosted driver.
 *
 * What is common is done by the core, once, before a driver sees it: head and cur are checked, one
 * slot stays empty, only one thread is in a ring's sync, a violation re-initialises the ring. A
 * driver
 *   - reads slots only through nm_slot_get(), which loads a slot once and checks it, so that a
 *     client that writes to the slot at the same moment gains nothing,
 *   - moves kr->hwcur (first slot not yet taken over) and kr->hwtail (first slot that the client
 *     may not have), and
 *   - calls nm_kring_notify() from its interrupt.
 */
#ifndef NM_DRIVER_H
#define NM_DRIVER_H

#include "nm_os.h"
#include "net/netmap.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nm_dir { NM_RX = 0, NM_TX = 1, NM_DIRS = 2 };

struct nm_port;
struct nm_kring;
struct nm_rx_queue;
struct nm_ring_watch;

/*
 * What a port is made of. The driver fills it in; the core reads it at attach and when
 * a client asks for a port that is not open.
 */
struct nm_port_config {
	u32 num_rings[NM_DIRS];
	u32 num_host_rings[NM_DIRS];	/* at least 1 is shown to clients */
	u32 num_slots[NM_DIRS];
	u32 speed_mbps;			/* 0: not known */
	bool link_up;
};

/* Flags of txsync and rxsync. */
#define NM_SYNC_RECLAIM	1	/* the client waits for space: reclaim all there is, else lazily */
#define NM_SYNC_ALL_TX	2	/* the client has all NIC TX rings; host rings look at it */
#define NM_SYNC_GIVE_UP	4	/* the next frame that is not in memory is lost: see fault_len */

/* A piece of a frame, in a buffer. */
struct nm_frag {
	const u8 *data;
	u32 len;
};

/**
 * struct nm_driver_ops - what a driver gives the core
 * @name: "ixgbe", "sim82599", "generic", ...
 * @reg: switch the rings whose pending_on differs from on (nm_kring_pending()) into or out of
 *	netmap mode: stop the queue, initialise its descriptors from the slots, restart it. Called
 *	with the port's lock held and those rings stopped.
 *	Return: 0 or a negative errno, and then nothing has changed. NULL: there is nothing to
 *	switch.
 * @txsync: send the slots kr->hwcur .. kr->rhead, and advance kr->hwtail over what the device has
 *	done with. Stop at the first slot that nm_slot_get() refuses. Return: 0 or a negative errno.
 * @rxsync: give the slots kr->hwcur .. kr->rhead back to the device, and advance kr->hwtail over
 *	what has come in, with len and flags of those slots written by nm_slot_put(). Never fill the
 *	slot before kr->hwcur: one stays empty.
 * @config: fill in what may have changed since attach (link, speed, rings and their slots). Rings
 *	are adopted when a client asks for the port and it is not open: the old krings are then
 *	freed, so the driver must not use krings while no ring is in netmap mode. NULL: nothing
 *	changes.
 * @deadline: the time (nm_os_now_ns()) at which the ring may change with no call and no interrupt,
 *	0 for never; for models, which have no thread. NULL: never.
 * @host_up: a frame for the host stack, in up to NETMAP_MAX_FRAGS pieces: copy it and pass it up as
 *	if it came in from the wire on NIC ring @queue. It comes from host TX ring @queue, or from
 *	NIC RX ring @queue by NS_FORWARD. Called in a sync, by one thread at a time for a ring.
 *	Return: whether it was taken; else it is lost and counted. NULL: there is no host stack, and
 *	host rings are shown and lead nowhere.
 *
 * txsync, rxsync and deadline are called by one thread at a time for a ring, by many threads for
 * many rings.
 */
struct nm_driver_ops {
	const char *name;
	int (*reg)(struct nm_port *port);
	int (*txsync)(struct nm_kring *kr, int flags);
	int (*rxsync)(struct nm_kring *kr, int flags);
	void (*config)(struct nm_port *port, struct nm_port_config *config);
	u64 (*deadline)(struct nm_kring *kr);
	bool (*host_up)(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num);
};

/* One writer: the thread that is in the ring's sync. Readers use nm_read_once(). */
struct nm_kring_stats {
	u64 syncs;		/* calls */
	u64 frames;		/* slots moved */
	u64 reinits;		/* violations by the client */
	u64 model_tsc_ticks;	/* nm_os_tsc_ticks() spent inside a simulated device, shown apart */
	u64 drops;		/* frames lost: no room, or nobody to take them */
};

/*
 * The buffers that a ring's slots may name. A driver copies this to a local variable before its
 * loop, so that the compiler may keep it in registers while descriptors are stored.
 */
struct nm_bufs {
	u8 *base;			/* kernel address of buffer 0 */
	const struct nm_os_mem *mem;	/* the region's memory, and ... */
	u64 offset;			/* ... where in it buffer 0 lies */
	u32 size;			/* of a buffer in bytes: the longest fragment */
	u32 num;			/* indexes are 0 .. num - 1; bad ones go to 0 and 1 */
};

/**
 * struct nm_kring - the kernel's side of one ring
 *
 * The first cache lines are written by the thread in sync only (it holds @busy). @users, @pins,
 * @exclusive, @on, @pending_on and @notify are written under core->lock, with the ring stopped.
 */
struct nm_kring {
	/* Read in every sync; changed when the ring is made or unmade. */
	struct netmap_ring *ring;	/* shared with the client: every word of it is hostile */
	struct nm_bufs bufs;
	u32 num_slots;
	u64 ring_offset;		/* of @ring in the region */
	u16 ring_id;			/* NIC rings first, then host rings */
	u8 dir;				/* enum nm_dir */
	bool is_host;
	/* A NIC RX ring with a host stack to forward to: called before its sync. Else NULL. */
	void (*forward)(struct nm_kring *kr);
	struct nm_port *port;
	int (*sync)(struct nm_kring *kr, int flags);	/* the driver's, or the host ring's */
	void *driver_data;				/* the driver's own queue */

	/* Ring positions, all in 0 .. num_slots - 1. */
	u32 rhead NM_ALIGNED_CACHE;	/* the client's head, as checked by this sync */
	u32 rcur;			/* the client's cur, as checked by this sync */
	u32 rtail;			/* tail, as last told to the client */
	u32 hwcur;			/* first slot that the driver has not taken over */
	u32 hwtail;			/* first slot that the client may not have */
	bool bad_slot;			/* nm_slot_get() refused one in this sync */
	/*
	 * The sync stopped at a frame in the client's own memory (NS_INDIRECT) that is not there
	 * now: @fault_len bytes from @fault_at on, 0 for none. nm_kring_sync() gets them, with the
	 * ring let go, and syncs again.
	 */
	u32 fault_len;
	u64 fault_at;
	struct nm_kring_stats stats;

	/* Control. */
	u32 busy NM_ALIGNED_CACHE;	/* 1 in a sync, or while the control path holds the ring */
	u32 stopped;			/* sync answers EIO */
	u32 users;			/* clients that have bound this ring */
	u32 pins;			/* others that keep it: its pipe, its switch */
	bool exclusive;			/* its one user asked for EXCLUSIVE */
	bool on;			/* in netmap mode */
	bool pending_on;		/* what reg should make of it */
	void (*notify)(struct nm_kring *kr);	/* instead of waking pollers; NULL: wake them */
	void *notify_data;		/* for it; used and changed with @busy held only */
	u32 notify_again;		/* whoever has the ring has to look again; sync.c */
	struct nm_work notify_work;	/* calls @notify where the driver's interrupt must not */
	struct nm_waitq waitq;
	struct nm_rx_queue *queue;	/* RX rings that others fill at any time; rxqueue.c */
	struct nm_ring_watch *watch;	/* who watches; under @busy; port.h */
};

/* Words that overlay several fields of a structure. */
typedef u32 __attribute__((may_alias)) nm_word32;
typedef u64 __attribute__((may_alias)) nm_word64;

/* A slot as loaded: netmap_slot's first 8 bytes, buf_idx, len, flags. */
struct nm_slot_view {
	u32 buf_idx;
	u16 len;
	u16 flags;
};

/**
 * nm_slot_get() - load a slot once, and check it
 * @slot: in shared memory
 * @bufs: of the ring
 * @view: what the slot held at the moment of the load; later writes of the client do not matter any
 *	more
 *
 * Return: false where the buffer index or the length is out of range: the driver then calls
 * nm_slot_refuse() and stops before this slot.
 */
static inline bool nm_slot_get(const struct netmap_slot *slot, const struct nm_bufs *bufs,
			       struct nm_slot_view *view)
{
	const u64 word = nm_read_once(*(const nm_word64 *)slot);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	view->buf_idx = (u32)word;
	view->len = (u16)(word >> 32);
	view->flags = (u16)(word >> 48);
#else
	view->buf_idx = (u32)(word >> 32);
	view->len = (u16)(word >> 16);
	view->flags = (u16)word;
#endif
	return nm_likely(view->buf_idx < bufs->num && view->len <= bufs->size);
}

/*
 * The slot at @i is bad: the core puts it right, and re-initialises the ring, when the driver
 * returns.
 */
void nm_slot_refuse(struct nm_kring *kr, u32 i);

/* Write length and flags of a slot, as rxsync does for what came in; the buffer index stays. */
static inline void nm_slot_put(struct netmap_slot *slot, u16 len, u16 flags)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const u32 word = len | (u32)flags << 16;
#else
	const u32 word = (u32)len << 16 | flags;
#endif
	nm_write_once(*(nm_word32 *)&slot->len, word);
}

/* The first 8 bytes of a slot as one word. */
static inline u64 nm_slot_word(u32 buf_idx, u16 len, u16 flags)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return buf_idx | (u64)len << 32 | (u64)flags << 48;
#else
	return (u64)buf_idx << 32 | (u32)len << 16 | flags;
#endif
}

/* Write all that nm_slot_get() reads. */
static inline void nm_slot_set(struct netmap_slot *slot, u32 buf_idx, u16 len, u16 flags)
{
	nm_write_once(*(nm_word64 *)slot, nm_slot_word(buf_idx, len, flags));
}

/*
 * Clear the flags that the kernel has acted on (NS_BUF_CHANGED, NS_REPORT); call it only where one
 * of them is set.
 */
static inline void nm_slot_clear_flags(struct netmap_slot *slot, const struct nm_slot_view *view,
				       u16 flags)
{
	nm_write_once(slot->flags, (u16)(view->flags & ~flags));
}

/* Kernel address of a buffer whose index nm_slot_get() has passed. */
static inline u8 *nm_buf_at(const struct nm_bufs *bufs, u32 buf_idx)
{
	return bufs->base + (u64)buf_idx * bufs->size;
}

/* Device address of such a buffer. */
static inline u64 nm_buf_dma(const struct nm_bufs *bufs, u32 buf_idx)
{
	return nm_os_mem_dma(bufs->mem, bufs->offset + (u64)buf_idx * bufs->size);
}

static inline u32 nm_next(u32 i, u32 lim)
{
	return nm_unlikely(i == lim) ? 0 : i + 1;
}

static inline u32 nm_prev(u32 i, u32 lim)
{
	return nm_unlikely(i == 0) ? lim : i - 1;
}

/* Distance from @a forward to @b in a ring of @n. */
static inline u32 nm_dist(u32 a, u32 b, u32 n)
{
	return b >= a ? b - a : b + n - a;
}

/* @i plus at most @n. */
static inline u32 nm_add(u32 i, u32 count, u32 n)
{
	i += count;
	return i >= n ? i - n : i;
}

static inline bool nm_kring_pending(const struct nm_kring *kr)
{
	return kr->on != kr->pending_on;
}

/* A driver's interrupt, or a model: something happened on the ring. Any thread, any context. */
void nm_kring_notify(struct nm_kring *kr);

/* Host rings: what the residence calls for frames of its own stack. */

/*
 * Whether frames that the stack sends on TX queue @queue of the interface belong to netmap: the
 * ring is in netmap mode. They go to nm_host_queue() then, and nowhere else. Any thread.
 */
bool nm_host_diverts(struct nm_port *port, u32 queue);

/**
 * nm_host_queue() - a frame that the host stack sends comes to a host RX ring
 * @queue: TX queue that the stack chose; host RX ring @queue modulo their number gets it
 * @len: bytes without CRC; more than a buffer holds takes several slots, NS_MOREFRAG
 * @copy: writes @len bytes of the frame, from @offset on, to @to; called once for each slot, under
 *	a spinning lock
 * @arg: for @copy
 *
 * The ring's free slots are the queue: nothing is allocated. Any thread, any context in which a
 * struct nm_spin may be taken; the port stays attached meanwhile. Pollers are woken.
 * Return: 0; -ENOBUFS (full), -ENXIO (no client has the ring), -EMSGSIZE (more slots than a frame
 * may take, or none): the caller frees the frame in any case. All but -ENXIO are counted in the
 * ring's drops.
 */
int nm_host_queue(struct nm_port *port, u32 queue, u32 len,
		  void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg);

/* The core, to those that attach ports. */
struct nm_core;

/* The residence's context that the core was created with, for nm_os_dma_alloc() and nm_os_log(). */
struct nm_os *nm_core_os(struct nm_core *core);

/**
 * nm_port_attach() - make a network port known to the core
 * @core: instance
 * @name: as clients will name it, shorter than IFNAMSIZ for Linux interfaces
 * @ops: the driver; stays valid until detach
 * @config: rings and slots; copied
 * @driver_data: for the driver, nm_port_data()
 * @out: the port
 *
 * Return: 0, -EEXIST, -EINVAL (rings or slots out of range), -ENOMEM
 */
int nm_port_attach(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, void *driver_data, struct nm_port **out);

/* The same for nm_core_config.demand, which is called with core->lock held. */
int nm_port_attach_locked(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
			  const struct nm_port_config *config, void *driver_data,
			  struct nm_port **out);

/*
 * The device goes away. Stops all rings, wakes all pollers (POLLERR), and forgets the name; clients
 * that still hold the port get EIO and free it when they close.
 */
void nm_port_detach(struct nm_port *port);

void *nm_port_data(const struct nm_port *port);
const char *nm_port_name(const struct nm_port *port);

/* How many NIC rings a port has in one direction. */
u32 nm_port_rings(const struct nm_port *port, enum nm_dir dir);
/* NIC ring @i of them; krings are the same at least as long as a ring is in netmap mode. */
struct nm_kring *nm_port_ring(struct nm_port *port, enum nm_dir dir, u32 i);

#ifdef __cplusplus
}
#endif

#endif /* NM_DRIVER_H */
