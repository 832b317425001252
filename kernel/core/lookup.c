// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which port a name means. Some are there by themselves (network ports), others are made by the
 * request that asks for them and go with their last user: monitors, ends of pipes, ports of a VALE
 * switch. The order is the ABI's.
 */
#include "nm_internal.h"

int nm_port_lookup(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		   struct nm_port **out)
{
	struct nm_port *port;

	if (nm_monitor_is_wanted(reg->nr_flags))
		return nm_monitor_make(client, name, reg, out);
	if (nm_pipe_is_name(name))
		return nm_pipe_find_or_make(client, name, reg, out);
	if (nm_vale_is_name(name))
		return nm_vale_find_or_make(client, name, reg, out);
	port = nm_port_find(client->core, name);
	if (!port)
		return nm_refuse(client, -ENXIO, "there is no port %s; `nmgen ports` lists the ports", name);
	port->refs++;
	*out = port;
	return 0;
}
