// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Opening a client, binding it to rings of a port, and undoing both. Binding is under core->lock.
 *
 * Either everything that a REGISTER asks for is made, or nothing is.
 */
#include "bind.h"

#include "lookup.h"
#include "ports.h"
#include "reclaim.h"
#include "region.h"
#include "rings.h"

static int check_exclusive(struct nm_client *client, const struct nm_port *port,
			   const struct nm_range rings[NM_DIRS], bool exclusive)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			const struct nm_kring *kr = &port->krings[dir][i];

			if (kr->exclusive || (exclusive && kr->users))
				return nm_refuse(client, -EBUSY,
						 "%s: %s ring %u is in use%s; close its other client, or use another ring",
						 port->name,
						 dir == NM_TX ? "transmit" : "receive", i,
						 kr->exclusive ? " exclusively" : "");
		}
	}
	return 0;
}

/* Word @at of ring_ofs, which for a program of 32 bits are as long as its pointers. */
static void ring_ofs_set(struct netmap_if *nif, u32 at, s64 value, bool narrow)
{
	if (narrow)
		((nm_word32 *)nif->ring_ofs)[at] = (u32)value;
	else
		nif->ring_ofs[at] = (ssize_t)value;
}

static u32 nif_bytes(const struct nm_port_config *config)
{
	const u32 total = config->num_rings[NM_TX] + config->num_host_rings[NM_TX] +
			  config->num_rings[NM_RX] + config->num_host_rings[NM_RX];

	return (u32)(sizeof(struct netmap_if) + total * sizeof(ssize_t));
}

/*
 * The order of ring_ofs: NIC TX, host TX, NIC RX, host RX. A null port (@port is NULL) has none of
 * the rings that @config says.
 */
static u64 nif_make(struct nm_region *region, const struct nm_port *port,
		    const struct nm_port_config *config, const char *name,
		    const struct nm_range rings[NM_DIRS])
{
	static const enum nm_dir order[NM_DIRS] = { NM_TX, NM_RX };
	const bool narrow = nm_os_client_is_32bit();
	const u32 bytes = nif_bytes(config);
	struct netmap_if *nif;
	u64 offset;
	u32 at = 0, i;
	int d;

	offset = nm_region_alloc_if(region, bytes);
	if (!offset && nm_region_grow_ifs(region, bytes) == 0)
		offset = nm_region_alloc_if(region, bytes);
	if (!offset)
		return 0;
	nif = nm_os_mem_at(&region->mem, offset);
	memset(nif, 0, bytes);
	nm_snprintf(nif->ni_name, sizeof(nif->ni_name), "%.15s", name);
	nif->ni_version = NETMAP_API;
	nif->ni_flags = region->shared ? 0 : NI_PRIV_MEM;
	nif->ni_tx_rings = config->num_rings[NM_TX];
	nif->ni_rx_rings = config->num_rings[NM_RX];
	nif->ni_host_tx_rings = config->num_host_rings[NM_TX];
	nif->ni_host_rx_rings = config->num_host_rings[NM_RX];
	for (d = 0; d < NM_DIRS && port; d++) {
		const enum nm_dir dir = order[d];

		for (i = 0; i < nm_port_total_rings(port, dir); i++, at++) {
			if (i >= rings[dir].first && i < rings[dir].last)
				ring_ofs_set(nif, at,
					     (s64)port->krings[dir][i].ring_offset - (s64)offset,
					     narrow);
		}
	}
	return offset;
}

/*
 * A chain of buffers, each beginning with the index of the next; as many as there are, up to
 * @count.
 */
static u32 extra_bufs_make(struct nm_region *region, u16 owner, struct netmap_if *nif, u32 count)
{
	u32 head = 0, i;

	for (i = 0; i < count; i++) {
		u32 index = nm_region_alloc_buf(region, owner, true);

		if (!index)
			break;
		memcpy(nm_region_buf(region, index), &head, sizeof(head));
		head = index;
	}
	nif->ni_bufs_head = head;
	return i;
}

/*
 * Whatever list is there now. It ends at 0, at an index that is no buffer in use or one that a ring
 * uses, or where it bites its tail. What else @owner was given and nobody names goes too.
 */
static void extra_bufs_free(struct nm_region *region, u16 owner, struct netmap_if *nif)
{
	u32 index = nm_read_once(nif->ni_bufs_head);

	if (!index && !region->owners.list[owner].bufs) {
		nm_owner_put(&region->owners, owner);
		return;
	}
	nm_owner_leaves(&region->owners, owner);
	nm_region_protect(region);
	while (index && index < region->bufs.num) {
		u32 next;

		memcpy(&next, nm_region_buf(region, index), sizeof(next));
		if (!nm_region_free_buf(region, index))
			break;
		index = next;
	}
	nm_region_reclaim(region);
	nm_owner_put(&region->owners, owner);
}

