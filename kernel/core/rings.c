// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The users of a port's rings. All under core->lock.
 *
 * A ring's shared memory exists while the ring has users: clients, or a pin of the core (a pipe
 * keeps both its ends). NIC rings enter netmap mode with their first user and leave it with their
 * last; other rings of the port stay as they were (partial opening).
 */
#include "rings.h"

#include "reclaim.h"
#include "region.h"
#include "rxqueue.h"
#include "sync.h"

/*
 * One ring, or all, of those numbered from @base; a side with fewer rings serves a pair with its
 * first one.
 */
static struct nm_range one_of(u32 base, u32 count, u32 i)
{
	struct nm_range range = { base, base, false };

	if (count) {
		range.first = base + (i < count ? i : 0);
		range.last = range.first + 1;
	}
	return range;
}

static u32 larger(u32 a, u32 b)
{
	return a > b ? a : b;
}

int nm_rings_choose(struct nm_client *client, const struct nm_port *port,
		    const struct nmreq_register *reg, struct nm_range rings[NM_DIRS])
{
	const struct nm_port_config *c = &port->config;
	const u32 pairs = larger(c->num_rings[NM_TX], c->num_rings[NM_RX]);
	int dir;

	for (dir = 0; dir < NM_DIRS; dir++) {
		const u32 nic = c->num_rings[dir], host = c->num_host_rings[dir];

		switch (reg->nr_mode) {
		case NR_REG_ALL_NIC:
			rings[dir] = (struct nm_range){ 0, nic, true };
			break;
		case NR_REG_SW:
			rings[dir] = (struct nm_range){ nic, nic + host, false };
			break;
		case NR_REG_NIC_SW:
			rings[dir] = (struct nm_range){ 0, nic + host, true };
			break;
		case NR_REG_ONE_NIC:
			if (reg->nr_ringid >= pairs)
				return nm_refuse(client, -EINVAL,
						 "%s has no ring %u; its rings are 0 to %u",
						 port->name, reg->nr_ringid, pairs - 1);
			rings[dir] = one_of(0, nic, reg->nr_ringid);
			break;
		case NR_REG_ONE_SW:
			if (reg->nr_ringid >= larger(c->num_host_rings[NM_TX],
						     c->num_host_rings[NM_RX]))
				return nm_refuse(client, -EINVAL,
						 "%s has no host ring %u; use a smaller number",
						 port->name, reg->nr_ringid);
			rings[dir] = one_of(nic, host, reg->nr_ringid);
			break;
		default:
			return nm_refuse(client, -EINVAL,
					 "REGISTER has no mode %u; use NR_REG_ALL_NIC or another NR_REG_ value",
					 reg->nr_mode);
		}
	}
	if (reg->nr_flags & NR_RX_RINGS_ONLY)
		rings[NM_TX] = (struct nm_range){ 0 };
	if (reg->nr_flags & NR_TX_RINGS_ONLY)
		rings[NM_RX] = (struct nm_range){ 0 };
	return 0;
}

int nm_rings_check_bufs(struct nm_client *client, const struct nm_port *port,
			const struct nm_range rings[NM_DIRS])
{
	const u32 unit = port->config.limits.rx_buf_unit, size = port->region->bufs.size;

	/* Host rings come after the device's. */
	if (size >= unit || rings[NM_RX].first == rings[NM_RX].last ||
	    rings[NM_RX].first >= port->config.num_rings[NM_RX])
		return 0;
	return nm_refuse(client, -EINVAL,
			 "%s cannot receive into buffers of %u bytes; set the parameter buf_size to %u or more",
			 port->name, size, unit);
}

int nm_rings_refuse(struct nm_client *client, const char *name, int error)
{
	switch (error) {
	case -ENOMEM:
		return nm_refuse(client, error,
				 "%s: not enough memory for its rings; close other ports, or make the pools larger",
				 name);
	case -ENXIO:
		return nm_refuse(client, error,
				 "%s went away while it was being opened: it was removed, renamed or moved to another namespace; `nmgen ports` lists the ports",
				 name);
	default:
		return nm_refuse(client, error,
				 "%s: its driver does not let netmap have its queues (error %d); see its own messages",
				 name, -error);
	}
}

