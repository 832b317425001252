// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ioctls. What a client passes is copied in once, checked, handled, and copied out. */
#include "legacy.h"
#include "request.h"

/* Bytes of the body of each request type, 0 where it has none. */
static const u8 body_sizes[] = {
	[NETMAP_REQ_REGISTER] = sizeof(struct nmreq_register),
	[NETMAP_REQ_PORT_INFO_GET] = sizeof(struct nmreq_port_info_get),
	[NETMAP_REQ_VALE_ATTACH] = sizeof(struct nmreq_vale_attach),
	[NETMAP_REQ_VALE_DETACH] = sizeof(struct nmreq_vale_detach),
	[NETMAP_REQ_VALE_LIST] = sizeof(struct nmreq_vale_list),
	[NETMAP_REQ_PORT_HDR_SET] = sizeof(struct nmreq_port_hdr),
	[NETMAP_REQ_PORT_HDR_GET] = sizeof(struct nmreq_port_hdr),
	[NETMAP_REQ_VALE_NEWIF] = sizeof(struct nmreq_vale_newif),
	[NETMAP_REQ_VALE_DELIF] = 0,
	[NETMAP_REQ_VALE_POLLING_ENABLE] = sizeof(struct nmreq_vale_polling),
	[NETMAP_REQ_VALE_POLLING_DISABLE] = sizeof(struct nmreq_vale_polling),
	[NETMAP_REQ_POOLS_INFO_GET] = sizeof(struct nmreq_pools_info),
	[NETMAP_REQ_SYNC_KLOOP_START] = sizeof(struct nmreq_sync_kloop_start),
	[NETMAP_REQ_SYNC_KLOOP_STOP] = 0,
	[NETMAP_REQ_CSB_ENABLE] = 0,
};

#define NM_NUM_REQUESTS	(sizeof(body_sizes) / sizeof(body_sizes[0]))

static int check_head(struct nm_client *client, const struct nmreq_header *head)
{
	bool has_body;

	if (head->nr_version < NETMAP_MIN_API || head->nr_version > NETMAP_MAX_API)
		return nm_refuse(client, -EINVAL,
				 "the program was built for netmap API %u, this is API %u; rebuild it",
				 head->nr_version, NETMAP_API);
	if (head->nr_reserved)
		return nm_refuse(client, -EINVAL, "nr_reserved is not 0");
	if (head->nr_reqtype == 0 || head->nr_reqtype >= NM_NUM_REQUESTS)
		return nm_refuse(client, -EINVAL, "request type %u does not exist",
				 head->nr_reqtype);
	has_body = body_sizes[head->nr_reqtype] > 0;
	if (has_body != (head->nr_body != 0))
		return nm_refuse(client, -EINVAL, "request type %u %s", head->nr_reqtype,
				 has_body ? "needs a body" : "has no body; make nr_body 0");
	return 0;
}

/* Everything of NIOCCTRL between copying the header in and out. */
static int do_request(struct nm_client *client, struct nm_request *r)
{
	int error = check_head(client, &r->head), late;
	u32 body_size;

	if (error)
		return error;
	body_size = body_sizes[r->head.nr_reqtype];
	/* Requests that are refused by type never look at their bodies, which may not fit here. */
	if (body_size > sizeof(r->body))
		body_size = sizeof(r->body);
	if (body_size && nm_os_copy_in(&r->body, r->head.nr_body, body_size))
		return nm_refuse(client, -EFAULT, "the body of the request cannot be read");
	/*
	 * A client that can not be told where its rings are is not bound: try before, with what is
	 * there already.
	 */
	if (r->head.nr_reqtype == NETMAP_REQ_REGISTER &&
	    nm_os_copy_out(r->head.nr_body, &r->body, body_size))
		return nm_refuse(client, -EFAULT, "the body of the request cannot be written");
	error = nm_options_read(client, r->head.nr_options, body_sizes[r->head.nr_reqtype],
				&r->options);
	if (!error)
		error = nm_request_run(client, r);
	late = nm_options_write_status(&r->options);
	if (error)
		return error;
	if (body_size && nm_os_copy_out(r->head.nr_body, &r->body, body_size))
		late = -EFAULT;
	return late ? nm_refuse(client, late, "the answer cannot be written to the request") : 0;
}

static int control_request(struct nm_client *client, u64 arg)
{
	struct nm_request *r = nm_os_alloc(sizeof(*r));
	int error;

	if (!r)
		return nm_refuse(client, -ENOMEM, "no memory for a request; close a port");
	if (nm_os_copy_in(&r->head, arg, sizeof(r->head))) {
		nm_os_free(r);
		return nm_refuse(client, -EFAULT, "the request's header cannot be read");
	}
	r->head.nr_name[sizeof(r->head.nr_name) - 1] = '\0';
	error = do_request(client, r);
	if (nm_os_copy_out(arg, &r->head, sizeof(r->head)) && !error)
		error = nm_refuse(client, -EFAULT, "the request's header cannot be written");
	nm_os_free(r);
	return error;
}

int nm_client_control(struct nm_client *client, u32 cmd, u64 arg)
{
	/* Compared by value: the numbers are the ABI, whatever the residence makes of ioctls. */
	switch (cmd) {
	case NIOCTXSYNC:
		return nm_client_sync(client, NM_TX);
	case NIOCRXSYNC:
		return nm_client_sync(client, NM_RX);
	case NIOCCTRL:
		return control_request(client, arg);
	case NIOCREGIF:
	case NIOCGINFO:
		return nm_legacy_request(client, cmd, arg);
	case NIOCCONFIG:
		return nm_legacy_config(client, arg);
	default:
		return nm_refuse(client, -EOPNOTSUPP, "ioctl 0x%x is not supported", cmd);
	}
}
