// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A pair of Ethernet interfaces on one cable, as veth has, whose driver knows netmap: there is no
 * hardware, so transmit sync writes straight into the peer's receive ring.
 *
 *	ip link add v0 type nmveth	makes v0 and v0p
 *
 * A frame leaves by queue k and comes in on the peer's receive queue k, modulo how many it has.
 * There it goes into the ring, if that is in netmap mode, and else up the stack. A slot's buffer is
 * copied, as a NIC would: a client may send what it has filled once again and again.
 *
 * RCU: the peer and the rings of both ends are read in RCU sections. A ring's pointer is set while
 * the ring is in netmap mode; reg clears it and waits for the sections.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/rtnetlink.h>

#include "../nm_native.h"
#include "nm_compat.h"
#include "copy.h"

#define KIND		"nmveth"
#define SPEED_MBPS	10000

/* Frames put into the peer's ring under one lock. */
#define BATCH		64

static unsigned int slots = 1024;
module_param(slots, uint, 0444);
MODULE_PARM_DESC(slots, "slots of each ring, 32 to 16384");

/* A queue pair. */
struct nmveth_queue {
	struct nm_kring __rcu *ring[NM_DIRS];
};

/**
 * struct nmveth - one end
 * @dev: its interface
 * @peer: the other end; NULL: it goes away. Written under RTNL, read there or in RCU sections
 * @queues: as many as the interface can have
 */
struct nmveth {
	struct net_device *dev;
	struct net_device __rcu *peer;
	struct nmveth_queue *queues;
};

/* What frames of one sync or of one transmit have come to. */
struct sums {
	u32 frames, lost;
	u64 bytes;
};

static void count(struct net_device *from, struct net_device *to, const struct sums *sums)
{
	if (sums->frames) {
		DEV_STATS_ADD(from, tx_packets, sums->frames);
		DEV_STATS_ADD(from, tx_bytes, sums->bytes);
		DEV_STATS_ADD(to, rx_packets, sums->frames);
		DEV_STATS_ADD(to, rx_bytes, sums->bytes);
	}
	if (sums->lost)
		DEV_STATS_ADD(to ?: from, rx_dropped, sums->lost);
}

static struct nm_kring *ring_of(const struct net_device *dev, enum nm_dir dir, u32 queue)
{
	const struct nmveth *v = netdev_priv(dev);

	return rcu_dereference(v->queues[queue].ring[dir]);
}

/* Whether a frame can leave one end and come in at the other. */
static bool fits(const struct net_device *peer, u32 len)
{
	return netif_running(peer) && len >= ETH_HLEN &&
	       len <= READ_ONCE(peer->mtu) + VLAN_ETH_HLEN;
}

/* The host stack's side */

static void copy_skb(void *arg, u32 offset, void *to, u32 len)
{
	skb_copy_bits(arg, offset, to, len);
}

/* To the peer's ring or stack; @skb is consumed. In an RCU section. Return: whether it got there. */
static bool skb_deliver(struct net_device *peer, struct sk_buff *skb)
{
	const u32 queue = skb_get_queue_mapping(skb) % peer->real_num_rx_queues;
	struct nm_kring *rx = ring_of(peer, NM_RX, queue);
	bool there = false;

	if (!rx) {
		skb_record_rx_queue(skb, queue);
		return dev_forward_skb(peer, skb) == NET_RX_SUCCESS;
	}
	if (fits(peer, skb->len)) {
		nm_rx_lock(rx);
		there = !nm_rx_put(rx, skb->len, copy_skb, skb);
		nm_rx_unlock(rx);
		nm_ring_irq(rx);
	}
	dev_consume_skb_any(skb);
	return there;
}

static netdev_tx_t nmveth_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev);
	struct sums sums = { .bytes = skb->len };
	struct net_device *peer;

	rcu_read_lock();
	if (nm_native_divert(ring_of(dev, NM_TX, skb_get_queue_mapping(skb)), skb))
		goto out;
	peer = rcu_dereference(v->peer);
	if (peer && skb_deliver(peer, skb)) {
		sums.frames = 1;
	} else {
		sums.lost = 1;
		if (!peer)
			dev_kfree_skb_any(skb);
	}
	count(dev, peer, &sums);
