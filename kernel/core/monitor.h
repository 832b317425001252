/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Ports that receive what goes through the rings of another port. */
#ifndef NM_MONITOR_H
#define NM_MONITOR_H

#include "client.h"

/* Whether these nr_flags ask for a monitor. */
bool nm_monitor_is_wanted(u64 flags);

/**
 * nm_monitor_make() - a new monitor of the rings that a request means
 * @target: the port with those rings, and the caller's reference to it; taken over where this
 *	succeeds
 * @out: as of nm_port_lookup()
 */
int nm_monitor_make(struct nm_client *client, struct nm_port *target,
		    const struct nmreq_register *reg, struct nm_port **out);

#endif /* NM_MONITOR_H */
