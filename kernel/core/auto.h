/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Ports that are made for the pipes at them. */
#ifndef NM_AUTO_H
#define NM_AUTO_H

#include "client.h"

/* Creates an automatic port (auto.c) with a name that no port has; else as nm_port_lookup(). */
int nm_auto_make(struct nm_client *client, const char *name, const struct nmreq_register *reg,
		 struct nm_port **out);

#endif /* NM_AUTO_H */
