// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Native drivers: interfaces whose drivers registered with us, and their ports. A port is attached
 * when a client first names its interface, as those of the emulated adapter are, and detached with
 * the name, the namespace or the interface; the registration stays as long as the interface.
 *
 * Between the core and a driver's reg and config stand ours: they take RTNL, keep the driver's
 * module while a ring is in netmap mode, and say what every driver would have to say of an
 * interface that is down.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "../drivers/nm_native.h"
#include "generic.h"
#include "native.h"

/* Detaching sleeps, and its callers hold RTNL. */
static struct workqueue_struct *native_wq;

/* All registrations; the list and struct nm_native.link. Taken inside RTNL. */
static DEFINE_MUTEX(native_lock);
static LIST_HEAD(natives);

/**
 * struct nm_native - a registration
 * @link: in the list of all; under native_lock
 * @dev: the interface; we hold a reference until the registration ends
 * @ops: the driver's, with our reg and config
 * @reg: the driver's
 * @config: the driver's
 * @owner: its module, kept while @used
 * @first_config: as registered
 * @driver_data: as registered
 * @port: NULL: nobody has named it yet. Written under core->lock and RTNL, read under either
 * @end: detaches @port, and ends the registration if @ends
 * @going: the port is to be detached: the interface goes away, or gets another name or namespace.
 *	Written under RTNL
 * @ends: the interface goes away; as @going
 * @used: a ring of @port is in netmap mode, so its krings stay. Written under core->lock and RTNL,
 *	read under either
 */
struct nm_native {
	struct list_head link;
	struct net_device *dev;
	struct nm_driver_ops ops;
	int (*reg)(struct nm_port *port);
	void (*config)(struct nm_port *port, struct nm_port_config *config);
	struct module *owner;
	struct nm_port_config first_config;
	void *driver_data;
	struct nm_port *port;
	struct work_struct end;
	bool going;
	bool ends;
	bool used;
};

/* Registrations are removed under core->lock and RTNL: what is found stays while either is held. */
static struct nm_native *native_of(const struct net_device *dev)
{
	struct nm_native *n, *found = NULL;

	mutex_lock(&native_lock);
	list_for_each_entry(n, &natives, link) {
		if (n->dev == dev)
			found = n;
	}
	mutex_unlock(&native_lock);
	return found;
}

/* As above; NULL: the port is not native. */
static struct nm_native *native_of_port(const struct nm_port *port)
{
	struct nm_native *n, *found = NULL;

	mutex_lock(&native_lock);
	list_for_each_entry(n, &natives, link) {
		if (n->port == port)
			found = n;
	}
	mutex_unlock(&native_lock);
	return found;
}

static void each_ring(struct nm_native *n, void (*visit)(struct nm_native *n, struct nm_kring *kr))
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_rings(n->port, dir); i++)
			visit(n, nm_port_ring(n->port, dir, i));
	}
}

static bool any_pending_on(struct nm_port *port, bool changed_only)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_rings(port, dir); i++) {
			const struct nm_kring *kr = nm_port_ring(port, dir, i);

			if (kr->pending_on && (!changed_only || nm_kring_pending(kr)))
				return true;
		}
	}
	return false;
}

/* Drivers with interrupts have done it already, while their queues were quiet. */
static void switched(struct nm_native *n, struct nm_kring *kr)
{
	if (!nm_kring_pending(kr))
		return;
	nm_kring_set_mode(kr, kr->pending_on);
	if (kr->pending_on && !netif_running(n->dev))
		nm_kring_pause(kr, NM_DOWN);
}

static void not_switched(struct nm_native *n, struct nm_kring *kr)
{
	if (nm_kring_pending(kr))
		nm_kring_set_mode(kr, kr->on);
}

/* Under core->lock and RTNL. */
static int rings_switch(struct nm_native *n, struct nm_port *port)
{
	const bool opens = any_pending_on(port, true);
	int error;

	if (opens && (n->going || !netif_device_present(n->dev)))
		return -ENXIO;
	if (opens && !n->used && !try_module_get(n->owner))
		return -ENXIO;
	error = n->reg(port);
	each_ring(n, error ? not_switched : switched);
	if (error) {
		if (opens && !n->used)
			module_put(n->owner);
		return error;
	}
	if (n->used && !any_pending_on(port, false))
		module_put(n->owner);
	n->used = any_pending_on(port, false);
	return 0;
}

