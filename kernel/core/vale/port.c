// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A port of a switch: its sources and queues, and for those that clients open, the operations of
 * an nm_port.
 */
#include "region.h"
#include "vale.h"

#define NONE_OPEN	0

int nm_vale_port_create(struct nm_vale *vale, const char *name, enum nm_vale_kind kind,
			struct nm_vale_port **out)
{
	struct nm_vale_port *port = nm_os_alloc(sizeof(*port));

	if (!port)
		return -ENOMEM;
	port->vale = vale;
	port->kind = kind;
	nm_snprintf(port->name, sizeof(port->name), "%s", name);
	nm_vale_map_queues(port, NONE_OPEN);
	*out = port;
	return 0;
}

/* It is in no switch, so nobody sees it. */
void nm_vale_port_free(struct nm_vale_port *port)
{
	u32 i;

	for (i = 0; i < port->num_sources; i++)
		nm_os_free(port->sources[i]);
	for (i = 0; i < port->num_queues; i++) {
		nm_os_free(port->queues[i]->lease_end);
		nm_os_free(port->queues[i]);
	}
	nm_os_free(port);
}

int nm_vale_add_source(struct nm_vale_port *port, struct nm_kring *kr, bool from_client)
{
	struct nm_vale_source *source = nm_os_alloc(sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->port = port;
	source->kr = kr;
	source->ring = port->num_sources;
	source->from_client = from_client;
	port->sources[port->num_sources++] = source;
	return 0;
}

int nm_vale_add_queue(struct nm_vale_port *port, struct nm_kring *kr)
{
	struct nm_vale_queue *queue = nm_os_alloc(sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	queue->lease_end = nm_os_alloc(kr->num_slots * sizeof(*queue->lease_end));
	if (!queue->lease_end) {
		nm_os_free(queue);
		return -ENOMEM;
	}
	queue->kr = kr;
	nm_spin_init(&queue->lock);
	port->queues[port->num_queues++] = queue;
	return 0;
}

void nm_vale_map_queues(struct nm_vale_port *port, u64 open)
{
	u32 ring, i;

	for (ring = 0; ring < NM_VALE_IF_RINGS; ring++) {
		u32 queue = NM_VALE_CLOSED;

		for (i = 0; i < port->num_queues && queue == NM_VALE_CLOSED; i++) {
			const u32 candidate = (ring + i) % port->num_queues;

			if (open >> candidate & 1)
				queue = candidate;
		}
		/* A sender that sees it sees what nm_vale_queue_open() has done. */
		nm_store_release(&port->queue_of[ring], (u8)queue);
	}
}

/*
 * RX rings come and go. Those that go are unmapped first, and no sender knows them when we return;
 * those that come are opened first.
 */
static int vale_reg(struct nm_port *nm_port)
{
	struct nm_vale_port *port = nm_port->driver_data;
	u64 open = 0;
	u32 i;

	for (i = 0; i < port->num_queues; i++) {
		struct nm_kring *kr = port->queues[i]->kr;

		if (kr->pending_on)
			open |= 1ull << i;
		if (kr->pending_on && nm_kring_pending(kr))
			nm_vale_queue_open(port->queues[i], kr, false);
	}
	nm_vale_map_queues(port, open);
	if (port->sw)
		nm_switch_quiesce(port->sw);
	for (i = 0; i < port->num_sources; i++) {
		if (nm_kring_pending(port->sources[i]->kr))
			port->sources[i]->skipping = false;
	}
	return 0;
}

static void run_models(struct nm_kring *kr)
{
	struct nm_vale_port *port = kr->port->driver_data;
	struct nm_switch *sw = nm_load_acquire(&port->sw);

	if (nm_unlikely(sw && nm_read_once(sw->num_models)))
		nm_vale_run_models(sw);
}

static u64 vale_deadline(struct nm_kring *kr)
{
	struct nm_vale_port *port = kr->port->driver_data;
	struct nm_switch *sw = nm_load_acquire(&port->sw);

	return sw && nm_read_once(sw->num_models) ? nm_vale_models_deadline(sw) : 0;
}

static int vale_txsync(struct nm_kring *kr, int flags)
{
	struct nm_vale_source *source = kr->driver_data;

	run_models(kr);
	source->give_up = flags & NM_SYNC_GIVE_UP;
	if (kr->hwcur != kr->rhead)
		kr->hwcur = nm_vale_forward(source, kr->hwcur, kr->rhead);
	kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	return 0;
}

static int vale_rxsync(struct nm_kring *kr, int flags)
{
	struct nm_vale_queue *queue = kr->driver_data;
	const u32 lim = kr->num_slots - 1;
	u32 i = kr->hwcur;

	(void)flags;
	for (; i != kr->rhead; i = nm_next(i, lim)) {
		struct nm_slot_view view;

		if (!nm_slot_get(&kr->ring->slot[i], &kr->bufs, &view)) {
			nm_slot_refuse(kr, i);
			break;
		}
	}
	if (i != kr->hwcur) {
		kr->hwcur = i;
		/* The region may have grown, and the slots name what is new. */
		if (nm_unlikely(queue->bufs.num != kr->bufs.num))
			nm_write_once(queue->bufs.num, kr->bufs.num);
		/* After the client has read what was in the slots. */
		nm_store_release(&queue->limit, nm_prev(i, lim));
	}
	run_models(kr);
	kr->hwtail = nm_load_acquire(&queue->published);
	return 0;
}

static void vale_config(struct nm_port *nm_port, struct nm_port_config *config)
{
	(void)nm_port;
	config->link_up = true;
}

static bool vale_host_up(struct nm_port *nm_port, u32 queue, const struct nm_frag *frags, u32 num)
{
	const struct nm_vale_port *port = nm_port->driver_data;

	return nm_port->core->config.interface_up(port->interface, queue, frags, num);
}

static const struct nm_driver_ops vale_ops = {
	.name = "vale",
	.reg = vale_reg,
	.txsync = vale_txsync,
	.rxsync = vale_rxsync,
	.config = vale_config,
	.deadline = vale_deadline,
};

/* Of a persistent port that the system has an interface for, with a host stack. */
static const struct nm_driver_ops vale_stack_ops = {
	.name = "vale",
	.reg = vale_reg,
	.txsync = vale_txsync,
	.rxsync = vale_rxsync,
	.config = vale_config,
	.deadline = vale_deadline,
	.host_up = vale_host_up,
};

/* The last reference to an nm_port of ours. */
static void vale_release(struct nm_port *nm_port)
{
	struct nm_vale_port *port = nm_port->driver_data;

	nm_switch_leave(port);
	nm_vale_port_free(port);
}

/* A persistent port is no longer open: it leaves the switch that its client put it in. */
static void vale_idle(struct nm_port *nm_port)
{
	struct nm_vale_port *port = nm_port->driver_data;

	if (port->joined_by_register)
		nm_switch_leave(port);
	port->joined_by_register = false;
}

static int may_have(struct nm_client *client, struct nm_port *port,
		    const struct nm_range rings[NM_DIRS])
{
	const struct nm_vale_port *ours = port->driver_data;
	int dir;

	for (dir = 0; dir < NM_DIRS && ours->host; dir++) {
		if (rings[dir].last > port->config.num_rings[dir])
			return nm_refuse(client, -EBUSY,
					 "%s: its host rings belong to %s; attach it there without its host stack, or open its other rings only",
					 port->name, ours->sw->name);
	}
	return 0;
}

static int may_bind(struct nm_client *client, struct nm_port *port, u64 flags)
{
	const struct nm_vale_port *ours = port->driver_data;

	if (!ours->vnet_len || (flags & NR_ACCEPT_VNET_HDR))
		return 0;
	return nm_refuse(client, -EIO,
			 "%s: its frames begin with a vnet header of %u bytes; set NR_ACCEPT_VNET_HDR, or set its length to 0",
			 port->name, ours->vnet_len);
}

struct nm_vale_port *nm_vale_port_of(struct nm_port *port)
{
	return port->ops == &vale_ops || port->ops == &vale_stack_ops ? port->driver_data : NULL;
}

static int vale_fetch(struct nm_kring *kr, u32 i, bool *give_up)
{
	const struct netmap_slot *slot = &kr->ring->slot[i];
	struct nm_slot_view view;

	if (kr->is_host || !(nm_read_once(slot->flags) & NS_INDIRECT))
		return 0;
	if (!nm_slot_get(slot, &kr->bufs, &view))
		return -EFAULT;
	return nm_vale_fetch_data(kr, nm_buf_at(&kr->bufs, view.buf_idx), nm_read_once(slot->ptr),
				  view.len, give_up);
}

static const struct nm_port_kind ephemeral_kind = {
	.no_host_rings = true,
	.may_bind = may_bind,
	.may_have = may_have,
	.release = vale_release,
	.fetch = vale_fetch,
};

static const struct nm_port_kind persistent_kind = {
	.may_bind = may_bind,
	.may_have = may_have,
	.idle = vale_idle,
	.release = vale_release,
	.fetch = vale_fetch,
};

/* Sources and queues for the rings of a port that clients open. */
static int add_rings(struct nm_vale_port *port)
{
	struct nm_port *nm_port = port->port;
	int error = 0;
	u32 i;

	for (i = 0; i < nm_port->config.num_rings[NM_TX] && !error; i++) {
		error = nm_vale_add_source(port, &nm_port->krings[NM_TX][i], true);
		if (!error)
			nm_port->krings[NM_TX][i].driver_data = port->sources[i];
	}
	for (i = 0; i < nm_port->config.num_rings[NM_RX] && !error; i++) {
		error = nm_vale_add_queue(port, &nm_port->krings[NM_RX][i]);
		if (!error)
			nm_port->krings[NM_RX][i].driver_data = port->queues[i];
	}
	return error;
}

int nm_vale_port_make(struct nm_client *client, const char *name, const char *full_name,
		      enum nm_vale_kind kind, const struct nmreq_register *reg,
		      struct nm_vale_port **out)
{
	struct nm_port_config config = {
		.num_rings = { 1, 1 },
		.num_host_rings = { 1, 1 },
		.num_slots = { NM_VALE_SLOTS, NM_VALE_SLOTS },
		.link_up = true,
	};
	struct nm_core *core = client->core;
	const bool stack = kind == NM_VALE_PERSISTENT && core->config.interface_up;
	struct nm_vale *vale = nm_vale_get(core);
	struct nm_vale_port *port;
	struct nm_region *region;
	int error;

	error = nm_client_choose_region(client, reg, &region);
	if (error)
		return error;
	nm_port_choose(reg, NM_VALE_RINGS, NM_VALE_MAX_SLOTS, &config);
	error = vale ? nm_vale_port_create(vale, name, kind, &port) : -ENOMEM;
	if (error)
		goto fail_region;
	error = nm_port_create(core, full_name, stack ? &vale_stack_ops : &vale_ops, &config,
			       region, port, &port->port);
	if (error)
		goto fail_port;
	/* The nm_port has a reference of its own. */
	nm_region_unref(region);
	port->port->kind = kind == NM_VALE_PERSISTENT ? &persistent_kind : &ephemeral_kind;
	error = add_rings(port);
	if (error) {
		nm_port_unref(port->port);
		return nm_refuse(client, error, "%s: no memory for its rings", full_name);
	}
	*out = port;
	return 0;

fail_port:
	nm_vale_port_free(port);
fail_region:
	nm_region_unref(region);
	return nm_refuse(client, error, "%s: no memory for the port", full_name);
}
