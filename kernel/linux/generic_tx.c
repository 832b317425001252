// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter, frames out: each is copied to a page of the ring's own, which is used again
 * when the frame has been freed, and given straight to the device's queue.
 *
 * A slot is the client's again when the device has completed its frame: that is when the kernel
 * calls the frame's destructor. Completions may come out of order; as the slot's buffer was copied,
 * it is enough to count them.
 *
 * No wake-up is lost: txsync stores wake_at, then reads how many slots are under way, and gives the
 * client all others. If some are under way, a completion is still to come; it counts first and then
 * loads wake_at, and finds what was stored, as both sides have a fence between.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/mm.h>

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

/* Before the frame in its page. */
#define HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN)
#define PAGE_ROOM	(PAGE_SIZE - HEADROOM - SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

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

	if (left <= READ_ONCE(s->wake_at)) {
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
	hrtimer_setup(&tx->timer, timer_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}

/* Under core->lock, with the ring stopped. */
int generic_tx_start(struct generic_tx *tx, struct nm_kring *kr)
{
	const struct generic *g = nm_port_data(kr->port);
	struct generic_session *s = nm_os_alloc(sizeof(*s));

	BUILD_BUG_ON(NM_CACHE_LINE < NETMAP_MAX_FRAGS);
	tx->pages = kvcalloc(kr->num_slots, sizeof(*tx->pages), GFP_KERNEL);
	if (!s || !tx->pages) {
		nm_os_free(s);
		kvfree(tx->pages);
		tx->pages = NULL;
		return -ENOMEM;
	}
	tx->num_pages = kr->num_slots;
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
	u32 i;

	if (!s)
		return;
	hrtimer_cancel(&tx->timer);
	spin_lock_bh(&s->lock);
	s->kr = NULL;
	spin_unlock_bh(&s->lock);
	kfree_skb(tx->waiting);
	tx->waiting = NULL;
	/* A page whose frame is still under way is freed with that. */
	for (i = 0; i < tx->num_pages; i++) {
		if (tx->pages[i])
			put_page(tx->pages[i]);
	}
	kvfree(tx->pages);
	tx->pages = NULL;
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

/* A frame's memory: the slot's page if that is free again, else a new one. */
static struct sk_buff *frame_alloc(struct generic_tx *tx, u32 slot, u32 len)
{
	struct page *page = tx->pages[slot];
	struct sk_buff *skb;

	if (len > PAGE_ROOM)
		return alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	if (page && page_ref_count(page) != 1) {
		put_page(page);
		page = NULL;
	}
	if (!page) {
		page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		tx->pages[slot] = page;
		if (!page)
			return NULL;
	}
	skb = build_skb(page_address(page), PAGE_SIZE);
	if (!skb)
		return NULL;
	get_page(page);
	skb_reserve(skb, HEADROOM);
	return skb;
}

static void frame_finish(struct generic *g, struct generic_session *s, struct sk_buff *skb,
			 u32 slots, u32 queue)
{
	skb->dev = g->dev;
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_queue_mapping(skb, queue);
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
 * The interface may have fewer queues than the client's port has rings, since the client has it. A
 * driver is asked for a queue that is there, in a section that who takes queues away waits for.
 */
static int send_on_queue(struct sk_buff *skb)
{
	int result;

	rcu_read_lock_bh();
	result = __dev_direct_xmit(skb, skb_get_queue_mapping(skb) %
					READ_ONCE(skb->dev->real_num_tx_queues));
	rcu_read_unlock_bh();
	return result;
}

/* Return: false where the device has no room: then the frame waits. */
static bool send(struct generic_tx *tx, struct sk_buff *skb)
{
	int result;

	if (!READ_ONCE(nm_generic_txqdisc)) {
		/* Whatever becomes of the frame, it is freed, which counts its slots. */
		tx->waiting = NULL;
		/* The stack chooses the queue: the one on which a frame seems to have come in. */
		skb_record_rx_queue(skb, skb_get_queue_mapping(skb));
		result = dev_queue_xmit(skb);
		if (net_xmit_eval(result))
			tx->refused++;
		return true;
	}
	result = send_on_queue(skb);
	if (!dev_xmit_complete(result)) {
		tx->waiting = skb;
		return false;
	}
	tx->waiting = NULL;
	if (result != NETDEV_TX_OK)
		tx->refused++;
	return true;
}

/* One frame from slot kr->hwcur on. Return: false to stop here. */
static bool send_one(struct generic *g, struct generic_tx *tx, struct nm_kring *kr)
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
	skb = frame_alloc(tx, first, len);
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
	frame_finish(g, tx->session, skb, slots, kr->ring_id);
	return send(tx, skb);
}

int generic_txsync(struct nm_kring *kr, int flags)
{
	struct generic *g = nm_port_data(kr->port);
	struct generic_tx *tx = &g->tx[kr->ring_id];
	struct generic_session *s = tx->session;
	const u32 n = kr->num_slots;
	const u32 most = g->dev->priv_flags & IFF_NO_QUEUE ? min_t(u32, MAX_IN_BACKLOG, n) : n;

	if (generic_is_down(g))
		return -EIO;
	if (!tx->waiting || send(tx, tx->waiting)) {
		while (kr->hwcur != kr->rhead && atomic_read(&s->slots) < most &&
		       send_one(g, tx, kr))
			;
	}
	WRITE_ONCE(s->wake_at, atomic_read(&s->slots) / 2);
	/* With the fence of completed()'s atomic_sub_return(), see the head of this file. */
	smp_mb();
	kr->hwtail = nm_add(kr->hwcur, n - 1 - atomic_read(&s->slots), n);
	if (tx->waiting)
		hrtimer_start(&tx->timer, ns_to_ktime(RETRY_NS), HRTIMER_MODE_REL_SOFT);
	return 0;
}
