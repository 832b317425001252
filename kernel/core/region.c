// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Region memory: one range of offsets with three pools, [netmap_ifs][rings][buffers].
 *
 * The sizes are set when the first client comes, from the parameters and from what the ports of
 * the region need, whichever is more; the memory goes when the last client leaves. Rings larger
 * than an object of the ring pool take several in a row. The buffer pool is last, so that it can
 * grow while clients have the rest mapped. The other two grow into it: a new piece of theirs takes
 * the place of buffers behind the last one, whose indexes nobody ever gets. A client that finds its
 * ring there sees nothing odd: buf_ofs and ring_ofs are signed.
 *
 * All clients of a region share its buffers and may swap them between their rings, so a bad one can
 * spoil another's frames (that is netmap's bargain, and why ports that do not trust each other have
 * regions of their own). It can not spoil the pools: an index is freed once, whatever the slots
 * say, and not while a slot of another ring names it.
 */
#include "region.h"

#include "port.h"

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

struct nm_region *nm_region_find(struct nm_core *core, const void *ns, u16 id)
{
	struct nm_list *item;

	for (item = core->regions.next; item != &core->regions; item = item->next) {
		struct nm_region *region = nm_entry(item, struct nm_region, link);

		if (region->ns == ns && nm_region_is(region, id))
			return region;
	}
	return NULL;
}

/* The list is sorted: the first number that is missing. 0: all are taken. */
static u16 free_id(const struct nm_core *core)
{
	struct nm_list *item;
	u16 id = 1;

	for (item = core->regions.next; item != &core->regions; item = item->next) {
		if (nm_entry(item, struct nm_region, link)->id != id)
			break;
		id++;
	}
	return id;
}

static int region_create(struct nm_core *core, const void *ns, const struct nm_region_sizes *sizes,
			 struct nm_region **out)
{
	const u16 id = free_id(core);
	struct nm_region *region;
	struct nm_list *after;

	if (!nm_region_sizes_fit(sizes))
		return -EINVAL;
	region = id ? nm_os_alloc(sizeof(*region)) : NULL;
	if (!region)
		return -ENOMEM;
	region->core = core;
	region->id = id;
	region->ns = ns;
	region->refs = 1;
	region->wanted = *sizes;
	nm_list_init(&region->ports);
	nm_list_init(&region->clients);
	nm_mutex_init(&region->lock);
	for (after = core->regions.next; after != &core->regions; after = after->next) {
		if (nm_entry(after, struct nm_region, link)->id > id)
			break;
	}
	nm_list_add(after, &region->link);
	*out = region;
	return 0;
}

int nm_region_shared(struct nm_core *core, const void *ns, struct nm_region **out)
{
	struct nm_region *region = nm_region_find(core, ns, NM_REGION_SHARED);
	int error;

	if (region) {
		nm_region_ref(region);
		*out = region;
		return 0;
	}
	error = region_create(core, ns, &core->shared_sizes, out);
	if (!error)
		(*out)->shared = true;
	return error;
}

int nm_region_create_private(struct nm_core *core, const struct nm_os_caller *owner, u32 extra_bufs,
			     struct nm_region **out)
{
	struct nm_region_sizes sizes = core->private_sizes;
	int error;

	/* What is beyond any sense is granted in part, as everywhere. */
	sizes.buf_num += extra_bufs < NM_GROW_BUFS ? extra_bufs : NM_GROW_BUFS;
	error = region_create(core, owner->ns, &sizes, out);
	if (!error)
		(*out)->user = owner->user;
	return error;
}

void nm_region_ref(struct nm_region *region)
{
	region->refs++;
}

void nm_region_unref(struct nm_region *region)
{
	if (--region->refs)
		return;
	nm_list_remove(&region->link);
	nm_mutex_destroy(&region->lock);
	nm_os_free(region);
}

/* What the ports of the region need when all their rings are open. Under core->lock. */
static void region_need(struct nm_region *region, u64 *rings, u64 *bufs)
{
	struct nm_list *item;

	*rings = 0;
	*bufs = NM_RESERVED_BUFS;
	for (item = region->ports.next; item != &region->ports; item = item->next) {
		struct nm_port *port = nm_entry(item, struct nm_port, in_region);
		int dir;

		for (dir = 0; dir < NM_DIRS; dir++) {
			u32 slots = port->config.num_slots[dir];
			const u32 n = nm_port_total_rings(port, dir);
			const u32 full = port->has_stack ? n : port->config.num_rings[dir];
			u64 bytes = sizeof(struct netmap_ring) + slots * sizeof(struct netmap_slot);
			u32 i;

			*rings += n * (align_up(bytes, region->wanted.ring_size) /
				       region->wanted.ring_size);
			for (i = 0; i < full; i++)
				*bufs += port->krings[dir][i].lender ? 0 : slots;
		}
	}
}