out:
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* Netmap's side */

/* A frame under way. */
struct passage {
	const struct nm_bufs *bufs;
	const struct nm_tx_frame *frame;
};

/* Slots of both rings have the same size, so most parts are one slot's. */
static void copy_frame(void *arg, u32 offset, void *to, u32 len)
{
	const struct passage *p = arg;
	const struct nm_slot_view *view = p->frame->view;
	u32 n;

	while (offset >= view->len)
		offset -= view++->len;
	for (; len; to += n, len -= n, offset = 0, view++) {
		n = min_t(u32, len, view->len - offset);
		nm_copy(to, nm_buf_at(p->bufs, view->buf_idx) + offset, n);
	}
}

/* In an RCU section. */
static bool frame_up(struct net_device *peer, u32 queue, const struct passage *p)
{
	struct nm_frag frags[NETMAP_MAX_FRAGS];
	u32 i;

	for (i = 0; i < p->frame->slots; i++) {
		frags[i].data = nm_buf_at(p->bufs, p->frame->view[i].buf_idx);
		frags[i].len = p->frame->view[i].len;
	}
	return nm_native_up(peer, queue, frags, p->frame->slots);
}

/* What has become of a frame. */
static void add(struct sums *sums, bool there, u32 len)
{
	if (there) {
		sums->frames++;
		sums->bytes += len;
	} else {
		sums->lost++;
	}
}

/* The next frame of @kr. Return: false to stop here. */
static bool take(struct nm_kring *kr, const struct nm_bufs *bufs, struct nm_tx_frame *frame)
{
	if (kr->hwcur == kr->rhead || !nm_tx_frame_get(kr, bufs, kr->hwcur, frame))
		return false;
	kr->hwcur = nm_add(kr->hwcur, frame->slots, kr->num_slots);
	return true;
}

/* Into the peer's ring. In an RCU section. */
static void send_to_ring(struct nm_kring *kr, struct nm_kring *rx, struct net_device *peer,
			 struct sums *sums)
{
	const struct nm_bufs bufs = kr->bufs;
	struct nm_tx_frame frame;
	struct passage p = { &bufs, &frame };
	u32 done;

	do {
		nm_rx_lock(rx);
		for (done = 0; done < BATCH && take(kr, &bufs, &frame); done++)
			add(sums, fits(peer, frame.len) &&
				  !nm_rx_put(rx, frame.len, copy_frame, &p), frame.len);
		nm_rx_unlock(rx);
	} while (done == BATCH);
	nm_ring_irq(rx);
}

/* To the peer's stack, or, where there is no peer any more (NULL), to nobody. In an RCU section. */
static void send_to_stack(struct nm_kring *kr, struct net_device *peer, u32 queue,
			  struct sums *sums)
{
	const struct nm_bufs bufs = kr->bufs;
	struct nm_tx_frame frame;
	struct passage p = { &bufs, &frame };

	while (take(kr, &bufs, &frame))
		add(sums, peer && fits(peer, frame.len) && frame_up(peer, queue, &p), frame.len);
}

static int nmveth_txsync(struct nm_kring *kr, int flags)
{
	struct nmveth *v = nm_port_data(kr->port);
	struct nm_kring *rx = NULL;
	struct sums sums = { };
	struct net_device *peer;
	u32 queue = 0;

	if (kr->hwcur == kr->rhead)
		return 0;
	rcu_read_lock();
	peer = rcu_dereference(v->peer);
	if (peer) {
		queue = kr->ring_id % peer->real_num_rx_queues;
		rx = ring_of(peer, NM_RX, queue);
	}
	if (rx)
		send_to_ring(kr, rx, peer, &sums);
	else
		send_to_stack(kr, peer, queue, &sums);
	count(v->dev, peer, &sums);
	rcu_read_unlock();
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	return 0;
}

