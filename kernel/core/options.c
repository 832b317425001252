// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The options of a request: a linked list in the client's memory, which may be anything, a loop
 * included. It is walked once, each head copied once; what bounds the walk is that body and options
 * together are at most NETMAP_REQ_MAXSIZE bytes.
 */
#include "options.h"

/* Bytes of an option in the client's memory. */
static u64 option_size(const struct nmreq_option *head)
{
	switch (head->nro_reqtype) {
	case NETMAP_REQ_OPT_EXTMEM:
		return sizeof(struct nmreq_opt_extmem);
	case NETMAP_REQ_OPT_SYNC_KLOOP_EVENTFDS:
		return head->nro_size > sizeof(*head) ? head->nro_size : sizeof(*head);
	case NETMAP_REQ_OPT_CSB:
		return sizeof(struct nmreq_opt_csb);
	case NETMAP_REQ_OPT_SYNC_KLOOP_MODE:
		return sizeof(struct nmreq_opt_sync_kloop_mode);
	case NETMAP_REQ_OPT_OFFSETS:
		return sizeof(struct nmreq_opt_offsets);
	default:
		return sizeof(*head);
	}
}

static bool is_known(u32 type)
{
	return type > 0 && type < NETMAP_REQ_OPT_MAX;
}

static struct nm_option *find(struct nm_options *options, u32 type)
{
	u32 i;

	for (i = 0; i < options->num; i++) {
		if (options->list[i].head.nro_reqtype == type)
			return &options->list[i];
	}
	return NULL;
}

/**
 * nm_options_read() - walk the list
 * @client: whose request it is
 * @first: nr_options
 * @body_size: bytes that the request's body has taken of the limit
 * @options: filled in, as far as the walk got; a status of EOPNOTSUPP stands in each until
 *	something handles it
 *
 * Return: 0; -EMSGSIZE, -EINVAL, -EFAULT
 */
int nm_options_read(struct nm_client *client, u64 first, u32 body_size, struct nm_options *options)
{
	u64 total = body_size, user = first, size;

	options->num = 0;
	while (user) {
		struct nm_option *option, *twin;

		if (total + sizeof(option->head) > NETMAP_REQ_MAXSIZE)
			return nm_refuse(client, -EMSGSIZE,
					 "the options of this request are longer than %d bytes, or form a loop; send fewer",
					 NETMAP_REQ_MAXSIZE);
		option = &options->list[options->num];
		option->user = user;
		if (nm_os_copy_in(&option->head, user, sizeof(option->head)))
			return nm_refuse(client, -EFAULT,
					 "option %u of this request cannot be read; check nro_next",
					 options->num);
		/*
		 * Compared before it is added: the size is the client's, and 64 bits of it would
		 * wrap.
		 */
		size = option_size(&option->head);
		if (size > NETMAP_REQ_MAXSIZE - total)
			return nm_refuse(client, -EMSGSIZE,
					 "the options of this request are longer than %d bytes; send fewer",
					 NETMAP_REQ_MAXSIZE);
		total += size;
		if (option->head.nro_reqtype == 0) {
			option->head.nro_status = EINVAL;
			options->num++;
			return nm_refuse(client, -EINVAL, "option type 0 does not exist");
		}
		twin = is_known(option->head.nro_reqtype) ?
			       find(options, option->head.nro_reqtype) : NULL;
		option->head.nro_status = twin ? EINVAL : EOPNOTSUPP;
		options->num++;
		if (twin) {
			twin->head.nro_status = EINVAL;
			return nm_refuse(client, -EINVAL, "option %u is there twice; send it once",
					 option->head.nro_reqtype);
		}
		user = option->head.nro_next;
	}
	return 0;
}

/* After the request has handled its options: one that nothing handled fails a REGISTER. */
int nm_options_check(struct nm_client *client, const struct nm_options *options)
{
	u32 i;

	for (i = 0; i < options->num; i++) {
		if (options->list[i].head.nro_status == EOPNOTSUPP)
			return nm_refuse(client, -EOPNOTSUPP,
					 "option %u is not supported; remove it",
					 options->list[i].head.nro_reqtype);
	}
	return 0;
}

/* Copy each status back to where the client has the option. */
int nm_options_write_status(const struct nm_options *options)
{
	int error = 0;
	u32 i;

	for (i = 0; i < options->num; i++) {
		const struct nm_option *o = &options->list[i];
		u64 at = o->user + offsetof(struct nmreq_option, nro_status);

		if (nm_os_copy_out(at, &o->head.nro_status, sizeof(o->head.nro_status)))
			error = -EFAULT;
	}
	return error;
}
