// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Network ports in a switch. The switch keeps the rings for itself (a pin each), so no client can
 * open the port; what comes in on a receive ring is forwarded in the context that says so
 * (nm_kring_notify()), what is for the port goes to its transmit rings.
 *
 * Two locks can be held at a time, the busy of a receive ring and that of a transmit ring, and the
 * second is only tried, never waited for: its holder does the work.
 */
#include "region.h"
#include "rings.h"
#include "sync.h"
#include "vale.h"

/* Batches in a row before the processor and the ring are given up. */
#define PUMP_ROUNDS	16

/* Return: whether all that has come in is in the switch. */
static bool bring(struct nm_vale_source *source)
{
	struct nm_kring *kr = source->kr;
	u32 done, round;

	for (round = 0; round < PUMP_ROUNDS; round++) {
		nm_kring_drive(kr, kr->rhead, 0);
		if (kr->rhead == kr->hwtail)
			return true;
		done = nm_vale_forward(source, kr->rhead, kr->hwtail);
		if (done == kr->rhead && !kr->bad_slot)
			return true;	/* a frame whose rest is still to come */
		/* One that a slot was bad in goes back to the device with its slots put right. */
		nm_kring_drive(kr, kr->bad_slot ? kr->hwtail : done, 0);
	}
	return false;
}

/* With the ring's busy held, or while nobody else can find the ring. */
static void set_intr(struct nm_kring *kr, bool on)
{
	if (!kr->is_host && kr->port->ops->intr)
		kr->port->ops->intr(kr, on);
}

/*
 * Bring what has come in to the switch, with interrupts off until there is no more. With the
 * ring's busy held.
 */
static void pump(void *data)
{
	struct nm_vale_source *source = data;
	struct nm_kring *kr = source->kr;
	bool all;

	set_intr(kr, false);
	all = bring(source);
	if (all) {
		set_intr(kr, true);
		/* What came until then has made none. */
		all = !kr->port->ops->intr || bring(source);
	}
	/* It may come as fast as we bring it. */
	if (!all)
		nm_os_work_queue(&kr->notify_work);
}

static void receive_notify(struct nm_kring *kr)
{
	nm_kring_when_free(kr, pump);
}

static void transmit_notify(struct nm_kring *kr)
{
	nm_kring_when_free(kr, nm_vale_send);
}

void nm_vale_port_resume(struct nm_vale_port *port)
{
	u32 i;

	if (port->kind != NM_VALE_NIC && port->kind != NM_VALE_HOST)
		return;
	for (i = 0; i < port->num_sources; i++)
		receive_notify(port->sources[i]->kr);
	for (i = 0; i < port->num_queues; i++)
		transmit_notify(port->queues[i]->kr);
}

bool nm_vale_is_model(const struct nm_vale_port *port)
{
	return port->kind == NM_VALE_NIC && port->port->ops->deadline;
}

void nm_vale_run_models(struct nm_switch *sw)
{
	u32 i;

	for (i = 0; i < NM_VALE_PORTS; i++) {
		struct nm_vale_port *port = nm_load_acquire(&sw->ports[i]);

		if (port && nm_vale_is_model(port))
			nm_vale_port_resume(port);
	}
}

u64 nm_vale_models_deadline(struct nm_switch *sw)
{
	u64 earliest = 0;
	u32 i, k;

	for (i = 0; i < NM_VALE_PORTS; i++) {
		struct nm_vale_port *port = nm_load_acquire(&sw->ports[i]);

		for (k = 0; port && nm_vale_is_model(port) && k < port->num_sources; k++) {
			const u64 at = nm_kring_deadline(port->sources[k]->kr);

			if (at && (!earliest || at < earliest))
				earliest = at;
		}
	}
	return earliest;
}

static void set_notify(struct nm_kring *kr, void (*notify)(struct nm_kring *kr), void *data)
{
	nm_kring_lock(kr);
	kr->notify_data = data;
	nm_write_once(kr->notify, notify);
	/* The last pump may have left them off. */
	if (!notify && kr->dir == NM_RX && !kr->port->gone)
		set_intr(kr, true);
	nm_kring_unlock(kr);
}

/* Sources of the RX rings and queues to the TX rings of one half of @nic. */
static int add_half(struct nm_vale_port *port, struct nm_port *nic,
		    const struct nm_range rings[NM_DIRS])
{
	int error = 0;
	u32 i;

	for (i = rings[NM_RX].first; i < rings[NM_RX].last && !error; i++)
		error = nm_vale_add_source(port, &nic->krings[NM_RX][i], false);
	for (i = rings[NM_TX].first; i < rings[NM_TX].last && !error; i++)
		error = nm_vale_add_queue(port, &nic->krings[NM_TX][i]);
	return error;
}