static u32 ring_bytes(const struct nm_kring *kr)
{
	return (u32)(sizeof(struct netmap_ring) + kr->num_slots * sizeof(struct netmap_slot));
}

/* The port's device reaches the region while a ring of its own is there. */
static int map_use(struct nm_port *port)
{
	struct nm_region *region = port->region;
	int error = 0;

	if (!port->config.device)
		return 0;
	if (!port->map_users)
		error = nm_os_mem_map(nm_core_os(port->core), port->config.device, &region->mem,
				      region->bufs.offset, region->bufs.size, &port->map);
	if (!error)
		port->map_users++;
	return error;
}

/* The device may have gone, and the map with it. */
static void map_unuse(struct nm_port *port)
{
	if (port->map_users && !--port->map_users)
		nm_os_mem_unmap(&port->map);
}

void nm_rings_unmap(struct nm_port *port)
{
	if (port->map_users)
		nm_os_mem_unmap(&port->map);
	port->map_users = 0;
	port->config.device = NULL;
}

/* Give the buffers of a ring's slots back, as far as the slots still name some. */
static void ring_free(struct nm_region *region, struct nm_kring *kr, u32 full)
{
	u32 i;

	for (i = 0; i < full; i++)
		nm_region_free_buf(region, nm_read_once(kr->ring->slot[i].buf_idx));
	nm_region_free_ring(region, kr->ring_offset, ring_bytes(kr));
	kr->ring = NULL;
	nm_owner_put(&region->owners, kr->owner);
	kr->owner = 0;
	if (!kr->is_host)
		map_unuse(kr->port);
}

/* The shared side of one ring, with a buffer in each slot where a device is behind it. */
static int ring_make(struct nm_region *region, struct nm_kring *kr)
{
	const u32 n = kr->num_slots;
	struct netmap_ring *ring;
	u64 offset;
	int error;
	u32 i;

	error = kr->is_host ? 0 : map_use(kr->port);
	if (error)
		return error;
	offset = nm_region_alloc_ring(region, ring_bytes(kr));
	if (!offset && nm_region_grow_rings(region, ring_bytes(kr)) == 0)
		offset = nm_region_alloc_ring(region, ring_bytes(kr));
	if (!offset) {
		if (!kr->is_host)
			map_unuse(kr->port);
		return -ENOMEM;
	}
	kr->ring_offset = offset;
	ring = nm_os_mem_at(&region->mem, offset);
	memset(ring, 0, ring_bytes(kr));
	kr->ring = ring;
	kr->owner = nm_kring_has_bufs(kr) ? nm_owner_new(&region->owners) : 0;
	for (i = 0; i < n && nm_kring_has_bufs(kr) && !kr->lender; i++) {
		ring->slot[i].buf_idx = nm_region_alloc_buf(region, kr->owner, true);
		if (!ring->slot[i].buf_idx) {
			ring_free(region, kr, i);
			return -ENOMEM;
		}
	}
	ring->buf_ofs = (s64)region->bufs.offset - (s64)offset;
	ring->num_slots = n;
	ring->nr_buf_size = region->bufs.size;
	ring->ringid = (u16)(kr->is_host ? kr->ring_id - kr->port->config.num_rings[kr->dir] :
					   kr->ring_id);
	ring->dir = kr->dir;
	kr->hwcur = 0;
	kr->hwtail = kr->dir == NM_TX ? n - 1 : 0;
	kr->desc_zero = 0;
	kr->rhead = 0;
	kr->rcur = 0;
	kr->rtail = kr->hwtail;
	ring->tail = kr->rtail;
	kr->bad_slot = false;
	/* Its driver's reasons to stop it were those of its last users. */
	nm_write_once(kr->stopped, NM_STOPPED);
	kr->bufs = (struct nm_bufs){
		.base = nm_os_mem_at(&region->mem, region->bufs.offset),
		.map = &kr->port->map,
		.offset = region->bufs.offset,
		.size = region->bufs.size,
		.num = region->bufs.num,
	};
	memset(&kr->stats, 0, sizeof(kr->stats));
	return 0;
}

