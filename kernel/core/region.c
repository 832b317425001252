// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Region memory: one range of offsets with three pools, [netmap_ifs][rings][buffers].
 *
 * The sizes are fixed when the first client comes, from the parameters and from what the ports of
 * the region need, whichever is more; the memory goes when the last client leaves. Rings larger
 * than an object of the ring pool take several in a row. The buffer pool is last, so that it can
 * grow while clients have the rest mapped.
 *
 * All clients of a region share its buffers and may swap them between their rings, so a bad one can
 * spoil another's frames (that is netmap's bargain, and why ports that do not trust each other have
 * regions of their own). It can not spoil the pools: an index is freed once, whatever the slots
 * say, and not while a slot of another ring names it.
 */
#include "nm_internal.h"

/* How many more buffers than at the start a region may get. */
#define NM_GROW_BUFS	(1u << 21)

static u64 align_up(u64 n, u64 to)
{
	return (n + to - 1) / to * to;
}

static bool bit_get(const u64 *bits, u32 i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void bit_set(u64 *bits, u32 i, bool on)
{
	if (on)
		bits[i / 64] |= (u64)1 << (i % 64);
	else
		bits[i / 64] &= ~((u64)1 << (i % 64));
}

/* A bit for each of @num objects, all off. */
static u64 *bits_alloc(u32 num)
{
	return nm_os_alloc(((u64)num + 63) / 64 * sizeof(u64));
}

static int pool_init(struct nm_pool *pool, u64 offset, u32 size, u32 num)
{
	pool->offset = offset;
	pool->size = size;
	pool->num = num;
	pool->num_free = num;
	pool->used = bits_alloc(num);
	return pool->used ? 0 : -ENOMEM;
}

/* First fit of @count objects in a row. Return: the first, or pool->num. */
static u32 pool_find(const struct nm_pool *pool, u32 count)
{
	u32 run = 0, i;

	if (count == 0 || count > pool->num_free)
		return pool->num;
	for (i = 0; i < pool->num; i++) {
		run = bit_get(pool->used, i) ? 0 : run + 1;
		if (run == count)
			return i + 1 - count;
	}
	return pool->num;
}

static void pool_mark(struct nm_pool *pool, u32 first, u32 count, bool used)
{
	u32 i;

	for (i = first; i < first + count; i++)
		bit_set(pool->used, i, used);
	pool->num_free = used ? pool->num_free - count : pool->num_free + count;
}

/*
 * Objects follow each other: their sizes keep rings at NM_CACHE_ALIGN, the rest at a cache line.
 */
bool nm_region_sizes_fit(const struct nm_region_sizes *sizes)
{
	return sizes->buf_size >= 64 && sizes->buf_size % 64 == 0 && sizes->buf_size <= 65472 &&
	       sizes->if_size >= 64 && sizes->if_size % 64 == 0 &&
	       sizes->ring_size >= NM_CACHE_ALIGN && sizes->ring_size % NM_CACHE_ALIGN == 0;
}

int nm_region_create(struct nm_core *core, u16 id, const struct nm_region_sizes *sizes,
		     struct nm_region **out)
{
	struct nm_region *region;

	if (!nm_region_sizes_fit(sizes))
		return -EINVAL;
	region = nm_os_alloc(sizeof(*region));
	if (!region)
		return -ENOMEM;
	region->core = core;
	region->id = id;
	region->wanted = *sizes;
	nm_lock_init(&region->lock);
	*out = region;
	return 0;
}

void nm_region_destroy(struct nm_region *region)
{
	nm_lock_destroy(&region->lock);
	nm_os_free(region);
}

/* What the ports of the region need when all their rings are open. Under core->lock. */
static void region_need(struct nm_region *region, u64 *rings, u64 *bufs)
{
	struct nm_list *item;

	*rings = 0;
	*bufs = NM_RESERVED_BUFS;
	for (item = region->core->ports.next; item != &region->core->ports; item = item->next) {
		struct nm_port *port = (struct nm_port *)item;
		int dir;

		if (port->region != region)
			continue;
		for (dir = 0; dir < NM_DIRS; dir++) {
			u32 slots = port->config.num_slots[dir];
			u32 n = nm_port_total_rings(port, dir);
			u64 bytes = sizeof(struct netmap_ring) + slots * sizeof(struct netmap_slot);

			*rings += n * (align_up(bytes, region->wanted.ring_size) /
				       region->wanted.ring_size);
			*bufs += (u64)n * slots;
		}
	}
}

static void region_free_memory(struct nm_region *region)
{
	nm_os_free(region->ifs.used);
	nm_os_free(region->rings.used);
	nm_os_free(region->bufs.used);
	nm_os_free(region->free_bufs);
	nm_os_free(region->named);
	region->named = NULL;
	region->ifs.used = NULL;
	region->rings.used = NULL;
	region->bufs.used = NULL;
	region->free_bufs = NULL;
}

static int region_make(struct nm_region *region)
{
	const struct nm_region_sizes *w = &region->wanted;
	u64 rings, bufs, ring_offset, buf_offset, max_bufs;
	u32 i;
	int error;

	region_need(region, &rings, &bufs);
	if (rings < w->ring_num)
		rings = w->ring_num;
	if (bufs < w->buf_num)
		bufs = w->buf_num;
	max_bufs = bufs + NM_GROW_BUFS;
	/* The first object of the first pool is never given away: offset 0 means "none". */
	ring_offset = align_up((u64)w->if_size * (w->if_num + 1), 4096);
	buf_offset = align_up(ring_offset + rings * w->ring_size, 4096);
	if (rings > 0xffffffff || max_bufs > 0xffffffff)
		return -ENOMEM;

	region->max_bufs = (u32)max_bufs;
	error = -ENOMEM;
	region->free_bufs = nm_os_alloc(bufs * sizeof(u32));
	region->named = bits_alloc((u32)bufs);
	if (!region->free_bufs || !region->named ||
	    pool_init(&region->ifs, 0, w->if_size, w->if_num + 1) ||
	    pool_init(&region->rings, ring_offset, w->ring_size, (u32)rings) ||
	    pool_init(&region->bufs, buf_offset, w->buf_size, (u32)bufs))
		goto fail;
	error = nm_os_mem_create(region->core->config.os, &region->mem,
				 buf_offset + bufs * w->buf_size,
				 buf_offset + max_bufs * w->buf_size);
	if (error)
		goto fail;

	pool_mark(&region->ifs, 0, 1, true);
	pool_mark(&region->bufs, 0, NM_RESERVED_BUFS, true);
	/* A stack whose top is the lowest index: what is in use stays together. */
	for (i = 0; i < region->bufs.num_free; i++)
		region->free_bufs[i] = region->bufs.num - 1 - i;
	return 0;

fail:
	region_free_memory(region);
	return error;
}

void nm_region_pools(const struct nm_region *region, struct nmreq_pools_info *pools)
{
	*pools = (struct nmreq_pools_info){
		.nr_memsize = nm_region_memsize(region),
		.nr_mem_id = region->id,
		.nr_if_pool_offset = region->ifs.offset,
		.nr_if_pool_objtotal = region->ifs.num,
		.nr_if_pool_objsize = region->ifs.size,
		.nr_ring_pool_offset = region->rings.offset,
		.nr_ring_pool_objtotal = region->rings.num,
		.nr_ring_pool_objsize = region->rings.size,
		.nr_buf_pool_offset = region->bufs.offset,
		.nr_buf_pool_objtotal = region->bufs.num,
		.nr_buf_pool_objsize = region->bufs.size,
	};
}

/* One more client; under core->lock. */
int nm_region_get(struct nm_region *region)
{
	if (region->users == 0) {
		int error = region_make(region);

		if (error)
			return error;
	}
	region->users++;
	return 0;
}

void nm_region_put(struct nm_region *region)
{
	if (--region->users)
		return;
	nm_os_mem_destroy(&region->mem);
	region_free_memory(region);
}

u64 nm_region_memsize(const struct nm_region *region)
{
	return region->bufs.offset + (u64)region->bufs.num * region->bufs.size;
}

static u64 pool_alloc(struct nm_region *region, struct nm_pool *pool, u32 bytes)
{
	u32 count = (u32)(align_up(bytes, pool->size) / pool->size), first;
	u64 offset = 0;

	nm_lock_acquire(&region->lock);
	first = pool_find(pool, count);
	if (first < pool->num) {
		pool_mark(pool, first, count, true);
		offset = pool->offset + (u64)first * pool->size;
	}
	nm_lock_release(&region->lock);
	return offset;
}

static void pool_free(struct nm_region *region, struct nm_pool *pool, u64 offset, u32 bytes)
{
	u32 count = (u32)(align_up(bytes, pool->size) / pool->size);

	nm_lock_acquire(&region->lock);
	pool_mark(pool, (u32)((offset - pool->offset) / pool->size), count, false);
	nm_lock_release(&region->lock);
}

/* @bytes may exceed an object: a port with many rings takes several in a row. */
u64 nm_region_alloc_if(struct nm_region *region, u32 bytes)
{
	return pool_alloc(region, &region->ifs, bytes);
}

void nm_region_free_if(struct nm_region *region, u64 offset, u32 bytes)
{
	pool_free(region, &region->ifs, offset, bytes);
}

u64 nm_region_alloc_ring(struct nm_region *region, u32 bytes)
{
	return pool_alloc(region, &region->rings, bytes);
}

void nm_region_free_ring(struct nm_region *region, u64 offset, u32 bytes)
{
	pool_free(region, &region->rings, offset, bytes);
}

/* Twice as many buffers, as far as max_bufs; under core->lock and region->lock. None is free. */
static void region_grow(struct nm_region *region)
{
	struct nm_pool *bufs = &region->bufs;
	u32 num = bufs->num < region->max_bufs / 2 ? bufs->num * 2 : region->max_bufs, i;
	u64 *used = bits_alloc(num), *named = bits_alloc(num);
	u32 *free_bufs = nm_os_alloc((u64)num * sizeof(u32));

	if (num == bufs->num || !used || !named || !free_bufs ||
	    nm_os_mem_grow(&region->mem, bufs->offset + (u64)num * bufs->size)) {
		nm_os_free(used);
		nm_os_free(named);
		nm_os_free(free_bufs);
		return;
	}
	memcpy(used, bufs->used, ((u64)bufs->num + 63) / 64 * sizeof(u64));
	nm_os_free(bufs->used);
	nm_os_free(region->named);
	nm_os_free(region->free_bufs);
	bufs->used = used;
	region->named = named;
	region->free_bufs = free_bufs;
	for (i = 0; i < num - bufs->num; i++)
		region->free_bufs[bufs->num_free + i] = num - 1 - i;
	bufs->num_free += num - bufs->num;
	/* Clients that are in a sync keep the smaller bound, which is right for their slots. */
	nm_write_once(bufs->num, num);
}

u32 nm_region_alloc_buf(struct nm_region *region, bool grow)
{
	struct nm_pool *bufs = &region->bufs;
	u32 index = 0;

	nm_lock_acquire(&region->lock);
	if (bufs->num_free == 0 && grow)
		region_grow(region);
	if (bufs->num_free) {
		index = region->free_bufs[--bufs->num_free];
		bit_set(bufs->used, index, true);
		/* A slot may have named it while it was free. */
		bit_set(region->named, index, false);
	}
	nm_lock_release(&region->lock);
	return index;
}

bool nm_region_free_buf(struct nm_region *region, u32 index)
{
	struct nm_pool *bufs = &region->bufs;
	bool freed = false;

	nm_lock_acquire(&region->lock);
	if (index >= NM_RESERVED_BUFS && index < bufs->num && bit_get(bufs->used, index) &&
	    !bit_get(region->named, index)) {
		bit_set(bufs->used, index, false);
		region->free_bufs[bufs->num_free++] = index;
		freed = true;
	}
	nm_lock_release(&region->lock);
	return freed;
}

static void protect_ring(struct nm_region *region, const struct nm_kring *kr)
{
	u32 i;

	for (i = 0; i < kr->num_slots; i++) {
		const u32 index = nm_read_once(kr->ring->slot[i].buf_idx);

		if (index < region->bufs.num)
			bit_set(region->named, index, true);
	}
}

void nm_region_protect(struct nm_region *region)
{
	struct nm_list *item;
	int dir;
	u32 i;

	memset(region->named, 0, ((u64)region->bufs.num + 63) / 64 * sizeof(u64));
	for (item = region->core->ports.next; item != &region->core->ports; item = item->next) {
		struct nm_port *port = (struct nm_port *)item;

		if (port->region != region)
			continue;
		for (dir = 0; dir < NM_DIRS; dir++) {
			for (i = 0; i < port->config.num_rings[dir]; i++) {
				const struct nm_kring *kr = &port->krings[dir][i];

				if (kr->ring && (kr->users || kr->on))
					protect_ring(region, kr);
			}
		}
	}
}

void *nm_region_buf(struct nm_region *region, u32 index)
{
	return nm_os_mem_at(&region->mem, region->bufs.offset + (u64)index * region->bufs.size);
}