static void region_free_memory(struct nm_region *region)
{
	while (region->num_more)
		nm_os_free(region->more[--region->num_more].used);
	nm_os_free(region->ifs.used);
	nm_os_free(region->rings.used);
	nm_os_free(region->bufs.used);
	nm_os_free(region->free_bufs);
	nm_os_free(region->named);
	nm_owners_free(&region->owners);
	region->named = NULL;
	region->ifs.used = NULL;
	region->rings.used = NULL;
	region->bufs.used = NULL;
	region->free_bufs = NULL;
}

/* How many objects, and where they are. */
struct plan {
	u64 ifs, rings, bufs;
	u64 ring_offset, buf_offset;
	u64 max_bufs;
};

static int plan_make(struct nm_region *region, struct plan *p)
{
	const struct nm_region_sizes *w = &region->wanted;

	region_need(region, &p->rings, &p->bufs);
	if (p->rings < w->ring_num)
		p->rings = w->ring_num;
	if (p->bufs < w->buf_num)
		p->bufs = w->buf_num;
	p->max_bufs = p->bufs + (region->core->config.fixed ? 0 : NM_GROW_BUFS);
	/* The first object of the first pool is never given away: offset 0 means "none". */
	p->ifs = (u64)w->if_num + 1;
	p->ring_offset = align_up(w->if_size * p->ifs, 4096);
	p->buf_offset = align_up(p->ring_offset + p->rings * w->ring_size, 4096) +
			region->core->config.buf_headroom;
	return p->rings > 0xffffffff || p->max_bufs > 0xffffffff ? -ENOMEM : 0;
}