static u32 slots_with_buffer(const struct nm_kring *kr)
{
	return nm_kring_has_bufs(kr) ? kr->num_slots : 0;
}

/*
 * A ring that outlived its clients (a pipe's): whatever the last one left in head, cur and tail,
 * the next goes on where the kernel stands, and has a buffer in each slot, if there are any; a slot
 * of a pipe's receiver that of its sender.
 */
static void ring_resume(struct nm_kring *kr)
{
	struct nm_region *region = kr->port->region;
	u32 i;

	nm_kring_lock(kr);
	for (i = 0; i < slots_with_buffer(kr) && kr->pins; i++) {
		u32 index = nm_read_once(kr->ring->slot[i].buf_idx);

		if (index >= NM_RESERVED_BUFS && index < region->bufs.num)
			continue;
		index = kr->lender ? nm_read_once(kr->lender->ring->slot[i].buf_idx) :
				     nm_region_alloc_buf(region, kr->owner, true);
		nm_write_once(kr->ring->slot[i].buf_idx, index);
	}
	kr->rcur = kr->rhead;
	nm_write_once(kr->ring->head, kr->rhead);
	nm_write_once(kr->ring->cur, kr->rhead);
	nm_write_once(kr->ring->tail, kr->rtail);
	nm_kring_unlock(kr);
}

void nm_rings_update_bufs(struct nm_region *region)
{
	struct nm_list *item;
	int dir;
	u32 i;

	for (item = region->ports.next; item != &region->ports; item = item->next) {
		struct nm_port *port = nm_entry(item, struct nm_port, in_region);

		for (dir = 0; dir < NM_DIRS; dir++) {
			for (i = 0; i < nm_port_total_rings(port, dir); i++) {
				struct nm_kring *kr = &port->krings[dir][i];

				if (!kr->ring || kr->bufs.num == region->bufs.num)
					continue;
				nm_kring_lock(kr);
				kr->bufs.num = region->bufs.num;
				if (kr->queue)
					nm_rx_queue_set_bufs(kr, region->bufs.num);
				nm_kring_unlock(kr);
			}
		}
	}
}

/*
 * Switch the NIC rings of @rings whose pending_on says so. The driver changes all of them or none.
 */
static int rings_switch(struct nm_port *port, const struct nm_range rings[NM_DIRS])
{
	bool pending = false;
	int dir, error = 0;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++)
			pending |= nm_kring_pending(&port->krings[dir][i]);
	}
	if (pending && !port->gone && port->ops->reg)
		error = port->ops->reg(port);
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (error)
				kr->pending_on = kr->on;
			else
				kr->on = kr->pending_on;
			if (!kr->is_host)
				nm_kring_set_mode(kr, kr->on);
		}
	}
	return error;
}

static bool is_unused(const struct nm_kring *kr)
{
	return !kr->users && !kr->pins;
}

/* @kr is about to be freed: its slots, too, show with whom its clients have traded. */
static void name_traded(struct nm_region *region, const struct nm_kring *kr)
{
	u32 i;

	for (i = 0; i < slots_with_buffer(kr); i++) {
		const u32 index = nm_read_once(kr->ring->slot[i].buf_idx);

		if (index < region->bufs.num)
			nm_owner_names(&region->owners, kr->owner, index,
				       nm_region_is_named(region, index));
	}
}

/*
 * Rings that no client has any more: buffers that they were given are nowhere but in slots. A device
 * that is not out of netmap mode may have some.
 */
static void rings_leave(struct nm_port *port, const struct nm_range rings[NM_DIRS])
{
	struct nm_region *region = port->region;
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			const struct nm_kring *kr = &port->krings[dir][i];

			if (!kr->users && !(is_unused(kr) && kr->on))
				nm_owner_leaves(&region->owners, kr->owner);
		}
	}
	nm_region_protect(region);
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			const struct nm_kring *kr = &port->krings[dir][i];

			if (is_unused(kr) && !kr->on)
				name_traded(region, kr);
		}
	}
}

