// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Persistent VALE ports as network interfaces: what the host stack sends on one comes to the host
 * receive rings of its port, what is sent on the port's host transmit rings comes in on it. While
 * nobody has those rings (a switch, by an attach with the host stack, or a client) the interface
 * loses what it is given, and counts it.
 *
 * An interface may be moved to another namespace, or set down and renamed, as any other; its port
 * stays where it was made, under the name that it was made with. If that other namespace ends, the
 * interface goes back to where its port is.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "generic.h"

/* What the stack may be told to send in one frame, with its header. */
#define MAX_FRAME	65535u

/* Of an interface. @port outlives it; @home is the port's namespace, which takes both with it. */
struct vale_interface {
	struct nm_port *port;
	struct net *home;
};

static void copy_part(void *arg, u32 offset, void *to, u32 len)
{
	skb_copy_bits(arg, offset, to, len);
}

static netdev_tx_t interface_xmit(struct sk_buff *skb, struct net_device *dev)
{
	const struct vale_interface *vi = netdev_priv(dev);
	const u32 len = skb->len;

	skb_tx_timestamp(skb);
	if (nm_host_queue(vi->port, skb_get_queue_mapping(skb), len, copy_part, skb)) {
		DEV_STATS_INC(dev, tx_dropped);
	} else {
		DEV_STATS_INC(dev, tx_packets);
		DEV_STATS_ADD(dev, tx_bytes, len);
	}
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops interface_ops = {
	.ndo_start_xmit = interface_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
};

/* No feature is announced: the stack gives us frames as they are on a wire. */
static void interface_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &interface_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	/* netpoll sends with interrupts off, where a ring's lock may not be taken. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = MAX_FRAME - VLAN_ETH_HLEN;
	eth_hw_addr_random(dev);
}

bool nm_interface_is_ours(const struct net_device *dev)
{
	return dev->netdev_ops == &interface_ops;
}

/* core->lock is held, in an ioctl, whose file holds the module too. */
int nm_interface_make(struct nm_core *core, const void *ns, struct nm_port *port, void **interface)
{
	struct vale_interface *vi;
	struct net_device *dev;
	int error;

	dev = alloc_netdev(sizeof(*vi), nm_port_name(port), NET_NAME_USER, interface_setup);
	if (!dev)
		return -ENOMEM;
	vi = netdev_priv(dev);
	vi->port = port;
	vi->home = (struct net *)ns;
	dev_net_set(dev, vi->home);
	error = register_netdev(dev);
	if (error) {
		free_netdev(dev);
		return error;
	}
	/* The port is there while no file is open. */
	__module_get(THIS_MODULE);
	*interface = dev;
	return 0;
}

void nm_interface_unmake(struct nm_core *core, void *interface)
{
	unregister_netdev(interface);
	module_put(THIS_MODULE);
}

bool nm_interface_up(void *interface, u32 queue, const struct nm_frag *frags, u32 num)
{
	struct net_device *dev = interface;
	struct sk_buff *skb = NULL;
	u32 len;

	if (netif_running(dev))
		skb = generic_skb(dev, queue, frags, num);
	if (!skb) {
		DEV_STATS_INC(dev, rx_dropped);
		return false;
	}
	len = skb->len + ETH_HLEN;
	if (netif_rx(skb) != NET_RX_SUCCESS)
		return false;
	DEV_STATS_INC(dev, rx_packets);
	DEV_STATS_ADD(dev, rx_bytes, len);
	return true;
}

/*
 * The stack would move them to the first namespace, where whoever made them may have no rights.
 * Namespaces end one after the other: as long as such an interface is there, so is its home.
 */
static void send_home(struct net *net)
{
	struct net_device *dev, *next;

	rtnl_lock();
	for_each_netdev_safe(net, dev, next) {
		const struct vale_interface *vi = netdev_priv(dev);
		int error;

		if (!nm_interface_is_ours(dev))
			continue;
		error = dev_change_net_namespace(dev, vi->home, "dev%d");
		if (error)
			nm_os_log(&nm_linux_os,
				  "%s cannot go back to the namespace of its port (error %d)",
				  dev->name, -error);
	}
	rtnl_unlock();
}

static void __net_exit interface_net_exit(struct net *net)
{
	nm_core_namespace_gone(nm_linux_core, net);
	send_home(net);
}

/* A device's, not a subsystem's: before the stack moves the interfaces that it finds elsewhere. */
static struct pernet_operations interface_net_ops = {
	.exit = interface_net_exit,
};

int nm_interface_init(void)
{
	return register_pernet_device(&interface_net_ops);
}

void nm_interface_exit(void)
{
	unregister_pernet_device(&interface_net_ops);
}
