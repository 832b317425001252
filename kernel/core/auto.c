// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Automatic ports: the parent of a pipe if no port has its name. It is a switch port without a
 * switch, with memory of its own, to which pipes belong. A client that opens it by its own name
 * can send frames, which are dropped, and receives nothing. It is freed with its last pipe and its
 * last client. A port of that name that comes later has the name; the pipes that are there stay.
 */
#include "auto.h"

#include "ports.h"
#include "region.h"

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

static const struct nm_port_kind auto_kind = {
	.no_host_rings = true,
	.stands_in = true,
	.release = auto_release,
};

int nm_auto_make(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		 struct nm_port **out)
{
	const struct nm_port_config config = {
		.num_rings = { 1, 1 },
		.num_slots = { NM_AUTO_SLOTS, NM_AUTO_SLOTS },
		.link_up = true,
	};
	struct nm_region *region = NULL;
	int error = nm_client_choose_region(client, reg, &region);

	if (error)
		return error;
	error = nm_port_create(client->core, name, &auto_ops, &config, region, NULL, out);
	nm_region_unref(region);
	if (error)
		return nm_refuse(client, error, "%s: no memory for a port; close another port", name);
	(*out)->kind = &auto_kind;
	nm_list_add(&client->core->ports, &(*out)->link);
	return 0;
}
