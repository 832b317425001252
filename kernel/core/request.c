// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What clients ask for: everything is copied in here, whichever ioctl it came by. */
#include "request.h"

#include "bind.h"
#include "lookup.h"
#include "ports.h"
#include "region.h"
#include "vale/switches.h"

static int do_register(struct nm_client *client, struct nm_request *r)
{
	int error = nm_options_check(client, &r->options);

	/* What 32 bits cannot describe, the client would map in part and be given whole. */
	return error ? error : nm_client_bind(client, r->head.nr_name, &r->body.reg,
					      r->old ? 0xffffffffull : ~0ull);
}

/* What a region has, or has when its first client comes. */
static int region_outlook(struct nm_client *client, struct nm_region *region,
			  struct nmreq_pools_info *pools)
{
	int error = nm_region_outlook(region, pools);

	if (error)
		return nm_refuse(client, error, "no memory for region %u; make its pools smaller",
				 region->id);
	return 0;
}

static int fill_info(struct nm_client *client, struct nm_region *region,
		     struct nmreq_port_info_get *info)
{
	struct nmreq_pools_info pools;
	int error = region_outlook(client, region, &pools);

	if (error)
		return error;
	info->nr_memsize = pools.nr_memsize;
	info->nr_mem_id = region->id;
	return 0;
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
		const u16 id = info->nr_mem_id ? info->nr_mem_id : NM_REGION_SHARED;
		struct nm_region *region;

		error = nm_client_join_region(client, id, &region);
		if (error)
			return error;
		memset(info, 0, sizeof(*info));
		error = fill_info(client, region, info);
		nm_region_unref(region);
		return error;
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
	info->nr_host_tx_rings = nm_port_host_rings(port, NM_TX);
	info->nr_host_rx_rings = nm_port_host_rings(port, NM_RX);
	error = fill_info(client, port->region, info);
	nm_port_unref(port);
	return error;
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
	error = region_outlook(client, port->region, &r->body.pools);
	nm_port_unref(port);
	return error;
}

int nm_request_run(struct nm_client *client, struct nm_request *r)
{
	int error;

	nm_mutex_lock(&client->core->lock);
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
	nm_mutex_unlock(&client->core->lock);
	return error;
}
