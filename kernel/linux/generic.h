/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The emulated adapter: a port on any Ethernet interface, by means of the kernel's own frames
 * (sk_buffs). Files: generic.c the port's life, generic_rx.c frames in, generic_tx.c frames out,
 * generic_host.c the host stack's side.
 *
 * Locks, outermost first: core->lock (nm_core.h), RTNL, a queue's own lock. So nothing that holds
 * RTNL calls the core: what a notifier has to say to it goes through a work item.
 */
#ifndef NM_GENERIC_H
#define NM_GENERIC_H

#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "nm_linux.h"

/* Marks a frame that a client sends up to the host stack, so that it does not come back to us. */
#define NM_GENERIC_UP	0x6e6d7570u	/* "nmup", in skb->priority */

/* What a client gets from where: frames in a bounded queue, until its rxsync copies them. */
struct generic_rx {
	/*
	 * The ring while it is in netmap mode, else NULL. Written under core->lock; who reads it in
	 * an RCU section may use it until the section ends.
	 */
	struct nm_kring __rcu *kr;
	struct sk_buff_head queue;	/* its lock guards it; at most @limit frames */
	u32 limit;
	struct sk_buff_head taken;	/* of the thread in rxsync: what it took from @queue */

	/* Wake-ups: one at once, then at most one in generic_mit ns, while frames come. */
	struct hrtimer timer;
	bool quiet;			/* the timer runs; under queue.lock */
	bool more;			/* frames came since; under queue.lock */
	u32 pending;			/* a wake-up that no rxsync has followed yet */

	/* Frames lost, by reason. @full: under queue.lock; @too_long: the thread in rxsync. */
	u64 full;			/* the client was too slow */
	u64 too_long;			/* more slots than a frame may take */
	u64 no_memory;			/* to finish a segment or a checksum; about, if many at once */
};

/*
 * What frames under way need to know of the ring that sent them; it may be closed, and opened
 * again, before the last of them is freed. One reference of the ring, one a frame.
 */
struct generic_session {
	const struct net_device *dev;	/* which the ring sends on; to be compared only */
	refcount_t refs;
	atomic_t slots;			/* of frames that the device has not completed */
	/* A completion that leaves so many, or fewer, wakes, and takes this away; -1: none does. */
	int wake_at;
	spinlock_t lock;		/* @kr; taken only to wake */
	struct nm_kring *kr;		/* NULL: the ring is closed */
};

struct generic_tx {
	/* All of these belong to the thread in txsync; changed by reg while the ring is stopped. */
	struct generic_session *session;
	struct sk_buff_head waiting;	/* frames that the device has not been given yet, in order */
	struct hrtimer timer;		/* tries again */

	/* Frames lost, by reason. */
	u64 too_short;
	u64 too_long;
	u64 refused;			/* by the device, or its link is down */
	u64 no_memory;
};

/**
 * struct generic - an emulated adapter
 * @link: in the list of all; under generic_lock
 * @dev: the interface; we hold a reference until the port is detached
 * @port: its port
 * @detach: runs nm_port_detach()
 * @going: the interface goes away, or gets another name or namespace. Written under RTNL
 * @down: it was set down while the port was there. Written under RTNL
 * @hooked: the rx_handler is ours, and @ingress is registered in @net; written under RTNL
 * @diverting: @egress is registered in @net; under RTNL
 * @net: the namespace of @dev, while one of the two is registered; under RTNL
 * @used: a ring is in netmap mode, so the krings and the module stay; written under core->lock and
 *	RTNL, read under either
 * @host_no_memory: frames of the stack that could not be finished; a guess where many send at once
 * @host_secret: frames of the stack that only a device could have encrypted; as @host_no_memory
 * @rx, @tx: of as many rings as the interface can ever have
 */
struct generic {
	struct list_head link;
	struct net_device *dev;
	struct nm_port *port;
	struct work_struct detach;
	bool going;
	bool down;
	bool hooked;
	bool diverting;
	bool used;
	struct net *net;
	struct nf_hook_ops ingress;
	struct nf_hook_ops egress;
	u64 host_no_memory;
	u64 host_secret;
	struct generic_rx *rx;
	struct generic_tx *tx;
};

/* The ring's answer to a sync while its interface cannot work. */
static inline bool generic_is_down(const struct generic *g)
{
	return READ_ONCE(g->going) || READ_ONCE(g->down);
}

/* generic.c */
int generic_init(void);
void generic_exit(void);
/* As nm_core_config.demand, for what has no native driver. */
void generic_demand(struct nm_core *core, const void *ns, const char *name,
		    struct nm_port *idle);
/* An idle port has a native driver now: detach it, if it is ours. Under core->lock. */
bool generic_drop(struct nm_port *idle);
extern const struct nm_driver_ops generic_ops;

/* generic_rx.c */
void generic_rx_init(struct generic_rx *rx);
void generic_rx_start(struct generic_rx *rx, struct nm_kring *kr);
/* After this and synchronize_net() no frame comes in; generic_rx_drain() then frees the rest. */
void generic_rx_stop(struct generic_rx *rx);
void generic_rx_drain(struct generic_rx *rx);
u32 generic_len(const struct sk_buff *skb);
void generic_copy(const struct sk_buff *skb, u32 from, u8 *to, u32 len);
struct sk_buff *generic_finish(struct sk_buff *skb, u64 *lost);
struct sk_buff *generic_skb(struct net_device *dev, u32 queue, const struct nm_frag *frags, u32 num);
int generic_rxsync(struct nm_kring *kr, int flags);
/*
 * Frames of the interface come to us from now on, and no more. Under RTNL; who calls the second has
 * a synchronize_net() in it.
 */
int generic_rx_hook(struct generic *g);
void generic_rx_unhook(struct generic *g);

/* generic_tx.c */
void generic_tx_init(struct generic_tx *tx);
int generic_tx_start(struct generic_tx *tx, struct nm_kring *kr);
void generic_tx_stop(struct generic_tx *tx);
int generic_txsync(struct nm_kring *kr, int flags);
/* Whether a client of the emulated adapter of this very interface sent it. */
bool generic_tx_is_from(const struct sk_buff *skb, const struct net_device *dev);
void generic_tx_wait_all(void);

/* generic_host.c; the first two under RTNL. After a stop and synchronize_net() nothing is diverted. */
int generic_host_start(struct generic *g);
void generic_host_stop(struct generic *g);
void generic_divert(struct nm_port *port, u32 queue, struct sk_buff *skb, u64 *no_memory, u64 *secret);
bool generic_host_up(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num);

#endif /* NM_GENERIC_H */
