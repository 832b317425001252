/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a client asks for, by whichever ioctl. */
#ifndef NM_REQUEST_H
#define NM_REQUEST_H

#include "options.h"

union nm_body {
	struct nmreq_register reg;
	struct nmreq_port_info_get info;
	struct nmreq_pools_info pools;
	struct nmreq_vale_attach attach;
	struct nmreq_vale_detach detach;
	struct nmreq_vale_list list;
	struct nmreq_port_hdr hdr;
	struct nmreq_vale_newif newif;
	struct nmreq_vale_polling polling;
};

/*
 * A request as copied in; large, so it is allocated.
 * @old: it came by NIOCREGIF or NIOCGINFO
 */
struct nm_request {
	bool old;
	struct nmreq_header head;
	union nm_body body;
	struct nm_options options;
};

/* What the request asks for, with everything copied in; takes core->lock. */
int nm_request_run(struct nm_client *client, struct nm_request *r);

#endif /* NM_REQUEST_H */
