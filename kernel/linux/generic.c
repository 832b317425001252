// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The emulated adapter: the life of a port. It is created when a client first names its interface,
 * and removed with the interface or its name; a port that is not open costs the interface nothing.
 */
#include <linux/if_arp.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "generic.h"

/* Detaching sleeps, and its callers hold RTNL. */
static struct workqueue_struct *generic_wq;

#define MIN_SLOTS	32
#define MAX_SLOTS	16384
#define MAX_RINGS	64

/* All adapters; the list and struct generic.link. Taken inside RTNL. */
static DEFINE_MUTEX(generic_lock);
static LIST_HEAD(generics);

static bool is_used(const struct generic *g, enum nm_dir dir)
{
	u32 i;

	for (i = 0; i < nm_port_rings(g->port, dir); i++) {
		if (nm_port_ring(g->port, dir, i)->pending_on)
			return true;
	}
	return false;
}

static bool is_on(const struct generic *g, enum nm_dir dir)
{
	u32 i;

	for (i = 0; i < nm_port_rings(g->port, dir); i++) {
		if (nm_port_ring(g->port, dir, i)->on)
			return true;
	}
	return false;
}

/* Rings out of netmap mode; under RTNL. */
static void rings_off(struct generic *g)
{
	u32 i;

	for (i = 0; i < nm_port_rings(g->port, NM_RX); i++) {
		struct nm_kring *kr = nm_port_ring(g->port, NM_RX, i);

		if (nm_kring_pending(kr) && kr->on)
			generic_rx_stop(&g->rx[i]);
	}
	if (!is_used(g, NM_RX))
		generic_rx_unhook(g);
	if (!is_used(g, NM_TX))
		generic_host_stop(g);
	synchronize_net();
	for (i = 0; i < nm_port_rings(g->port, NM_RX); i++) {
		struct nm_kring *kr = nm_port_ring(g->port, NM_RX, i);

		if (nm_kring_pending(kr) && kr->on)
			generic_rx_drain(&g->rx[i]);
	}
	for (i = 0; i < nm_port_rings(g->port, NM_TX); i++) {
		struct nm_kring *kr = nm_port_ring(g->port, NM_TX, i);

		if (nm_kring_pending(kr) && kr->on)
			generic_tx_stop(&g->tx[i]);
	}
}

/* Rings into netmap mode; under RTNL. */
static int rings_on(struct generic *g)
{
	int error = 0;
	u32 i;

	if (is_used(g, NM_RX)) {
		error = generic_rx_hook(g);
		if (error)
			return error;
	}
	for (i = 0; i < nm_port_rings(g->port, NM_TX) && !error; i++) {
		struct nm_kring *kr = nm_port_ring(g->port, NM_TX, i);

		if (nm_kring_pending(kr) && kr->pending_on)
			error = generic_tx_start(&g->tx[i], kr);
	}
	if (!error && is_used(g, NM_TX))
		error = generic_host_start(g);
	if (error)
		goto fail;
	for (i = 0; i < nm_port_rings(g->port, NM_RX); i++) {
		struct nm_kring *kr = nm_port_ring(g->port, NM_RX, i);

		if (nm_kring_pending(kr) && kr->pending_on)
			generic_rx_start(&g->rx[i], kr);
	}
	return 0;

fail:
	for (i = 0; i < nm_port_rings(g->port, NM_TX); i++) {
		if (!nm_port_ring(g->port, NM_TX, i)->on)
			generic_tx_stop(&g->tx[i]);
	}
	if (!is_on(g, NM_RX))
		generic_rx_unhook(g);
	return error;
}

/*
 * A port that a switch keeps is in use without an open file. Who calls has a reference of its own,
 * or is work that generic_exit() waits for.
 */
static void set_used(struct generic *g)
{
	const bool used = is_used(g, NM_TX) || is_used(g, NM_RX);

	if (used && !g->used)
		__module_get(THIS_MODULE);
	else if (!used && g->used)
		module_put(THIS_MODULE);
	g->used = used;
}

