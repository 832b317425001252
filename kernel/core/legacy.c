// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ioctls from before NIOCCTRL: one structure, struct nmreq, for all there was to ask. Each is
 * translated to the request of today that says the same, and its answer back.
 */
#include "legacy.h"

#include "request.h"
#include "vale/switches.h"

/* The mode that a REGISTER of old means. 0: none. */
static u32 mode_of(const struct nmreq *old)
{
	const u32 mode = old->nr_flags & NR_REG_MASK;

	if (mode == NR_REG_PIPE_MASTER || mode == NR_REG_PIPE_SLAVE)
		return NR_REG_ALL_NIC;
	if (mode != NR_REG_DEFAULT)
		return mode;
	/* From before there were modes. */
	if (old->nr_ringid & NETMAP_SW_RING)
		return NR_REG_SW;
	return old->nr_ringid & NETMAP_HW_RING ? NR_REG_ONE_NIC : NR_REG_ALL_NIC;
}

/* Ends of pipes were modes then and are names now. */
static void set_name(const struct nmreq *old, bool binds, char *name)
{
	const u32 mode = old->nr_flags & NR_REG_MASK;
	const char *brace = "";

	if (binds && mode == NR_REG_PIPE_MASTER)
		brace = "{";
	else if (binds && mode == NR_REG_PIPE_SLAVE)
		brace = "}";
	nm_snprintf(name, NM_NAME_SIZE, "%.15s%s", old->nr_name, brace);
	if (*brace)
		nm_snprintf(name + strlen(name), NM_NAME_SIZE - strlen(name), "%u",
			    old->nr_ringid & NETMAP_RING_MASK);
}

static void register_in(const struct nmreq *old, struct nmreq_register *reg)
{
	const u32 mode = old->nr_flags & NR_REG_MASK;
	const bool pipe = mode == NR_REG_PIPE_MASTER || mode == NR_REG_PIPE_SLAVE;

	*reg = (struct nmreq_register){
		.nr_tx_slots = old->nr_tx_slots,
		.nr_rx_slots = old->nr_rx_slots,
		.nr_tx_rings = old->nr_tx_rings,
		.nr_rx_rings = old->nr_rx_rings,
		.nr_mem_id = old->nr_arg2,
		.nr_ringid = pipe ? 0 : old->nr_ringid & NETMAP_RING_MASK,
		.nr_mode = mode_of(old),
		.nr_extra_bufs = old->nr_arg3,
		.nr_flags = old->nr_flags & ~(u32)NR_REG_MASK,
	};
	if (old->nr_ringid & NETMAP_NO_TX_POLL)
		reg->nr_flags |= NR_NO_TX_POLL;
	if (old->nr_ringid & NETMAP_DO_RX_POLL)
		reg->nr_flags |= NR_DO_RX_POLL;
}

static void register_out(const struct nmreq_register *reg, struct nmreq *old)
{
	old->nr_offset = (u32)reg->nr_offset;
	old->nr_memsize = (u32)reg->nr_memsize;
	old->nr_tx_slots = reg->nr_tx_slots;
	old->nr_rx_slots = reg->nr_rx_slots;
	old->nr_tx_rings = reg->nr_tx_rings;
	old->nr_rx_rings = reg->nr_rx_rings;
	old->nr_arg2 = reg->nr_mem_id;
	old->nr_arg3 = reg->nr_extra_bufs;
}

static void info_in(const struct nmreq *old, struct nmreq_port_info_get *info)
{
	*info = (struct nmreq_port_info_get){
		.nr_tx_slots = old->nr_tx_slots,
		.nr_rx_slots = old->nr_rx_slots,
		.nr_tx_rings = old->nr_tx_rings,
		.nr_rx_rings = old->nr_rx_rings,
		.nr_mem_id = old->nr_arg2,
	};
}

static void info_out(const struct nmreq_port_info_get *info, struct nmreq *old)
{
	/* Its 32 bits are all that there is to say it with. */
	old->nr_memsize = info->nr_memsize > 0xffffffff ? 0xffffffff : (u32)info->nr_memsize;
	old->nr_tx_slots = info->nr_tx_slots;
	old->nr_rx_slots = info->nr_rx_slots;
	old->nr_tx_rings = info->nr_tx_rings;
	old->nr_rx_rings = info->nr_rx_rings;
	old->nr_arg2 = info->nr_mem_id;
}

static u32 polling_mode_of(const struct nmreq *old)
{
	return (old->nr_flags & NR_REG_MASK) == NR_REG_ONE_NIC ? NETMAP_POLLING_MODE_MULTI_CPU :
								 NETMAP_POLLING_MODE_SINGLE_CPU;
}

