/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The ports of an instance: making, finding and ending them. */
#ifndef NM_PORTS_H
#define NM_PORTS_H

#include "port.h"

/**
 * nm_port_create() - a port that is made on demand: VALE ports, pipe ends, monitors
 * @name: for messages and ni_name; its maker finds the port by name
 * @ops: as for nm_port_attach(); reg may be NULL, where there is nothing to switch
 * @config: rings and slots; nm_port_choose() makes it from a request
 * @region: where its rings live, of the namespace that the port is to belong to; the port takes a
 *	reference of its own
 *
 * Under core->lock. The port has one reference, the caller's, and is in no list of names.
 * Return: 0, -EINVAL (rings or slots out of range), -ENOMEM
 */
int nm_port_create(struct nm_core *core, const char *name, const struct nm_driver_ops *ops,
		   const struct nm_port_config *config, struct nm_region *region,
		   void *driver_data, struct nm_port **out);

/**
 * nm_port_choose() - rings and slots as a request wants them
 * @reg: the request; 0 stands for the default
 * @max_rings: a direction; more are cut to it without a word, and so are slots
 * @max_slots: of a ring
 * @config: in: the defaults; out: what to make, host rings included
 */
void nm_port_choose(const struct nmreq_register *reg, u32 max_rings, u32 max_slots,
		    struct nm_port_config *config);

/*
 * The port of this name in the client's namespace, made now where the residence can make it
 * (nm_core_config.demand). Under core->lock.
 */
struct nm_port *nm_port_find(struct nm_client *client, const char *name);
/* What stands in for a port of this name (struct nm_port_kind), found or not by the above; NULL: nothing. */
struct nm_port *nm_port_stand_in(struct nm_client *client, const char *name);
/* One reference less; under core->lock. */
void nm_port_unref(struct nm_port *port);
/* Take up what the driver says now (link, speed); under core->lock. */
void nm_port_refresh(struct nm_port *port);

/*
 * Set the number of host rings as a request asks (0: unchanged), if the port has a host stack and
 * none of its rings is in use. Under core->lock.
 */
void nm_port_set_host_rings(struct nm_port *port, u32 tx, u32 rx);

#endif /* NM_PORTS_H */