static int check_size(struct nm_client *client, const struct nm_region *region, const char *name,
		      u64 max_memsize)
{
	if (nm_region_memsize(region) <= max_memsize)
		return 0;
	return nm_refuse(client, -EOVERFLOW,
			 "the memory of %s is too large for the old request; make the pools smaller, or rebuild the program",
			 name);
}

/* The client has rings by now; give it its netmap_if, and make it visible to sync. */
static int finish(struct nm_client *client, struct nm_port *port,
		  const struct nm_port_config *config, struct nm_region *region,
		  const char *name, const struct nm_range rings[NM_DIRS],
		  struct nmreq_register *reg, u64 max_memsize)
{
	struct netmap_if *nif;
	u64 offset;
	u16 owner;
	int error;

	error = check_size(client, region, name, max_memsize);
	if (error)
		return error;
	offset = nif_make(region, port, config, name, rings);
	if (!offset)
		return nm_refuse(client, -ENOMEM,
				 "%s: no memory for another netmap_if; close other clients",
				 name);
	nif = nm_os_mem_at(&region->mem, offset);
	owner = nm_owner_new(&region->owners);
	reg->nr_extra_bufs = extra_bufs_make(region, owner, nif, reg->nr_extra_bufs);
	nm_rings_update_bufs(region);
	/* It may have grown. */
	error = check_size(client, region, name, max_memsize);
	if (error) {
		extra_bufs_free(region, owner, nif);
		nm_region_free_if(region, offset, nif_bytes(config));
		return error;
	}
	client->region = region;
	client->owner = owner;
	client->nif = offset;
	client->nif_bytes = nif_bytes(config);
	nm_list_add(&region->clients, &client->in_region);
	client->flags = reg->nr_flags;
	if (port)
		client->flags |= port->kind->client_flags;
	client->sync_flags = port && rings[NM_TX].first == 0 &&
			     rings[NM_TX].last >= port->config.num_rings[NM_TX] ?
				     NM_SYNC_ALL_TX : 0;
	client->rings[NM_TX] = rings[NM_TX];
	client->rings[NM_RX] = rings[NM_RX];
	reg->nr_offset = offset;
	reg->nr_memsize = nm_region_memsize(region);
	reg->nr_mem_id = region->id;
	/* A sync that sees the port sees everything above. */
	nm_store_release(&client->port, port);
	nm_store_release(&client->bound, 1);
	return 0;
}

/*
 * A port with no device: memory only, of a region that is there already. What it is asked to be it
 * is said to be, for programs that look.
 */
static int bind_null(struct nm_client *client, const char *name, struct nmreq_register *reg,
		     u64 max_memsize)
{
	static const struct nm_range none[NM_DIRS] = { { 0 }, { 0 } };
	const struct nm_port_config config = {
		.num_rings = { [NM_TX] = reg->nr_tx_rings, [NM_RX] = reg->nr_rx_rings },
		.num_host_rings = { [NM_TX] = reg->nr_host_tx_rings,
				    [NM_RX] = reg->nr_host_rx_rings },
	};
	struct nm_region *region;
	int dir, error;

	for (dir = 0; dir < NM_DIRS; dir++) {
		if (config.num_rings[dir] > NM_MAX_NIC_RINGS ||
		    config.num_host_rings[dir] > NM_MAX_RINGS)
			return nm_refuse(client, -EINVAL,
					 "a null port has at most %u rings and %u host rings in a direction; ask for fewer",
					 NM_MAX_NIC_RINGS, NM_MAX_RINGS);
	}
	if (!reg->nr_mem_id)
		return nm_refuse(client, -EINVAL,
				 "a null port needs the number of a memory region that exists, not 0; 1 is that of the interfaces");
	error = nm_client_join_region(client, reg->nr_mem_id, &region);
	if (error)
		return error;
	error = nm_region_use(region);
	if (error) {
		nm_refuse(client, error, "no memory for region %u; make its pools smaller",
			  region->id);
		nm_region_unref(region);
		return error;
	}
	error = finish(client, NULL, &config, region, name, none, reg, max_memsize);
	if (error) {
		nm_region_unuse(region);
		nm_region_unref(region);
		return error;
	}
	return 0;
}