void nm_rings_unuse(struct nm_port *port, const struct nm_range rings[NM_DIRS],
		    enum nm_ring_use use)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (use == NM_USE_PIN) {
				kr->pins--;
			} else {
				kr->exclusive = false;
				kr->users--;
			}
			if (!is_unused(kr))
				continue;
			nm_kring_stop(kr);
			if (kr->watch)
				kr->watch->gone(kr);
			kr->pending_on = false;
		}
	}
	if (rings_switch(port, rings))
		nm_os_log(nm_core_os(port->core), "%s: the driver could not leave netmap mode",
			  port->name);
	for (dir = 0; dir < NM_DIRS; dir++)
		nm_write_once(port->wholes[dir], port->wholes[dir] - rings[dir].whole);
	rings_leave(port, rings);
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			/* Stuck: a user of the region that nobody closes. */
			if (is_unused(kr) && kr->on)
				port->region->users++;
			else if (is_unused(kr))
				ring_free(port->region, kr, slots_with_buffer(kr));
			nm_os_wake_all(&kr->waitq);
		}
	}
	nm_region_reclaim(port->region);
}

/* Under core->lock, with the region in use by somebody else too, or not needed after. */
static void ring_free_stuck(struct nm_port *port, struct nm_kring *kr)
{
	nm_owner_leaves(&port->region->owners, kr->owner);
	nm_region_protect(port->region);
	name_traded(port->region, kr);
	ring_free(port->region, kr, kr->num_slots);
	nm_region_reclaim(port->region);
	nm_region_unuse(port->region);
}

void nm_rings_free_stuck(struct nm_port *port)
{
	int dir;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = 0; i < port->config.num_rings[dir]; i++) {
			if (nm_kring_is_stuck(&port->krings[dir][i]))
				ring_free_stuck(port, &port->krings[dir][i]);
		}
	}
}

/* Ask the driver again to leave those of @rings that are stuck. */
static int rings_unstick(struct nm_port *port, const struct nm_range rings[NM_DIRS])
{
	bool stuck = false;
	int dir, error;
	u32 i;

	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (!nm_kring_is_stuck(kr))
				continue;
			kr->pending_on = false;
			stuck = true;
		}
	}
	if (!stuck)
		return 0;
	error = rings_switch(port, rings);
	if (error)
		return error;
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			if (nm_kring_is_stuck(&port->krings[dir][i]))
				ring_free_stuck(port, &port->krings[dir][i]);
		}
	}
	return 0;
}

int nm_rings_use(struct nm_port *port, const struct nm_range rings[NM_DIRS], enum nm_ring_use use)
{
	struct nm_range made[NM_DIRS] = { { 0 }, { 0 } };
	int dir, error = rings_unstick(port, rings);
	u32 i;

	for (dir = 0; dir < NM_DIRS && !error; dir++) {
		made[dir] = (struct nm_range){ rings[dir].first, rings[dir].first, rings[dir].whole };
		nm_write_once(port->wholes[dir], port->wholes[dir] + rings[dir].whole);
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (is_unused(kr)) {
				error = ring_make(port->region, kr);
				if (error)
					break;
				kr->pending_on = !kr->is_host || port->kind->host_rings_carry;
			}
			if (use == NM_USE_PIN) {
				kr->pins++;
			} else {
				if (!kr->users)
					ring_resume(kr);
				kr->users++;
				kr->exclusive = use == NM_USE_EXCLUSIVE;
			}
			made[dir].last++;
		}
	}
	if (!error) {
		/* Before a zero-copy monitor puts buffers of its new ring into the target's slots. */
		nm_rings_update_bufs(port->region);
		error = rings_switch(port, rings);
	}
	if (error) {
		nm_rings_unuse(port, made, use);
		return error;
	}
	for (dir = 0; dir < NM_DIRS; dir++) {
		for (i = rings[dir].first; i < rings[dir].last; i++) {
			struct nm_kring *kr = &port->krings[dir][i];

			if (kr->users + kr->pins == 1)
				nm_kring_start(kr);
		}
	}
	return 0;
}
