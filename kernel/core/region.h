/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Memory in three pools, one piece of offsets: netmap_ifs, rings, buffers. */
#ifndef NM_REGION_H
#define NM_REGION_H

#include "instance.h"
#include "owners.h"

#define NM_REGION_SHARED	1	/* nr_mem_id that means the shared region of one's namespace */

/* Objects of one size in a row. @used has a bit an object. */
struct nm_pool {
	u64 offset;
	u32 size;
	u32 num;
	u32 num_free;
	u64 *used;
};

/* How often the pools of netmap_ifs and rings of one region may grow. */
#define NM_MAX_MORE_POOLS	24

/**
 * struct nm_region - memory that the clients of its ports map
 * @link: in core->regions
 * @core: instance
 * @id: as in nr_mem_id; no two regions have one, so that a client which compares them knows what is
 *	one memory. 1 is that of core->config.home
 * @ns: the namespace that it belongs to, and with it all ports that live here; the region itself
 *	once that has ended. Under core->lock
 * @shared: of all clients of @ns, for its interfaces; else private
 * @user: of the client for which a private region was made
 * @refs: one for each port and null client that lives here, and one of the core for @home. The
 *	structure goes with the last. Under core->lock
 * @ports: all ports that live here, by nm_port.in_region. Under core->lock
 * @clients: those that are bound, by nm_client.in_region. Under core->lock
 * @wanted: sizes to make when the first client comes
 * @users: clients bound; the memory exists while there is one. Under core->lock
 * @lock: guards the pools
 * @mem: the memory
 * @more: what the pools of netmap_ifs and rings have grown by. They lie between buffers: the
 *	indexes of those places are never given away
 * @bufs: what a ring's slots may name; num grows, nothing else changes while there are users
 * @max_bufs: how many buffers there may be after growth
 * @free_bufs: stack of free buffer indexes, room for all there are
 * @named: a bit a buffer, those that a ring in use names; nm_region_protect(). Under core->lock
 * @owners: to whom buffers were given
 */
struct nm_region {
	struct nm_list link;
	struct nm_core *core;
	u16 id;
	const void *ns;
	bool shared;
	u32 user;
	u32 refs;
	struct nm_list ports;
	struct nm_list clients;
	struct nm_region_sizes wanted;
	u32 users;
	struct nm_mutex lock;
	struct nm_os_mem mem;
	struct nm_pool ifs, rings, bufs;
	struct nm_pool more[NM_MAX_MORE_POOLS];
	u32 num_more;
	u32 *free_bufs;
	u32 max_bufs;
	u64 *named;
	struct nm_owners owners;
};

bool nm_region_sizes_fit(const struct nm_region_sizes *sizes);

/*
 * All of these under core->lock. What is made, or found by nm_region_shared(), has a reference for
 * the caller.
 */

/* The shared region of @ns, made if need be. Return: 0, or -EINVAL or -ENOMEM. */
int nm_region_shared(struct nm_core *core, const void *ns, struct nm_region **out);
/* Private memory: the sizes of the priv_* parameters and @extra_bufs buffers more. */
int nm_region_create_private(struct nm_core *core, const struct nm_os_caller *owner, u32 extra_bufs,
			     struct nm_region **out);
/* The region of @ns that has this number. */
struct nm_region *nm_region_find(struct nm_core *core, const void *ns, u16 id);
/* Whether a client of the region's namespace means it by @id. */
static inline bool nm_region_is(const struct nm_region *region, u16 id)
{
	return id == region->id || (id == NM_REGION_SHARED && region->shared);
}

void nm_region_ref(struct nm_region *region);
void nm_region_unref(struct nm_region *region);

/* One user of the memory more, which is made for the first, or less. Under core->lock. */
int nm_region_use(struct nm_region *region);
void nm_region_unuse(struct nm_region *region);
u64 nm_region_memsize(const struct nm_region *region);
void nm_region_pools(const struct nm_region *region, struct nmreq_pools_info *pools);

/*
 * As nm_region_pools(); of a region that nobody uses, what its next first user makes of it, without
 * any memory. Under core->lock. Return: 0 or -ENOMEM: it would be larger than a region can be.
 */
int nm_region_outlook(struct nm_region *region, struct nmreq_pools_info *pools);

/* Offsets in the region, 0 where there is no room: offset 0 is never given away. */
u64 nm_region_alloc_if(struct nm_region *region, u32 bytes);
void nm_region_free_if(struct nm_region *region, u64 offset, u32 bytes);
u64 nm_region_alloc_ring(struct nm_region *region, u32 bytes);
void nm_region_free_ring(struct nm_region *region, u64 offset, u32 bytes);

/*
 * Make room for more netmap_ifs or rings, @bytes in a row at least; under core->lock. Return: 0 or
 * -ENOMEM.
 */
int nm_region_grow_ifs(struct nm_region *region, u32 bytes);
int nm_region_grow_rings(struct nm_region *region, u32 bytes);

/* A buffer index for @owner (owners.h); 0 where there is none. Grows the pool if @grow. */
u32 nm_region_alloc_buf(struct nm_region *region, u16 owner, bool grow);

/*
 * A client may have written anything where we find @index: one that is out of range, reserved,
 * free already or protected is left alone. Return: whether it was freed.
 */
bool nm_region_free_buf(struct nm_region *region, u32 index);

/*
 * Protect the buffers that rings in use name, as they are now, from nm_region_free_buf(): who
 * closes must not free what another still has in its slots. Until the next call; under core->lock.
 */
void nm_region_protect(struct nm_region *region);

/* One more, until then too. Return: false where it is no buffer in use, or protected already. */
bool nm_region_protect_buf(struct nm_region *region, u32 index);
bool nm_region_is_named(const struct nm_region *region, u32 index);

void *nm_region_buf(struct nm_region *region, u32 index);

#endif /* NM_REGION_H */
