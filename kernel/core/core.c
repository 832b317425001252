// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* An instance of the core: making, changing and ending it. */
#include "port.h"
#include "region.h"
#include "vale/switches.h"

int nm_snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = nm_os_vsnprintf(to, size, format, args);
	va_end(args);
	return len;
}

static u32 or_default(u32 value, u32 fallback)
{
	return value ? value : fallback;
}

static struct nm_region_sizes sizes_of(const struct nm_core_config *config)
{
	return (struct nm_region_sizes){
		.if_size = or_default(config->if_size, NM_IF_SIZE),
		.if_num = or_default(config->if_num, NM_IF_NUM),
		.ring_size = or_default(config->ring_size, NM_RING_SIZE),
		.ring_num = or_default(config->ring_num, NM_RING_NUM),
		.buf_size = or_default(config->buf_size, NM_BUF_SIZE),
		.buf_num = or_default(config->buf_num, NM_BUF_NUM),
	};
}

static struct nm_region_sizes private_sizes_of(const struct nm_core_config *config)
{
	return (struct nm_region_sizes){
		.if_size = or_default(config->priv_if_size, NM_IF_SIZE),
		.if_num = or_default(config->priv_if_num, NM_PRIV_IF_NUM),
		.ring_size = or_default(config->priv_ring_size, NM_PRIV_RING_SIZE),
		.ring_num = or_default(config->priv_ring_num, NM_PRIV_RING_NUM),
		.buf_size = or_default(config->priv_buf_size, NM_BUF_SIZE),
		.buf_num = or_default(config->priv_buf_num, NM_PRIV_BUF_NUM),
	};
}

int nm_core_create(const struct nm_core_config *config, struct nm_core **out)
{
	const struct nm_region_sizes sizes = sizes_of(config);
	const struct nm_region_sizes private_sizes = private_sizes_of(config);
	struct nm_core *core;
	int error;

	if (!nm_region_sizes_fit(&private_sizes))
		return -EINVAL;
	core = nm_os_alloc(sizeof(*core));
	if (!core)
		return -ENOMEM;
	core->config = *config;
	core->shared_sizes = sizes;
	core->private_sizes = private_sizes;
	nm_mutex_init(&core->lock);
	nm_list_init(&core->ports);
	nm_list_init(&core->regions);
	/* The first region of all has number 1. */
	error = nm_region_shared(core, config->home, &core->home);
	if (error) {
		nm_mutex_destroy(&core->lock);
		nm_os_free(core);
		return error;
	}
	*out = core;
	return 0;
}

void nm_core_destroy(struct nm_core *core)
{
	nm_vale_destroy(core);
	nm_region_unref(core->home);
	nm_mutex_destroy(&core->lock);
	nm_os_free(core);
}

void nm_core_lock(struct nm_core *core)
{
	nm_mutex_lock(&core->lock);
}

void nm_core_unlock(struct nm_core *core)
{
	nm_mutex_unlock(&core->lock);
}

int nm_core_configure(struct nm_core *core, const struct nm_core_config *config)
{
	const struct nm_region_sizes sizes = sizes_of(config);
	const struct nm_region_sizes private_sizes = private_sizes_of(config);
	struct nm_list *item;

	if (!nm_region_sizes_fit(&sizes) || !nm_region_sizes_fit(&private_sizes))
		return -EINVAL;
	nm_mutex_lock(&core->lock);
	core->shared_sizes = sizes;
	for (item = core->regions.next; item != &core->regions; item = item->next) {
		struct nm_region *region = nm_entry(item, struct nm_region, link);

		if (region->shared)
			region->wanted = sizes;
	}
	core->private_sizes = private_sizes;
	nm_write_once(core->config.no_timestamp, config->no_timestamp);
	nm_write_once(core->config.fwd, config->fwd);
	nm_write_once(core->config.verbose, config->verbose);
	nm_write_once(core->config.max_switches, config->max_switches);
	nm_write_once(core->config.vale_batch, config->vale_batch);
	nm_write_once(core->config.txsync_tries, config->txsync_tries);
	nm_mutex_unlock(&core->lock);
	return 0;
}

void nm_core_namespace_gone(struct nm_core *core, const void *ns)
{
	struct nm_list *item;

	nm_mutex_lock(&core->lock);
	nm_vale_namespace_gone(core, ns);
	for (item = core->regions.next; item != &core->regions; item = item->next) {
		struct nm_region *region = nm_entry(item, struct nm_region, link);

		/* As in nm_vale_namespace_gone(). */
		if (region->ns == ns)
			region->ns = region;
	}
	nm_mutex_unlock(&core->lock);
}

void nm_core_pools(struct nm_core *core, struct nmreq_pools_info *pools)
{
	struct nm_region *region;

	memset(pools, 0, sizeof(*pools));
	nm_mutex_lock(&core->lock);
	region = nm_region_find(core, nm_os_namespace(core->config.os), NM_REGION_SHARED);
	if (region && region->users)
		nm_region_pools(region, pools);
	nm_mutex_unlock(&core->lock);
}

struct nm_os *nm_core_os(struct nm_core *core)
{
	return core->config.os;
}
