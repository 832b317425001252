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
 *   - calls nm_ring_irq() from its interrupt.
 *
 * kernel/drivers/README.md is the guide to writing one.
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
 * What a device can do, 0 where it can do anything. The core refuses rings and buffers that do not
 * fit, and frames by nm_tx_frame_get() and, in a switch, before it leases slots for them.
 */
struct nm_port_limits {
	u32 min_frame;		/* bytes, without CRC */
	u32 max_frame;
	u32 max_frags;		/* slots of a frame sent; never more than NETMAP_MAX_FRAGS */
	u32 rx_buf_unit;	/* a receive buffer is as many of these bytes as fit, one at least */
	u32 slots_unit;		/* of which the slots of a ring are a multiple */
};

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
	struct nm_port_limits limits;	/* read at attach only, as is: */
	struct nm_os_device *device;	/* that reaches the buffers; NULL: only the processor does */
};

/* Why a ring is not synced: bits of nm_kring.stopped. */
#define NM_STOPPED	1	/* the core makes or unmakes it: syncs return -EIO */
#define NM_DOWN		2	/* there is no device behind it now: syncs return -EIO */
#define NM_RESET	4	/* its device is being reset: syncs do nothing and return 0 */

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
 * @intr: whether interrupts of the ring are wanted; they are, at first. A switch that looks at a
 *	receive ring anyway says no, and looks once more after it has said yes: what came before that
 *	needs none. Must not sleep. NULL: they are not to be had off.
 *
 * @why: the reason of a reg that has failed since it was asked last, a sentence with the remedy, or
 *	NULL. Called with the port's lock held. NULL: it has none to tell.
 *
 * txsync, rxsync, deadline and intr are called by one thread at a time for a ring, by many threads
 * for many rings.
 */
struct nm_driver_ops {
	const char *name;
	int (*reg)(struct nm_port *port);
	int (*txsync)(struct nm_kring *kr, int flags);
	int (*rxsync)(struct nm_kring *kr, int flags);
	void (*config)(struct nm_port *port, struct nm_port_config *config);
	u64 (*deadline)(struct nm_kring *kr);
	bool (*host_up)(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num);
	void (*intr)(struct nm_kring *kr, bool on);
	const char *(*why)(struct nm_port *port);
};

/* One writer: the thread that is in the ring's sync. Readers use nm_read_once(). */
struct nm_kring_stats {
	u64 syncs;		/* calls */
	u64 frames;		/* slots moved */
	u64 reinits;		/* violations by the client */
	u64 model_tsc_ticks;	/* nm_os_tsc_ticks() spent inside a simulated device, shown apart */
	u64 drops;		/* frames lost: no room, or nobody to take them */
};

#define NM_RESERVED_BUFS	2	/* where a bad index is redirected; no client has them */

/*
 * The buffers that a ring's slots may name. A driver copies this to a local variable before its
 * loop, so that the compiler may keep it in registers while descriptors are stored.
 */
struct nm_bufs {
	u8 *base;			/* kernel address of buffer 0 */
	const struct nm_os_map *map;	/* the region's memory for the device, if the port has one */
	u64 offset;			/* where in the region buffer 0 lies */
	u32 size;			/* of a buffer in bytes: the longest fragment */
	u32 num;			/* indexes are 0 .. num - 1, reserved ones among them */
};

/**
 * struct nm_kring - the kernel's side of one ring
 *
 * The first cache lines are written by the thread in sync only (it holds @busy). @users, @pins,
 * @exclusive, @on, @pending_on and @notify are written under core->lock, with the ring stopped.
 * @stopped is written with @busy held, @in_netmap by nm_kring_set_mode().
 */
struct nm_kring {
	/* Read in every sync; changed when the ring is made or unmade. */
	struct netmap_ring *ring;	/* shared with the client: every word of it is hostile */
	struct nm_bufs bufs;
	u32 num_slots;
	u64 ring_offset;		/* of @ring in the region */
	u32 min_frame, max_frame;	/* bytes; what the port's limits make of a TX ring's frames */
	u32 max_frags;			/* slots */
	u16 ring_id;			/* NIC rings first, then host rings */
	u8 dir;				/* enum nm_dir */
	bool is_host;
	/* A NIC RX ring with a host stack to forward to: called before its sync. Else NULL. */
	void (*forward)(struct nm_kring *kr);
	struct nm_port *port;
	struct nm_kring *lender;	/* RX: whose buffers its slots name, with none of its own; or NULL */
	int (*sync)(struct nm_kring *kr, int flags);	/* the driver's, or the host ring's */
	void *driver_data;				/* the driver's own queue */

