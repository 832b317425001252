/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Switches, for the rest of the core; nm_vale.h has more. All under core->lock. */
#ifndef NM_VALE_SWITCHES_H
#define NM_VALE_SWITCHES_H

#include "client.h"

/* Whether the name is for switches: it begins with "vale". */
bool nm_vale_is_name(const char *name);

/* As nm_port_lookup(), for such names. */
int nm_vale_find_or_make(struct nm_client *client, const char *name,
			 const struct nmreq_register *reg, struct nm_port **out);

/* Requests 3 to 9; @name and @body are changed as the ABI says. */
int nm_vale_request(struct nm_client *client, u16 type, char *name, void *body);

/* As nm_core_namespace_gone(), for persistent ports and switches. */
void nm_vale_namespace_gone(struct nm_core *core, const void *ns);

/* There are no ports any more. */
void nm_vale_destroy(struct nm_core *core);

#endif /* NM_VALE_SWITCHES_H */
