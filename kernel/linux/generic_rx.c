// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter, frames in: from the device's softirq into a bounded queue, and by the
 * client's rxsync from there into slots.
 */
#include <linux/if_vlan.h>
#include <linux/netfilter_netdev.h>

#include "generic.h"

/* Else netdevice.h has it. */
#ifdef NM_HAS_GSO_HEADER
#include <net/gso.h>
#endif

/*
 * Frames that wait for a receive ring, at least; or four rings of them. A client that busily syncs
 * loses its processor for tens of milliseconds where others want it too, and a device has its own
 * buffers for that: a ring's worth would hold 20,000 frames a second for 50 ms.
 */
#define MIN_QUEUE	8192

/* Frames that are put into slots before softirqs of this processor have their turn. */
#define BATCH		64

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct generic_rx *rx = container_of(timer, struct generic_rx, timer);
	enum hrtimer_restart again = HRTIMER_NORESTART;
	struct nm_kring *kr;
	bool wake;

	spin_lock(&rx->queue.lock);
	wake = rx->more;
	rx->more = false;
	rx->quiet = wake;
	spin_unlock(&rx->queue.lock);
	if (!wake)
		return again;
	rcu_read_lock();
	kr = rcu_dereference(rx->kr);
	if (kr) {
		WRITE_ONCE(rx->pending, 1);
		nm_kring_notify(kr);
		hrtimer_forward_now(timer, ns_to_ktime(READ_ONCE(nm_generic_mit) ?: 1));
		again = HRTIMER_RESTART;
	}
	rcu_read_unlock();
	return again;
}

void generic_rx_init(struct generic_rx *rx)
{
	skb_queue_head_init(&rx->queue);
	__skb_queue_head_init(&rx->taken);
	hrtimer_setup(&rx->timer, timer_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
}

/* Under core->lock. */
void generic_rx_start(struct generic_rx *rx, struct nm_kring *kr)
{
	rx->limit = max_t(u32, 4 * kr->num_slots, MIN_QUEUE);
	rx->quiet = false;
	rx->more = false;
	rcu_assign_pointer(rx->kr, kr);
}

void generic_rx_stop(struct generic_rx *rx)
{
	RCU_INIT_POINTER(rx->kr, NULL);
}

void generic_rx_drain(struct generic_rx *rx)
{
	hrtimer_cancel(&rx->timer);
	skb_queue_purge(&rx->queue);
	__skb_queue_purge(&rx->taken);
}

/*
 * Queue one frame as it would be on the wire, and wake its client now or soon. From here on it is
 * ours alone: whoever sent it may not depend on when, or whether, the client takes it.
 */
static void put_one(struct generic_rx *rx, struct nm_kring *kr, struct sk_buff *skb)
{
	const u32 gap_ns = READ_ONCE(nm_generic_mit);
	bool wake = false, start = false, full;

	skb_orphan(skb);
	spin_lock_bh(&rx->queue.lock);
	full = skb_queue_len(&rx->queue) >= rx->limit;
	if (full)
		rx->full++;
	else
		__skb_queue_tail(&rx->queue, skb);
	if (rx->quiet) {
		rx->more = true;
	} else {
		wake = true;
		start = gap_ns;
		rx->quiet = start;
	}
	spin_unlock_bh(&rx->queue.lock);
	if (full)
		kfree_skb(skb);
	if (start)
		hrtimer_start(&rx->timer, ns_to_ktime(gap_ns), HRTIMER_MODE_REL_SOFT);
	if (wake) {
		WRITE_ONCE(rx->pending, 1);
		nm_kring_notify(kr);
	}
}

/**
 * generic_finish() - a frame as it would be on the wire
 * @skb: data begin at the Ethernet header; taken over
 * @lost: counts frames that there was no memory for
 *
 * The stack merges frames, and leaves checksums for the device: who gets them here is neither.
 * Return: a list of frames, NULL where none is left.
 */
struct sk_buff *generic_finish(struct sk_buff *skb, u64 *lost)
{
	struct sk_buff *list = NULL, **end = &list, *segments, *next;

	if (skb_is_gso(skb)) {
		segments = __skb_gso_segment(skb, 0, skb->ip_summed == CHECKSUM_PARTIAL);
		if (IS_ERR_OR_NULL(segments)) {
			WRITE_ONCE(*lost, *lost + 1);
			kfree_skb(skb);
			return NULL;
		}
		consume_skb(skb);
		skb = segments;
	}
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		/* Of whatever kind: SCTP's is another one than the Internet's. */
		if (skb->ip_summed == CHECKSUM_PARTIAL && !READ_ONCE(nm_generic_hwcsum) &&
		    skb_csum_hwoffload_help(skb, 0)) {
			WRITE_ONCE(*lost, *lost + 1);
			kfree_skb(skb);
			continue;
		}
		*end = skb;
		end = &skb->next;
	}
	return list;
}

