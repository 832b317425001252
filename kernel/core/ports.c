// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Ports: what drivers attach. A port's krings exist from attach to the last reference. */
#include "ports.h"

#include "client.h"
#include "host.h"
#include "region.h"
#include "rings.h"
#include "rxqueue.h"
#include "sync.h"

/* Under core->lock. */
static struct nm_port *find_of_kind(struct nm_core *core, const void *ns, const char *name,
				    bool stands_in)
{
	struct nm_list *item;

	for (item = core->ports.next; item != &core->ports; item = item->next) {
		struct nm_port *port = nm_entry(item, struct nm_port, link);

		if (port->region->ns == ns && port->kind->stands_in == stands_in &&
		    !strcmp(port->name, name))
			return port;
	}
	return NULL;
}

static struct nm_port *find(struct nm_core *core, const void *ns, const char *name)
{
	return find_of_kind(core, ns, name, false);
}

struct nm_port *nm_port_stand_in(struct nm_client *client, const char *name)
{
	return find_of_kind(client->core, client->opener.ns, name, true);
}

static bool config_is_sane(const struct nm_port_config *config)
{
	const struct nm_port_limits *limits = &config->limits;
	int dir;

	for (dir = 0; dir < NM_DIRS; dir++) {
		if (config->num_rings[dir] > NM_MAX_NIC_RINGS ||
		    config->num_host_rings[dir] > NM_MAX_RINGS ||
		    config->num_slots[dir] < NM_MIN_SLOTS ||
		    config->num_slots[dir] > NM_MAX_SLOTS ||
		    (limits->slots_unit && config->num_slots[dir] % limits->slots_unit))
			return false;
	}
	if (limits->max_frame && limits->max_frame < limits->min_frame)
		return false;
	return config->num_rings[NM_TX] + config->num_rings[NM_RX] > 0;
}

static void krings_free(struct nm_port *port)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		if (!port->krings[dir])
			continue;
		for (i = 0; i < port->max_rings[dir]; i++) {
			nm_os_work_cancel(&port->krings[dir][i].notify_work);
			nm_os_waitq_destroy(&port->krings[dir][i].waitq);
		}
		nm_os_free(port->krings[dir]);
	}
	nm_os_free(port->queues);
}

static u32 at_most(u32 limit, u32 most)
{
	return limit && limit < most ? limit : most;
}

static void kring_set_limits(struct nm_kring *kr, const struct nm_port_limits *limits)
{
	kr->min_frame = limits->min_frame;
	kr->max_frame = at_most(limits->max_frame, ~0u);
	kr->max_frags = at_most(limits->max_frags, NETMAP_MAX_FRAGS);
}

static void kring_choose_sync(struct nm_kring *kr)
{
	const struct nm_driver_ops *ops = kr->port->ops;

	if (!kr->is_host)
		kr->sync = kr->dir == NM_TX ? ops->txsync : ops->rxsync;
	else if (!kr->port->has_stack)
		kr->sync = nm_host_sync_none;
	else
		kr->sync = kr->dir == NM_TX ? nm_host_txsync : nm_host_rxsync;
}

/* Of the rings that the core fills: host rings, and a driver's that say so by their rxsync. */
static int queues_make(struct nm_port *port)
{
	const u32 nic = port->config.num_rings[NM_RX];
	const bool has_stack = port->has_stack;
	const bool fills_nic = port->ops->rxsync == nm_rx_sync;

	if (!fills_nic)
		return has_stack ? nm_rx_queues_make(port, nic, NM_MAX_RINGS) : 0;
	return nm_rx_queues_make(port, 0, has_stack ? nic + NM_MAX_RINGS : nic);
}

