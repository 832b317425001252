// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* An instance of the core, and the little that has no better place. */
#include "nm_internal.h"

void nm_list_init(struct nm_list *head)
{
	head->next = head;
	head->prev = head;
}

void nm_list_add(struct nm_list *head, struct nm_list *item)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

void nm_list_remove(struct nm_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	nm_list_init(item);
}

static u32 or_default(u32 value, u32 fallback)
{
	return value ? value : fallback;
}

int nm_core_create(const struct nm_core_config *config, struct nm_core **out)
{
	const struct nm_region_sizes sizes = {
		.if_size = or_default(config->if_size, 1024),
		.if_num = or_default(config->if_num, 100),
		.ring_size = or_default(config->ring_size, 36864),
		.ring_num = or_default(config->ring_num, 200),
		.buf_size = or_default(config->buf_size, 2048),
		.buf_num = or_default(config->buf_num, 163840),
	};
	struct nm_core *core = nm_os_alloc(sizeof(*core));
	int error;

	if (!core)
		return -ENOMEM;
	core->config = *config;
	nm_lock_init(&core->lock);
	nm_list_init(&core->ports);
	error = nm_region_create(core, 1, &sizes, &core->global);
	if (error) {
		nm_lock_destroy(&core->lock);
		nm_os_free(core);
		return error;
	}
	*out = core;
	return 0;
}

void nm_core_destroy(struct nm_core *core)
{
	nm_region_destroy(core->global);
	nm_lock_destroy(&core->lock);
	nm_os_free(core);
}

struct nm_os *nm_core_os(struct nm_core *core)
{
	return core->config.os;
}