/*
 * Called by the stack, in an RCU section. Return: whether a ring in netmap mode has taken the frame;
 * else it goes on as ever.
 */
static bool take(struct generic *g, struct sk_buff *skb)
{
	const u32 queue = skb_rx_queue_recorded(skb) ? skb_get_rx_queue(skb) : 0;
	const struct nm_kring *ring = nm_port_queue_ring(g->port, NM_RX, queue);
	struct generic_rx *rx;
	struct sk_buff *next;
	struct nm_kring *kr;

	if (!ring || skb->pkt_type == PACKET_LOOPBACK)
		return false;
	rx = &g->rx[ring->ring_id];
	kr = rcu_dereference(rx->kr);
	if (!kr)
		return false;
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return true;
	skb_push(skb, skb->data - skb_mac_header(skb));
	skb = generic_finish(skb, &rx->no_memory);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		put_one(rx, kr, skb);
	}
	return true;
}

static rx_handler_result_t handler(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct generic *g = rcu_dereference(skb->dev->rx_handler_data);

	if (skb->priority == NM_GENERIC_UP) {
		skb->priority = 0;
		return RX_HANDLER_PASS;
	}
	return take(g, skb) ? RX_HANDLER_CONSUMED : RX_HANDLER_PASS;
}

#if IS_ENABLED(CONFIG_NETFILTER_INGRESS)

/*
 * A frame with a tag for which the interface has a sub-interface goes to that, and never comes to
 * the handler: it is taken before, as what the sub-interface sends is.
 */
static unsigned int ingress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (!skb_vlan_tag_present(skb) || skb->priority == NM_GENERIC_UP)
		return NF_ACCEPT;
	return take(priv, skb) ? NF_STOLEN : NF_ACCEPT;
}

static int tagged_hook(struct generic *g)
{
	g->ingress = (struct nf_hook_ops){
		.hook = ingress,
		.dev = g->dev,
		.priv = g,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		.priority = INT_MAX,
	};
	g->net = dev_net(g->dev);
	return nf_register_net_hook(g->net, &g->ingress);
}

static void tagged_unhook(struct generic *g)
{
	nf_unregister_net_hook(g->net, &g->ingress);
}

#else /* the kernel has no ingress hooks */

static int tagged_hook(struct generic *g)
{
	nm_os_log(&nm_linux_os,
		  "%s: this kernel has no CONFIG_NETFILTER_INGRESS: what comes in for a VLAN sub-interface goes to that",
		  g->dev->name);
	return 0;
}

static void tagged_unhook(struct generic *g)
{
}

#endif

int generic_rx_hook(struct generic *g)
{
	int error;

	if (g->hooked)
		return 0;
	error = netdev_rx_handler_register(g->dev, handler, g);
	if (error) {
		nm_os_log(&nm_linux_os,
			  "%s is part of a bridge, a bond or the like (error %d): take it out there first",
			  g->dev->name, -error);
		return error;
	}
	error = tagged_hook(g);
	if (error) {
		netdev_rx_handler_unregister(g->dev);
		return error;
	}
	/*
	 * What a device has merged in its own way nobody can take apart. It stays off, as it does
	 * where a bridge has switched it off.
	 */
	dev_disable_lro(g->dev);
	WRITE_ONCE(g->hooked, true);
	return 0;
}

void generic_rx_unhook(struct generic *g)
{
	if (!g->hooked)
		return;
	WRITE_ONCE(g->hooked, false);
	tagged_unhook(g);
	/* It waits for RCU sections, those of the other hook too. */
	netdev_rx_handler_unregister(g->dev);
}