static int native_reg(struct nm_port *port)
{
	struct nm_native *n;
	int error;

	rtnl_lock();
	n = native_of_port(port);
	error = rings_switch(n, port);
	rtnl_unlock();
	return error;
}

static bool link_is_up(const struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev);
}

/* Under RTNL. 0: the driver does not say. */
static u32 speed_of(struct net_device *dev)
{
	struct ethtool_link_ksettings settings;

	if (!dev->ethtool_ops->get_link_ksettings || __ethtool_get_link_ksettings(dev, &settings) ||
	    settings.base.speed == (u32)SPEED_UNKNOWN)
		return 0;
	return settings.base.speed;
}

/* Only the driver's rings and slots: the link is pushed. */
static void native_config(struct nm_port *port, struct nm_port_config *config)
{
	const struct nm_port_config before = *config;
	struct nm_native *n;

	rtnl_lock();
	n = native_of_port(port);
	n->config(port, config);
	rtnl_unlock();
	config->link_up = before.link_up;
	config->speed_mbps = before.speed_mbps;
}

/* Under core->lock, without RTNL. */
static void port_detach(struct nm_native *n)
{
	nm_port_detach_locked(n->port);
	rtnl_lock();
	n->port = NULL;
	n->going = false;
	n->used = false;
	rtnl_unlock();
}

static void end_work(struct work_struct *work)
{
	struct nm_native *n = container_of(work, struct nm_native, end);
	bool ends;

	nm_core_lock(nm_linux_core);
	if (n->going && n->port)
		port_detach(n);
	ends = READ_ONCE(n->ends);
	if (ends) {
		rtnl_lock();
		mutex_lock(&native_lock);
		list_del(&n->link);
		mutex_unlock(&native_lock);
		rtnl_unlock();
	}
	nm_core_unlock(nm_linux_core);
	if (ends) {
		dev_put(n->dev);
		kfree(n);
	}
}

int nm_native_register_module(struct net_device *dev, const struct nm_driver_ops *ops,
			      const struct nm_port_config *config, void *driver_data,
			      struct module *owner)
{
	struct nm_native *n;

