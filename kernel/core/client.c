// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Clients: open files. bind.c ties them to ports, control.c has their requests. */
#include "nm_internal.h"

int nm_client_open(struct nm_core *core, struct nm_waiter *waiter, struct nm_client **out)
{
	struct nm_client *client = nm_os_alloc(sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->core = core;
	client->waiter = waiter;
	nm_spin_init(&client->reason_lock);
	*out = client;
	return 0;
}

void nm_client_close(struct nm_client *client)
{
	nm_lock_acquire(&client->core->lock);
	nm_client_unbind(client);
	nm_lock_release(&client->core->lock);
	nm_os_free(client);
}

int nm_refuse(struct nm_client *client, int error, const char *format, ...)
{
	va_list args;

	nm_spin_acquire(&client->reason_lock);
	va_start(args, format);
	nm_os_vsnprintf(client->reason, sizeof(client->reason), format, args);
	va_end(args);
	nm_spin_release(&client->reason_lock);
	return error;
}

void nm_client_reason(struct nm_client *client, char *to, size_t size)
{
	nm_spin_acquire(&client->reason_lock);
	nm_snprintf(to, size, "%s", client->reason);
	nm_spin_release(&client->reason_lock);
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