/* Bytes of a frame with the tag that the device took out, or will put in. */
u32 generic_len(const struct sk_buff *skb)
{
	return skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* Bytes @from .. @from + @len of those. */
void generic_copy(const struct sk_buff *skb, u32 from, u8 *to, u32 len)
{
	const u32 tag_at = 2 * ETH_ALEN;
	__be16 tag[2];
	u32 n;

	if (!skb_vlan_tag_present(skb)) {
		skb_copy_bits(skb, from, to, len);
		return;
	}
	tag[0] = skb->vlan_proto;
	tag[1] = htons(skb_vlan_tag_get(skb));
	while (len) {
		if (from < tag_at) {
			n = min(len, tag_at - from);
			skb_copy_bits(skb, from, to, n);
		} else if (from < tag_at + VLAN_HLEN) {
			n = min_t(u32, len, tag_at + VLAN_HLEN - from);
			memcpy(to, (u8 *)tag + from - tag_at, n);
		} else {
			n = len;
			skb_copy_bits(skb, from - VLAN_HLEN, to, n);
		}
		from += n;
		to += n;
		len -= n;
	}
}

/* Fill the slots from kr->hwtail on with one frame. Return: false where a slot is bad. */
static bool fill_slots(struct nm_kring *kr, const struct sk_buff *skb, u32 len, u32 slots)
{
	const struct nm_bufs bufs = kr->bufs;
	const u32 lim = kr->num_slots - 1;
	u32 i = kr->hwtail, from = 0, n;

	for (; slots; slots--) {
		struct netmap_slot *slot = &kr->ring->slot[i];
		struct nm_slot_view view;

		if (!nm_slot_get(slot, &bufs, &view)) {
			nm_slot_refuse(kr, i);
			return false;
		}
		n = min(len - from, bufs.size);
		generic_copy(skb, from, nm_buf_at(&bufs, view.buf_idx), n);
		nm_slot_put(slot, n, slots > 1 ? NS_MOREFRAG : 0);
		from += n;
		i = nm_next(i, lim);
	}
	kr->hwtail = i;
	return true;
}

static struct sk_buff *next_frame(struct generic_rx *rx)
{
	if (skb_queue_empty(&rx->taken) && !skb_queue_empty_lockless(&rx->queue)) {
		spin_lock_bh(&rx->queue.lock);
		skb_queue_splice_tail_init(&rx->queue, &rx->taken);
		spin_unlock_bh(&rx->queue.lock);
	}
	return skb_peek(&rx->taken);
}

/*
 * At most BATCH frames into slots. Their memory goes to what this processor keeps for new ones, which
 * is its softirqs': they are off. Return: whether there may be more.
 */
static bool fill_some(struct nm_kring *kr, struct generic_rx *rx)
{
	const u32 n = kr->num_slots;
	struct sk_buff *skb;
	u32 done;

	for (done = 0; done < BATCH; done++) {
		u32 len, slots;

		skb = next_frame(rx);
		if (!skb)
			return false;
		len = generic_len(skb);
		slots = DIV_ROUND_UP(len, kr->bufs.size);
		if (slots > NETMAP_MAX_FRAGS || slots >= n)
			rx->too_long++;
		else if (slots > nm_dist(kr->hwtail, nm_prev(kr->hwcur, n - 1), n) ||
			 !fill_slots(kr, skb, len, slots)) {
			/* The rest comes with the next sync, which no wake-up has to be for. */
			WRITE_ONCE(rx->pending, 1);
			return false;
		}
		__skb_unlink(skb, &rx->taken);
		napi_consume_skb(skb, 1);
	}
	return true;
}

/* Slots back, frames in, one slot stays empty. */
int generic_rxsync(struct nm_kring *kr, int flags)
{
	struct generic *g = nm_port_data(kr->port);
	struct generic_rx *rx = &g->rx[kr->ring_id];
	bool more;

	if (generic_is_down(g))
		return -EIO;
	kr->hwcur = kr->rhead;
	if (!READ_ONCE(nm_no_pendintr) && !xchg(&rx->pending, 0))
		return 0;
	do {
		local_bh_disable();
		more = fill_some(kr, rx);
		local_bh_enable();
	} while (more);
	return 0;
}