	if (!ops->reg)
		return -EINVAL;
	if (native_of(dev))
		return -EEXIST;
	n = kzalloc(sizeof(*n), GFP_KERNEL);
	if (!n)
		return -ENOMEM;
	n->dev = dev;
	n->ops = *ops;
	n->reg = ops->reg;
	n->config = ops->config;
	n->ops.reg = native_reg;
	n->ops.config = ops->config ? native_config : NULL;
	n->owner = owner;
	n->first_config = *config;
	n->driver_data = driver_data;
	INIT_WORK(&n->end, end_work);
	dev_hold(dev);
	mutex_lock(&native_lock);
	list_add(&n->link, &natives);
	mutex_unlock(&native_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(nm_native_register_module);

/* Under core->lock and RTNL. */
static int port_attach(struct nm_core *core, struct nm_native *n)
{
	struct nm_port_config config = n->first_config;

	config.link_up = link_is_up(n->dev);
	config.speed_mbps = speed_of(n->dev);
	return nm_port_attach_locked(core, dev_net(n->dev), n->dev->name, &n->ops, &config,
				     n->driver_data, &n->port);
}

bool nm_native_demand(struct nm_core *core, const void *ns, const char *name,
		      struct nm_port **idle)
{
	struct nm_native *has = *idle ? native_of_port(*idle) : NULL, *n = NULL;
	struct net_device *dev;
	int error = 0;

	if (strlen(name) >= IFNAMSIZ)
		return false;
	rtnl_lock();
	dev = __dev_get_by_name((struct net *)ns, name);
	if (dev && READ_ONCE(nm_admode) != NM_ADMODE_EMULATED)
		n = native_of(dev);
	if (n && n->ends)
		n = NULL;
	if (has && has == n && !n->going) {
		rtnl_unlock();
		return true;
	}
	rtnl_unlock();
	/* Registrations, and ports of theirs, come and go under core->lock, which we hold. */
	if (has)
		port_detach(has);
	else if (*idle && n && !generic_drop(*idle))
		return true;
	if (has || n)
		*idle = NULL;
	if (!n)
		return false;
	if (n->port)
		port_detach(n);
	/* The interface is there as long as its registration, but it may have another name now. */
	rtnl_lock();
	if (!n->ends && !strcmp(dev->name, name) && net_eq(dev_net(dev), ns))
		error = port_attach(core, n);
	rtnl_unlock();
	if (error)
		nm_os_log(&nm_linux_os, "%s cannot be made a native port (error %d)", name, -error);
	return true;
}

/* Under RTNL. */
static void pause_ring(struct nm_native *n, struct nm_kring *kr)
{
	if (nm_kring_is_netmap(kr))
		nm_kring_pause(kr, NM_RESET);
}

static void resume_ring(struct nm_native *n, struct nm_kring *kr)
{
	if (nm_kring_is_netmap(kr))
		nm_kring_resume(kr, NM_RESET);
}

static void ring_down(struct nm_native *n, struct nm_kring *kr)
{
	if (nm_kring_is_netmap(kr))
		nm_kring_pause(kr, NM_DOWN);
}

static void ring_up(struct nm_native *n, struct nm_kring *kr)
{
	if (nm_kring_is_netmap(kr))
		nm_kring_resume(kr, NM_DOWN);
}

void nm_native_pause(struct net_device *dev)
{
	struct nm_native *n = native_of(dev);

	ASSERT_RTNL();
	if (n && n->used)
		each_ring(n, pause_ring);
}
EXPORT_SYMBOL_GPL(nm_native_pause);

void nm_native_resume(struct net_device *dev)
{
	struct nm_native *n = native_of(dev);

	ASSERT_RTNL();
	if (n && n->used)
		each_ring(n, resume_ring);
}
EXPORT_SYMBOL_GPL(nm_native_resume);

/* Under RTNL: the rest is done when RTNL is free. */
static void port_goes(struct nm_native *n, bool interface_too)
{
	if (n->ends)
		return;
	WRITE_ONCE(n->ends, interface_too);
	if (n->port) {
		n->going = true;
		if (n->used)
			each_ring(n, ring_down);
	}
	if (n->port || interface_too)
		queue_work(native_wq, &n->end);
}

/*
 * The kernel tells of an interface that gets another namespace as if it went: its state tells the
 * two apart.
 */
static int netdev_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct nm_native *n = native_of(dev);

	if (!n)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_GOING_DOWN:
		if (n->used)
			each_ring(n, ring_down);
		break;
	case NETDEV_UP:
		if (n->used && !n->going)
			each_ring(n, ring_up);
		break;
	case NETDEV_UNREGISTER:
		port_goes(n, dev->reg_state == NETREG_UNREGISTERING);
		break;
	case NETDEV_CHANGENAME:
		port_goes(n, false);
		break;
	}
	if (n->port && (event == NETDEV_UP || event == NETDEV_DOWN || event == NETDEV_CHANGE))
		nm_port_set_link(n->port, link_is_up(dev), speed_of(dev));
	return NOTIFY_DONE;
}

static struct notifier_block netdev_block = {
	.notifier_call = netdev_event,
};

bool nm_native_divert(struct nm_kring *tx, struct sk_buff *skb)
{
	u64 no_memory = 0, secret = 0;

	if (likely(!nm_kring_is_netmap(tx)))
		return false;
	generic_divert(tx->port, tx->ring_id, skb, &no_memory, &secret);
	return true;
}
EXPORT_SYMBOL_GPL(nm_native_divert);

bool nm_native_up(struct net_device *dev, u32 queue, const struct nm_frag *frags, u32 num)
{
	struct sk_buff *skb = netif_running(dev) ? generic_skb(dev, queue, frags, num) : NULL;

	return skb && netif_rx(skb) == NET_RX_SUCCESS;
}
EXPORT_SYMBOL_GPL(nm_native_up);

int nm_native_init(void)
{
	int error;

	native_wq = alloc_workqueue("netmap_native", WQ_PERCPU, 0);
	if (!native_wq)
		return -ENOMEM;
	error = register_netdevice_notifier(&netdev_block);
	if (error)
		destroy_workqueue(native_wq);
	return error;
}

/* Drivers hold this module: none is registered any more. */
void nm_native_exit(void)
{
	unregister_netdevice_notifier(&netdev_block);
	destroy_workqueue(native_wq);
}
