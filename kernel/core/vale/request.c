// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What clients ask of switches: names of ports, and requests 3 to 9. All under core->lock. */
#include "pipe.h"
#include "region.h"
#include "vale.h"

static int refuse_name(struct nm_client *client, const char *name)
{
	return nm_refuse(client, -EINVAL,
			 "%s is not a port of a switch; write valeID:PORT, each at most 15 characters",
			 name);
}

int nm_vale_no_room(struct nm_client *client, int error, const char *name)
{
	return nm_refuse(client, error,
			 "%s: no room for another port (at most %u switches of %u ports each), or no memory; close a port",
			 name, nm_vale_max_switches(client->core), NM_VALE_PORTS);
}

/* An interface may be looked up and monitored; binding it is refused. */
static int take(struct nm_client *client, struct nm_vale_port *port, struct nm_port **out)
{
	if (port->kind == NM_VALE_HOST)
		return nm_refuse(client, -EBUSY, "%s belongs to %s; detach it there first",
				 port->name, port->sw->name);
	nm_port_ref(port->port);
	*out = port->port;
	return 0;
}

int nm_vale_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out)
{
	char sw_name[NM_NAME_SIZE];
	const char *port_name = nm_vale_split(name, sw_name);
	struct nm_vale_port *port;
	struct nm_port *other;
	int error;

	if (!port_name)
		return refuse_name(client, name);
	port = nm_switch_port(nm_switch_find(client->core, client->opener.ns, sw_name), port_name);
	if (port)
		return take(client, port, out);

	other = nm_port_find(client, port_name);
	port = other ? nm_vale_port_of(other) : NULL;
	if (other && (!port || port->sw))
		return nm_refuse(client, -EBUSY, port ? "%s is in another switch; detach it there first" :
				 "%s is a network interface; attach it to the switch instead",
				 port_name);
	if (port) {
		error = nm_switch_join(port->vale, sw_name, port);
		if (error)
			return nm_vale_no_room(client, error, sw_name);
		port->joined_by_register = true;
		return take(client, port, out);
	}
	error = nm_vale_port_make(client, port_name, name, NM_VALE_EPHEMERAL, reg, &port);
	if (error)
		return error;
	error = nm_switch_join(port->vale, sw_name, port);
	if (error) {
		nm_port_unref(port->port);
		return nm_vale_no_room(client, error, name);
	}
	*out = port->port;
	return 0;
}

static int do_attach(struct nm_client *client, const char *name, struct nmreq_vale_attach *body)
{
	char sw_name[NM_NAME_SIZE];
	const char *port_name = nm_vale_split(name, sw_name);

	if (!port_name)
		return refuse_name(client, name);
	return nm_vale_attach(client, port_name, sw_name, &body->reg, &body->port_index);
}

static bool is_open(const struct nm_vale_port *port)
{
	u32 i;

	for (i = 0; i < port->num_sources; i++) {
		if (port->sources[i]->kr->users)
			return true;
	}
	for (i = 0; i < port->num_queues; i++) {
		if (port->queues[i]->kr->users)
			return true;
	}
	return false;
}

/* The port of a switch that is called so; NULL, with a refusal noted. */
static struct nm_vale_port *find_port(struct nm_client *client, const char *name, int *error)
{
	char sw_name[NM_NAME_SIZE];
	const char *port_name = nm_vale_split(name, sw_name);
	struct nm_vale_port *port;

	*error = 0;
	if (!port_name) {
		*error = refuse_name(client, name);
		return NULL;
	}
	port = nm_switch_port(nm_switch_find(client->core, client->opener.ns, sw_name), port_name);
	if (!port)
		*error = nm_refuse(client, -ENXIO, "there is no port %s; list the switches", name);
	return port;
}

static int do_detach(struct nm_client *client, const char *name, struct nmreq_vale_detach *body)
{
	int error;
	struct nm_vale_port *port = find_port(client, name, &error);

	if (!port)
		return error;
	switch (port->kind) {
	case NM_VALE_EPHEMERAL:
		return nm_refuse(client, -EINVAL, "%s exists until its client closes it", name);
	case NM_VALE_HOST:
		return nm_refuse(client, -EINVAL, "%s exists until its interface is detached; detach the interface", name);
	case NM_VALE_PERSISTENT:
		if (is_open(port))
			return nm_refuse(client, -EBUSY, "%s is open; close it first", name);
		break;
	case NM_VALE_NIC:
		break;
	}
	body->port_index = port->index;
	nm_vale_detach(port);
	return 0;
}

