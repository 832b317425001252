// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Clients: open files. bind.c opens, ties and closes them, request.c has what they ask for. */
#include "client.h"

#include "region.h"

int nm_refuse(struct nm_client *client, int error, const char *format, ...)
{
	va_list args;

	nm_spin_lock(&client->reason_lock);
	va_start(args, format);
	nm_os_vsnprintf(client->reason, sizeof(client->reason), format, args);
	va_end(args);
	nm_spin_unlock(&client->reason_lock);
	return error;
}

void nm_client_reason(struct nm_client *client, char *to, size_t size)
{
	nm_spin_lock(&client->reason_lock);
	nm_snprintf(to, size, "%s", client->reason);
	nm_spin_unlock(&client->reason_lock);
}

struct nm_os_mem *nm_client_mem(struct nm_client *client)
{
	/*
	 * No lock: a page fault may call this, of a thread that holds anything. Pairs with the end
	 * of binding; what is bound stays so until the client is closed.
	 */
	return nm_load_acquire(&client->bound) ? &client->region->mem : NULL;
}

struct nm_kring *nm_client_ring(struct nm_client *client, enum nm_dir dir, u32 i)
{
	struct nm_port *port = nm_load_acquire(&client->port);

	if (!port || i < client->rings[dir].first || i >= client->rings[dir].last)
		return NULL;
	return &port->krings[dir][i];
}

static int no_memory(struct nm_client *client)
{
	return nm_refuse(client, -ENOMEM, "no memory for another region; close a port");
}

int nm_client_join_region(struct nm_client *client, u16 id, struct nm_region **out)
{
	const struct nm_os_caller *opener = &client->opener;
	struct nm_region *region;

	if (id == NM_REGION_SHARED)
		return nm_region_shared(client->core, opener->ns, out) ? no_memory(client) : 0;
	region = nm_region_find(client->core, opener->ns, id);
	/* One of another namespace is not there either: its number says nothing. */
	if (!region)
		return nm_refuse(client, -EINVAL,
				 "there is no memory region %u in this network namespace; ask for 0 to get a new one, or for 1, which its interfaces share",
				 id);
	if (!region->shared && region->user != opener->user)
		return nm_refuse(client, -EPERM,
				 "memory region %u belongs to another user; open one of its ports by name, or run both programs as one user",
				 id);
	nm_region_ref(region);
	*out = region;
	return 0;
}

int nm_client_choose_region(struct nm_client *client, const struct nmreq_register *reg,
			    struct nm_region **out)
{
	if (reg->nr_mem_id)
		return nm_client_join_region(client, reg->nr_mem_id, out);
	if (nm_region_create_private(client->core, &client->opener, reg->nr_extra_bufs, out))
		return no_memory(client);
	return 0;
}
