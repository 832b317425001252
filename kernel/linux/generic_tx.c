// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter, frames out: each is copied, and given straight to the device's queue. That is
 * done for some frames at a time: memory for them comes from what the processor keeps for frames
 * that come in, the device is told of them once, and where they come in on this processor, as those
 * of veth do, the stack takes them in once.
 *
 * A slot is the client's again when the device has completed its frame: that is when the kernel
 * calls the frame's destructor. Completions may come out of order; as the slot's buffer was copied,
 * it is enough to count them.
 *
 * No wake-up is lost: txsync stores wake_at, then reads how many slots are under way, and gives the
 * client all others. If some are under way, a completion is still to come; it counts first and then
 * loads wake_at, and finds what was stored, as both sides have a fence between. The first that finds
 * it takes it away, and wakes after that: whoever waits has been in txsync since, or is woken.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "generic.h"

/* Retry time for a device that had no room and does not report room, ns. */
#define RETRY_NS	200000

/*
 * Slots under way at most where the device has no queue of its own (veth and its like): what it is
 * given goes to the processor's backlog, which every such ring shares, and which loses what comes
 * when 1,000 frames wait (net.core.netdev_max_backlog) for a softirq that a busy sender keeps off.
 * Frames beyond wait in the ring.
 */
#define MAX_IN_BACKLOG	256

/*
 * Frames made before the device is given them. The stack takes 64 in at a time (net.core.dev_weight);
 * no softirq runs on this processor meanwhile, for a few microseconds.
 */
#define BATCH		32

/* Before the frame in its memory, and behind it. */
#define HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN)
#define SHARED_INFO	SKB_DATA_ALIGN(sizeof(struct skb_shared_info))

/* Sessions there are: a module that goes waits for the last. */
static atomic_t sessions = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(sessions_gone);

static void session_put(struct generic_session *s)
{
	if (!refcount_dec_and_test(&s->refs))
		return;
	kfree(s);
	if (atomic_dec_and_test(&sessions))
		wake_up_all(&sessions_gone);
}

void generic_tx_wait_all(void)
{
	while (!wait_event_timeout(sessions_gone, !atomic_read(&sessions), 10 * HZ))
		pr_warn("netmap: a device still holds frames that were sent long ago; set it down to free them\n");
	/* Who woke us may still be in session_put(). */
	synchronize_net();
}

/* The slots of a frame; a frame has at least one. */
static u32 slots_of(const struct sk_buff *skb)
{
	return ((unsigned long)skb_shinfo(skb)->destructor_arg & (NETMAP_MAX_FRAGS - 1)) + 1;
}

/* The session is aligned so that the number of slots fits below its address. */
static struct generic_session *session_of(const struct sk_buff *skb)
{
	return (void *)((unsigned long)skb_shinfo(skb)->destructor_arg &
			~(unsigned long)(NETMAP_MAX_FRAGS - 1));
}

/* The device has completed a frame. Any context but a hard interrupt. */
static void completed(struct sk_buff *skb)
{
	struct generic_session *s = session_of(skb);
	const int left = atomic_sub_return(slots_of(skb), &s->slots);
	const int wake_at = READ_ONCE(s->wake_at);

	if (left <= wake_at && cmpxchg(&s->wake_at, wake_at, -1) == wake_at) {
		spin_lock_bh(&s->lock);
		if (s->kr)
			nm_kring_notify(s->kr);
		spin_unlock_bh(&s->lock);
	}
	session_put(s);
}

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct generic_tx *tx = container_of(timer, struct generic_tx, timer);

	/* The ring is there: whoever closes it cancels the timer first. */
	nm_kring_notify(tx->session->kr);
	return HRTIMER_NORESTART;
}