/* NIOCREGIF. Return: 0, or -EINVAL for a command that there is not. */
static int regif_in(const struct nmreq *old, struct nm_request *r)
{
	union nm_body *body = &r->body;

	set_name(old, old->nr_cmd == 0, r->head.nr_name);
	switch (old->nr_cmd) {
	case 0:
		r->head.nr_reqtype = NETMAP_REQ_REGISTER;
		register_in(old, &body->reg);
		return 0;
	case NETMAP_BDG_ATTACH:
		r->head.nr_reqtype = NETMAP_REQ_VALE_ATTACH;
		register_in(old, &body->attach.reg);
		body->attach.reg.nr_mode =
			old->nr_arg1 == NETMAP_BDG_HOST ? NR_REG_NIC_SW : NR_REG_ALL_NIC;
		return 0;
	case NETMAP_BDG_DETACH:
		r->head.nr_reqtype = NETMAP_REQ_VALE_DETACH;
		return 0;
	case NETMAP_BDG_VNET_HDR:
		r->head.nr_reqtype = NETMAP_REQ_PORT_HDR_SET;
		body->hdr.nr_hdr_len = old->nr_arg1;
		return 0;
	case NETMAP_VNET_HDR_GET:
		r->head.nr_reqtype = NETMAP_REQ_PORT_HDR_GET;
		return 0;
	case NETMAP_BDG_NEWIF:
		r->head.nr_reqtype = NETMAP_REQ_VALE_NEWIF;
		body->newif.nr_tx_slots = old->nr_tx_slots;
		body->newif.nr_rx_slots = old->nr_rx_slots;
		body->newif.nr_tx_rings = old->nr_tx_rings;
		body->newif.nr_rx_rings = old->nr_rx_rings;
		body->newif.nr_mem_id = old->nr_arg2;
		return 0;
	case NETMAP_BDG_DELIF:
		r->head.nr_reqtype = NETMAP_REQ_VALE_DELIF;
		return 0;
	case NETMAP_BDG_POLLING_ON:
	case NETMAP_BDG_POLLING_OFF:
		r->head.nr_reqtype = old->nr_cmd == NETMAP_BDG_POLLING_ON ?
					     NETMAP_REQ_VALE_POLLING_ENABLE :
					     NETMAP_REQ_VALE_POLLING_DISABLE;
		body->polling.nr_mode = polling_mode_of(old);
		body->polling.nr_first_cpu_id = old->nr_ringid & NETMAP_RING_MASK;
		body->polling.nr_num_polling_cpus = old->nr_arg1;
		return 0;
	default:
		return -EINVAL;
	}
}

/* NIOCGINFO. */
static int ginfo_in(const struct nmreq *old, struct nm_request *r)
{
	set_name(old, false, r->head.nr_name);
	switch (old->nr_cmd) {
	case 0:
		r->head.nr_reqtype = NETMAP_REQ_PORT_INFO_GET;
		info_in(old, &r->body.info);
		return 0;
	case NETMAP_BDG_LIST:
		r->head.nr_reqtype = NETMAP_REQ_VALE_LIST;
		r->body.list.nr_bridge_idx = old->nr_arg1;
		r->body.list.nr_port_idx = old->nr_arg2;
		return 0;
	default:
		return -EINVAL;
	}
}

static void answer_out(const struct nm_request *r, struct nmreq *old)
{
	switch (r->head.nr_reqtype) {
	case NETMAP_REQ_REGISTER:
		register_out(&r->body.reg, old);
		break;
	case NETMAP_REQ_PORT_INFO_GET:
		info_out(&r->body.info, old);
		break;
	case NETMAP_REQ_VALE_LIST:
		nm_snprintf(old->nr_name, sizeof(old->nr_name), "%.15s", r->head.nr_name);
		old->nr_arg1 = r->body.list.nr_bridge_idx;
		old->nr_arg2 = (u16)r->body.list.nr_port_idx;
		break;
	case NETMAP_REQ_PORT_HDR_GET:
		old->nr_arg1 = (u16)r->body.hdr.nr_hdr_len;
		break;
	case NETMAP_REQ_VALE_NEWIF:
		old->nr_arg2 = r->body.newif.nr_mem_id;
		break;
	default:
		break;
	}
}

static int run(struct nm_client *client, u32 cmd, u64 arg, struct nmreq *old, struct nm_request *r)
{
	int error;

	if (nm_os_copy_in(old, arg, sizeof(*old)))
		return nm_refuse(client, -EFAULT, "the request cannot be read");
	old->nr_name[sizeof(old->nr_name) - 1] = '\0';
	if (old->nr_version < NETMAP_MIN_API)
		return nm_refuse(client, -EINVAL,
				 "the program was built for netmap API %u, this is API %u; rebuild it",
				 old->nr_version, NETMAP_API);
	error = cmd == NIOCREGIF ? regif_in(old, r) : ginfo_in(old, r);
	if (error)
		return nm_refuse(client, error, "command %u does not exist in this request",
				 old->nr_cmd);
	/* As for NIOCCTRL: REGISTER fails if the ring offsets do not fit the reply. */
	if (nm_os_copy_out(arg, old, sizeof(*old)))
		return nm_refuse(client, -EFAULT, "the request cannot be written");
	r->old = true;
	error = nm_request_run(client, r);
	if (error)
		return error;
	answer_out(r, old);
	if (nm_os_copy_out(arg, old, sizeof(*old)))
		return nm_refuse(client, -EFAULT, "the answer cannot be written to the request");
	return 0;
}

int nm_legacy_request(struct nm_client *client, u32 cmd, u64 arg)
{
	struct nm_request *r = nm_os_alloc(sizeof(*r));
	struct nmreq old;
	int error;

	if (!r)
		return nm_refuse(client, -ENOMEM, "no memory for a request; close a port");
	error = run(client, cmd, arg, &old, r);
	nm_os_free(r);
	return error;
}

/* For ports that understand data of their own; none here does. */
int nm_legacy_config(struct nm_client *client, u64 arg)
{
	char name[NETMAP_IF_NAMSIZ];

	if (nm_os_copy_in(name, arg, sizeof(name)))
		return nm_refuse(client, -EFAULT, "the request cannot be read");
	name[sizeof(name) - 1] = '\0';
	if (!nm_vale_is_name(name))
		return nm_refuse(client, -EINVAL, "%s: this request configures only ports of a switch",
				 name);
	return nm_refuse(client, -EOPNOTSUPP, "%s: no port takes data of its own", name);
}