static int krings_make(struct nm_port *port)
{
	const bool has_stack = port->has_stack;
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		u32 total = nm_port_total_rings(port, dir);

		/* Drivers keep pointers to NIC rings, so what may come later is there already. */
		if (has_stack)
			total = port->config.num_rings[dir] + NM_MAX_RINGS;
		port->krings[dir] = nm_os_alloc(total * sizeof(struct nm_kring));
		if (!port->krings[dir])
			return -ENOMEM;
		port->max_rings[dir] = total;
		for (i = 0; i < total; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			kr->port = port;
			kr->ring_id = (u16)i;
			kr->dir = (u8)dir;
			kr->is_host = i >= port->config.num_rings[dir];
			kr->num_slots = port->config.num_slots[dir];
			kr->stopped = NM_STOPPED;
			if (has_stack && dir == NM_RX && !kr->is_host)
				kr->forward = nm_host_forward_up;
			kring_set_limits(kr, &port->config.limits);
			kring_choose_sync(kr);
			nm_os_waitq_init(&kr->waitq, dir == NM_TX);
			nm_os_work_init(&kr->notify_work, nm_kring_notify_work);
		}
	}
	return queues_make(port);
}

/* Rings in use, or rings that the driver could not take out of netmap mode at the last close. */
static bool has_rings(const struct nm_port *port)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < port->max_rings[dir]; i++) {
			if (port->krings[dir][i].ring)
				return true;
		}
	}
	return false;
}

/* Attached, and nobody has anything of it. */
static bool is_idle(const struct nm_port *port)
{
	return port->refs == 1 && !has_rings(port);
}

static bool same_rings(const struct nm_port_config *a, const struct nm_port_config *b)
{
	return !memcmp(a->num_rings, b->num_rings, sizeof(a->num_rings)) &&
	       !memcmp(a->num_slots, b->num_slots, sizeof(a->num_slots));
}

/*
 * The port is not open: it gets the rings that its driver has now, or keeps the old ones if there
 * is no memory. Under core->lock.
 */
static void follow_driver(struct nm_port *port)
{
	struct nm_port_config now = port->config;
	struct nm_port before = *port;

	if (!port->ops->config)
		return;
	port->ops->config(port, &now);
	if (same_rings(&now, &port->config) || !config_is_sane(&now))
		return;
	memcpy(port->config.num_rings, now.num_rings, sizeof(now.num_rings));
	memcpy(port->config.num_slots, now.num_slots, sizeof(now.num_slots));
	port->queues = NULL;
	memset(port->krings, 0, sizeof(port->krings));
	if (krings_make(port)) {
		krings_free(port);
		*port = before;
	} else {
		krings_free(&before);
	}
}

struct nm_port *nm_port_find(struct nm_client *client, const char *name)
{
	struct nm_core *core = client->core;
	const void *ns = client->opener.ns;
	struct nm_port *port = find(core, ns, name);

	if (port && !is_idle(port))
		return port;
	if (core->config.demand) {
		core->config.demand(core, ns, name, port);
		port = find(core, ns, name);
	}
	if (!port)
		return nm_port_stand_in(client, name);
	follow_driver(port);
	return port;
}

void nm_port_set_host_rings(struct nm_port *port, u32 tx, u32 rx)
{
	const u32 wanted[NM_DIRS] = { [NM_TX] = tx, [NM_RX] = rx };
	int dir;

	if (!port->has_stack || has_rings(port))
		return;
	for (dir = 0; dir < NM_DIRS; dir++) {
		const u32 n = wanted[dir] < NM_MAX_RINGS ? wanted[dir] : NM_MAX_RINGS;

		/* Read by nm_host_queue() at any time; all that it may find is there. */
		if (n)
			nm_write_once(port->config.num_host_rings[dir], n);
	}
}

/* A network port, or one that is not whole. */
static const struct nm_port_kind no_kind;