void generic_tx_init(struct generic_tx *tx)
{
	__skb_queue_head_init(&tx->waiting);
	hrtimer_setup(&tx->timer, timer_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}

/* Under core->lock, with the ring stopped. */
int generic_tx_start(struct generic_tx *tx, struct nm_kring *kr)
{
	const struct generic *g = nm_port_data(kr->port);
	struct generic_session *s = nm_os_alloc(sizeof(*s));

	BUILD_BUG_ON(NM_CACHE_LINE < NETMAP_MAX_FRAGS);
	if (!s)
		return -ENOMEM;
	refcount_set(&s->refs, 1);
	spin_lock_init(&s->lock);
	s->kr = kr;
	s->dev = g->dev;
	tx->session = s;
	atomic_inc(&sessions);
	return 0;
}

void generic_tx_stop(struct generic_tx *tx)
{
	struct generic_session *s = tx->session;

	if (!s)
		return;
	hrtimer_cancel(&tx->timer);
	spin_lock_bh(&s->lock);
	s->kr = NULL;
	spin_unlock_bh(&s->lock);
	__skb_queue_purge(&tx->waiting);
	tx->session = NULL;
	session_put(s);
}

/*
 * The frame that begins in slot kr->hwcur, as far as kr->rhead. Return: its slots, and *@len its
 * bytes; 0 where it is not complete or, after nm_slot_refuse(), a slot is bad. A frame of more than
 * NETMAP_MAX_FRAGS slots is reported as it is.
 */
static u32 frame_slots(struct nm_kring *kr, u32 *len)
{
	u32 slots = 0, i = kr->hwcur;

	*len = 0;
	while (i != kr->rhead) {
		struct nm_slot_view view;

		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view)) {
			nm_slot_refuse(kr, i);
			return 0;
		}
		*len += view.len;
		slots++;
		if (!(view.flags & NS_MOREFRAG))
			return slots;
		i = nm_next(i, kr->num_slots - 1);
	}
	return 0;
}

/*
 * Append a frame's bytes to @skb, which has room for what frame_slots() counted: the client may
 * have changed the slots since, so nothing more than that is taken.
 */
static void frame_copy(struct nm_kring *kr, u32 first, u32 slots, struct sk_buff *skb)
{
	u32 i = first;

	for (; slots; slots--) {
		struct netmap_slot *slot = &kr->ring->slot[i];
		struct nm_slot_view view;

		if (nm_slot_get(slot, &kr->bufs, &view)) {
			const u32 n = min_t(u32, view.len, skb_tailroom(skb));

			skb_put_data(skb, nm_buf_at(&kr->bufs, view.buf_idx), n);
			if (view.flags & (NS_BUF_CHANGED | NS_REPORT))
				nm_slot_clear_flags(slot, &view, NS_BUF_CHANGED | NS_REPORT);
		}
		i = nm_next(i, kr->num_slots - 1);
	}
}

/* A frame's memory. With softirqs off: what the processor keeps is theirs. */
static struct sk_buff *frame_alloc(u32 len)
{
	const u32 room = SKB_DATA_ALIGN(HEADROOM + len) + SHARED_INFO;
	struct sk_buff *skb;
	void *data;

	if (room > PAGE_SIZE)
		return alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	data = napi_alloc_frag(room);
	if (!data)
		return NULL;
	skb = napi_build_skb(data, room);
	if (skb)
		skb_reserve(skb, HEADROOM);
	else
		skb_free_frag(data);
	return skb;
}

static void frame_finish(struct generic *g, struct generic_session *s, struct sk_buff *skb,
			 u32 slots)
{
	skb->dev = g->dev;
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb_shinfo(skb)->destructor_arg = (void *)((unsigned long)s | (slots - 1));
	skb->destructor = completed;
	refcount_inc(&s->refs);
	atomic_add(slots, &s->slots);
}

/* One that has come from elsewhere, by a bridge, still has the destructor of its sender. */
bool generic_tx_is_from(const struct sk_buff *skb, const struct net_device *dev)
{
	return skb->destructor == completed && session_of(skb)->dev == dev;
}

/*
 * Give the device what waits, on the queue of ring @ring. The interface may have fewer queues than
 * the client's port has rings, since the client has it: a driver is asked for a queue that is there,
 * in a section that who takes queues away waits for. Return: false where the device has no room.
 */
