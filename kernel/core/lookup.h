/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which port a name means. */
#ifndef NM_LOOKUP_H
#define NM_LOOKUP_H

#include "client.h"

/**
 * nm_port_lookup() - the port that a request means, made now if it is of those that are
 * @client: whose request it is, for nm_refuse()
 * @name: as in the request
 * @reg: mode, flags, and what to make it of
 * @out: the port, with a reference for the caller: nm_port_unref()
 *
 * Under core->lock. The order is the ABI's: monitors, pipes, VALE, network ports.
 * Return: 0, or a negative errno with its sentence.
 */
int nm_port_lookup(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		   struct nm_port **out);

#endif /* NM_LOOKUP_H */
