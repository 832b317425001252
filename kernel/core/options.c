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

static int refuse_length(struct nm_client *client)
{
	return nm_refuse(client, -EMSGSIZE,
			 "the options of this request are longer than %d bytes, or form a loop; send fewer",
			 NETMAP_REQ_MAXSIZE);
}

/* Whether the last option that was read had been read before. */
static bool is_loop(const struct nm_options *options)
{
	u32 i;

	for (i = 0; i + 1 < options->num; i++) {
		if (options->list[i].user == options->list[options->num - 1].user)
			return true;
	}
	return false;
}

/* Options are read up to the first of a wrong type, or that is there already. */
static int check_types(struct nm_client *client, struct nm_options *options)
{
	const u32 num = options->num;
	u32 i;

	for (i = 0; i < num; i++) {
		struct nmreq_option *head = &options->list[i].head;
		struct nm_option *twin;

		options->num = i;
		twin = is_known(head->nro_reqtype) ? find(options, head->nro_reqtype) : NULL;
		options->num = i + 1;
		if (head->nro_reqtype && !twin)
			continue;
		head->nro_status = EINVAL;
		if (!twin)
			return nm_refuse(client, -EINVAL, "option type 0 does not exist");
		twin->head.nro_status = EINVAL;
		return nm_refuse(client, -EINVAL, "option %u is there twice; send it once",
				 head->nro_reqtype);
	}
	return 0;
}

/**
 * nm_options_read() - walk the list
 * @client: whose request it is
 * @first: nr_options
 * @body_size: bytes that the request's body has taken of the limit
 * @options: filled in, as far as the walk got; a status of EOPNOTSUPP stands in each until
 *	something handles it
 *
 * A list that is too long is that, whatever is in it. A loop has no length: it is too long unless
 * an option that is known comes again.
 * Return: 0; -EMSGSIZE, -EINVAL, -EFAULT
 */
int nm_options_read(struct nm_client *client, u64 first, u32 body_size, struct nm_options *options)
{
	u64 total = body_size, user = first;
	int error;

	options->num = 0;
	while (user) {
		struct nm_option *option = &options->list[options->num];
		u64 size;

		if (total + sizeof(option->head) > NETMAP_REQ_MAXSIZE)
			break;
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
			break;
		total += size;
		option->head.nro_status = EOPNOTSUPP;
		options->num++;
		user = option->head.nro_next;
	}
	if (user && !is_loop(options))
		return refuse_length(client);
	error = check_types(client, options);
	return user && !error ? refuse_length(client) : error;
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