/* The switch with the lowest number from @first on, of the client's namespace. */
static struct nm_switch *next_switch(const struct nm_client *client, u32 first)
{
	const void *ns = client->opener.ns;
	struct nm_core *core = client->core;
	struct nm_switch *found = NULL;
	struct nm_list *item;

	if (!core->vale)
		return NULL;
	for (item = core->vale->switches.next; item != &core->vale->switches; item = item->next) {
		struct nm_switch *sw = nm_entry(item, struct nm_switch, link);

		if (sw->ns == ns && sw->index >= first && (!found || sw->index < found->index))
			found = sw;
	}
	return found;
}

static int do_list(struct nm_client *client, char *name, struct nmreq_vale_list *body)
{
	u32 first = body->nr_bridge_idx, i = body->nr_port_idx;
	struct nm_vale_port *port;
	struct nm_switch *sw;
	int error;

	if (name[0]) {
		port = find_port(client, name, &error);
		if (!port)
			return error == -ENXIO ? -ENOENT : error;
		body->nr_bridge_idx = (u16)port->sw->index;
		body->nr_port_idx = port->index;
		return 0;
	}
	for (sw = next_switch(client, first); sw; sw = next_switch(client, sw->index + 1)) {
		/* The port's number counts in the switch that was asked for. */
		if (sw->index != first)
			i = 0;
		for (; i < NM_VALE_PORTS; i++) {
			if (!sw->ports[i])
				continue;
			body->nr_bridge_idx = (u16)sw->index;
			body->nr_port_idx = i;
			nm_snprintf(name, NM_NAME_SIZE, "%s:%s", sw->name, sw->ports[i]->name);
			return 0;
		}
	}
	/* No refusal: whoever lists asks until this comes. */
	return -ENOENT;
}

/*
 * The port's rings are held while the length changes, so that no batch sees two; senders to it
 * take what they find, frame by frame.
 */
static int do_hdr_set(struct nm_client *client, const char *name, const struct nmreq_port_hdr *body)
{
	struct nm_vale_port *port = NULL;
	struct nm_port *other;
	int error = 0;

	if (nm_vale_is_name(name)) {
		port = find_port(client, name, &error);
	} else {
		other = nm_port_find(client, name);
		port = other ? nm_vale_port_of(other) : NULL;
		if (!port)
			error = nm_refuse(client, -ENXIO, "%s is not a port of a switch", name);
	}
	if (!port)
		return error;
	/* What is behind these takes frames as they are on a wire. */
	if (port->kind == NM_VALE_NIC || port->kind == NM_VALE_HOST)
		return nm_refuse(client, -EINVAL,
				 "%s is an interface's: only ports of programs may have a vnet header",
				 name);
	if (!nm_vnet_len_is_valid(body->nr_hdr_len))
		return nm_refuse(client, -EINVAL, "a vnet header has 0, 10 or 12 bytes, not %u",
				 body->nr_hdr_len);
	nm_write_once(port->vnet_len, body->nr_hdr_len);
	if (port->sw)
		nm_switch_quiesce(port->sw);
	return 0;
}

static int do_hdr_get(struct nm_client *client, const char *name, struct nmreq_port_hdr *body)
{
	struct nm_vale_port *port;
	struct nm_port *other;
	int error;

	if (nm_vale_is_name(name)) {
		port = find_port(client, name, &error);
		if (!port)
			return error;
	} else {
		other = nm_port_find(client, name);
		if (!other)
			return nm_refuse(client, -ENXIO, "there is no port %s; `nmgen ports` lists the ports",
					 name);
		port = nm_vale_port_of(other);
	}
	body->nr_hdr_len = port ? port->vnet_len : 0;
	return 0;
}

/* A name by which the port can be found again, and that an interface could have. */
static bool is_interface_name(const char *name)
{
	u32 i;

	if (!name[0] || strlen(name) >= NETMAP_IF_NAMSIZ || nm_vale_is_name(name) ||
	    nm_pipe_is_name(name))
		return false;
	for (i = 0; name[i]; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/' || name[i] == ':')
			return false;
	}
	return true;
}

