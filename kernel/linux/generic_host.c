// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter, the host stack's side: what the stack sends while transmit rings are in
 * netmap mode is diverted at the interface's egress hook, and what a client sends up enters the
 * stack like a frame from the wire.
 *
 * Our own frames, and those of packet sockets that bypass the queues, pass the hook by. The hook
 * comes before the stack chooses a queue, and asks in the same way, so that it is told the same; only
 * a filter of tc's that chooses a queue by itself comes between the two.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <net/sock.h>
#include <net/xfrm.h>

#include "generic.h"

/* Longest frame that goes up: what the length of a packet in the stack can say. */
#define MAX_UP	65535u

/*
 * What TLS leaves to a device that can encrypt is encrypted as if it left by one that cannot. NULL:
 * it is lost.
 */
static struct sk_buff *encrypt_tls(struct sk_buff *skb, u64 *secret)
{
#ifdef CONFIG_SOCK_VALIDATE_XMIT
	struct sock *sk = skb->sk;

	if (sk && sk_fullsock(sk) && sk->sk_validate_xmit_skb)
		skb = sk->sk_validate_xmit_skb(sk, dev_net(skb->dev)->loopback_dev, skb);
#ifdef CONFIG_TLS_DEVICE
	else if (skb->decrypted) {
		kfree_skb(skb);
		skb = NULL;
	}
#endif
	if (!skb)
		WRITE_ONCE(*secret, *secret + 1);
#endif
	return skb;
}

/*
 * The same for IPsec. What its driver has prepared for the device already, or a processor of its own
 * encrypts later, is lost.
 */
static struct sk_buff *encrypt_ipsec(struct sk_buff *skb, u64 *secret)
{
	const struct xfrm_offload *xo = xfrm_offload(skb);
	bool again = false;

	if (likely(!xo))
		return skb;
	if (!(xo->flags & XFRM_DEV_RESUME))
		skb = validate_xmit_xfrm(skb, 0, &again);
	if (skb && !xfrm_offload(skb))
		return skb;
	WRITE_ONCE(*secret, *secret + 1);
	kfree_skb(skb);
	return NULL;
}

/**
 * finish_tx() - a frame that the stack sends as it would be on the wire
 * @skb: data begin at the Ethernet header; taken over
 * @no_memory: as for generic_finish()
 * @secret: counts frames that could not be encrypted: nobody gets them as they are
 *
 * Return: a list of frames, NULL where none is left.
 */
static struct sk_buff *finish_tx(struct sk_buff *skb, u64 *no_memory, u64 *secret)
{
	struct sk_buff *list = NULL, **end = &list, *next;

	skb = encrypt_tls(skb, secret);
	if (!skb)
		return NULL;
	skb = generic_finish(skb, no_memory);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		skb = encrypt_ipsec(skb, secret);
		if (!skb)
			continue;
		*end = skb;
		end = &skb->next;
	}
	return list;
}

static void copy_part(void *arg, u32 offset, void *to, u32 len)
{
	generic_copy(arg, offset, to, len);
}

/**
 * generic_divert() - a frame that the stack sends comes to a host RX ring
 * @skb: data begin at the Ethernet header; taken over
 * @no_memory, @secret: as for finish_tx()
 */
void generic_divert(struct nm_port *port, u32 queue, struct sk_buff *skb, u64 *no_memory, u64 *secret)
{
	struct sk_buff *next;

	skb = finish_tx(skb, no_memory, secret);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		nm_host_queue(port, queue, generic_len(skb), copy_part, skb);
		consume_skb(skb);
	}
}

#if IS_ENABLED(CONFIG_NETFILTER_EGRESS)

/* The TX queue that the stack takes, as netdev_core_pick_tx() chooses it. */
static u32 queue_of(struct net_device *dev, struct sk_buff *skb)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	u16 queue;

	if (dev->real_num_tx_queues == 1)
		return 0;
#ifdef CONFIG_XPS
	/* XPS goes by it, and the stack would set it now. */
	if (skb->sender_cpu - 1 >= nr_cpu_ids)
		skb->sender_cpu = raw_smp_processor_id() + 1;
#endif
	if (ops->ndo_select_queue)
		queue = ops->ndo_select_queue(dev, skb, NULL);
	else
		queue = netdev_pick_tx(dev, skb, NULL);
	return netdev_cap_txqueue(dev, queue);
}

static unsigned int egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct generic *g = priv;
	u32 queue;

	if (generic_tx_is_from(skb, g->dev))
		return NF_ACCEPT;
	queue = queue_of(g->dev, skb);
	if (!nm_port_queue_ring(g->port, NM_TX, queue))
		return NF_ACCEPT;
	generic_divert(g->port, queue, skb, &g->host_no_memory, &g->host_secret);
	return NF_STOLEN;
}

int generic_host_start(struct generic *g)
{
	int error;

	if (g->diverting)
		return 0;
	g->egress = (struct nf_hook_ops){
		.hook = egress,
		.dev = g->dev,
		.priv = g,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_EGRESS,
		.priority = INT_MAX,
	};
	g->net = dev_net(g->dev);
	error = nf_register_net_hook(g->net, &g->egress);
	g->diverting = !error;
	return error;
}

void generic_host_stop(struct generic *g)
{
	if (g->diverting)
		nf_unregister_net_hook(g->net, &g->egress);
	g->diverting = false;
}

#else /* the kernel has no egress hooks: what the stack sends goes on as ever */

int generic_host_start(struct generic *g)
{
	nm_os_log(&nm_linux_os,
		  "%s: this kernel has no CONFIG_NETFILTER_EGRESS: what the host sends does not come to the host rings",
		  g->dev->name);
	return 0;
}

void generic_host_stop(struct generic *g)
{
}

#endif

/* A frame for the stack, as if it came in on @dev; NULL: no memory, or it is none. */
struct sk_buff *generic_skb(struct net_device *dev, u32 queue, const struct nm_frag *frags, u32 num)
{
	struct sk_buff *skb;
	u32 len = 0, i;

	for (i = 0; i < num; i++)
		len += frags[i].len;
	if (len < ETH_HLEN || len > MAX_UP)
		return NULL;
	skb = netdev_alloc_skb_ip_align(dev, len);
	if (!skb)
		return NULL;
	for (i = 0; i < num; i++)
		skb_put_data(skb, frags[i].data, frags[i].len);
	skb->protocol = eth_type_trans(skb, dev);
	/* Host rings may be more than the interface's queues: the stack warns of one that is not there. */
	skb_record_rx_queue(skb, queue % READ_ONCE(dev->real_num_rx_queues));
	return skb;
}

bool generic_host_up(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num)
{
	struct generic *g = nm_port_data(port);
	struct sk_buff *skb = NULL;

	if (!generic_is_down(g))
		skb = generic_skb(g->dev, queue, frags, num);
	if (!skb)
		return false;
	/* Our own handler, where there is one, takes the mark off again. */
	if (READ_ONCE(g->hooked))
		skb->priority = NM_GENERIC_UP;
	return netif_rx(skb) == NET_RX_SUCCESS;
}