static int region_make(struct nm_region *region)
{
	const struct nm_region_sizes *w = &region->wanted;
	struct plan p;
	u32 i;
	int error = plan_make(region, &p);

	if (error)
		return error;
	region->max_bufs = (u32)p.max_bufs;
	error = -ENOMEM;
	region->free_bufs = nm_os_alloc(p.bufs * sizeof(u32));
	region->named = bits_alloc((u32)p.bufs);
	if (!region->free_bufs || !region->named ||
	    nm_owners_make(&region->owners, (u32)p.bufs) ||
	    pool_init(&region->ifs, 0, w->if_size, (u32)p.ifs) ||
	    pool_init(&region->rings, p.ring_offset, w->ring_size, (u32)p.rings) ||
	    pool_init(&region->bufs, p.buf_offset, w->buf_size, (u32)p.bufs))
		goto fail;
	error = nm_os_mem_create(region->core->config.os, &region->mem,
				 p.buf_offset + p.bufs * w->buf_size,
				 p.buf_offset + p.max_bufs * w->buf_size);
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

int nm_region_outlook(struct nm_region *region, struct nmreq_pools_info *pools)
{
	const struct nm_region_sizes *w = &region->wanted;
	struct plan p;
	int error;

	if (region->users) {
		nm_region_pools(region, pools);
		return 0;
	}
	error = plan_make(region, &p);
	if (error)
		return error;
	*pools = (struct nmreq_pools_info){
		.nr_memsize = p.buf_offset + p.bufs * w->buf_size,
		.nr_mem_id = region->id,
		.nr_if_pool_objtotal = (u32)p.ifs,
		.nr_if_pool_objsize = w->if_size,
		.nr_ring_pool_offset = p.ring_offset,
		.nr_ring_pool_objtotal = (u32)p.rings,
		.nr_ring_pool_objsize = w->ring_size,
		.nr_buf_pool_offset = p.buf_offset,
		.nr_buf_pool_objtotal = (u32)p.bufs,
		.nr_buf_pool_objsize = w->buf_size,
	};
	return 0;
}

/* One more client; under core->lock. */
int nm_region_use(struct nm_region *region)
{
	if (region->users == 0) {
		int error = region_make(region);

		if (error)
			return error;
	}
	region->users++;
	return 0;
}

void nm_region_unuse(struct nm_region *region)
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

/* Return: an offset, 0 where there is no room. */
static u64 take_from(struct nm_pool *pool, u32 count)
{
	const u32 first = pool_find(pool, count);

	if (first == pool->num)
		return 0;
	pool_mark(pool, first, count, true);
	return pool->offset + (u64)first * pool->size;
}

static u64 pool_alloc(struct nm_region *region, struct nm_pool *pool, u32 bytes)
{
	u32 count = (u32)(align_up(bytes, pool->size) / pool->size), i;
	u64 offset;

	nm_mutex_lock(&region->lock);
	offset = take_from(pool, count);
	for (i = 0; i < region->num_more && !offset; i++) {
		if (region->more[i].size == pool->size)
			offset = take_from(&region->more[i], count);
	}
	nm_mutex_unlock(&region->lock);
	return offset;
}

static u64 pool_end(const struct nm_pool *pool)
{
	return pool->offset + (u64)pool->num * pool->size;
}

static void pool_free(struct nm_region *region, struct nm_pool *pool, u64 offset, u32 bytes)
{
	u32 count = (u32)(align_up(bytes, pool->size) / pool->size), i;

	nm_mutex_lock(&region->lock);
	for (i = 0; i < region->num_more; i++) {
		const struct nm_pool *more = &region->more[i];

		if (offset >= more->offset && offset < pool_end(more))
			pool = &region->more[i];
	}
	pool_mark(pool, (u32)((offset - pool->offset) / pool->size), count, false);
	nm_mutex_unlock(&region->lock);
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

/*
 * Room for @num buffers in all; the new ones count as in use. Under core->lock and region->lock.
 * Return: 0 or -ENOMEM.
 */
static int bufs_extend(struct nm_region *region, u32 num)
{
	struct nm_pool *bufs = &region->bufs;
	u64 *used = bits_alloc(num), *named = bits_alloc(num);
	u32 *free_bufs = nm_os_alloc((u64)num * sizeof(u32)), i;
	u16 *owners = nm_os_alloc((u64)num * sizeof(u16));

	if (!used || !named || !free_bufs || !owners ||
	    nm_os_mem_grow(&region->mem, bufs->offset + (u64)num * bufs->size)) {
		nm_os_free(used);
		nm_os_free(named);
		nm_os_free(free_bufs);
		nm_os_free(owners);
		return -ENOMEM;
	}
	memcpy(used, bufs->used, ((u64)bufs->num + 63) / 64 * sizeof(u64));
	memcpy(named, region->named, ((u64)bufs->num + 63) / 64 * sizeof(u64));
	memcpy(free_bufs, region->free_bufs, (u64)bufs->num_free * sizeof(u32));
	memcpy(owners, region->owners.of, (u64)bufs->num * sizeof(u16));
	for (i = bufs->num; i < num; i++)
		bit_set(used, i, true);
	nm_os_free(bufs->used);
	nm_os_free(region->named);
	nm_os_free(region->free_bufs);
	nm_os_free(region->owners.of);
	bufs->used = used;
	region->named = named;
	region->free_bufs = free_bufs;
	region->owners.of = owners;
	/* Clients that are in a sync keep the smaller bound, which is right for their slots. */
	nm_write_once(bufs->num, num);
	return 0;
}

/* Twice as many buffers, as far as max_bufs; under core->lock and region->lock. None is free. */
static void region_grow(struct nm_region *region)
{
	struct nm_pool *bufs = &region->bufs;
	const u32 old = bufs->num;
	const u32 num = old < region->max_bufs / 2 ? old * 2 : region->max_bufs;
	u32 i;

	if (num <= old || bufs_extend(region, num))
		return;
	for (i = num; i > old; i--) {
		bit_set(bufs->used, i - 1, false);
		region->free_bufs[bufs->num_free++] = i - 1;
	}
}

/* As much again as there is of objects of this size, or @bytes if that is more. */
static int pool_grow(struct nm_region *region, const struct nm_pool *pool, u32 bytes)
{
	const struct nm_pool *bufs = &region->bufs;
	u64 start, end, num = pool->num;
	struct nm_pool *more;
	int error = -ENOMEM;
	u32 i;

	nm_mutex_lock(&region->lock);
	for (i = 0; i < region->num_more; i++) {
		if (region->more[i].size == pool->size)
			num += region->more[i].num;
	}
	if (num * pool->size < bytes)
		num = align_up(bytes, pool->size) / pool->size;
	start = align_up(pool_end(bufs), NM_CACHE_ALIGN);
	end = align_up(start + num * pool->size - bufs->offset, bufs->size) / bufs->size;
	if (region->num_more == NM_MAX_MORE_POOLS || end > region->max_bufs)
		goto out;
	more = &region->more[region->num_more];
	if (pool_init(more, start, pool->size, (u32)num))
		goto out;
	error = bufs_extend(region, (u32)end);
	if (error)
		nm_os_free(more->used);
	else
		region->num_more++;
out:
	nm_mutex_unlock(&region->lock);
	return error;
}

int nm_region_grow_ifs(struct nm_region *region, u32 bytes)
{
	return pool_grow(region, &region->ifs, bytes);
}

int nm_region_grow_rings(struct nm_region *region, u32 bytes)
{
	return pool_grow(region, &region->rings, bytes);
}

/* Whether the place of a buffer has been given to another pool. */
static bool is_taken(const struct nm_region *region, u32 index)
{
	const u64 offset = region->bufs.offset + (u64)index * region->bufs.size;
	u32 i;

	for (i = 0; i < region->num_more; i++) {
		const struct nm_pool *more = &region->more[i];

		if (offset + region->bufs.size > more->offset && offset < pool_end(more))
			return true;
	}
	return false;
}

u32 nm_region_alloc_buf(struct nm_region *region, u16 owner, bool grow)
{
	struct nm_pool *bufs = &region->bufs;
	u32 index = 0;

	nm_mutex_lock(&region->lock);
	if (bufs->num_free == 0 && grow)
		region_grow(region);
	if (bufs->num_free) {
		index = region->free_bufs[--bufs->num_free];
		bit_set(bufs->used, index, true);
		/* A slot may have named it while it was free. */
		bit_set(region->named, index, false);
		nm_owner_give(&region->owners, owner, index);
	}
	nm_mutex_unlock(&region->lock);
	return index;
}

bool nm_region_free_buf(struct nm_region *region, u32 index)
{
	struct nm_pool *bufs = &region->bufs;
	bool freed = false;

	nm_mutex_lock(&region->lock);
	if (index >= NM_RESERVED_BUFS && index < bufs->num && bit_get(bufs->used, index) &&
	    !bit_get(region->named, index) && !is_taken(region, index)) {
		bit_set(bufs->used, index, false);
		region->free_bufs[bufs->num_free++] = index;
		nm_owner_give(&region->owners, 0, index);
		freed = true;
	}
	nm_mutex_unlock(&region->lock);
	return freed;
}

static void protect_ring(struct nm_region *region, const struct nm_kring *kr)
{
	u32 i;

	for (i = 0; i < kr->num_slots; i++) {
		const u32 index = nm_read_once(kr->ring->slot[i].buf_idx);

		if (index >= region->bufs.num)
			continue;
		nm_owner_names(&region->owners, kr->owner, index, bit_get(region->named, index));
		bit_set(region->named, index, true);
	}
}

/* Those whose owners leave, or those that stay. */
static void protect_rings(struct nm_region *region, bool leaving)
{
	struct nm_list *item;
	int dir;
	u32 i;

	for (item = region->ports.next; item != &region->ports; item = item->next) {
		struct nm_port *port = nm_entry(item, struct nm_port, in_region);

		for (dir = 0; dir < NM_DIRS; dir++) {
			for (i = 0; i < nm_port_total_rings(port, dir); i++) {
				const struct nm_kring *kr = &port->krings[dir][i];

				if (kr->ring && nm_kring_has_bufs(kr) &&
				    (kr->users || kr->pins || kr->on) &&
				    region->owners.list[kr->owner].leaves == leaving)
					protect_ring(region, kr);
			}
		}
	}
}

bool nm_region_is_named(const struct nm_region *region, u32 index)
{
	return bit_get(region->named, index);
}

bool nm_region_protect_buf(struct nm_region *region, u32 index)
{
	if (index < NM_RESERVED_BUFS || index >= region->bufs.num ||
	    !bit_get(region->bufs.used, index) || bit_get(region->named, index))
		return false;
	bit_set(region->named, index, true);
	return true;
}

void nm_region_protect(struct nm_region *region)
{
	memset(region->named, 0, ((u64)region->bufs.num + 63) / 64 * sizeof(u64));
	protect_rings(region, false);
	protect_rings(region, true);
}

void *nm_region_buf(struct nm_region *region, u32 index)
{
	return nm_os_mem_at(&region->mem, region->bufs.offset + (u64)index * region->bufs.size);
}

static void view_pool(const struct nm_region *region, const struct nm_pool *pool, u32 *used,
		      u32 *total)
{
	u32 i;

	*used = pool->num - pool->num_free;
	*total = pool->num;
	for (i = 0; i < region->num_more; i++) {
		const struct nm_pool *more = &region->more[i];

		if (more->size != pool->size)
			continue;
		*used += more->num - more->num_free;
		*total += more->num;
	}
}

int nm_core_regions(struct nm_core *core,
		    void (*visit)(const struct nm_region_view *view, void *arg), void *arg)
{
	struct nm_list *item, *port;
	int count = 0;

	nm_mutex_lock(&core->lock);
	for (item = core->regions.next; item != &core->regions; item = item->next) {
		struct nm_region *region = nm_entry(item, struct nm_region, link);
		struct nm_region_view view = { .id = region->id, .users = region->users };

		for (port = region->ports.next; port != &region->ports; port = port->next)
			view.ports++;
		if (region->users) {
			nm_mutex_lock(&region->lock);
			view_pool(region, &region->ifs, &view.ifs_used, &view.ifs);
			view_pool(region, &region->rings, &view.rings_used, &view.rings);
			view.bufs_used = region->bufs.num - region->bufs.num_free;
			view.bufs = region->bufs.num;
			nm_mutex_unlock(&region->lock);
		}
		visit(&view, arg);
		count++;
	}
	nm_mutex_unlock(&core->lock);
	return count;
}
