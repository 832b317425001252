// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter, the host stack's side: what the stack sends while transmit rings are in
 * netmap mode is diverted at the interface's egress hook, and what a client sends up enters the
 * stack like a frame from the wire.
 *
 * Our own frames, and those of packet sockets that bypass the queues, pass the hook by.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>

#include "generic.h"

/* Longest frame that goes up: what the length of a packet in the stack can say. */
#define MAX_UP	65535u

#if IS_ENABLED(CONFIG_NETFILTER_EGRESS)

/* The TX queue that the stack would take. */
static u32 queue_of(struct net_device *dev, struct sk_buff *skb)
{
	if (dev->real_num_tx_queues == 1)
		return 0;
	if (dev->netdev_ops->ndo_select_queue)
		return dev->netdev_ops->ndo_select_queue(dev, skb, NULL);
	return netdev_pick_tx(dev, skb, NULL);
}

static void copy_part(void *arg, u32 offset, void *to, u32 len)
{
	generic_copy(arg, offset, to, len);
}

static unsigned int egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct generic *g = priv;
	const u32 queue = queue_of(g->dev, skb);
	struct sk_buff *next;

	if (!nm_host_diverts(g->port, queue) || generic_tx_is_ours(skb))
		return NF_ACCEPT;
	skb = generic_finish(skb, &g->host_no_memory);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		nm_host_queue(g->port, queue, generic_len(skb), copy_part, skb);
		consume_skb(skb);
	}
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
	skb_record_rx_queue(skb, queue);
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