static int do_newif(struct nm_client *client, const char *name, struct nmreq_vale_newif *body)
{
	const struct nmreq_register reg = {
		.nr_tx_slots = body->nr_tx_slots,
		.nr_rx_slots = body->nr_rx_slots,
		.nr_tx_rings = body->nr_tx_rings,
		.nr_rx_rings = body->nr_rx_rings,
		.nr_mem_id = body->nr_mem_id,
	};
	struct nm_core *core = client->core;
	struct nm_vale_port *port;
	int error;

	if (!is_interface_name(name))
		return nm_refuse(client, -EINVAL,
				 "%s cannot be the name of an interface: at most 15 characters, not beginning with vale, and without spaces, / : { or }",
				 name);
	if (nm_port_find(client, name))
		return nm_refuse(client, -EEXIST, "there is already an interface %s", name);
	error = nm_vale_port_make(client, name, name, NM_VALE_PERSISTENT, &reg, &port);
	if (error)
		return error;
	if (core->config.interface_make)
		error = core->config.interface_make(core, client->opener.ns, port->port,
						    &port->interface);
	if (error) {
		nm_port_unref(port->port);
		return nm_refuse(client, error, "the system cannot create the interface %s (error %d)", name,
				 -error);
	}
	nm_list_add(&core->ports, &port->port->link);
	body->nr_mem_id = port->port->region->id;
	return 0;
}

/* A persistent port without a switch loses its name, and is freed at its last close. */
static void unmake(struct nm_core *core, struct nm_vale_port *port)
{
	nm_list_remove(&port->port->link);
	if (core->config.interface_unmake && port->interface)
		core->config.interface_unmake(core, port->interface);
	port->interface = NULL;
	nm_port_unref(port->port);
}

void nm_vale_namespace_gone(struct nm_core *core, const void *ns)
{
	struct nm_list *item, *next;

	for (item = core->ports.next; item != &core->ports; item = next) {
		struct nm_port *port = nm_entry(item, struct nm_port, link);
		struct nm_vale_port *ours = nm_vale_port_of(port);

		next = item->next;
		if (port->region->ns != ns || !ours)
			continue;
		nm_vale_detach(ours);
		if (!port->has_stack) {
			unmake(core, ours);
			continue;
		}
		/* Its rings stop before that is gone which their frames go up to. */
		nm_port_ref(port);
		nm_port_detach_locked(port);
		nm_port_ref(port);
		unmake(core, ours);
		nm_port_unref(port);
	}
	for (item = core->vale ? core->vale->switches.next : NULL;
	     item && item != &core->vale->switches; item = item->next) {
		struct nm_switch *sw = nm_entry(item, struct nm_switch, link);

		/* The address of a namespace may be another's tomorrow; its own never is. */
		if (sw->ns == ns)
			sw->ns = sw;
	}
}

static int do_delif(struct nm_client *client, const char *name)
{
	struct nm_core *core = client->core;
	struct nm_port *port = nm_port_find(client, name);
	struct nm_vale_port *ours = port ? nm_vale_port_of(port) : NULL;

	if (!port)
		return nm_refuse(client, -ENXIO, "there is no interface %s", name);
	if (!ours)
		return nm_refuse(client, -EINVAL, "%s was not created by NEWIF", name);
	if (ours->sw || port->refs > 1)
		return nm_refuse(client, -EBUSY, "%s is %s; %s it first", name,
				 ours->sw ? "in a switch" : "open", ours->sw ? "detach" : "close");
	unmake(core, ours);
	return 0;
}

int nm_vale_request(struct nm_client *client, u16 type, char *name, void *body)
{
	switch (type) {
	case NETMAP_REQ_VALE_ATTACH:
		return do_attach(client, name, body);
	case NETMAP_REQ_VALE_DETACH:
		return do_detach(client, name, body);
	case NETMAP_REQ_VALE_LIST:
		return do_list(client, name, body);
	case NETMAP_REQ_PORT_HDR_SET:
		return do_hdr_set(client, name, body);
	case NETMAP_REQ_PORT_HDR_GET:
		return do_hdr_get(client, name, body);
	case NETMAP_REQ_VALE_NEWIF:
		return do_newif(client, name, body);
	case NETMAP_REQ_VALE_DELIF:
		return do_delif(client, name);
	default:
		return nm_refuse(client, -EOPNOTSUPP, "request %u is not supported", type);
	}
}