/* Takes over the caller's reference to @port, if it succeeds. */
static int bind_port(struct nm_client *client, struct nm_port *port, struct nmreq_register *reg,
		     u64 max_memsize)
{
	const bool exclusive = reg->nr_flags & NR_EXCLUSIVE;
	struct nm_range rings[NM_DIRS] = { { 0 }, { 0 } };
	const enum nm_ring_use use = exclusive ? NM_USE_EXCLUSIVE : NM_USE_SHARED;
	int error;

	if (port->owner)
		return nm_refuse(client, -EBUSY, "%s belongs to %s; detach it there first",
				 port->name, port->owner->name);
	if (reg->nr_mem_id && !nm_region_is(port->region, reg->nr_mem_id))
		return nm_refuse(client, -EINVAL,
				 "%s is in memory region %u, not %u; use 0 or %u",
				 port->name, port->region->id, reg->nr_mem_id, port->region->id);
	nm_port_refresh(port);
	nm_port_set_host_rings(port, reg->nr_host_tx_rings, reg->nr_host_rx_rings);
	error = nm_rings_choose(client, port, reg, rings);
	if (error)
		return error;
	error = check_exclusive(client, port, rings, exclusive);
	if (!error && port->kind->may_have)
		error = port->kind->may_have(client, port, rings);
	if (error)
		return error;
	error = nm_region_use(port->region);
	if (error)
		return nm_refuse(client, error,
				 "%s: no memory for its region; make the pools smaller",
				 port->name);
	error = nm_rings_check_bufs(client, port, rings);
	if (error) {
		nm_region_unuse(port->region);
		return error;
	}
	error = nm_rings_use(port, rings, use);
	if (error) {
		const char *why = port->ops && port->ops->why ? port->ops->why(port) : NULL;

		nm_region_unuse(port->region);
		if (why)
			return nm_refuse(client, error, "%s", why);
		return nm_rings_refuse(client, port->name, error);
	}
	error = finish(client, port, &port->config, port->region, port->name, rings, reg,
		       max_memsize);
	if (error) {
		nm_rings_unuse(port, rings, use);
		nm_region_unuse(port->region);
		return error;
	}
	reg->nr_tx_rings = (u16)port->config.num_rings[NM_TX];
	reg->nr_rx_rings = (u16)port->config.num_rings[NM_RX];
	reg->nr_host_tx_rings = nm_port_host_rings(port, NM_TX);
	reg->nr_host_rx_rings = nm_port_host_rings(port, NM_RX);
	reg->nr_tx_slots = port->config.num_slots[NM_TX];
	reg->nr_rx_slots = port->config.num_slots[NM_RX];
	return 0;
}

int nm_client_bind(struct nm_client *client, const char *name, struct nmreq_register *reg,
		   u64 max_memsize)
{
	u32 host_rings[NM_DIRS];
	struct nm_port *port;
	int error;

	if (client->region)
		return nm_refuse(client, -EBUSY,
				 "this descriptor is already bound; open another one");
	if (reg->nr_mode == NR_REG_NULL)
		return bind_null(client, name, reg, max_memsize);
	if ((reg->nr_flags & NR_RX_RINGS_ONLY) && (reg->nr_flags & NR_TX_RINGS_ONLY))
		return nm_refuse(client, -EINVAL,
				 "%s: the flags for receive rings only and transmit rings only exclude each other; use one of them",
				 name);
	error = nm_port_lookup(client, name, reg, &port);
	if (error)
		return error;
	host_rings[NM_TX] = port->config.num_host_rings[NM_TX];
	host_rings[NM_RX] = port->config.num_host_rings[NM_RX];
	error = port->kind->may_bind ? port->kind->may_bind(client, port, reg->nr_flags) : 0;
	if (!error)
		error = bind_port(client, port, reg, max_memsize);
	if (error) {
		nm_port_set_host_rings(port, host_rings[NM_TX], host_rings[NM_RX]);
		nm_port_unref(port);
	}
	return error;
}

void nm_client_unbind(struct nm_client *client)
{
	struct nm_region *region = client->region;
	struct nm_port *port = client->port;

	if (!region)
		return;
	nm_list_remove(&client->in_region);
	extra_bufs_free(region, client->owner, nm_os_mem_at(&region->mem, client->nif));
	nm_region_free_if(region, client->nif, client->nif_bytes);
	nm_store_release(&client->bound, 0);
	nm_store_release(&client->port, NULL);
	client->region = NULL;
	if (port)
		nm_rings_unuse(port, client->rings, NM_USE_SHARED);
	nm_region_unuse(region);
	/* Either may end the region. */
	if (port)
		nm_port_unref(port);
	else
		nm_region_unref(region);
}

int nm_client_open(struct nm_core *core, struct nm_waiter *waiter, struct nm_client **out)
{
	struct nm_client *client = nm_os_alloc(sizeof(*client));

	if (!client)
		return -ENOMEM;
	nm_os_caller_get(nm_core_os(core), &client->opener);
	if (!client->opener.may_open) {
		nm_os_caller_put(nm_core_os(core), &client->opener);
		nm_os_free(client);
		return -EPERM;
	}
	client->core = core;
	client->waiter = waiter;
	nm_spin_init(&client->reason_lock);
	*out = client;
	return 0;
}

void nm_client_close(struct nm_client *client)
{
	nm_mutex_lock(&client->core->lock);
	nm_client_unbind(client);
	nm_mutex_unlock(&client->core->lock);
	nm_os_caller_put(nm_core_os(client->core), &client->opener);
	nm_os_free(client);
}