/* Under core->lock and RTNL. There is no queue to be made quiet: an RCU section is. */
static int nmveth_reg(struct nm_port *port)
{
	struct nmveth *v = nm_port_data(port);
	bool waits = false;
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_rings(port, dir); i++) {
			struct nm_kring *kr = nm_port_ring(port, dir, i);

			if (!nm_kring_pending(kr))
				continue;
			nm_kring_set_mode(kr, kr->pending_on);
			rcu_assign_pointer(v->queues[i].ring[dir], kr->pending_on ? kr : NULL);
			waits |= !kr->pending_on;
		}
	}
	if (waits)
		synchronize_net();
	return 0;
}

static bool nmveth_host_up(struct nm_port *port, u32 queue, const struct nm_frag *frags, u32 num)
{
	struct nmveth *v = nm_port_data(port);

	return nm_native_up(v->dev, queue, frags, num);
}

/* The queues that are used now. Under RTNL. */
static void rings_of(const struct net_device *dev, struct nm_port_config *config)
{
	config->num_rings[NM_TX] = dev->real_num_tx_queues;
	config->num_rings[NM_RX] = dev->real_num_rx_queues;
}

static void nmveth_config(struct nm_port *port, struct nm_port_config *config)
{
	const struct nmveth *v = nm_port_data(port);

	rings_of(v->dev, config);
}

static const struct nm_driver_ops nmveth_nm_ops = {
	.name = KIND,
	.reg = nmveth_reg,
	.txsync = nmveth_txsync,
	.rxsync = nm_rx_sync,
	.config = nmveth_config,
	.host_up = nmveth_host_up,
};

static int register_native(struct net_device *dev)
{
	struct nm_port_config config = {
		.num_slots = { [NM_TX] = slots, [NM_RX] = slots },
		.limits = { .min_frame = ETH_HLEN, .max_frame = ETH_MAX_MTU },
	};

	rings_of(dev, &config);
	return nm_native_register(dev, &nmveth_nm_ops, &config, netdev_priv(dev));
}

/* The interface */

static int nmveth_open(struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(v->peer);

	if (!peer)
		return -ENOTCONN;
	if (netif_running(peer)) {
		netif_carrier_on(dev);
		netif_carrier_on(peer);
	}
	return 0;
}

static int nmveth_stop(struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(v->peer);

	netif_carrier_off(dev);
	if (peer)
		netif_carrier_off(peer);
	return 0;
}

static int nmveth_init(struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev);

	v->dev = dev;
	v->queues = kvcalloc(max(dev->num_tx_queues, dev->num_rx_queues), sizeof(*v->queues),
			     GFP_KERNEL_ACCOUNT);
	return v->queues ? 0 : -ENOMEM;
}

/* When no reference to the interface is left, and so no port on it. */
static void nmveth_free(struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev);

	kvfree(v->queues);
}

/* Every frame comes in anyway: it is for the stack to choose. */
static void nmveth_set_rx_mode(struct net_device *dev)
{
}

static int nmveth_get_iflink(const struct net_device *dev)
{
	const struct nmveth *v = netdev_priv(dev);
	const struct net_device *peer;
	int index;

	rcu_read_lock();
	peer = rcu_dereference(v->peer);
	index = peer ? peer->ifindex : 0;
	rcu_read_unlock();
	return index;
}

static const struct net_device_ops nmveth_netdev_ops = {
	.ndo_init = nmveth_init,
	.ndo_open = nmveth_open,
	.ndo_stop = nmveth_stop,
	.ndo_start_xmit = nmveth_xmit,
	.ndo_set_rx_mode = nmveth_set_rx_mode,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_get_iflink = nmveth_get_iflink,
};

