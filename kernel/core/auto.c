// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Automatic ports: the parent of a pipe if no port has its name. It is a switch port without a
 * switch, with memory of its own, to which pipes belong. A client that opens it by its own name
 * can send frames, which are dropped, and receives nothing. It is freed with its last pipe and its
 * last client.
 */
#include "nm_internal.h"

/* As a VALE port has by default. */
#define NM_AUTO_SLOTS	1024

static int auto_sync(struct nm_kring *kr, int flags)
{
	(void)flags;
	kr->hwcur = kr->rhead;
	if (kr->dir == NM_TX)
		kr->hwtail = nm_prev(kr->hwcur, kr->num_slots - 1);
	return 0;
}

static const struct nm_driver_ops auto_ops = {
	.name = "auto",
	.txsync = auto_sync,
	.rxsync = auto_sync,
};

static void auto_release(struct nm_port *port)
{
	nm_list_remove(&port->link);
}

int nm_region_choose(struct nm_client *client, const struct nmreq_register *reg,
		     struct nm_region **out)
{
	struct nm_region *region;

	if (!reg->nr_mem_id) {
		if (nm_region_create_private(client->core, reg->nr_extra_bufs, out))
			return nm_refuse(client, -ENOMEM,
					 "no memory for another region; close a port");
		return 0;
	}
	region = nm_region_find(client->core, reg->nr_mem_id);
	if (!region)
		return nm_refuse(client, -EINVAL,
				 "there is no memory region %u; ask for 0 to get a new one",
				 reg->nr_mem_id);
	nm_region_hold(region);
	*out = region;
	return 0;
}

int nm_auto_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out)
{
	const struct nm_port_config config = {
		.num_rings = { 1, 1 },
		.num_slots = { NM_AUTO_SLOTS, NM_AUTO_SLOTS },
		.link_up = true,
	};
	int error = nm_port_lookup(client, name, reg, out);
	struct nm_region *region = NULL;

	if (error != -ENXIO)
		return error;
	error = nm_region_choose(client, reg, &region);
	if (error)
		return error;
	error = nm_port_create(client->core, name, &auto_ops, &config, region, NULL, out);
	nm_region_drop(region);
	if (error)
		return nm_refuse(client, error, "%s: no memory for a port; close another port", name);
	(*out)->release = auto_release;
	nm_list_add(&client->core->ports, &(*out)->link);
	return 0;
}