static void start(struct nm_vale_port *port)
{
	u32 i;

	for (i = 0; i < port->num_queues; i++) {
		nm_vale_queue_open(port->queues[i], port->queues[i]->kr, true);
		set_notify(port->queues[i]->kr, transmit_notify, port->queues[i]);
	}
	nm_vale_map_queues(port, ~0ull);
	for (i = 0; i < port->num_sources; i++)
		set_notify(port->sources[i]->kr, receive_notify, port->sources[i]);
}

/* After this no call of a driver finds the port. */
static void stop(struct nm_vale_port *port)
{
	u32 i;

	for (i = 0; i < port->num_sources; i++)
		set_notify(port->sources[i]->kr, NULL, NULL);
	for (i = 0; i < port->num_queues; i++)
		set_notify(port->queues[i]->kr, NULL, NULL);
}

static int half_make(struct nm_vale *vale, struct nm_port *nic, const char *name,
		     enum nm_vale_kind kind, const struct nm_range rings[NM_DIRS],
		     struct nm_vale_port **out)
{
	struct nm_vale_port *port;
	int error = nm_vale_port_create(vale, name, kind, &port);

	if (error)
		return error;
	port->port = nic;
	error = add_half(port, nic, rings);
	if (error)
		nm_vale_port_free(port);
	else
		*out = port;
	return error;
}

static bool is_used(const struct nm_port *nic)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < nm_port_total_rings(nic, dir); i++) {
			if (nic->krings[dir][i].users || nic->krings[dir][i].pins)
				return true;
		}
	}
	return nic->owner;
}

/* The port leaves the switch, and the rings that it has by itself. */
static void half_free(struct nm_vale_port *port)
{
	stop(port);
	nm_switch_leave(port);
	nm_vale_port_free(port);
}

/* Return: 0 or a negative errno with its sentence. */
static int rings_make(struct nm_client *client, struct nm_port *nic,
		      const struct nm_range rings[NM_DIRS])
{
	int error = nm_region_use(nic->region);

	if (error)
		return nm_rings_refuse(client, nic->name, error);
	error = nm_rings_check_bufs(client, nic, rings);
	if (!error) {
		error = nm_rings_use(nic, rings, NM_USE_PIN);
		if (error)
			nm_rings_refuse(client, nic->name, error);
	}
	if (error)
		nm_region_unuse(nic->region);
	else
		nm_port_ref(nic);
	return error;
}

static void rings_free(struct nm_port *nic, const struct nm_range rings[NM_DIRS])
{
	nm_rings_unuse(nic, rings, NM_USE_PIN);
	nm_region_unuse(nic->region);
	nm_port_unref(nic);
}

void nm_vale_detach(struct nm_vale_port *port)
{
	const struct nm_range rings[NM_DIRS] = { port->rings[0], port->rings[1] };
	struct nm_port *nic = port->port;
	const bool keeps_rings = port->kind == NM_VALE_NIC || port->host;

	/* Before anybody may take the rings, or their memory goes. */
	if (port->host)
		half_free(port->host);
	port->host = NULL;
	if (port->kind == NM_VALE_NIC) {
		nic->owner = NULL;
		half_free(port);
	} else {
		nm_switch_leave(port);
		port->joined_by_register = false;
	}
	if (keeps_rings)
		rings_free(nic, rings);
}

static void port_gone(struct nm_port_owner *owner)
{
	nm_vale_detach(nm_entry(owner, struct nm_vale_port, owner));
}

static int join_half(struct nm_vale *vale, const char *sw_name, struct nm_port *nic,
		     const char *name, enum nm_vale_kind kind,
		     const struct nm_range rings[NM_DIRS], struct nm_vale_port **out)
{
	struct nm_vale_port *port;
	int error = half_make(vale, nic, name, kind, rings, &port);

	if (error)
		return error;
	start(port);
	error = nm_switch_join(vale, sw_name, port);
	if (error)
		half_free(port);
	else
		*out = port;
	return error;
}

static int join_nic(struct nm_vale *vale, const char *sw_name, struct nm_port *nic,
		    const char *name, const struct nm_range rings[NM_DIRS], u32 *index)
{
	const struct nm_port_config *c = &nic->config;
	struct nm_range nic_rings[NM_DIRS], host_rings[NM_DIRS];
	struct nm_vale_port *port;
	char host_name[NM_NAME_SIZE + 1];
	int dir, error;

	for (dir = 0; dir < NM_DIRS; dir++) {
		nic_rings[dir] = (struct nm_range){ 0, c->num_rings[dir], false };
		host_rings[dir] = (struct nm_range){ c->num_rings[dir], rings[dir].last, false };
	}
	error = join_half(vale, sw_name, nic, name, NM_VALE_NIC, nic_rings, &port);
	if (error)
		return error;
	nm_snprintf(host_name, sizeof(host_name), "%s^", name);
	if (host_rings[NM_RX].first < host_rings[NM_RX].last)
		error = join_half(vale, sw_name, nic, host_name, NM_VALE_HOST, host_rings,
				  &port->host);
	if (error) {
		half_free(port);
		return error;
	}
	port->rings[NM_TX] = rings[NM_TX];
	port->rings[NM_RX] = rings[NM_RX];
	port->owner.name = port->sw->name;
	port->owner.port_gone = port_gone;
	nic->owner = &port->owner;
	*index = port->index;
	nm_vale_port_resume(port);
	if (port->host)
		nm_vale_port_resume(port->host);
	return 0;
}

