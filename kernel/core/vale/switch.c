// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Switches, and who is in them. All under core->lock; vale.h says what senders may see. */
#include "region.h"
#include "sync.h"
#include "vale.h"

#define PREFIX	"vale"

struct nm_vale *nm_vale_get(struct nm_core *core)
{
	if (!core->vale) {
		struct nm_vale *vale = nm_os_alloc(sizeof(*vale));

		if (!vale)
			return NULL;
		vale->core = core;
		nm_list_init(&vale->switches);
		core->vale = vale;
	}
	return core->vale;
}

void nm_vale_destroy(struct nm_core *core)
{
	nm_os_free(core->vale);
	core->vale = NULL;
}

static bool is_id(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool nm_vale_is_name(const char *name)
{
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0;
}

const char *nm_vale_split(const char *name, char sw_name[NM_NAME_SIZE])
{
	u32 i;

	if (!nm_vale_is_name(name))
		return NULL;
	for (i = 0; i < NETMAP_IF_NAMSIZ && is_id(name[i]); i++)
		sw_name[i] = name[i];
	sw_name[i] = '\0';
	if (name[i] != ':' || !name[i + 1] || strlen(name + i + 1) >= NETMAP_IF_NAMSIZ)
		return NULL;
	return name + i + 1;
}

struct nm_switch *nm_switch_find(struct nm_core *core, const void *ns, const char *sw_name)
{
	struct nm_list *item;

	if (!core->vale)
		return NULL;
	for (item = core->vale->switches.next; item != &core->vale->switches; item = item->next) {
		struct nm_switch *sw = nm_entry(item, struct nm_switch, link);

		if (sw->ns == ns && !strcmp(sw->name, sw_name))
			return sw;
	}
	return NULL;
}

struct nm_vale_port *nm_switch_port(struct nm_switch *sw, const char *name)
{
	u32 i;

	for (i = 0; sw && i < NM_VALE_PORTS; i++) {
		if (sw->ports[i] && !strcmp(sw->ports[i]->name, name))
			return sw->ports[i];
	}
	return NULL;
}

u32 nm_vale_max_switches(const struct nm_core *core)
{
	const u32 max = nm_read_once(core->config.max_switches);

	if (!max)
		return NM_VALE_SWITCHES;
	return max < NM_VALE_MAX_SWITCHES ? max : NM_VALE_MAX_SWITCHES;
}

/* The lowest number that no switch of the namespace has. */
static u32 free_index(struct nm_vale *vale, const void *ns)
{
	struct nm_list *item;
	u64 taken = 0;
	u32 i;

	for (item = vale->switches.next; item != &vale->switches; item = item->next) {
		const struct nm_switch *sw = nm_entry(item, struct nm_switch, link);

		if (sw->ns == ns)
			taken |= 1ull << sw->index;
	}
	for (i = 0; taken >> i & 1; i++)
		;
	return i;
}

static struct nm_switch *switch_make(struct nm_vale *vale, const void *ns, const char *name)
{
	const u32 index = free_index(vale, ns);
	struct nm_switch *sw;

	if (index >= nm_vale_max_switches(vale->core))
		return NULL;
	sw = nm_os_alloc(sizeof(*sw));
	if (!sw)
		return NULL;
	sw->fdb = nm_fdb_create(nm_os_tsc_ticks(), nm_os_now_ns());
	if (!sw->fdb) {
		nm_os_free(sw);
		return NULL;
	}
	sw->vale = vale;
	sw->ns = ns;
	sw->index = index;
	nm_snprintf(sw->name, sizeof(sw->name), "%s", name);
	nm_list_add(&vale->switches, &sw->link);
	return sw;
}

static void switch_free(struct nm_switch *sw)
{
	nm_list_remove(&sw->link);
	nm_fdb_destroy(sw->fdb);
	nm_os_free(sw);
}

int nm_switch_join(struct nm_vale *vale, const char *sw_name, struct nm_vale_port *port)
{
	const void *ns = port->port->region->ns;
	struct nm_switch *sw = nm_switch_find(vale->core, ns, sw_name);
	u32 i;

	if (!sw)
		sw = switch_make(vale, ns, sw_name);
	if (!sw)
		return -ENOMEM;
	for (i = 0; i < NM_VALE_PORTS && sw->ports[i]; i++)
		;
	if (i == NM_VALE_PORTS)
		return -ENOMEM;
	port->index = i;
	sw->num_ports++;
	nm_write_once(sw->num_models, sw->num_models + nm_vale_is_model(port));
	/* A sender that sees the port sees its queues; one that is the port sees its index. */
	nm_store_release(&sw->ports[i], port);
	nm_write_once(sw->members[i / 64], sw->members[i / 64] | 1ull << i % 64);
	nm_store_release(&port->sw, sw);
	return 0;
}

static void port_quiesce(struct nm_vale_port *port)
{
	u32 i;

	for (i = 0; i < port->num_sources; i++) {
		nm_kring_lock(port->sources[i]->kr);
		nm_kring_unlock(port->sources[i]->kr);
	}
	for (i = 0; i < port->num_queues; i++) {
		nm_kring_lock(port->queues[i]->kr);
		nm_kring_unlock(port->queues[i]->kr);
	}
}

void nm_switch_quiesce(struct nm_switch *sw)
{
	u32 i;

	for (i = 0; i < NM_VALE_PORTS; i++) {
		if (sw->ports[i])
			port_quiesce(sw->ports[i]);
	}
}

void nm_switch_leave(struct nm_vale_port *port)
{
	struct nm_switch *sw = port->sw;
	const u32 i = port->index;

	if (!sw)
		return;
	port->joined_by_register = false;
	nm_store_release(&port->sw, NULL);
	nm_write_once(sw->members[i / 64], sw->members[i / 64] & ~(1ull << i % 64));
	nm_store_release(&sw->ports[i], NULL);
	nm_write_once(sw->num_models, sw->num_models - nm_vale_is_model(port));
	/* Its own senders first: they learn stations for it. */
	port_quiesce(port);
	nm_switch_quiesce(sw);
	nm_fdb_forget_port(sw->fdb, i);
	if (--sw->num_ports == 0)
		switch_free(sw);
}

int nm_vale_set_lookup(struct nm_core *core, const char *name, const struct nm_vale_lookup *lookup)
{
	struct nm_switch *sw;
	int error = 0;

	nm_mutex_lock(&core->lock);
	sw = nm_switch_find(core, nm_os_namespace(nm_core_os(core)), name);
	if (!sw) {
		error = -ENXIO;
	} else if (lookup && sw->lookup) {
		error = -EBUSY;
	} else {
		nm_store_release(&sw->lookup, lookup);
		nm_switch_quiesce(sw);
	}
	nm_mutex_unlock(&core->lock);
	return error;
}

static void view_port(const struct nm_switch *sw, const struct nm_vale_port *port,
		      void (*visit)(const struct nm_vale_view *view, void *arg), void *arg)
{
	struct nm_vale_view view = {
		.switch_index = sw->index,
		.index = port->index,
		.kind = port->kind,
		.vnet_len = port->vnet_len,
		.num_tx = port->num_sources,
		.num_rx = port->num_queues,
		.port = port,
	};
	char name[2 * NM_NAME_SIZE];

	nm_snprintf(name, sizeof(name), "%s:%s", sw->name, port->name);
	view.name = name;
	visit(&view, arg);
}

const struct nm_vale_tx_stats *nm_vale_view_tx(const struct nm_vale_view *view, u32 i)
{
	return &view->port->sources[i]->stats;
}

const struct nm_vale_rx_stats *nm_vale_view_rx(const struct nm_vale_view *view, u32 i)
{
	return &view->port->queues[i]->stats;
}

int nm_vale_ports(struct nm_core *core, void (*visit)(const struct nm_vale_view *view, void *arg),
		  void *arg)
{
	const void *ns = nm_os_namespace(nm_core_os(core));
	struct nm_list *item;
	int count = 0;
	u32 i;

	nm_mutex_lock(&core->lock);
	for (item = core->vale ? core->vale->switches.next : NULL;
	     item && item != &core->vale->switches; item = item->next) {
		struct nm_switch *sw = nm_entry(item, struct nm_switch, link);

		for (i = 0; i < NM_VALE_PORTS && sw->ns == ns; i++) {
			if (!sw->ports[i])
				continue;
			view_port(sw, sw->ports[i], visit, arg);
			count++;
		}
	}
	nm_mutex_unlock(&core->lock);
	return count;
}
