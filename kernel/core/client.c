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

int nm_client_choose_region(struct nm_client *client, const struct nmreq_register *reg,
			    struct nm_region **out)
{
	struct nm_region *region;

	if (!reg->nr_mem_id) {
		if (nm_region_create_private(client->core, reg->nr_extra_bufs, out))
			return nm_refuse(client, -ENOMEM,
					 "no memory for another region; close a port");
		return 0;
	}
	region = nm_region_find(client->core, reg->nr_mem_id);
	if (!region)
		return nm_refuse(client, -EINVAL,
				 "there is no memory region %u; ask for 0 to get a new one",
				 reg->nr_mem_id);
	nm_region_ref(region);
	*out = region;
	return 0;
}
