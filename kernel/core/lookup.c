// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which port a name means. Some are there by themselves (network ports), others are made by the
 * request that asks for them and go with their last user: monitors, ends of pipes, ports of a VALE
 * switch. The order is the ABI's.
 */
#include "lookup.h"

#include "auto.h"
#include "monitor.h"
#include "pipe.h"
#include "ports.h"
#include "vale/switches.h"

static int find_monitor(struct nm_client *client, const char *name,
			const struct nmreq_register *reg, struct nm_port **out)
{
	/* The target is as it is. */
	const struct nmreq_register target_reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_port *target = NULL;
	int error = nm_port_lookup(client, name, &target_reg, &target);

	if (error)
		return error;
	error = nm_monitor_make(client, target, reg, out);
	if (error)
		nm_port_unref(target);
	return error;
}

static int find_pipe(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		     struct nm_port **out)
{
	/* The parent is as it chooses to be: what is asked for is the pipe. */
	const struct nmreq_register parent_reg = {
		.nr_mode = NR_REG_ALL_NIC,
		.nr_mem_id = reg->nr_mem_id,
		.nr_extra_bufs = reg->nr_extra_bufs,
	};
	char parent_name[NM_NAME_SIZE];
	const char *end = nm_pipe_split(client, name, parent_name);
	struct nm_port *parent;
	int error = 0;

	if (!end)
		return -EINVAL;
	/* A pipe that is there stays where it is, also when its parent's name is another port's now. */
	parent = nm_port_stand_in(client, parent_name);
	if (parent && nm_pipe_is_at(parent, end))
		nm_port_ref(parent);
	else
		error = nm_port_lookup(client, parent_name, &parent_reg, &parent);
	if (error == -ENXIO)
		error = nm_auto_make(client, parent_name, &parent_reg, &parent);
	if (error)
		return error;
	error = nm_pipe_find_or_make(client, parent, end, reg, out);
	if (error)
		nm_port_unref(parent);
	return error;
}

static int find_network_port(struct nm_client *client, const char *name, struct nm_port **out)
{
	struct nm_port *port = nm_port_find(client, name);

	if (!port)
		return nm_refuse(client, -ENXIO, "there is no port %s; `nmgen ports` lists the ports",
				 name);
	nm_port_ref(port);
	*out = port;
	return 0;
}

int nm_port_lookup(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		   struct nm_port **out)
{
	if (nm_monitor_is_wanted(reg->nr_flags))
		return find_monitor(client, name, reg, out);
	if (nm_pipe_is_name(name))
		return find_pipe(client, name, reg, out);
	if (nm_vale_is_name(name))
		return nm_vale_find_or_make(client, name, reg, out);
	return find_network_port(client, name, out);
}