static int nmveth_link_settings(struct net_device *dev, struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_MBPS;
	settings->base.duplex = DUPLEX_FULL;
	settings->base.port = PORT_TP;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static const struct ethtool_ops nmveth_ethtool_ops = {
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = nmveth_link_settings,
};

/* No feature is announced: the stack gives us frames as they are on a wire. */
static void nmveth_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &nmveth_netdev_ops;
	dev->ethtool_ops = &nmveth_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = nmveth_free;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	/* netpoll sends with interrupts off, where a ring's lock may not be taken. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
}

static struct rtnl_link_ops nmveth_link_ops;

static int peer_make(struct net_device *dev, struct net_device **out)
{
	struct net_device *peer;
	char name[IFNAMSIZ];
	int error;

	if (snprintf(name, sizeof(name), "%sp", dev->name) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	peer = alloc_netdev_mqs(sizeof(struct nmveth), name, NET_NAME_USER, nmveth_setup,
				dev->num_tx_queues, dev->num_rx_queues);
	if (!peer)
		return -ENOMEM;
	dev_net_set(peer, dev_net(dev));
	peer->rtnl_link_ops = &nmveth_link_ops;
	eth_hw_addr_random(peer);
	error = register_netdevice(peer);
	if (error) {
		free_netdev(peer);
		return error;
	}
	netif_carrier_off(peer);
	*out = peer;
	return 0;
}

/* Both go, and what is under way between them ends: unregistering waits for RCU sections. */
static void nmveth_dellink(struct net_device *dev, struct list_head *head)
{
	struct nmveth *v = netdev_priv(dev);
	struct net_device *peer = rtnl_dereference(v->peer);
	struct nmveth *other = peer ? netdev_priv(peer) : NULL;

	RCU_INIT_POINTER(v->peer, NULL);
	unregister_netdevice_queue(dev, head);
	if (!peer)
		return;
	RCU_INIT_POINTER(other->peer, NULL);
	unregister_netdevice_queue(peer, head);
}

static int pair_make(struct net_device *dev)
{
	struct nmveth *v = netdev_priv(dev), *other;
	struct net_device *peer;
	int error = peer_make(dev, &peer);

	if (error)
		return error;
	if (!is_valid_ether_addr(dev->dev_addr))
		eth_hw_addr_random(dev);
	error = register_netdevice(dev);
	if (error) {
		unregister_netdevice(peer);
		return error;
	}
	netif_carrier_off(dev);
	other = netdev_priv(peer);
	rcu_assign_pointer(v->peer, peer);
	rcu_assign_pointer(other->peer, dev);
	error = register_native(dev);
	if (!error)
		error = register_native(peer);
	if (error) {
		LIST_HEAD(both);

		nmveth_dellink(dev, &both);
		unregister_netdevice_many(&both);
	}
	return error;
}

#ifdef NM_HAS_NEWLINK_PARAMS
static int nmveth_newlink(struct net_device *dev, struct rtnl_newlink_params *params,
			  struct netlink_ext_ack *extack)
{
	return pair_make(dev);
}
#else
static int nmveth_newlink(struct net *net, struct net_device *dev, struct nlattr *tb[],
			  struct nlattr *data[], struct netlink_ext_ack *extack)
{
	return pair_make(dev);
}
#endif

/* The other end's namespace. */
static struct net *nmveth_link_net(const struct net_device *dev)
{
	const struct nmveth *v = netdev_priv(dev);
	const struct net_device *peer = rtnl_dereference(v->peer);

	return peer ? dev_net(peer) : dev_net(dev);
}

static unsigned int nmveth_num_queues(void)
{
	return 1;
}

static struct rtnl_link_ops nmveth_link_ops = {
	.kind = KIND,
	.priv_size = sizeof(struct nmveth),
	.setup = nmveth_setup,
	.newlink = nmveth_newlink,
	.dellink = nmveth_dellink,
	.get_num_tx_queues = nmveth_num_queues,
	.get_num_rx_queues = nmveth_num_queues,
	.get_link_net = nmveth_link_net,
};

static int __init nmveth_module_init(void)
{
	if (slots < 32 || slots > 16384)
		return -EINVAL;
	return rtnl_link_register(&nmveth_link_ops);
}

/* Every pair goes. */
static void __exit nmveth_module_exit(void)
{
	rtnl_link_unregister(&nmveth_link_ops);
}

module_init(nmveth_module_init);
module_exit(nmveth_module_exit);

MODULE_DESCRIPTION("A pair of Ethernet interfaces, with netmap rings of their own");
MODULE_AUTHOR("The nmgen authors");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_ALIAS_RTNL_LINK(KIND);
