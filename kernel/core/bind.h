/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Tying a client to a port, and untying it. */
#ifndef NM_BIND_H
#define NM_BIND_H

#include "client.h"

/*
 * Ties the client to what @reg asks for, if its memory is at most @max_memsize bytes. A client that
 * others see bound stays so: nothing is taken back from threads that are in a call already.
 */
int nm_client_bind(struct nm_client *client, const char *name, struct nmreq_register *reg,
		   u64 max_memsize);
void nm_client_unbind(struct nm_client *client);

#endif /* NM_BIND_H */