/* All of a port but its names. */
static int port_make(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		     const struct nm_port_config *config, struct nm_region *region,
		     void *driver_data, struct nm_port **out)
{
	struct nm_port *port;
	int dir, error;

	if (!name[0] || strlen(name) >= NM_NAME_SIZE || !config_is_sane(config))
		return -EINVAL;
	port = nm_os_alloc(sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->core = core;
	port->ops = ops;
	port->has_stack = ops->host_up;
	port->config = *config;
	port->driver_data = driver_data;
	port->region = region;
	port->refs = 1;
	port->kind = &no_kind;
	nm_list_init(&port->link);
	nm_list_init(&port->pipes);
	nm_snprintf(port->name, sizeof(port->name), "%s", name);
	/* Clients count on at least one pair of host rings. */
	for (dir = 0; dir < NM_DIRS; dir++) {
		if (port->config.num_host_rings[dir] == 0)
			port->config.num_host_rings[dir] = 1;
	}
	error = krings_make(port);
	if (error) {
		krings_free(port);
		nm_os_free(port);
		return error;
	}
	*out = port;
	return 0;
}

int nm_port_create(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, struct nm_region *region,
		   void *driver_data, struct nm_port **out)
{
	struct nm_port *port;
	int error = port_make(core, name, ops, config, region, driver_data, &port);

	if (error)
		return error;
	nm_region_ref(region);
	nm_list_add(&region->ports, &port->in_region);
	*out = port;
	return 0;
}

int nm_port_attach_locked(struct nm_core *core, const void *ns, const char *name,
			  const struct nm_driver_ops *ops, const struct nm_port_config *config,
			  void *driver_data, struct nm_port **out)
{
	struct nm_region *region;
	struct nm_port *port;
	int error;

	if (find(core, ns, name))
		return -EEXIST;
	error = nm_region_shared(core, ns, &region);
	if (error)
		return error;
	error = nm_port_create(core, name, ops, config, region, driver_data, &port);
	/* The port has a reference of its own. */
	nm_region_unref(region);
	if (error)
		return error;
	nm_list_add(&core->ports, &port->link);
	*out = port;
	return 0;
}

int nm_port_attach(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, void *driver_data, struct nm_port **out)
{
	int error;

	nm_mutex_lock(&core->lock);
	error = nm_port_attach_locked(core, nm_os_namespace(nm_core_os(core)), name, ops, config,
				      driver_data, out);
	nm_mutex_unlock(&core->lock);
	return error;
}

static u32 choose(u32 asked, u32 fallback, u32 min, u32 max)
{
	u32 n = asked ? asked : fallback;

	if (n < min)
		n = min;
	return n > max ? max : n;
}

void nm_port_choose(const struct nmreq_register *reg, u32 max_rings, u32 max_slots,
		    struct nm_port_config *config)
{
	u32 *rings = config->num_rings, *host = config->num_host_rings;
	u32 *slots = config->num_slots;

	rings[NM_TX] = choose(reg->nr_tx_rings, rings[NM_TX], 1, max_rings);
	rings[NM_RX] = choose(reg->nr_rx_rings, rings[NM_RX], 1, max_rings);
	slots[NM_TX] = choose(reg->nr_tx_slots, slots[NM_TX], NM_MIN_SLOTS, max_slots);
	slots[NM_RX] = choose(reg->nr_rx_slots, slots[NM_RX], NM_MIN_SLOTS, max_slots);
	host[NM_TX] = choose(reg->nr_host_tx_rings, host[NM_TX], 1, max_rings);
	host[NM_RX] = choose(reg->nr_host_rx_rings, host[NM_RX], 1, max_rings);
}

static void port_free(struct nm_port *port)
{
	struct nm_region *region = port->region;

	nm_list_remove(&port->in_region);
	krings_free(port);
	nm_os_free(port);
	nm_region_unref(region);
}

void nm_port_unref(struct nm_port *port)
{
	struct nm_port *twin = port->twin;

	if (--port->refs == 1 && port->kind->idle)
		port->kind->idle(port);
	if (port->refs || (twin && twin->refs))
		return;
	if (port->kind->release)
		port->kind->release(port);
	port_free(port);
	if (twin)
		port_free(twin);
}

void nm_port_detach_locked(struct nm_port *port)
{
	struct nm_core *core = port->core;
	bool pending = false;
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_total_rings(port, dir); i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (kr->ring) {
				nm_kring_stop(kr);
				if (kr->watch)
					kr->watch->gone(kr);
			}
			kr->pending_on = false;
			pending |= nm_kring_pending(kr);
		}
	}
	if (pending && port->ops->reg && port->ops->reg(port))
		nm_os_log(nm_core_os(core), "%s: the driver could not leave netmap mode",
			  port->name);
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_total_rings(port, dir); i++) {
			port->krings[dir][i].on = false;
			nm_kring_set_mode(&port->krings[dir][i], false);
			nm_os_wake_all(&port->krings[dir][i].waitq);
		}
	}
	nm_rings_free_stuck(port);
	nm_rings_unmap(port);
	nm_list_remove(&port->link);
	port->gone = true;
	if (port->owner)
		port->owner->port_gone(port->owner);
	nm_port_unref(port);
}