static int attach_nic(struct nm_client *client, struct nm_port *nic, const char *name,
		      const char *sw_name, const struct nmreq_register *reg, u32 *index)
{
	struct nm_range rings[NM_DIRS];
	struct nm_vale *vale = nm_vale_get(client->core);
	const struct nm_port_config *c = &nic->config;
	int dir, error;

	if (is_used(nic))
		return nm_refuse(client, -EBUSY, "%s is open or belongs to %s; close it there first",
				 name, nic->owner ? nic->owner->name : "a client");
	for (dir = 0; dir < NM_DIRS; dir++) {
		rings[dir] = (struct nm_range){ 0, c->num_rings[dir], true };
		if (reg->nr_mode == NR_REG_NIC_SW)
			rings[dir].last += c->num_host_rings[dir];
	}
	if (c->num_rings[NM_TX] > NM_VALE_IF_RINGS || c->num_rings[NM_RX] > NM_VALE_IF_RINGS)
		return nm_refuse(client, -EINVAL,
				 "%s has more than %u rings in a direction; give it fewer queues (ethtool -L)",
				 name, NM_VALE_IF_RINGS);
	if (!vale)
		return nm_rings_refuse(client, name, -ENOMEM);
	error = rings_make(client, nic, rings);
	if (error)
		return error;
	error = join_nic(vale, sw_name, nic, name, rings, index);
	if (error) {
		rings_free(nic, rings);
		return nm_vale_no_room(client, error, sw_name);
	}
	return 0;
}

/* The host rings of a port of NEWIF, which is in the switch already. */
static int join_stack(struct nm_client *client, struct nm_vale_port *port)
{
	const struct nm_port_config *c = &port->port->config;
	struct nm_range rings[NM_DIRS];
	char name[NM_NAME_SIZE + 1];
	int dir, error;

	for (dir = 0; dir < NM_DIRS; dir++) {
		rings[dir] = (struct nm_range){
			c->num_rings[dir], c->num_rings[dir] + c->num_host_rings[dir], false
		};
	}
	error = rings_make(client, port->port, rings);
	if (error)
		return error;
	nm_snprintf(name, sizeof(name), "%s^", port->name);
	error = join_half(port->vale, port->sw->name, port->port, name, NM_VALE_HOST, rings,
			  &port->host);
	if (error) {
		rings_free(port->port, rings);
		return nm_rings_refuse(client, port->name, error);
	}
	port->rings[NM_TX] = rings[NM_TX];
	port->rings[NM_RX] = rings[NM_RX];
	return 0;
}

/* A port of NEWIF. Where the system has no interface for it, there is no host stack to attach. */
static int attach_persistent(struct nm_client *client, struct nm_vale_port *port,
			     const char *sw_name, bool host, u32 *index)
{
	int error;

	if (port->sw || is_used(port->port))
		return nm_refuse(client, -EBUSY, "%s is %s; %s it first", port->name,
				 port->sw ? "in a switch" : "open",
				 port->sw ? "detach" : "close");
	if (host && !port->port->has_stack)
		return nm_refuse(client, -EINVAL,
				 "%s has no host stack; attach it with NR_REG_ALL_NIC",
				 port->name);
	error = nm_switch_join(port->vale, sw_name, port);
	if (error)
		return nm_vale_no_room(client, error, sw_name);
	error = host ? join_stack(client, port) : 0;
	if (error) {
		nm_switch_leave(port);
		return error;
	}
	*index = port->index;
	return 0;
}

int nm_vale_attach(struct nm_client *client, const char *name, const char *sw_name,
		   const struct nmreq_register *reg, u32 *index)
{
	struct nm_vale_port *ours;
	struct nm_port *port;

	if ((reg->nr_mode != NR_REG_ALL_NIC && reg->nr_mode != NR_REG_NIC_SW) || reg->nr_ringid)
		return nm_refuse(client, -EINVAL,
				 "%s: attach a port with NR_REG_ALL_NIC or NR_REG_NIC_SW, and no ring number",
				 name);
	if (nm_switch_port(nm_switch_find(client->core, client->opener.ns, sw_name), name))
		return nm_refuse(client, -EBUSY, "%s already has a port %s", sw_name, name);
	port = nm_port_find(client, name);
	/* A port that stands in goes with its last pipe; a switch would keep it for ever. */
	if (!port || port->kind->stands_in)
		return nm_refuse(client, -ENXIO, "there is no interface %s; `ip link` lists the interfaces",
				 name);
	ours = nm_vale_port_of(port);
	if (ours)
		return attach_persistent(client, ours, sw_name, reg->nr_mode == NR_REG_NIC_SW,
					 index);
	return attach_nic(client, port, name, sw_name, reg, index);
}
