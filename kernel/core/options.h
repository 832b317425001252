/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The list of options of a request. */
#ifndef NM_OPTIONS_H
#define NM_OPTIONS_H

#include "client.h"

struct nm_option {
	u64 user;		/* where the client has it */
	struct nmreq_option head;
};

#define NM_MAX_OPTIONS	(NETMAP_REQ_MAXSIZE / sizeof(struct nmreq_option))

struct nm_options {
	struct nm_option list[NM_MAX_OPTIONS];
	u32 num;
};

int nm_options_read(struct nm_client *client, u64 first, u32 body_size, struct nm_options *options);
int nm_options_check(struct nm_client *client, const struct nm_options *options);
int nm_options_write_status(const struct nm_options *options);

#endif /* NM_OPTIONS_H */