void nm_port_detach(struct nm_port *port)
{
	struct nm_core *core = port->core;

	nm_mutex_lock(&core->lock);
	nm_port_detach_locked(port);
	nm_mutex_unlock(&core->lock);
}

void nm_port_set_link(struct nm_port *port, bool up, u32 speed_mbps)
{
	nm_write_once(port->config.speed_mbps, speed_mbps);
	nm_write_once(port->config.link_up, up);
}
NM_EXPORT(nm_port_set_link);

/* What the driver leaves as it is it may push at the same moment. */
void nm_port_refresh(struct nm_port *port)
{
	const struct nm_port_config before = port->config;
	struct nm_port_config now = before;

	if (port->gone || !port->ops->config)
		return;
	port->ops->config(port, &now);
	if (now.link_up != before.link_up || now.speed_mbps != before.speed_mbps)
		nm_port_set_link(port, now.link_up, now.speed_mbps);
}

int nm_core_ports(struct nm_core *core, void (*visit)(const struct nm_port_view *view, void *arg),
		  void *arg)
{
	struct nm_list *item;
	int count = 0;

	nm_mutex_lock(&core->lock);
	for (item = core->ports.next; item != &core->ports; item = item->next) {
		struct nm_port *port = nm_entry(item, struct nm_port, link);
		struct nm_port_view view;

		nm_port_refresh(port);
		view.name = port->name;
		view.driver = port->ops->name;
		view.config = port->config;
		view.driver_data = port->driver_data;
		view.rings[NM_TX] = port->krings[NM_TX];
		view.rings[NM_RX] = port->krings[NM_RX];
		visit(&view, arg);
		count++;
	}
	nm_mutex_unlock(&core->lock);
	return count;
}

void *nm_port_data(const struct nm_port *port)
{
	return port->driver_data;
}
NM_EXPORT(nm_port_data);

const char *nm_port_name(const struct nm_port *port)
{
	return port->name;
}
NM_EXPORT(nm_port_name);

u32 nm_port_rings(const struct nm_port *port, enum nm_dir dir)
{
	return port->config.num_rings[dir];
}
NM_EXPORT(nm_port_rings);

struct nm_kring *nm_port_ring(struct nm_port *port, enum nm_dir dir, u32 i)
{
	return i < port->config.num_rings[dir] ? &port->krings[dir][i] : NULL;
}
NM_EXPORT(nm_port_ring);

/* A ring is in netmap mode before and after all that @wholes lets it take. */
struct nm_kring *nm_port_queue_ring(struct nm_port *port, enum nm_dir dir, u32 queue)
{
	const u32 n = port->config.num_rings[dir];
	struct nm_kring *kr;

	if (queue >= n) {
		if (!n || !nm_read_once(port->wholes[dir]))
			return NULL;
		queue %= n;
	}
	kr = &port->krings[dir][queue];
	return nm_kring_is_netmap(kr) ? kr : NULL;
}