	/* Ring positions, all in 0 .. num_slots - 1. */
	u32 rhead NM_ALIGNED_CACHE;	/* the client's head, as checked by this sync */
	u32 rcur;			/* the client's cur, as checked by this sync */
	u32 rtail;			/* tail, as last told to the client */
	u32 hwcur;			/* first slot that the driver has not taken over */
	u32 hwtail;			/* first slot that the client may not have */
	u32 desc_zero;			/* slot of descriptor 0; nm_kring_restart() */
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
	u32 stopped;			/* NM_STOPPED, NM_DOWN, NM_RESET; 0: it is synced */
	u32 users;			/* clients that have bound this ring */
	u32 pins;			/* others that keep it: its pipe, its switch */
	u16 owner;			/* of the buffers that it was given; owners.h */
	bool exclusive;			/* its one user asked for EXCLUSIVE */
	bool on;			/* in netmap mode */
	bool pending_on;		/* what reg should make of it */
	u32 in_netmap;			/* whose the device's queue is: nm_kring_set_mode() */
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

/**
 * struct nm_tx_frame - a frame to send, each of its slots loaded once
 * @slots: how many
 * @len: bytes of all
 * @flags: NS_REPORT where one of them has it
 * @view: the slots, which name buffers of the region
 */
struct nm_tx_frame {
	u32 slots;
	u32 len;
	u16 flags;
	struct nm_slot_view view[NETMAP_MAX_FRAGS];
};

/* The rest of nm_tx_frame_get(). */
u32 nm_tx_frame_gather(struct nm_kring *kr, u32 first, struct nm_tx_frame *frame);

/**
 * nm_tx_frame_get() - load the next frame of a TX ring, and check it
 * @kr: ring, in its txsync
 * @bufs: kr->bufs, or the caller's copy of it
 * @first: its first slot; not kr->rhead
 * @frame: what it is. Flags of the slots that the kernel acts on are cleared
 *
 * What a client writes to the slots later does not matter any more.
 * Return: its slots; 0: stop here, as the frame's end is not there yet, or it is not one that the
 * port's limits allow and its ring is re-initialised.
 */
static inline u32 nm_tx_frame_get(struct nm_kring *kr, const struct nm_bufs *bufs, u32 first,
				  struct nm_tx_frame *frame)
{
	struct nm_slot_view *view = &frame->view[0];

	if (nm_unlikely(!nm_slot_get(&kr->ring->slot[first], bufs, view) || view->flags ||
			view->len - kr->min_frame > kr->max_frame - kr->min_frame))
		return nm_tx_frame_gather(kr, first, frame);
	frame->slots = 1;
	frame->len = view->len;
	frame->flags = 0;
	return 1;
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

/**
 * nm_slot_take_back() - the receiver of a lent buffer releases its slot
 * @from: the receiver's slot
 * @bufs: of its ring
 * @to: the slot of the TX ring that lent the buffer
 *
 * Where the receiver has put another buffer there, with NS_BUF_CHANGED, it keeps the one that was
 * lent, and the sender gets the other, with the flag. The flag alone may be the sender's own, and a
 * reserved buffer is nobody's: the sender keeps what it has.
 * Return: false where the slot is bad, as nm_slot_get().
 */
static inline bool nm_slot_take_back(const struct netmap_slot *from, const struct nm_bufs *bufs,
				     struct netmap_slot *to)
{
	struct nm_slot_view view;

