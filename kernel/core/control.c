// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The ioctls. What a client passes is copied in once, checked, handled, and copied out. */
#include "nm_internal.h"

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

static int do_register(struct nm_client *client, struct nm_request *r)
{
	int error = nm_options_check(client, &r->options);

	/* What 32 bits cannot describe, the client would map in part and be given whole. */
	return error ? error : nm_client_bind(client, r->head.nr_name, &r->body.reg,
					      r->old ? 0xffffffffull : ~0ull);
}

/*
 * The sizes of a region that nobody uses are not known before its first client comes: make it for
 * the moment.
 */
static int with_region(struct nm_client *client, struct nm_region *region,
		       void (*fill)(const struct nm_region *region, union nm_body *body),
		       union nm_body *body)
{
	int error = nm_region_get(region);

	if (error)
		return nm_refuse(client, error, "no memory for region %u; make its pools smaller",
				 region->id);
	fill(region, body);
	nm_region_put(region);
	return 0;
}

static void fill_info(const struct nm_region *region, union nm_body *body)
{
	body->info.nr_memsize = nm_region_memsize(region);
	body->info.nr_mem_id = region->id;
}

static int do_port_info(struct nm_client *client, struct nm_request *r)
{
	struct nmreq_port_info_get *info = &r->body.info;
	/* What a port that is made for the moment would be made of. */
	const struct nmreq_register reg = {
		.nr_mode = NR_REG_ALL_NIC,
		.nr_tx_rings = info->nr_tx_rings,
		.nr_rx_rings = info->nr_rx_rings,
		.nr_tx_slots = info->nr_tx_slots,
		.nr_rx_slots = info->nr_rx_slots,
		.nr_host_tx_rings = info->nr_host_tx_rings,
		.nr_host_rx_rings = info->nr_host_rx_rings,
		.nr_mem_id = info->nr_mem_id,
	};
	const struct nm_port_config *c;
	struct nm_port *port;
	int error;

	if (!r->head.nr_name[0]) {
		u16 id = info->nr_mem_id ? info->nr_mem_id : 1;
		struct nm_region *region = nm_region_find(client->core, id);

		if (!region)
			return nm_refuse(client, -EINVAL,
					 "there is no memory region %u; 1 is the global one", id);
		memset(info, 0, sizeof(*info));
		return with_region(client, region, fill_info, &r->body);
	}
	error = nm_port_lookup(client, r->head.nr_name, &reg, &port);
	if (error)
		return error;
	nm_port_refresh(port);
	c = &port->config;
	info->nr_tx_slots = c->num_slots[NM_TX];
	info->nr_rx_slots = c->num_slots[NM_RX];
	info->nr_tx_rings = (u16)c->num_rings[NM_TX];
	info->nr_rx_rings = (u16)c->num_rings[NM_RX];
	info->nr_host_tx_rings = (u16)c->num_host_rings[NM_TX];
	info->nr_host_rx_rings = (u16)c->num_host_rings[NM_RX];
	error = with_region(client, port->region, fill_info, &r->body);
	nm_port_put(port);
	return error;
}

static void fill_pools(const struct nm_region *region, union nm_body *body)
{
	nm_region_pools(region, &body->pools);
}

static int do_pools_info(struct nm_client *client, struct nm_request *r)
{
	const struct nmreq_register reg = { .nr_mode = NR_REG_ALL_NIC };
	struct nm_port *port;
	int error;

	if (!r->head.nr_name[0])
		return nm_refuse(client, -EINVAL, "the request needs the name of a port");
	error = nm_port_lookup(client, r->head.nr_name, &reg, &port);
	if (error)
		return error;
	error = with_region(client, port->region, fill_pools, &r->body);
	nm_port_put(port);
	return error;
}

int nm_request_run(struct nm_client *client, struct nm_request *r)
{
	int error;

	nm_lock_acquire(&client->core->lock);
	switch (r->head.nr_reqtype) {
	case NETMAP_REQ_REGISTER:
		error = do_register(client, r);
		break;
	case NETMAP_REQ_PORT_INFO_GET:
		error = do_port_info(client, r);
		break;
	case NETMAP_REQ_POOLS_INFO_GET:
		error = do_pools_info(client, r);
		break;
	case NETMAP_REQ_VALE_ATTACH:
	case NETMAP_REQ_VALE_DETACH:
	case NETMAP_REQ_VALE_LIST:
	case NETMAP_REQ_PORT_HDR_SET:
	case NETMAP_REQ_PORT_HDR_GET:
	case NETMAP_REQ_VALE_NEWIF:
	case NETMAP_REQ_VALE_DELIF:
		error = nm_vale_request(client, r->head.nr_reqtype, r->head.nr_name, &r->body);
		break;
	case NETMAP_REQ_VALE_POLLING_ENABLE:
	case NETMAP_REQ_VALE_POLLING_DISABLE:
		error = nm_refuse(client, -EOPNOTSUPP,
				  "%s: this netmap has no polling in the kernel; poll the port from a program",
				  r->head.nr_name);
		break;
	case NETMAP_REQ_SYNC_KLOOP_START:
	case NETMAP_REQ_SYNC_KLOOP_STOP:
	case NETMAP_REQ_CSB_ENABLE:
		error = nm_refuse(client, -EOPNOTSUPP,
				  "this netmap has no sync loop in the kernel; use TXSYNC, RXSYNC or poll");
		break;
	default:
		error = nm_refuse(client, -EOPNOTSUPP, "request %u is not supported",
				  r->head.nr_reqtype);
	}
	if (!error && nm_read_once(client->core->config.verbose))
		nm_os_log(nm_core_os(client->core), "request %u on \"%s\": done",
			  r->head.nr_reqtype, r->head.nr_name);
	nm_lock_release(&client->core->lock);
	return error;
}

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