static bool send_direct(struct generic *g, struct generic_tx *tx, u32 ring)
{
	struct net_device *dev = g->dev;
	struct netdev_queue *txq;
	struct sk_buff *skb;
	bool room = true;
	int result;
	u32 queue;

	rcu_read_lock_bh();
	if (!netif_running(dev) || !netif_carrier_ok(dev)) {
		tx->refused += skb_queue_len(&tx->waiting);
		__skb_queue_purge(&tx->waiting);
	}
	queue = ring % READ_ONCE(dev->real_num_tx_queues);
	txq = netdev_get_tx_queue(dev, queue);
	HARD_TX_LOCK(dev, txq, smp_processor_id());
	while (room && !skb_queue_empty(&tx->waiting)) {
		if (netif_xmit_frozen_or_drv_stopped(txq)) {
			room = false;
			break;
		}
		skb = __skb_dequeue(&tx->waiting);
		skb_set_queue_mapping(skb, queue);
		result = netdev_start_xmit(skb, dev, txq, !skb_queue_empty(&tx->waiting));
		if (!dev_xmit_complete(result)) {
			__skb_queue_head(&tx->waiting, skb);
			room = false;
		} else if (result != NETDEV_TX_OK) {
			tx->refused++;
		}
	}
	HARD_TX_UNLOCK(dev, txq);
	rcu_read_unlock_bh();
	return room;
}

/* By the interface's queueing discipline. Whatever becomes of a frame, it is freed, which counts its slots. */
static void send_queued(struct generic_tx *tx, u32 ring)
{
	struct sk_buff *skb;
	int result;

	while ((skb = __skb_dequeue(&tx->waiting))) {
		/* The stack chooses the queue: the one on which a frame seems to have come in. */
		skb_record_rx_queue(skb, ring);
		result = dev_queue_xmit(skb);
		/* A macro, which takes its argument twice. */
		if (net_xmit_eval(result))
			tx->refused++;
	}
}

/* Return: whether nothing waits any more. */
static bool send_waiting(struct generic *g, struct generic_tx *tx, u32 ring)
{
	if (skb_queue_empty(&tx->waiting))
		return true;
	if (READ_ONCE(nm_generic_txqdisc))
		return send_direct(g, tx, ring);
	send_queued(tx, ring);
	return true;
}

/* One frame from slot kr->hwcur on is made, and waits. Return: false to stop here. */
static bool make_one(struct generic *g, struct generic_tx *tx, struct nm_kring *kr)
{
	const u32 max_len = READ_ONCE(g->dev->mtu) + g->dev->hard_header_len + VLAN_HLEN;
	const u32 first = kr->hwcur;
	struct sk_buff *skb;
	u32 len, slots = frame_slots(kr, &len);

	if (!slots)
		return false;
	kr->hwcur = nm_add(first, slots, kr->num_slots);
	if (len < ETH_HLEN) {
		tx->too_short++;
		return true;
	}
	if (len > max_len || slots > NETMAP_MAX_FRAGS) {
		tx->too_long++;
		return true;
	}
	skb = frame_alloc(len);
	if (!skb) {
		tx->no_memory++;
		return true;
	}
	frame_copy(kr, first, slots, skb);
	/* As it was before, unless the client changed it meanwhile. */
	if (skb->len < ETH_HLEN || skb->len > max_len) {
		kfree_skb(skb);
		tx->too_short++;
		return true;
	}
	frame_finish(g, tx->session, skb, slots);
	__skb_queue_tail(&tx->waiting, skb);
	return true;
}

int generic_txsync(struct nm_kring *kr, int flags)
{
	struct generic *g = nm_port_data(kr->port);
	struct generic_tx *tx = &g->tx[kr->ring_id];
	struct generic_session *s = tx->session;
	const u32 n = kr->num_slots;
	const u32 most = g->dev->priv_flags & IFF_NO_QUEUE ? min_t(u32, MAX_IN_BACKLOG, n) : n;
	u32 made;

	if (generic_is_down(g))
		return -EIO;
	do {
		made = 0;
		local_bh_disable();
		if (send_waiting(g, tx, kr->ring_id)) {
			while (made < BATCH && kr->hwcur != kr->rhead &&
			       atomic_read(&s->slots) < most && make_one(g, tx, kr))
				made++;
		}
		local_bh_enable();
	} while (made);
	WRITE_ONCE(s->wake_at, atomic_read(&s->slots) / 2);
	/* With the fence of completed()'s atomic_sub_return(), see the head of this file. */
	smp_mb();
	kr->hwtail = nm_add(kr->hwcur, n - 1 - atomic_read(&s->slots), n);
	if (!skb_queue_empty(&tx->waiting))
		hrtimer_start(&tx->timer, ns_to_ktime(RETRY_NS), HRTIMER_MODE_REL_SOFT);
	return 0;
}