	if (nm_likely(!(nm_read_once(from->flags) & NS_BUF_CHANGED)))
		return true;
	if (!nm_slot_get(from, bufs, &view))
		return false;
	if (view.buf_idx < NM_RESERVED_BUFS || view.buf_idx == nm_read_once(to->buf_idx))
		return true;
	nm_write_once(to->buf_idx, view.buf_idx);
	nm_write_once(to->flags, (u16)(nm_read_once(to->flags) | NS_BUF_CHANGED));
	return true;
}

/* Kernel address of a buffer whose index nm_slot_get() has passed. */
static inline u8 *nm_buf_at(const struct nm_bufs *bufs, u32 buf_idx)
{
	return bufs->base + (u64)buf_idx * bufs->size;
}

/* Device address of such a buffer, for ports with a device. */
static inline u64 nm_buf_dma(const struct nm_bufs *bufs, u32 buf_idx)
{
	return nm_os_map_dma(bufs->map, bufs->offset + (u64)buf_idx * bufs->size);
}

/*
 * Before the device gets a buffer of which the processor has written @len bytes, and before the
 * processor reads what the device has written there.
 */
static inline void nm_buf_to_device(const struct nm_bufs *bufs, u32 buf_idx, u32 len)
{
	nm_os_map_to_device(bufs->map, bufs->offset + (u64)buf_idx * bufs->size, len);
}

static inline void nm_buf_to_cpu(const struct nm_bufs *bufs, u32 buf_idx, u32 len)
{
	nm_os_map_to_cpu(bufs->map, bufs->offset + (u64)buf_idx * bufs->size, len);
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

/*
 * Descriptor of slot @slot and slot of descriptor @desc, for drivers whose queues may begin again
 * while a client has the ring.
 */
static inline u32 nm_desc_of(const struct nm_kring *kr, u32 slot)
{
	return nm_dist(kr->desc_zero, slot, kr->num_slots);
}

static inline u32 nm_slot_of(const struct nm_kring *kr, u32 desc)
{
	return nm_add(kr->desc_zero, desc, kr->num_slots);
}

/**
 * nm_kring_restart() - a device's queue begins again, at descriptor 0
 * @kr: in reg, or paused
 *
 * The client's positions stay. TX: frames that the device has not done with are lost, counted as
 * drops, and their slots are the client's again; descriptor 0 is for the next that it sends. RX:
 * what the client has not taken yet stays its own; descriptor 0 is that of the first free slot.
 * Return: TX: 0; RX: how many descriptors, from 0 on, the driver gives to the device, each with the
 * buffer of its slot.
 */
u32 nm_kring_restart(struct nm_kring *kr);

static inline bool nm_kring_has_limits(const struct nm_kring *kr)
{
	return kr->min_frame || kr->max_frame != ~0u || kr->max_frags < NETMAP_MAX_FRAGS;
}

static inline bool nm_kring_pending(const struct nm_kring *kr)
{
	return kr->on != kr->pending_on;
}

/* Something happened on the ring: wake who waits for it. Any thread, any context. */
void nm_kring_notify(struct nm_kring *kr);

/*
 * Whose a NIC ring's queue is from now on: netmap's, or the host's. A driver with interrupts calls
 * it in reg, while the queue is quiet; the core does for those that do not, after reg.
 */
static inline void nm_kring_set_mode(struct nm_kring *kr, bool netmap)
{
	/* Pairs with nm_kring_is_netmap(): who sees the mode sees what reg did before. */
	nm_store_release(&kr->in_netmap, netmap);
}

/* Whether the queue behind @kr (NULL: there is no ring) is netmap's. Any thread, any context. */
static inline bool nm_kring_is_netmap(struct nm_kring *kr)
{
	return kr && nm_load_acquire(&kr->in_netmap);
}

/**
 * nm_ring_irq() - a driver's interrupt, or its poll: something happened on a queue
 * @kr: its ring, or NULL where there is none
 *
 * Takes no lock. Any context, while the caller keeps @kr (a queue that reg has not made quiet, or
 * an RCU section).
 * Return: true: handled, the queue is netmap's and must not be touched; false: pass, it is the
 * host's.
 */
static inline bool nm_ring_irq(struct nm_kring *kr)
{
	if (nm_likely(!nm_kring_is_netmap(kr)))
		return false;
	nm_kring_notify(kr);
	return true;
}

/**
 * nm_kring_pause() - keep syncs away from a ring, whatever core->lock does
 * @kr: in netmap mode, or being switched by reg
 * @why: NM_RESET: for a moment, syncs do nothing; NM_DOWN: syncs fail with -EIO, and pollers get
 *	POLLERR. The two are independent of each other
 *
 * After it no thread is in txsync or rxsync of the ring. Sleeps for as long as one is in there;
 * the caller may hold RTNL or locks of its own that its txsync and rxsync do not take.
 */
void nm_kring_pause(struct nm_kring *kr, u32 why);

/* The end of a pause: who waits for the ring looks again. Any thread that may sleep. */
void nm_kring_resume(struct nm_kring *kr, u32 why);

/*
 * Receive rings that others fill at any time: a driver with no device of its own, whose rxsync is
 * nm_rx_sync(). The free slots of such a ring are its queue, under a spinning lock. A frame that
 * is put there is shown by the client's next rxsync; the caller then calls nm_ring_irq().
 */
int nm_rx_sync(struct nm_kring *kr, int flags);

/*
 * Lock the queue of such a ring. Any context in which a struct nm_spin may be taken, while the ring
 * is kept.
 */
void nm_rx_lock(struct nm_kring *kr) NM_ACQUIRES(&kr->queue->lock);
void nm_rx_unlock(struct nm_kring *kr) NM_RELEASES(&kr->queue->lock);

/**
 * nm_rx_put() - a frame comes in, with the queue's lock
 * @len: bytes without CRC; more than a buffer holds takes several slots, NS_MOREFRAG
 * @copy: writes @len bytes of the frame, from @offset on, to @to; called once for each slot
 * @arg: for @copy
 *
 * Return: 0; -ENXIO (nobody has the ring); -ENOBUFS (full), -EMSGSIZE (more slots than a frame may
 * take, or none), which are counted in the ring's drops.
 */
int nm_rx_put(struct nm_kring *kr, u32 len,
	      void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg);

/* Host rings: what the residence calls for frames of its own stack. */

/**
 * nm_host_queue() - a frame that the host stack sends comes to a host RX ring
 * @queue: TX queue that the stack chose; host RX ring @queue modulo their number gets it
 * @len: as for nm_rx_put(), and @copy and @arg
 *
 * The ring's free slots are the queue: nothing is allocated. Any thread, any context in which a
 * struct nm_spin may be taken; the port stays attached meanwhile. Pollers are woken.
 * Return: as nm_rx_put(); the caller frees the frame in any case.
 */
int nm_host_queue(struct nm_port *port, u32 queue, u32 len,
		  void (*copy)(void *arg, u32 offset, void *to, u32 len), void *arg);

/* The core, to those that attach ports. */
struct nm_core;

/* The residence's context that the core was created with, for nm_os_log(). */
struct nm_os *nm_core_os(struct nm_core *core);

/**
 * nm_port_attach() - make a network port known to the core
 * @core: instance
 * @name: as clients of the calling thread's namespace will name it, shorter than IFNAMSIZ for Linux
 *	interfaces
 * @ops: the driver; stays valid until detach
 * @config: rings and slots; copied
 * @driver_data: for the driver, nm_port_data()
 * @out: the port
 *
 * Return: 0, -EEXIST, -EINVAL (rings or slots out of range), -ENOMEM
 */
int nm_port_attach(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, void *driver_data, struct nm_port **out);

/*
 * With core->lock held: for nm_core_config.demand, which says the namespace, and for whoever has more
 * to do before a client finds the port.
 */
int nm_port_attach_locked(struct nm_core *core, const void *ns, const char *name,
			  const struct nm_driver_ops *ops, const struct nm_port_config *config,
			  void *driver_data, struct nm_port **out);

/*
 * The device goes away. Stops all rings, wakes all pollers (POLLERR), and forgets the name; clients
 * that still hold the port get EIO and free it when they close.
 */
void nm_port_detach(struct nm_port *port);
void nm_port_detach_locked(struct nm_port *port);

/*
 * The link has changed, for who lists ports. Any thread that keeps the port attached; where the
 * driver has a config, it says the same.
 */
void nm_port_set_link(struct nm_port *port, bool up, u32 speed_mbps);

void *nm_port_data(const struct nm_port *port);
const char *nm_port_name(const struct nm_port *port);

/* How many NIC rings a port has in one direction. */
u32 nm_port_rings(const struct nm_port *port, enum nm_dir dir);
/* NIC ring @i of them; krings are the same at least as long as a ring is in netmap mode. */
struct nm_kring *nm_port_ring(struct nm_port *port, enum nm_dir dir, u32 i);

/**
 * nm_port_queue_ring() - whose a queue of an interface is that has more queues than rings
 * @queue: of the interface; TX: the one on which the stack sends
 *
 * Who opens the port for all of its rings has all queues: queue k is ring k modulo their number. A
 * ring that is opened by its number has the queue of that number. TX: what the stack sends on a
 * queue that a ring has goes to nm_host_queue(), and nowhere else. Any thread, any context, while
 * the krings stay.
 * Return: the ring, which is in netmap mode; NULL: the queue is the host's.
 */
struct nm_kring *nm_port_queue_ring(struct nm_port *port, enum nm_dir dir, u32 queue);

#ifdef __cplusplus
}
#endif

#endif /* NM_DRIVER_H */