/* Whether the parameters forbid it, with a sentence in the log. */
static bool is_forbidden(const char *name)
{
	if (READ_ONCE(nm_admode) != NM_ADMODE_NATIVE)
		return false;
	nm_os_log(&nm_linux_os,
		  "%s: its driver knows nothing of netmap; write 0 to the module's parameter admode to have it emulated",
		  name);
	return true;
}

/* Under core->lock. A call either opens rings or closes some, never both. */
static int generic_reg(struct nm_port *port)
{
	struct generic *g = nm_port_data(port);
	bool opens = false;
	int error = 0, dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_rings(g->port, dir); i++) {
			const struct nm_kring *kr = nm_port_ring(port, dir, i);

			opens |= nm_kring_pending(kr) && kr->pending_on;
		}
	}
	rtnl_lock();
	if (!opens)
		rings_off(g);
	else if (READ_ONCE(g->going))
		error = -ENXIO;
	else if (!g->used && is_forbidden(nm_port_name(port)))
		error = -EOPNOTSUPP;
	else
		error = rings_on(g);
	if (!error)
		set_used(g);
	rtnl_unlock();
	return error;
}

/* As the interface and the parameters are now. */
static void config_rings(const struct net_device *dev, struct nm_port_config *config)
{
	const u32 wanted = clamp_t(u32, READ_ONCE(nm_generic_rings), 1, MAX_RINGS);

	config->num_rings[NM_RX] = min(wanted, READ_ONCE(dev->real_num_rx_queues));
	config->num_rings[NM_TX] = min(wanted, READ_ONCE(dev->real_num_tx_queues));
	config->num_slots[NM_RX] = clamp_t(u32, READ_ONCE(nm_generic_ringsize), MIN_SLOTS, MAX_SLOTS);
	config->num_slots[NM_TX] = config->num_slots[NM_RX];
}

static void generic_config(struct nm_port *port, struct nm_port_config *config)
{
	const struct generic *g = nm_port_data(port);

	config_rings(g->dev, config);
	config->link_up = netif_running(g->dev) && netif_carrier_ok(g->dev);
}

const struct nm_driver_ops generic_ops = {
	.name = "emulated",
	.reg = generic_reg,
	.txsync = generic_txsync,
	.rxsync = generic_rxsync,
	.config = generic_config,
	.host_up = generic_host_up,
};

static void generic_free(struct generic *g)
{
	dev_put(g->dev);
	kvfree(g->rx);
	kvfree(g->tx);
	kfree(g);
}

/* The interface has gone, or is another port now. */
static void detach_work(struct work_struct *work)
{
	struct generic *g = container_of(work, struct generic, detach);

	/* First: a thread that finds it in the list uses its port. */
	mutex_lock(&generic_lock);
	list_del(&g->link);
	mutex_unlock(&generic_lock);
	nm_port_detach(g->port);
	generic_free(g);
}

static int generic_make(struct nm_core *core, struct net_device *dev)
{
	const u32 most_rx = min_t(u32, MAX_RINGS, dev->num_rx_queues);
	const u32 most_tx = min_t(u32, MAX_RINGS, dev->num_tx_queues);
	struct nm_port_config config = { };
	struct generic *g = kzalloc(sizeof(*g), GFP_KERNEL);
	int error = -ENOMEM;
	u32 i;

	if (!g)
		return error;
	dev_hold(dev);
	g->dev = dev;
	INIT_WORK(&g->detach, detach_work);
	config_rings(dev, &config);
	g->rx = kvcalloc(most_rx, sizeof(*g->rx), GFP_KERNEL);
	g->tx = kvcalloc(most_tx, sizeof(*g->tx), GFP_KERNEL);
	if (!g->rx || !g->tx)
		goto fail;
	for (i = 0; i < most_rx; i++)
		generic_rx_init(&g->rx[i]);
	for (i = 0; i < most_tx; i++)
		generic_tx_init(&g->tx[i]);
	error = nm_port_attach_locked(core, dev_net(dev), dev->name, &generic_ops, &config, g,
				      &g->port);
	if (error)
		goto fail;
	mutex_lock(&generic_lock);
	list_add(&g->link, &generics);
	mutex_unlock(&generic_lock);
	return 0;

fail:
	generic_free(g);
	return error;
}

/* One that goes is left to its work. */
bool generic_drop(struct nm_port *idle)
{
	struct generic *g, *found = NULL;

	rtnl_lock();
	mutex_lock(&generic_lock);
	list_for_each_entry(g, &generics, link) {
		if (g->port == idle && !g->going)
			found = g;
	}
	if (found)
		list_del(&found->link);
	mutex_unlock(&generic_lock);
	rtnl_unlock();
	if (!found)
		return false;
	nm_port_detach_locked(idle);
	generic_free(found);
	return true;
}

/*
 * core->lock is held; a client asks for a port of this name that does not exist. RTNL keeps the
 * interface, and its name, until the port is in the list that the notifier goes through.
 */
void generic_demand(struct nm_core *core, const void *ns, const char *name, struct nm_port *idle)
{
	struct net_device *dev;
	int error = 0;

	if (idle || strlen(name) >= IFNAMSIZ)
		return;
	rtnl_lock();
	dev = __dev_get_by_name((struct net *)ns, name);
	if (!dev)
		goto out;
	if (nm_interface_is_ours(dev)) {
		nm_os_log(&nm_linux_os,
			  "%s is the interface of a persistent VALE port: open that, under the name and in the namespace that it was made with",
			  name);
		goto out;
	}
	if (dev->type != ARPHRD_ETHER || dev->flags & IFF_LOOPBACK) {
		nm_os_log(&nm_linux_os, "%s is no Ethernet interface: netmap has nothing to offer it",
			  name);
		goto out;
	}
	if (is_forbidden(name))
		goto out;
	error = generic_make(core, dev);
	if (error)
		nm_os_log(&nm_linux_os, "%s cannot be made a port (error %d)", name, -error);
out:
	rtnl_unlock();
}

/* Let pollers look again; under RTNL, which keeps the krings of a port in use. */
static void notify_all(struct generic *g)
{
	int dir;
	u32 i;

	if (!g->used)
		return;
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_rings(g->port, dir); i++)
			nm_kring_notify(nm_port_ring(g->port, dir, i));
	}
}

/* Under RTNL: the rest is done when RTNL is free. */
static void generic_go(struct generic *g)
{
	if (g->going)
		return;
	WRITE_ONCE(g->going, true);
	notify_all(g);
	generic_rx_unhook(g);
	generic_host_stop(g);
	queue_work(generic_wq, &g->detach);
}

static int netdev_event(struct notifier_block *block, unsigned long event, void *info)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct generic *g, *next;

	mutex_lock(&generic_lock);
	list_for_each_entry_safe(g, next, &generics, link) {
		if (g->dev != dev)
			continue;
		switch (event) {
		case NETDEV_GOING_DOWN:
			WRITE_ONCE(g->down, true);
			notify_all(g);
			break;
		case NETDEV_UP:
			WRITE_ONCE(g->down, false);
			notify_all(g);
			break;
		case NETDEV_UNREGISTER:
		case NETDEV_CHANGENAME:
			generic_go(g);
			break;
		}
	}
	mutex_unlock(&generic_lock);
	return NOTIFY_DONE;
}

static struct notifier_block netdev_block = {
	.notifier_call = netdev_event,
};

int generic_init(void)
{
	int error;

	generic_wq = alloc_workqueue("netmap", WQ_PERCPU, 0);
	if (!generic_wq)
		return -ENOMEM;
	error = register_netdevice_notifier(&netdev_block);
	if (error)
		destroy_workqueue(generic_wq);
	return error;
}

/* No file is open any more, so no client is there. */
void generic_exit(void)
{
	/* It tells us of each interface once more, as if they went: all ports are detached. */
	unregister_netdevice_notifier(&netdev_block);
	destroy_workqueue(generic_wq);
	generic_tx_wait_all();
}
